"""Threads of LangGraph's server API: sessions, their messages, and their states at past points."""
