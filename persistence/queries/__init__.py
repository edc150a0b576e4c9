"""Queries of flows: reading databases of others, and SQLite files that the operator offers."""
