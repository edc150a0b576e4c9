"""Flows as plain LangGraph projects in Python: what has an equal is written as code, the rest is named."""
