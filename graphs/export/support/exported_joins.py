"""Joins: which edges a run has taken, and where it goes on.

`routes` in the state has the outlet by which each node was left. From that follows which branches are still
on their way, and which will not come.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = [
    "Edges",
    "TURN",
    "taken",
    "is_skipped",
    "sources",
    "all_arrived",
    "what_arrived",
    "given_by",
    "skipped",
    "after",
]

Edges = Mapping[str, Sequence[tuple[str, str]]]
"""By node, the edges that lead to it: where they come from, and by which outlet."""

TURN = "@turn"
"""The outlet by which a loop enters its body."""


def taken(state: Any, edges: Edges, source: str, outlet: str) -> bool | None:
    """Say whether an edge was taken; None where that is still open."""
    left = state["routes"].get(source)
    if left is None:
        return False if is_skipped(state, edges, source) else None
    if left == TURN and outlet != TURN:
        return None
    return left == outlet


def is_skipped(state: Any, edges: Edges, node: str) -> bool:
    """Say whether no edge leads to a node any more."""
    coming = edges.get(node, ())
    return bool(coming) and all(taken(state, edges, *edge) is False for edge in coming)


def sources(state: Any, edges: Edges, node: str) -> list[str] | None:
    """Return where a node was reached from; None while a branch is still on its way."""
    known = [(source, taken(state, edges, source, outlet)) for source, outlet in edges[node]]
    if any(came is None for _, came in known):
        return None
    return list(dict.fromkeys(source for source, came in known if came))


def all_arrived(state: Any, edges: Edges, node: str) -> dict[str, Any]:
    """Return the outputs of the nodes that lead to a node in this run."""
    came = dict.fromkeys(source for source, outlet in edges[node] if taken(state, edges, source, outlet))
    return {source: state["outputs"].get(source) for source in came}


def what_arrived(state: Any, edges: Edges, node: str) -> Any:
    """Return the output of the node before; an object by node where several came in."""
    return given_by(state, *all_arrived(state, edges, node))


def given_by(state: Any, *nodes: str) -> Any:
    """Return the output of a node; an object by node of several."""
    outputs = {node: state["outputs"].get(node) for node in nodes}
    return outputs if len(outputs) > 1 else next(iter(outputs.values()), None)


def skipped(state: Any, edges: Edges, node: str, outlet: str) -> list[str]:
    """Return the nodes that will not run now that a node is left by an outlet."""
    seen = {**state, "routes": {**state["routes"], node: outlet}}
    return [one for one in edges if one not in seen["routes"] and is_skipped(seen, edges, one)]


def after(
    node: str, ways: Mapping[str, Sequence[str]], wakes: Sequence[str] = ()
) -> Callable[[Any], list[str]]:
    """Return where a run goes on after a node.

    Args:
        node: The node.
        ways: The nodes behind each of its outlets.
        wakes: Joins that may have waited for a branch that was not taken.
    """

    def follow(state: Any) -> list[str]:
        left = state["routes"].get(node)
        return [] if left is None else list(dict.fromkeys([*ways.get(left, ()), *wakes]))

    return follow
