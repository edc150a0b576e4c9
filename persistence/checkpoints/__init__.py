"""LangGraph's checkpointer on our database."""
