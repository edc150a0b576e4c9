"""MCP servers as tools, by the API."""
