"""Chats on other sites: visitors, their sessions, origins, streams and styles."""
