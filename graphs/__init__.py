"""Flows and how they run: knows LangGraph and LangChain, nothing of HTTP or SQL."""

from graphs import old_paths

old_paths.install()
