"""The state of a run: its graph's channels, variables, session history, limits."""
