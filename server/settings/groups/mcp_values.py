"""Settings of MCP servers, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.groups.knowledge_values import KnowledgeValues

__all__ = ["MCPValues"]

Seconds = Annotated[float, Meta(gt=0)]


class MCPValues(KnowledgeValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of MCP servers."""

    mcp_servers_file: str = ""
    """JSON file of MCP servers that this server starts as commands. Empty: none. Workspaces cannot name
    commands."""
    mcp_sessions: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """Maximum number of sessions with MCP servers in one process."""
    mcp_idle_seconds: Seconds = 300
    """A session without a call for this long is closed. The process of a stdio server is ended."""
    mcp_connect_seconds: Seconds = 60
    """Maximum time for an MCP server to start and to answer first."""
    mcp_list_seconds: Seconds = 300
    """Age from which on the list of tools of an MCP server is read again before a call."""
    mcp_max_values: Annotated[int, Meta(ge=1_000)] = 100_000
    """Maximum number of values and keys in one answer of an MCP server, which need more memory than their
    bytes. `egress_max_bytes` limits the bytes of an answer, and of a whole list of tools."""
