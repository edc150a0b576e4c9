"""Chat sessions: their history, branches, edited and regenerated messages, search."""
