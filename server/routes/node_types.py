"""Node types: what a flow may be made of."""

from typing import Any

import msgspec
from litestar import Controller, Response, get
from msgspec import Struct

from graphs.expressions import ABOUT
from graphs.nodes import NodeTypeInfo, describe
from server.description.operations import operation

__all__ = ["NodeTypesController"]


class ReadableName(Struct, frozen=True):
    """A name that expressions and templates can read."""

    name: str
    description: str
    """Markdown."""


class NodeTypes(Struct, frozen=True):
    """Every node type that this server knows."""

    node_types: list[NodeTypeInfo]
    total: int
    names: list[ReadableName] = []
    """What expressions and templates can read. `GET /variables` lists the names below `env`."""


class NodeTypesController(Controller):
    """What a palette shows."""

    path = "/node-types"
    tags = ("Node types",)

    @get("/", operation_id="listNodeTypes", opt=operation(needs="flows:read"))
    async def list(self) -> Response[NodeTypes]:
        """List the node types with the JSON Schema of their configuration, their outlets and examples."""
        types = describe()
        names = [ReadableName(name, about) for name, about in ABOUT.items()]
        body: Any = msgspec.to_builtins(NodeTypes(types, len(types), names))
        return Response(body)
