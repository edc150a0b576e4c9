"""Pages: files that browsers get as they are."""
