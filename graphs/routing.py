"""Routing: where a run goes on after a step, by signals on edges (dead-path elimination).

Every edge is signalled once, live or dead, when the step that it leaves has run or was skipped. A step with
one edge coming in runs when that is live, and is skipped when it is dead by whoever walks there. A join waits
for the signals of all its edges, then runs once if any is live and is skipped if none is. So what lies behind
branches of unequal length, conditions and loops runs exactly once. A loop is entered like any other step and
runs again when all edges that lead back to it are signalled; those of its outlet ``done`` wait for its end.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from graphs.links import DONE, Link
from graphs.node import Node
from graphs.shape import Shape

__all__ = ["Arrival", "Departure", "Place", "Routes", "route"]


class Arrival(Struct, frozen=True):
    """What a step finds when it is triggered and has nothing to wait for."""

    incoming: list[str]
    """Where live edges come from, in the document's order; empty where all are dead."""
    runs: bool
    """False for a join that nothing reached: it is skipped."""
    taken: dict[str, Any]
    """Signals that are used up by this."""


class Departure(Struct, frozen=True):
    """What follows from a step."""

    goto: list[str]
    """Steps to trigger."""
    signals: dict[str, Any]
    """Edge id → True (live), False (dead) or None (taken)."""
    skipped: list[str]
    """Steps that will not run now, in the order in which they were met."""


class Place(Struct, frozen=True, kw_only=True):
    """A step among its edges."""

    id: str
    node: Node
    type: str
    outlets: tuple[str, ...]
    enclosing: str
    """Id of the innermost loop around the step; empty outside of loops."""
    sources: list[str]
    """Where the forward edges come from."""
    waits: tuple[Link, ...]
    """The forward edges of a join; empty for a step with a single one."""
    back: tuple[Link, ...]
    """The edges that lead back to a loop."""
    outgoing: tuple[Link, ...]

    def arrive(self, signals: Mapping[str, Any]) -> Arrival | None:
        """Return how the step is reached; None while a signal is missing that it has to wait for."""
        if self.back:
            known = [signals.get(link.edge) for link in self.back]
            if None not in known:
                # The body came back. That nothing in it reached its end is no reason to stop turning.
                incoming, taken = _taken(self.back, known)
                return Arrival(incoming, True, taken)
            if any(signal is not None for signal in known):
                return None
        if not self.waits:
            return Arrival(self.sources, True, {})
        known = [signals.get(link.edge) for link in self.waits]
        if None in known:
            return None
        incoming, taken = _taken(self.waits, known)
        return Arrival(incoming, bool(incoming), taken)

    def dying(self, outlet: str | None) -> list[Link]:
        """Return the links that die when the step is left by an outlet, or by None because it was skipped."""
        if self.node.loops:
            return [link for link in self.outgoing if outlet is None and link.outlet == DONE]
        return [link for link in self.outgoing if link.outlet != outlet]


class Routes(Struct, frozen=True, kw_only=True):
    """All places of a flow, resolved once when it is compiled."""

    places: dict[str, Place]
    signalled: frozenset[str]
    """Ids of the edges into joins and back to loops: only those are written to the state."""
    straight: dict[tuple[str, str], Departure]
    """By step and outlet: what follows where nothing is signalled nor skipped, as after most steps."""

    def leave(self, place: Place, outlet: str | None, signals: Mapping[str, Any]) -> Departure:
        """Return what follows when a step is left by an outlet, or by None because it was skipped."""
        if outlet is not None and (known := self.straight.get((place.id, outlet))) is not None:
            return known
        goto: dict[str, None] = {}
        marks: dict[str, Any] = {}
        skipped: list[str] = []
        for link in place.outgoing:
            if link.outlet == outlet:
                goto[link.target] = None
                if link.edge in self.signalled:
                    marks[link.edge] = True
        dead = place.dying(outlet)
        while dead:
            joins: dict[str, None] = {}
            for link in dead:  # grows while it is walked
                if link.edge in self.signalled:
                    marks[link.edge] = False
                    joins[link.target] = None
                else:
                    skipped.append(link.target)
                    dead.extend(self.places[link.target].dying(None))
            dead = []
            for id in joins:
                join = self.places[id]
                if _nothing_reached(join, marks, signals):
                    marks |= {link.edge: None for link in join.waits}
                    goto.pop(id, None)
                    skipped.append(id)
                    dead += join.dying(None)
                else:
                    goto[id] = None
        return Departure(list(goto), marks, skipped)


def route(shape: Shape) -> Routes:
    """Return the routes of a flow."""
    places = {
        id: Place(
            id=id,
            node=node,
            type=str(node.__struct_config__.tag),
            outlets=node.outlets(),
            enclosing=shape.enclosing.get(id, ""),
            sources=[link.source for link in shape.forward[id]],
            waits=shape.forward[id] if len(shape.forward[id]) > 1 else (),
            back=shape.back.get(id, ()),
            outgoing=shape.outgoing[id],
        )
        for id, node in shape.nodes.items()
    }
    signalled = frozenset(link.edge for place in places.values() for link in (*place.waits, *place.back))
    routes = Routes(places=places, signalled=signalled, straight={})
    for place in places.values():
        for outlet in place.outlets:
            departure = routes.leave(place, outlet, {})
            if not departure.signals and not departure.skipped:
                routes.straight[place.id, outlet] = departure
    return routes


def _taken(links: Iterable[Link], known: Iterable[Any]) -> tuple[list[str], dict[str, Any]]:
    incoming: dict[str, None] = {}
    taken: dict[str, Any] = {}
    for link, live in zip(links, known, strict=True):
        taken[link.edge] = None
        if live:
            incoming[link.source] = None
    return list(incoming), taken


def _nothing_reached(join: Place, marks: Mapping[str, Any], signals: Mapping[str, Any]) -> bool:
    """Say whether all forward edges of a join are dead by now: never of a loop whose body came back."""
    return bool(join.waits) and all(
        marks.get(link.edge, signals.get(link.edge)) is False for link in join.waits
    )
