"""Pinned server tools: entries that name an MCP server or an API become tools that flows may use there."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from graphs.document.called_servers import CalledServer, called_servers
from graphs.document.flow import NodeDocument
from graphs.mcp.pinned_tools import PinnedServer, PinnedTool
from graphs.openapi.pinned_operations import PinnedAPI, PinnedOperation
from graphs.values.findings import Finding, FlowError, shown

__all__ = ["with_server_tools"]


def with_server_tools(
    node: NodeDocument,
    place: int,
    data: dict[str, Any],
    servers: Mapping[str, PinnedServer],
    apis: Mapping[str, PinnedAPI],
) -> dict[str, Any]:
    """Return a node's data in which each entry of a server is one entry for each of its tools.

    What a run may rely on, such as schemas and hashes, comes from what the workspace keeps of the server
    alone, whatever the document says.

    Raises:
        FlowError: there is no such server, or it has no such tool that may be used (code
            ``mcp_tool_refused`` or ``openapi_tool_refused``).
    """
    called = {id(one.entry): one for one in (*called_servers(data, "mcp"), *called_servers(data, "openapi"))}
    if not called:
        return data

    def entries(one: CalledServer) -> list[dict[str, Any]]:
        if one.kind == "mcp":
            return [_mcp_entry(one, tool) for tool in _of_server(node, place, one, servers)]
        return [_api_entry(one, operation) for operation in _of_api(node, place, one, apis)]

    changed = dict(data)
    tools: Any = data.get("tools")
    if isinstance(tools, list):
        changed["tools"] = [
            each
            for entry in tools
            for each in (entries(called[id(entry)]) if id(entry) in called else [entry])
        ]
    if (single := called.get(id(data.get("tool")))) is not None:
        found = entries(single)
        if len(found) != 1:
            raise _refused(node, place, single, "A tool node uses one tool. Name it.")
        changed["tool"] = found[0]
    return changed


def _of_server(
    node: NodeDocument, place: int, called: CalledServer, servers: Mapping[str, PinnedServer]
) -> Sequence[PinnedTool]:
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
    return wanted


def _of_api(
    node: NodeDocument, place: int, called: CalledServer, apis: Mapping[str, PinnedAPI]
) -> Sequence[PinnedOperation]:
    api = apis.get(called.server) or PinnedAPI(
        problem=f"There is no API {shown(called.server)} in this workspace. Store one of this name."
    )
    if api.problem:
        raise _refused(node, place, called, api.problem)
    by_id = {one.operation.id: one for one in api.operations}
    for name in called.tools:
        if name not in by_id:
            why = api.refused.get(name) or (
                f"The API '{called.server}' has no operation {shown(name)} that was chosen. Add it to its "
                "'operations', or name another."
            )
            raise _refused(node, place, called, why)
    wanted = [by_id[name] for name in called.tools] or api.operations
    if not wanted:
        why = f"No operation of the API '{called.server}' was chosen. Name some in its 'operations'."
        raise _refused(node, place, called, why)
    return wanted


def _mcp_entry(called: CalledServer, tool: PinnedTool) -> dict[str, Any]:
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


def _api_entry(called: CalledServer, pinned: PinnedOperation) -> dict[str, Any]:
    said = called.entry
    plain: dict[str, Any] = msgspec.to_builtins(pinned)
    return {
        "name": "openapi",
        "api": called.server,
        "operation": pinned.operation.id,
        "alias": said.get("alias") or pinned.name,
        "description": said.get("description") or pinned.operation.description,
        "approval": bool(said.get("approval")) or pinned.approval,
        "repeatable": pinned.operation.repeatable and said.get("repeatable") is not False,
        "pinned": plain,
    }


def _refused(node: NodeDocument, place: int, called: CalledServer, why: str) -> FlowError:
    return FlowError(
        [
            Finding(
                code=f"{called.kind}_tool_refused",
                message=f"Node {shown(node.id)}: {why}",
                node=node.id,
                pointer=f"/nodes/{place}/data/{called.field}",
            )
        ]
    )
