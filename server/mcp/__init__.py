"""MCP servers of workspaces and of the operator: how they are reached, checked, pinned and called."""
