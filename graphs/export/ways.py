"""Ways: by which edges of LangGraph each node is reached, so that it runs once, after all that still come.

Where branches meet again, LangGraph has two kinds of edges. Plain edges start a node each time that one of
them is taken: right where only one of the branches can come. An edge from a list of nodes waits for all of
them: right where all come or none. Which of the two fits is worked out from what each node's choice of an
outlet rules out. Where neither does, the node waits by itself, by the outlets that the state has (a gate).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

from msgspec import Struct

from graphs.document.edges import Link
from graphs.document.topology import Topology

__all__ = ["Reached", "Ways", "back_of"]

Condition = frozenset[frozenset[tuple[str, str]]]
"""When a node runs: one of these sets of choices, each a node and the outlet that it took."""

ALWAYS: Condition = frozenset({frozenset[tuple[str, str]]()})
MOST = 48
"""Sets of choices that a condition may have; a node with more waits by itself."""

Kind = Literal["one", "any", "all", "gate"]


class Reached(Struct, frozen=True):
    """How a node is reached."""

    kind: Kind
    links: tuple[Link, ...]

    @property
    def sources(self) -> list[str]:
        """The nodes that lead to it, each once."""
        return list(dict.fromkeys(link.source for link in self.links))


def back_of(loop: str) -> str:
    """Return what the end of a loop's round is called among nodes: no node has such an id."""
    return f"{loop}@back"


class Ways:
    """How all nodes of a flow are reached."""

    def __init__(self, shape: Topology) -> None:
        self.shape = shape
        self.reached: dict[str, Reached] = {}
        """By node, and by `back_of` of each loop for the end of its rounds."""
        self._conditions: dict[str, Condition | None] = {}
        self._bodies = {link.edge for links in shape.back.values() for link in links}
        for id in self._ordered():
            forward = shape.forward[id]
            self._conditions[id] = self._either(forward)
            self.reached[id] = self._how(forward, whole=None)
        for loop, links in shape.back.items():
            if shape.nodes[loop].loops:
                self.reached[back_of(loop)] = self._how(links, whole=ALWAYS)

    def outlets(self, id: str) -> tuple[str, ...]:
        """Return the outlets that a node can be left by, bodies not counted."""
        node = self.shape.nodes[id]
        drawn = {link.outlet for link in self.shape.outgoing[id]}
        falls = {outlet for outlet in node.falls_back() if outlet not in drawn}
        return tuple(one for one in node.ways_out() if one not in node.bodies() and one not in falls)

    def chooses(self, id: str) -> bool:
        """Say whether a node can be left by several outlets, that of a loop's body counted."""
        node = self.shape.nodes[id]
        return len(self.outlets(id)) > 1 or node.loops

    def gates(self) -> list[str]:
        """Return the nodes that wait by themselves."""
        return [id for id, reached in self.reached.items() if reached.kind == "gate"]

    def wakes(self, id: str) -> list[str]:
        """Return the gates that may have waited for a branch that a node does not take.

        Those behind other gates are among them: whether a gate is skipped shows in the choices before it.
        """
        if not self.chooses(id):
            return []
        gates = set(self.gates())
        seen: dict[str, None] = {}
        waiting = [id]
        while waiting:
            for link in self._leaving(waiting.pop()):
                target = back_of(link.target) if link.edge in self._bodies else link.target
                if target not in seen:
                    seen[target] = None
                    if target in self.shape.nodes and link.edge not in self._bodies:
                        waiting.append(target)
        return [target for target in seen if target in gates]

    def exclusive(self, ids: Sequence[str]) -> bool:
        """Say whether no two of some nodes run in the same run."""
        return self._disjoint([self._conditions[id] for id in ids])

    def certain(self, links: Sequence[Link]) -> bool:
        """Say whether edges are one, which is taken in every pass through the body that it ends."""
        return len(links) == 1 and self._of(links[0]) == ALWAYS

    def _leaving(self, id: str) -> Iterator[Link]:
        bodies = self.shape.nodes[id].bodies()
        return (link for link in self.shape.outgoing[id] if link.outlet not in bodies)

    def _ordered(self) -> Iterator[str]:
        done: set[str] = set()
        waiting = [*self.shape.nodes]
        while waiting:
            later: list[str] = []
            for id in waiting:
                if all(link.source in done for link in self.shape.forward[id]):
                    done.add(id)
                    yield id
                else:
                    later.append(id)
            if len(later) == len(waiting):
                raise AssertionError("The nodes of a checked flow have an order.")
            waiting = later

    def _of(self, link: Link) -> Condition | None:
        """Return when an edge is taken, within the body that it lies in."""
        node = self.shape.nodes[link.source]
        if link.outlet in node.bodies():
            return ALWAYS
        before = self._conditions[link.source]
        if before is None or len(self.outlets(link.source)) < 2:
            return before
        return frozenset(choices | {(link.source, link.outlet)} for choices in before)

    def _either(self, links: Iterable[Link]) -> Condition | None:
        found: set[frozenset[tuple[str, str]]] = set()
        links = [*links]
        if not links:
            return ALWAYS
        for link in links:
            one = self._of(link)
            if one is None:
                return None
            found |= one
        return self._simplified(found)

    def _simplified(self, terms: set[frozenset[tuple[str, str]]]) -> Condition | None:
        changed = True
        while changed:
            if len(terms) > MOST:
                return None
            changed = False
            for term in sorted(terms, key=len):
                for choice in term:
                    rest = term - {choice}
                    others = [rest | {(choice[0], outlet)} for outlet in self.outlets(choice[0])]
                    if all(any(other <= one for other in terms) for one in others):  # each of them is covered
                        terms = {one for one in terms if not rest <= one} | {rest}
                        changed = True
                        break
                if changed:
                    break
        return frozenset(one for one in terms if not any(other < one for other in terms))

    def _how(self, links: Sequence[Link], *, whole: Condition | None) -> Reached:
        links = tuple(links)
        conditions = [self._of(link) for link in links]
        if whole is not None and len(links) == 1:
            return Reached("one" if conditions[0] == whole else "gate", links)
        if len(links) < 2:
            return Reached("one", links)
        if self._disjoint(conditions):
            complete = whole is None or self._either(links) == whole
            return Reached("any" if complete else "gate", links)
        same = conditions[0] is not None and all(one == conditions[0] for one in conditions)
        plain = all(
            not self.chooses(link.source) and self.reached[link.source].kind != "gate" for link in links
        )
        if same and plain and (whole is None or conditions[0] == whole):
            return Reached("all", links)
        return Reached("gate", links)

    def _disjoint(self, conditions: Sequence[Condition | None]) -> bool:
        return all(
            one is not None and other is not None and all(_contradict(a, b) for a in one for b in other)
            for one, other in combinations(conditions, 2)
        )


def _contradict(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> bool:
    chosen: Mapping[str, str] = dict(one)
    return any(chosen.get(node, outlet) != outlet for node, outlet in other)
