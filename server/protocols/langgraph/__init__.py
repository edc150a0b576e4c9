"""LangGraph's server API: flows as assistants, sessions as threads, stretches of executions as runs."""
