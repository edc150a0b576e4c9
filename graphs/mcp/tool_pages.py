"""Tool pages: the list of tools as a server sends it, page after page, as far as anybody looks at it."""

from typing import Any

import msgspec

from graphs.mcp.server_access import MCPError
from graphs.mcp.tool_lists import MAX_TOOLS

__all__ = ["said_tools"]

MAX_PAGES = 50
"""Pages of a server's list of tools."""


async def said_tools(client: Any, server: str, *, most: int) -> list[dict[str, Any]]:
    """Return the tools as a server sends them, at most `MAX_TOOLS`.

    Args:
        client: The library's, connected.
        server: Its name.
        most: Bytes that all of them together may have.

    Raises:
        MCPError: they have more bytes.
    """
    said: list[dict[str, Any]] = []
    cursor: str | None = None
    size = 0
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools = page.tools[: MAX_TOOLS - len(said)]
        more = [tool.model_dump(by_alias=True, exclude_none=True, mode="json") for tool in tools]
        size += len(msgspec.json.encode(more))
        if size > most:
            raise MCPError(
                f"The MCP server '{server}' lists tools of more than {most:,} bytes. Connect one that says "
                "less of them.",
                code="mcp_error",
            )
        said += more
        cursor = page.next_cursor
        if not cursor or len(said) >= MAX_TOOLS:
            break
    return said
