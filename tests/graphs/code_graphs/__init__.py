"""Graphs in code: how they are loaded and what their state may hold."""
