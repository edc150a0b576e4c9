"""Check-ups: what doctor looks at before and beside a running server, and what is missing for it."""
