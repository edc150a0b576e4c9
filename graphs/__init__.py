"""Flows and how they run: knows LangGraph and LangChain, nothing of HTTP or SQL."""
