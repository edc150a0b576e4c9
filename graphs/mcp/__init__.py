"""MCP servers: their tools, cleaned and pinned by hash, and the pooled sessions that calls go over."""
