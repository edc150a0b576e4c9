"""Edges: a flow's edges, resolved to outlets, with the findings about them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphs.document.flow import Edge
from graphs.node.node import Node
from graphs.values.findings import Finding, shown

__all__ = ["BREAK", "Link", "reach", "resolve"]

BREAK = "break"
"""The target handle of an edge that leads back to a loop and ends it."""


class Link(NamedTuple):
    """An edge, resolved."""

    edge: str
    source: str
    outlet: str
    target: str
    breaks: bool = False
    """Whether it ends the loop that it leads back to."""


def resolve(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> tuple[list[Link], list[Finding]]:
    """Return the links of edges, with findings for the edges that are none."""
    links: list[Link] = []
    findings: list[Finding] = []
    exits = {id: node.ways_out() for id, node in nodes.items()}
    for edge in edges:
        if wrong := [*_ends(edge, nodes)] or [
            *_outlet(edge, exits[edge.source], len(nodes[edge.source].outlets()))
        ]:
            findings += wrong
            continue
        outlet = edge.source_handle
        links.append(
            Link(
                edge.id,
                edge.source,
                exits[edge.source][0] if outlet is None else outlet,
                edge.target,
                breaks=edge.target_handle == BREAK and nodes[edge.target].loops,
            )
        )
    return links, findings


def reach(
    outgoing: Mapping[str, Sequence[Link]], sources: Iterable[str], *, past: str | None = None
) -> dict[str, None]:
    """Return what can be reached from `sources`, these included, without passing through `past`."""
    reached = {source: None for source in sources if source != past}
    waiting = list(reached)
    while waiting:
        for link in outgoing[waiting.pop()]:
            if link.target not in reached and link.target != past:
                reached[link.target] = None
                waiting.append(link.target)
    return reached


def _ends(edge: Edge, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    named = shown(edge.id)
    for field, id in (("source", edge.source), ("target", edge.target)):
        if id not in nodes:
            yield _finding(
                edge,
                "unknown_node",
                field,
                f"Edge {named} has {field} {shown(id)}, but there is no such node. "
                "Remove the edge or name an existing node.",
            )
    if edge.source == edge.target:
        yield _finding(
            edge,
            "self_loop",
            "target",
            f"Edge {named} leads from node {shown(edge.source)} to itself. "
            "To repeat work, put it between the 'body' outlet of a loop node and that loop.",
        )
    elif edge.target in nodes and nodes[edge.target].starts:
        yield _finding(
            edge,
            "start_has_incoming",
            "target",
            f"Edge {named} leads to start node {shown(edge.target)}, where only the run itself enters. "
            "Remove the edge or lead it to another node.",
        )


def _outlet(edge: Edge, outlets: Sequence[str], own: int) -> Iterator[Finding]:
    """Tell what is wrong with the outlet of an edge; `own` of the outlets are the node type's."""
    named, source = shown(edge.id), shown(edge.source)
    choices = " or ".join(shown(outlet) for outlet in outlets[:10]) + (" …" if len(outlets) > 10 else "")
    if not outlets:
        yield _finding(
            edge,
            "end_has_outgoing",
            "source",
            f"Edge {named} leaves node {source}, which ends the run. Remove the edge.",
        )
    elif edge.source_handle is None:
        if own > 1:
            yield _finding(
                edge,
                "unknown_outlet",
                "sourceHandle",
                f"Edge {named} does not say by which outlet it leaves node {source}. "
                f"Set sourceHandle to {choices}.",
            )
    elif edge.source_handle not in outlets:
        yield _finding(
            edge,
            "unknown_outlet",
            "sourceHandle",
            f"Edge {named} leaves node {source} by outlet {shown(edge.source_handle)}, "
            f"which it does not have. Set sourceHandle to {choices}.",
        )


def _finding(edge: Edge, code: str, field: str, message: str) -> Finding:
    return Finding(code=code, message=message, edge=edge.id, pointer=f"/{field}")
