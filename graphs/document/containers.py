"""Containers: the bodies behind the outlets of loops and containers, and the rules that bound them.

A body is what is reached from one outlet of its container. It is entered there only, and all of it leads back
to the container: then the container goes on exactly when everything in it has run or was skipped.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from graphs.document.edges import Link, reach
from graphs.node.node import Node
from graphs.values.findings import Finding, shown

__all__ = ["Body", "body_findings", "body_of", "innermost", "kind", "nesting_findings"]

MAX_NESTING = 8
"""Containers within one another, loops not counted."""


class Body(Struct, frozen=True):
    """What lies behind one outlet of a loop or a container."""

    container: str
    outlet: str
    inside: dict[str, None]
    """Ids of the steps in it, those of the bodies in it included, in the order in which they are reached."""


def body_of(container: str, outlet: str, outgoing: Mapping[str, Sequence[Link]]) -> Body:
    """Return the body behind an outlet."""
    first = [link.target for link in outgoing[container] if link.outlet == outlet]
    return Body(container, outlet, reach(outgoing, first, past=container))


def innermost(bodies: Sequence[Body]) -> dict[str, Body]:
    """Return of each step in a body the innermost one; nested bodies must come before those around them."""
    found: dict[str, Body] = {}
    for body in bodies:
        for id in body.inside:
            found.setdefault(id, body)
    return found


def kind(node: Node) -> str:
    """Return what messages call a container."""
    return "loop" if node.loops else str(node.__struct_config__.tag).replace("_", " ")


def body_findings(
    body: Body,
    nodes: Mapping[str, Node],
    outgoing: Mapping[str, Sequence[Link]],
    incoming: Mapping[str, Sequence[Link]],
) -> Iterator[Finding]:
    """Tell where a body breaks the rule."""
    container, outlet, inside = body.container, body.outlet, body.inside
    node = nodes[container]
    named = f"{kind(node)} {shown(container)}"
    of = f"the body of {named}" if len(node.bodies()) == 1 else f"the body {shown(outlet)} of {named}"
    if not inside:
        does = "repeat" if node.loops else "do"
        behind = "" if len(node.bodies()) == 1 else f" behind outlet {shown(outlet)}"
        yield Finding(
            code="empty_body",
            message=f"{named[0].upper()}{named[1:]} has nothing to {does}{behind}. Lead an edge from its "
            f"{shown(outlet)} outlet to the first node to {does}, and one from the last such node back to "
            f"{shown(container)}.",
            node=container,
        )
    for id in inside:
        for link in incoming[id]:
            if link.source not in inside and (link.source, link.outlet) != (container, outlet):
                yield Finding(
                    code="body",
                    message=f"Edge {shown(link.edge)} leads into {of}, to {shown(id)}. A body is entered by "
                    f"its {shown(outlet)} outlet alone: take the edge away, or lead what is to come after "
                    f"the {kind(node)} from its {shown(_after(node))} outlet.",
                    edge=link.edge,
                    pointer="/target",
                )
    returning = reach(
        {
            id: [Link(link.edge, id, "", link.source) for link in incoming[id] if link.source in inside]
            for id in (*inside, container)
        },
        [container],
    )
    for id in inside:
        if id in returning:
            continue
        if nodes[id].ends:
            message = (
                f"Node {shown(id)} ends the run, but lies in {of}. Lead to it from the "
                f"{shown(_after(node))} outlet of {shown(container)} instead, and from the last node of the "
                f"body back to {shown(container)}."
            )
        else:
            message = (
                f"Node {shown(id)} lies in {of} but does not lead back to it. Lead it back to "
                f"{shown(container)}, or lead to it from the {shown(_after(node))} outlet of "
                f"{shown(container)} instead."
            )
        yield Finding(code="body", message=message, node=id)


def nesting_findings(inside: Mapping[str, Body], nodes: Mapping[str, Node]) -> Iterator[Finding]:
    """Tell which containers lie too deep within others."""
    for id, node in nodes.items():
        depth, around = 1, inside.get(id)
        while around is not None:
            depth += nodes[around.container].frames
            around = inside.get(around.container)
        if node.frames and depth > MAX_NESTING:
            yield Finding(
                code="too_deep",
                message=f"Node {shown(id)} is the {depth}th container within one another; at most "
                f"{MAX_NESTING} are allowed. Make the inner ones a sub-flow.",
                node=id,
            )


def _after(node: Node) -> str:
    """Return the outlet that leads on from a container."""
    return next(outlet for outlet in node.outlets()[::-1] if outlet not in node.bodies())
