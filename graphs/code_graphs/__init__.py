"""Graphs in code: LangGraph graphs of the operator's own, loaded, described, stored and run as flows."""
