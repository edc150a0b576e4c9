"""Rows, checkpoints and journal: knows SQL and the value types of graphs, nothing of HTTP."""
