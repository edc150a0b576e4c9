"""Code of flows and of models: what it may be, and the processes that run it."""
