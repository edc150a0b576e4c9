"""Tools: what agents, and flows, can use."""

import asyncio
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from graphs.toolbox.python_tools import ToolFault
from graphs.tools import ToolInfo, describe_tools
from server.compilation.tool_setup import ServerTools
from server.description.operations import operation
from server.identity.authentication import Caller
from server.mcp.mcp_servers import MCPServers
from server.openapi.workspace_apis import APIs

__all__ = ["ToolsController"]


class Tools(Struct, frozen=True):
    """Every tool of this server, and what was to be one."""

    tools: list[ToolInfo]
    total: int
    faults: list[ToolFault]
    """What could not be loaded of the operator's files and installed packages."""


class ToolsController(Controller):
    """What an agent's `tools` may name."""

    path = "/tools"
    tags = ("Tools",)

    @get("/", operation_id="listTools", opt=operation(needs="flows:read"))
    async def list(
        self,
        tools: NamedDependency[ServerTools],
        mcp_servers: NamedDependency[MCPServers],
        openapi_apis: NamedDependency[APIs],
        caller: NamedDependency[Caller],
    ) -> Response[Tools]:
        """List the tools with the JSON Schema of their arguments and of their configuration.

        A tool of an MCP server is in a flow as `{"name": "mcp", "server": …, "tool": …}`, an operation of an
        API as `{"name": "openapi", "api": …, "operation": …}`.
        """
        loaded = await asyncio.to_thread(lambda: tools.loaded)
        found = [
            *describe_tools(loaded.kinds),
            *await _of_servers(mcp_servers, caller),
            *await _of_apis(openapi_apis, caller),
        ]
        body: Any = msgspec.to_builtins(Tools(found, len(found), [*loaded.faults]))
        return Response(body)


async def _of_servers(mcp_servers: MCPServers, caller: Caller) -> list[ToolInfo]:
    """Return the approved tools of the workspace's MCP servers."""
    return [
        ToolInfo(
            name=one.name,
            description=one.listed.description,
            repeatable=one.listed.repeatable,
            parameters=one.listed.input_schema,
            config={},
            examples=[],
            source="mcp",
            server=row.name,
            input_schema=one.listed.input_schema,
            approval=one.approval,
        )
        for row in await mcp_servers.list(caller.workspace)
        if row.settings.enabled
        for one in mcp_servers.offered(row)
        if one.state == "approved"
    ]


async def _of_apis(openapi_apis: APIs, caller: Caller) -> list[ToolInfo]:
    """Return the chosen operations of the workspace's APIs."""
    return [
        ToolInfo(
            name=one.pinned.name,
            description=one.pinned.operation.description,
            repeatable=one.pinned.operation.repeatable,
            parameters=one.schema,
            config={},
            examples=[],
            source="openapi",
            server=row.name,
            input_schema=one.schema,
            approval=one.pinned.approval,
        )
        for row in await openapi_apis.rows.list(caller.workspace)
        if row.settings.enabled
        for one in openapi_apis.offered(row)
        if not one.why
    ]
