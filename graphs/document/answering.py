"""Answering: which nodes of a flow speak to the user by default, since their text becomes the answer."""

import re
from collections.abc import Iterator

from graphs.document.topology import Topology
from graphs.expressions.template_parts import Part
from graphs.expressions.templates import parse
from graphs.expressions.terms import Literal, Lookup, Name
from graphs.node.node import Node

__all__ = ["speaking_nodes", "whole_output"]

_NODE = re.compile(r"\s*nodes\s*(?:\.\s*(\w+)|\[\s*(['\"])(.*?)\2\s*\])\s*")
"""An expression that is the output of a node, and nothing else."""


def speaking_nodes(shape: Topology) -> frozenset[str]:
    """Return the nodes of a flow whose text is the answer, or a part of it, where it ends.

    A text reaches an end if it arrives there, also through nodes that pass it on, or if a template of the end
    names it.
    """
    found = _Search(shape)
    for id, node in shape.nodes.items():
        if node.ends:
            found.behind(id)
    return frozenset(found.speakers)


class _Search:
    def __init__(self, shape: Topology) -> None:
        self.speakers: set[str] = set()
        self._nodes = shape.nodes
        self._seen: set[str] = set()
        self._into: dict[str, list[str]] = {id: [] for id in shape.nodes}
        for id, links in shape.outgoing.items():
            for link in links:
                self._into[link.target].append(id)

    def behind(self, id: str) -> None:
        """Add the nodes whose text is that of a node."""
        if id in self._seen or id not in self._nodes:
            return
        self._seen.add(id)
        node = self._nodes[id]
        if node.speaks_text:
            self.speakers.add(id)
        elif given := node.gives():
            for source in _named(node, given):
                self.behind(source)
        elif node.passes_on():
            for source in self._into[id]:
                self.behind(source)


def _named(node: Node, given: str) -> Iterator[str]:
    """Yield the nodes whose whole output is part of what a node gives."""
    if given in node.expressions().values():
        if found := _NODE.fullmatch(given):
            yield found[1] or found[3]
        return
    for part in parse(given).parts:
        if id := whole_output(part):
            yield id


def whole_output(part: Part) -> str:
    """Return the node whose whole output a part of a template is; empty where it is something else."""
    match part:
        case Lookup(base=Name(name="nodes"), keys=(Literal(content=str() as id),)):
            return id
        case _:
            return ""
