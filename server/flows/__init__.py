"""Flow documents in and out: references, bundles, imports, plans."""
