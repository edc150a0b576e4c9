"""Pinned MCP tools: entries that name an MCP server become the tools that were approved there."""

from collections.abc import Mapping
from typing import Any

from graphs.document.called_servers import CalledServer, called_servers
from graphs.document.flow import NodeDocument
from graphs.mcp.pinned_tools import PinnedServer, PinnedTool
from graphs.values.findings import Finding, FlowError, shown

__all__ = ["with_mcp_tools"]


def with_mcp_tools(
    node: NodeDocument, place: int, data: dict[str, Any], servers: Mapping[str, PinnedServer]
) -> dict[str, Any]:
    """Return a node's data in which each entry of an MCP server is one entry for each of its tools.

    What a run may rely on, the schema and the hash, comes from the server's approval alone, whatever the
    document says.

    Raises:
        FlowError: there is no such server, or it has no such tool that may be used (code
            ``mcp_tool_refused``).
    """
    called = {id(one.entry): one for one in called_servers(data)}
    if not called:
        return data
    changed = dict(data)
    tools: Any = data.get("tools")
    if isinstance(tools, list):
        changed["tools"] = [
            each
            for entry in tools
            for each in (
                _entries(node, place, called[id(entry)], servers) if id(entry) in called else [entry]
            )
        ]
    if (single := called.get(id(data.get("tool")))) is not None:
        entries = _entries(node, place, single, servers)
        if len(entries) != 1:
            raise _refused(node, place, single, "A tool node uses one tool. Name it in 'tool'.")
        changed["tool"] = entries[0]
    return changed


def _entries(
    node: NodeDocument, place: int, called: CalledServer, servers: Mapping[str, PinnedServer]
) -> list[dict[str, Any]]:
    server = servers.get(called.server) or PinnedServer(
        problem=f"There is no MCP server {shown(called.server)} in this workspace. Store one of this name."
    )
    if server.problem:
        raise _refused(node, place, called, server.problem)
    by_name = {tool.tool: tool for tool in server.tools}
    for name in called.tools:
        if name not in by_name:
            why = server.refused.get(name) or (
                f"The MCP server '{called.server}' has no tool {shown(name)}. Check the server, or name "
                "another."
            )
            raise _refused(node, place, called, why)
    wanted = [by_name[name] for name in called.tools] or server.tools
    if not wanted:
        why = f"No tool of the MCP server '{called.server}' is approved. Check it and approve its tools."
        raise _refused(node, place, called, why)
    return [_entry(called, tool) for tool in wanted]


def _entry(called: CalledServer, tool: PinnedTool) -> dict[str, Any]:
    said = called.entry
    return {
        "name": "mcp",
        "server": called.server,
        "tool": tool.tool,
        "alias": said.get("alias") or tool.name,
        "description": said.get("description") or tool.description or f"{tool.tool} of {called.server}",
        "parameters_schema": tool.parameters,
        "hash": tool.hash,
        "approval": bool(said.get("approval")) or tool.approval,
        "repeatable": tool.repeatable and said.get("repeatable") is not False,
    }


def _refused(node: NodeDocument, place: int, called: CalledServer, why: str) -> FlowError:
    return FlowError(
        [
            Finding(
                code="mcp_tool_refused",
                message=f"Node {shown(node.id)}: {why}",
                node=node.id,
                pointer=f"/nodes/{place}/data/{called.field}",
            )
        ]
    )
