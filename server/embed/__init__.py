"""Chats on other sites: visitors, their sessions, the origins that they come from, streams and styles."""
