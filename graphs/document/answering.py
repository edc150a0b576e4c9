"""Answering: which nodes of a flow speak to the user by default, since their text becomes the answer."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from graphs.document.topology import Topology
from graphs.expressions.template_parts import Part
from graphs.expressions.templates import parse
from graphs.expressions.terms import Literal, Lookup, Name
from graphs.node.node import Node

__all__ = ["Answering", "Piece", "Spoken", "answering"]

_NODE = re.compile(r"\s*nodes\s*(?:\.\s*(\w+)|\[\s*(['\"])(.*?)\2\s*\])\s*")
"""An expression that is the output of a node, and nothing else."""
_DEEPEST = 20
"""Templates within one another that are looked through."""
_MOST_PARTS = 2_000
"""Parts of templates that are looked through for the text of one end: templates that name one another
several times each would have far more than a flow has nodes."""


class Spoken(Struct, frozen=True):
    """The place in a text where what a node says stands."""

    node: str


Piece = Part | Spoken
"""A part of an answer: text, what a node says, or something that is known when it is looked up."""


class Answering(Struct, frozen=True):
    """How a flow comes to its answer."""

    speakers: frozenset[str] = frozenset()
    """The nodes whose text is the answer, or a part of it."""
    composed: Mapping[str, tuple[Piece, ...]] = {}
    """The text of each end that is more than what one node says, part by part."""
    alone: frozenset[str] = frozenset()
    """The nodes outside of loops and containers whose text is all that an end gives."""


def answering(shape: Topology) -> Answering:
    """Return the nodes of a flow whose text is the answer where it ends, and how the text is composed.

    A text reaches an end if it arrives there, also through nodes that pass it on, or if a template of the end
    names it.
    """
    search = _Search(shape)
    composed: dict[str, tuple[Piece, ...]] = {}
    plain: set[str] = set()
    for id in (id for id, node in shape.nodes.items() if node.ends):
        pieces = search.pieces_of_end(id)
        if any(isinstance(piece, Spoken) for piece in pieces) and len(pieces) > 1:
            composed[id] = pieces
        else:
            plain |= search.behind(id)
    places = Counter(
        piece.node for pieces in composed.values() for piece in pieces if isinstance(piece, Spoken)
    )
    for id, pieces in tuple(composed.items()):
        spoken = {piece.node for piece in pieces if isinstance(piece, Spoken)}
        if any(places[node] > 1 or node in plain for node in spoken):
            del composed[id]
            plain |= search.behind(id)
    alone = frozenset(id for end, node in shape.nodes.items() if node.ends for id in search.alone(end))
    return Answering(frozenset(plain | set(places)), composed, alone)


class _Search:
    def __init__(self, shape: Topology) -> None:
        self._nodes = shape.nodes
        self._once = {id for id in shape.regions[0].steps if id not in shape.enclosing}
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._left = 0
        self._into: dict[str, list[str]] = {id: [] for id in shape.nodes}
        for id, links in shape.outgoing.items():
            for link in links:
                self._into[link.target].append(id)

    def behind(self, end: str) -> set[str]:
        """Return the nodes whose text is that of an end, or a part of it."""
        speakers: set[str] = set()
        seen: set[str] = set()
        open_ = [end]
        while open_:
            id = open_.pop()
            if id in seen or id not in self._nodes:
                continue
            seen.add(id)
            node = self._nodes[id]
            if node.tells():
                speakers.add(id)
            elif node.gives():
                open_ += _named(node)
            elif node.passes_on():
                open_ += self._into[id]
        return speakers

    def alone(self, end: str) -> set[str]:
        """Return the nodes one of whose texts an end gives as it is."""
        found: set[str] = set()
        seen: set[str] = set()
        open_ = [end]
        while open_:
            id = open_.pop()
            if id in seen or id not in self._nodes:
                continue
            seen.add(id)
            node = self._nodes[id]
            if node.tells():
                found |= {id} & self._once
            elif given := node.gives():
                named = [*_named(node)]
                plain = given in node.expressions().values() or len(parse(given).parts) == 1
                open_ += named if plain else ()
            elif node.passes_on() and not node.frames and (node.ends or len(self._into[id]) == 1):
                open_ += self._into[id]
        return found

    def pieces_of_end(self, end: str) -> tuple[Piece, ...]:
        """Return the parts of the text of an end; none where they are not known before."""
        self._left = _MOST_PARTS
        return self._pieces(end, 0)

    def _pieces(self, id: str, depth: int) -> tuple[Piece, ...]:
        node = self._nodes.get(id)
        if node is None or depth > _DEEPEST or self._left <= 0:
            return ()
        if node.tells() and not node.frames and id in self._once:
            return (Spoken(id),)
        given = node.gives()
        if given and given in node.templates().values():
            if id not in self._parts:
                self._parts[id] = parse(given).parts
            self._left -= len(self._parts[id])
            return tuple(piece for part in self._parts[id] for piece in self._expanded(part, depth))
        sources = self._into[id]
        if not given and node.passes_on() and not node.frames and len(sources) == 1:
            return self._pieces(sources[0], depth + 1)
        return ()

    def _expanded(self, part: Part, depth: int) -> tuple[Piece, ...]:
        named = _whole(part)
        return (self._pieces(named, depth + 1) if named else ()) or (part,)


def _named(node: Node) -> Iterator[str]:
    """Yield the nodes whose whole output is part of what a node gives."""
    given = node.gives()
    if given in node.expressions().values():
        if found := _NODE.fullmatch(given):
            yield found[1] or found[3]
        return
    for part in parse(given).parts:
        if id := _whole(part):
            yield id


def _whole(part: Part) -> str:
    """Return the node whose whole output a part of a template is; empty where it is something else."""
    match part:
        case Lookup(base=Name(name="nodes"), keys=(Literal(content=str() as id),)):
            return id
        case _:
            return ""
