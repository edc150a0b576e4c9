"""A shorthand for flows of the real node types: ``drawn({"a": ("template", {…})}, "start>a", "a>end")``."""

from collections.abc import Mapping
from typing import Any, Literal

from graphs.checks.check import read_flow
from graphs.document.flow import Edge, Flow, FlowType, GraphDefinition, NodeDocument

__all__ = ["drawn", "graph"]


def graph(
    nodes: Mapping[str, tuple[str, dict[str, Any]] | str],
    *edges: str,
    version: Literal[1, 2, 3] | None = None,
) -> GraphDefinition:
    """Return a definition.

    Args:
        nodes: Types by id, with their data where they have some; ``start`` and ``end`` need not be named.
        edges: ``source>target`` or ``source:outlet>target``, where ``target:handle`` names a handle.
        version: The document's version.
    """
    named = {"start": "start", **nodes, "end": nodes.get("end", "end")}
    made: list[Edge] = []
    for number, edge in enumerate(edges):
        left, _, right = edge.partition(">")
        source, _, outlet = left.partition(":")
        target, _, handle = right.partition(":")
        made.append(
            Edge(
                id=f"e{number}",
                source=source,
                source_handle=outlet or None,
                target=target,
                target_handle=handle or None,
            )
        )
    pairs = {id: (type, {}) if isinstance(type, str) else type for id, type in named.items()}
    return GraphDefinition(
        nodes=[NodeDocument(id=id, type=type, data=data) for id, (type, data) in pairs.items()],
        edges=made,
        version=version,
    )


def drawn(
    nodes: Mapping[str, tuple[str, dict[str, Any]] | str],
    *edges: str,
    type: FlowType = "agentflow",
    version: Literal[1, 2, 3] | None = None,
) -> Flow:
    """Return a flow; see `graph`."""
    return read_flow(graph(nodes, *edges, version=version), name="f", type=type)
