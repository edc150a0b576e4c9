"""Tools: what agents, and flows, can use."""

import asyncio
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from graphs.toolbox.python_tools import ToolFault
from graphs.tools import ToolInfo, describe_tools
from server.description.operations import operation
from server.runs.tool_setup import ServerTools

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
    async def list(self, tools: NamedDependency[ServerTools]) -> Response[Tools]:
        """List the tools with the JSON Schema of their arguments and of their configuration."""
        loaded = await asyncio.to_thread(lambda: tools.loaded)
        found = describe_tools(loaded.kinds)
        body: Any = msgspec.to_builtins(Tools(found, len(found), [*loaded.faults]))
        return Response(body)
