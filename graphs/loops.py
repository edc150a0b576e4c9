"""Loops: the body of each loop, and the rule that makes every turn of it end before the next begins.

A body is what is reached from its loop's outlet ``body``. It is entered there only, and all of it leads back
to the loop: then the loop turns again exactly when everything in it has run or was skipped.
"""

from collections.abc import Iterator, Mapping, Sequence

from graphs.findings import Finding, shown
from graphs.links import BODY, Link, reach

__all__ = ["body_findings", "body_of"]


def body_of(loop: str, outgoing: Mapping[str, Sequence[Link]]) -> dict[str, None]:
    """Return the ids of the steps in a loop's body, those of the loops in it included."""
    return reach(outgoing, [link.target for link in outgoing[loop] if link.outlet == BODY], past=loop)


def body_findings(
    loop: str,
    body: Mapping[str, None],
    outgoing: Mapping[str, Sequence[Link]],
    incoming: Mapping[str, Sequence[Link]],
) -> Iterator[Finding]:
    """Tell where a body breaks the rule."""
    named = shown(loop)
    if not body:
        yield Finding(
            code="loop_without_body",
            message=f"Loop {named} has nothing to repeat. Lead an edge from its 'body' outlet to the first "
            "node to repeat, and one from the last such node back to the loop.",
            node=loop,
        )
    for id in body:
        for link in incoming[id]:
            if link.source not in body and (link.source, link.outlet) != (loop, BODY):
                yield Finding(
                    code="loop_body",
                    message=f"Edge {shown(link.edge)} leads into the body of loop {named}, to {shown(id)}."
                    " A body is entered by its loop's 'body' outlet alone: take the edge away, or lead what"
                    " is to come after the loop from its 'done' outlet.",
                    edge=link.edge,
                    pointer="/target",
                )
    returning = reach(
        {
            id: [Link(link.edge, id, "", link.source) for link in incoming[id] if link.source in body]
            for id in (*body, loop)
        },
        [loop],
    )
    for id in body:
        if id not in returning:
            yield Finding(
                code="loop_body",
                message=f"Node {shown(id)} lies in the body of loop {named} but does not lead back to it. "
                f"Lead it back to {named}, or lead to it from the loop's 'done' outlet instead.",
                node=id,
            )
