"""Certain nodes: whether every run of a flow comes to one of some nodes, whatever its input is."""

from collections.abc import Collection

from graphs.document.edges import Link
from graphs.document.topology import Topology
from graphs.node.node import ERROR, Node

__all__ = ["certain_nodes", "comes_to"]


def comes_to(shape: Topology, goals: Collection[str]) -> bool:
    """Say whether each run that no failure ends before comes to one of the nodes."""
    return shape.start in certain_nodes(shape, goals)


def certain_nodes(shape: Topology, goals: Collection[str]) -> set[str]:
    """Return the nodes from which each run that no failure ends comes to one of some nodes, these included.

    A node that chooses between outlets leads there where all of them do; a body does where its container
    enters it in every run (`Node.enters`).
    """
    certain: set[str] = {goal for goal in goals if goal in shape.nodes}
    coming: dict[str, list[str]] = {id: [] for id in shape.nodes}
    for links in shape.outgoing.values():
        for link in links:
            coming[link.target].append(link.source)
    waiting = [*certain]
    while waiting:
        for id in coming[waiting.pop()]:
            if id not in certain and _leads(shape.nodes[id], shape.outgoing[id], certain):
                certain.add(id)
                waiting.append(id)
    return certain


def _leads(node: Node, leaving: tuple[Link, ...], certain: set[str]) -> bool:
    """Say whether a node that runs leads to one of the certain ones whatever it chooses."""
    leading = {link.outlet for link in leaving if link.target in certain}
    bodies = node.bodies()
    if any(outlet in leading and node.enters(outlet) for outlet in bodies):
        return True
    chosen = [outlet for outlet in node.outlets() if outlet not in bodies and outlet != ERROR]
    return bool(chosen) and all(outlet in leading for outlet in chosen)
