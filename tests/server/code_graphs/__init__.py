"""Graphs in code, through the doors of a server."""
