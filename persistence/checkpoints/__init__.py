"""LangGraph's checkpointer on our database: rows, values, pruning."""
