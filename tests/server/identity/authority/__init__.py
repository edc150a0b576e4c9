"""Who may do what: a reference model, and random callers who try the server against it."""
