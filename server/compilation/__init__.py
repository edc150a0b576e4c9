"""Stored flows compiled to LangGraph graphs that can run: sub-flows pinned, tools set up, session states."""
