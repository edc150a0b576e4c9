"""Runs of LangGraph's server API: their requests, and the streams of what happens in them."""
