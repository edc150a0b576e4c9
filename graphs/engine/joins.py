"""Joins: when a node with several incoming edges may run, is skipped, or still waits."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from graphs.document.edges import Link
from graphs.node.node import Node

__all__ = ["Arrival", "Place", "fired", "settling"]


class Arrival(Struct, frozen=True):
    """What a step finds when it is triggered and has nothing to wait for."""

    incoming: list[str]
    """Where live edges come from, in the document's order; empty where all are dead."""
    runs: bool
    """False for a join that nothing reached: it is skipped."""
    taken: dict[str, Any]
    """Signals that change by this: those that are used up, and what a join remembers of itself."""
    late: bool = False
    """True for what comes to a join that ran already: nothing runs and nothing is skipped."""
    broken: bool = False
    """True for a loop that its body ends."""


class Place(Struct, frozen=True, kw_only=True):
    """A step among its edges."""

    id: str
    node: Node
    type: str
    outlets: tuple[str, ...]
    bodies: tuple[str, ...]
    """The outlets of a loop behind which its body lies."""
    enclosing: str
    """Id of the innermost loop around the step; empty outside of loops."""
    sources: list[str]
    """Where the forward edges come from."""
    waits: tuple[Link, ...]
    """The forward edges of a join; empty for a step with a single one."""
    needs: int
    """How many live edges a join needs; 0 for all that may still come."""
    back: tuple[Link, ...]
    """The edges that lead back to a loop, and the signals of the joins in its body that ran early."""
    outgoing: tuple[Link, ...]
    """Without those into the bodies of a container, which it follows by itself."""
    reads_clock: bool = False
    """Whether an expression or template of it asks for the time or for chance."""
    falls_back: Mapping[str, str] = {}
    """Outlets that nothing leaves by, and those that the run leaves by in their place."""
    rank: int = 0
    """Its place in the order of edges from the start on, in which nodes side by side update variables."""
    inside: tuple[str, ...] = ()
    """Of a loop the steps in its body, those of the bodies in it included."""
    forgotten: bool = False
    """Whether its output is gone when a turn of the loop around it skips it."""

    def arrive(self, signals: Mapping[str, Any]) -> Arrival | None:
        """Return how the step is reached; None while a signal is missing that it has to wait for."""
        if self.back:
            known = [signals.get(link.edge) for link in self.back]
            if None not in known:
                # The body came back. That nothing in it reached its end is no reason to stop turning.
                broken = any(link.breaks and live for link, live in zip(self.back, known, strict=True))
                return Arrival(_live(self.back, known), True, _taken(self.back), broken=broken)
            if any(signal is not None for signal in known):
                return None
        if not self.waits:
            return Arrival(self.sources, True, {})
        known = [signals.get(link.edge) for link in self.waits]
        if signals.get(fired(self.id)):
            return None if None in known else Arrival([], False, self.settled(), late=True)
        incoming = _live(self.waits, known)
        if self.needs and len(incoming) >= self.needs:
            taken = {fired(self.id): True} if None in known else self.settled()
            return Arrival(incoming[: self.needs], True, taken)
        if None in known:
            return None
        return Arrival(incoming, bool(incoming), self.settled())

    def settled(self) -> dict[str, Any]:
        """Return the signals when all edges of a join have been heard of: taken, and its loop told of it."""
        taken = _taken(self.waits)
        if self.needs:
            taken[fired(self.id)] = None
            if self.enclosing:
                taken[settling(self.id)] = False
        return taken

    def dying(self, outlet: str | None) -> list[Link]:
        """Return the links that die when the step is left by an outlet, or by None because it was skipped."""
        if outlet in self.bodies:
            return []
        return [link for link in self.outgoing if link.outlet != outlet and link.outlet not in self.bodies]


def fired(join: str) -> str:
    """Return the signal by which a join remembers that it ran before all its edges were heard of.

    No edge has such an id: those with ``__`` are reserved.
    """
    return f"__fired/{join}"


def settling(join: str) -> str:
    """Return the signal by which a join tells the loop around it that nothing more will come to it."""
    return f"__settled/{join}"


def _live(links: Iterable[Link], known: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(link.source for link, live in zip(links, known, strict=True) if live))


def _taken(links: Iterable[Link]) -> dict[str, Any]:
    return {link.edge: None for link in links}
