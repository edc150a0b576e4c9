"""Vercel: chats of the AI SDK's user interface with chatflows."""
