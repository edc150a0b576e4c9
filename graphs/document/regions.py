"""Regions: the parts of a flow that run as graphs of their own, and how long a pass through each can be."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from graphs.document.containers import Body
from graphs.document.edges import Link
from graphs.node.node import Node

__all__ = ["Region", "lengths_of", "regions_of"]


class Region(Struct, frozen=True, kw_only=True):
    """What runs as one graph: the flow itself, or one body of a container. Bodies of loops lie in it."""

    container: str = ""
    """Empty for the flow itself."""
    outlet: str = ""
    steps: tuple[str, ...]
    entry: tuple[Link, ...] = ()
    """The links by which the container enters the body."""
    back: tuple[Link, ...] = ()
    """The links by which the body comes back to it."""
    longest: int
    """The most supersteps that one pass can take, those of the bodies in it included."""


def regions_of(
    nodes: Mapping[str, Node],
    inside: Mapping[str, Body],
    outgoing: Mapping[str, Sequence[Link]],
    incoming: Mapping[str, Sequence[Link]],
    lengths: Mapping[tuple[str, str], int],
) -> tuple[Region, ...]:
    """Return the regions of a flow, each with the steps that its own graph runs."""
    steps: dict[tuple[str, str], list[str]] = {("", ""): []}
    for id, node in nodes.items():
        if node.frames:
            steps |= {(id, outlet): [] for outlet in node.bodies()}
    around: dict[str, tuple[str, str]] = {}
    for id in nodes:
        body = inside.get(id)
        while body is not None and nodes[body.container].loops:
            body = inside.get(body.container)
        around[id] = ("", "") if body is None else (body.container, body.outlet)
        steps[around[id]].append(id)
    return tuple(
        Region(
            container=container,
            outlet=outlet,
            steps=tuple(ids),
            entry=tuple(link for link in outgoing.get(container, ()) if link.outlet == outlet),
            back=tuple(
                link for link in incoming.get(container, ()) if around[link.source] == (container, outlet)
            ),
            longest=lengths[container, outlet],
        )
        for (container, outlet), ids in steps.items()
    )


def lengths_of(
    order: Sequence[str],
    nodes: Mapping[str, Node],
    forward: Mapping[str, Sequence[Link]],
    inside: Mapping[str, Body],
    inside_out: Sequence[Body],
) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Return the longest way through the flow and each body in supersteps, and what each container costs.

    A step settles one superstep after the last step that leads to it, whether it runs or is skipped. A loop
    runs once more than its body, so ``turns`` of a body of ``n`` supersteps cost ``1 + turns * (n + 1)``.
    Passes through another container run side by side: it costs its longest body and itself.
    """
    levels: dict[tuple[str, str], list[str]] = {("", ""): []}
    levels |= {(body.container, body.outlet): [] for body in inside_out}
    for id in order:
        body = inside.get(id)
        levels[("", "") if body is None else (body.container, body.outlet)].append(id)
    costs: dict[str, int] = {}
    lengths: dict[tuple[str, str], int] = {}

    def length(level: tuple[str, str]) -> int:
        settled: dict[str, int] = {}
        for id in levels[level]:
            before = max((settled.get(link.source, 0) for link in forward[id]), default=0)
            settled[id] = before + costs.get(id, 1)
        return max(settled.values(), default=0)

    for body in inside_out:
        id = body.container
        lengths[id, body.outlet] = inner = length((id, body.outlet))
        costs[id] = max(costs.get(id, 1), 1 + (nodes[id].turns() * (inner + 1) if nodes[id].loops else inner))
    lengths["", ""] = length(("", ""))
    return lengths, costs
