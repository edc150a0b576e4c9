"""Node types: what a flow may be made of."""

from typing import Any

import msgspec
from litestar import Controller, Response, get
from msgspec import Struct

from graphs.nodes import NodeTypeInfo, describe
from server.description.operations import operation

__all__ = ["NodeTypesController"]


class NodeTypes(Struct, frozen=True):
    """Every node type that this server knows."""

    node_types: list[NodeTypeInfo]
    total: int


class NodeTypesController(Controller):
    """What a palette shows."""

    path = "/node-types"
    tags = ("Node types",)

    @get("/", operation_id="listNodeTypes", opt=operation(needs="flows:read"))
    async def list(self) -> Response[NodeTypes]:
        """List the node types with the JSON Schema of their configuration, their outlets and examples."""
        types = describe()
        body: Any = msgspec.to_builtins(NodeTypes(types, len(types)))
        return Response(body)
