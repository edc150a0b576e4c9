"""Chats over WebSockets: connections, commands, message formats."""
