"""Assistants of LangGraph's server API: flows and their versions, described and found."""
