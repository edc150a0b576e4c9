"""WebSockets: chats over one connection, in as many dialects as clients speak, each a projection."""
