"""Sessions with MCP servers, and their lists of tools."""
