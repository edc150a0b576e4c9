"""Routing: where a run goes on after a step, by signals on edges (dead-path elimination).

Every edge is signalled once, live or dead, when the step that it leaves has run or was skipped. A step with
one edge coming in runs when that is live, and is skipped when it is dead by whoever walks there. A join waits
for the signals of all its edges, then runs once if any is live and is skipped if none is. So what lies behind
branches of unequal length, conditions and loops runs exactly once. A loop is entered like any other step and
runs again when all edges that lead back to it are signalled; those of its outlet ``done`` wait for its end.

A join that needs only some of its edges runs as soon as so many are live. What comes later is swallowed; in a
loop's body the next turn waits for it, by one more signal from the join to the loop, so that no turn hears of
what happened in the one before. A container of bodies is one step here: each body is routed by itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from graphs.document.edges import Link
from graphs.document.regions import Region
from graphs.document.topology import Topology
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.node.node import Node

__all__ = ["Arrival", "Departure", "Place", "Routes", "route"]


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

    def arrive(self, signals: Mapping[str, Any]) -> Arrival | None:
        """Return how the step is reached; None while a signal is missing that it has to wait for."""
        if self.back:
            known = [signals.get(link.edge) for link in self.back]
            if None not in known:
                # The body came back. That nothing in it reached its end is no reason to stop turning.
                return Arrival(_live(self.back, known), True, _taken(self.back))
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
        live = [link for link in place.outgoing if link.outlet == outlet]
        return self.follow(live, place.dying(outlet), signals)

    def follow(self, live: Iterable[Link], dead: list[Link], signals: Mapping[str, Any]) -> Departure:
        """Return what follows when some links come to life and others die."""
        goto: dict[str, None] = {}
        marks: dict[str, Any] = {}
        skipped: list[str] = []
        for link in live:
            if link.target in self.places:
                goto[link.target] = None
            if link.edge in self.signalled:
                marks[link.edge] = True
        while dead:
            joins: dict[str, None] = {}
            for link in dead:  # grows while it is walked
                if link.edge in self.signalled:
                    marks[link.edge] = False
                    if link.target in self.places:
                        joins[link.target] = None
                else:
                    skipped.append(link.target)
                    dead.extend(self.places[link.target].dying(None))
            dead = []
            for id in joins:
                join = self.places[id]
                if _nothing_reached(join, marks, signals):
                    marks |= join.settled()
                    goto.pop(id, None)
                    skipped.append(id)
                    dead += join.dying(None)
                else:
                    goto[id] = None
        return Departure(list(goto), marks, skipped)


def route(shape: Topology, region: Region) -> Routes:
    """Return the routes of a region."""
    early = {
        id: shape.enclosing[id]
        for id in region.steps
        if id in shape.enclosing and shape.nodes[id].needs() and len(shape.forward[id]) > 1
    }
    places = {id: _place(id, shape, early) for id in region.steps}
    told = [region.back, *(links for place in places.values() for links in (place.waits, place.back))]
    signalled = frozenset(link.edge for links in told for link in links)
    routes = Routes(places=places, signalled=signalled, straight={})
    for place in places.values():
        for outlet in place.outlets:
            departure = routes.leave(place, outlet, {})
            if not departure.signals and not departure.skipped:
                routes.straight[place.id, outlet] = departure
    return routes


def fired(join: str) -> str:
    """Return the signal by which a join remembers that it ran before all its edges were heard of.

    No edge has such an id: those with ``__`` are reserved.
    """
    return f"__fired/{join}"


def settling(join: str) -> str:
    """Return the signal by which a join tells the loop around it that nothing more will come to it."""
    return f"__settled/{join}"


def _place(id: str, shape: Topology, early: Mapping[str, str]) -> Place:
    node, forward = shape.nodes[id], shape.forward[id]
    back = () if node.frames else shape.back.get(id, ())
    return Place(
        id=id,
        node=node,
        type=str(node.__struct_config__.tag),
        outlets=tuple(outlet for outlet in node.ways_out() if not node.frames or outlet not in node.bodies()),
        bodies=() if node.frames else node.bodies(),
        enclosing=shape.enclosing.get(id, ""),
        sources=[link.source for link in forward],
        waits=forward if len(forward) > 1 else (),
        needs=node.needs(),
        back=(*back, *(Link(settling(join), join, "", id) for join, loop in early.items() if loop == id)),
        outgoing=tuple(
            link for link in shape.outgoing[id] if not node.frames or link.outlet not in node.bodies()
        ),
        reads_clock=_reads_clock(node),
    )


def _reads_clock(node: Node) -> bool:
    return any(parse_expression(source).reads_clock() for source in node.expressions().values()) or any(
        parse_template(source).reads_clock() for source in node.templates().values()
    )


def _live(links: Iterable[Link], known: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(link.source for link, live in zip(links, known, strict=True) if live))


def _taken(links: Iterable[Link]) -> dict[str, Any]:
    return {link.edge: None for link in links}


def _nothing_reached(join: Place, marks: Mapping[str, Any], signals: Mapping[str, Any]) -> bool:
    """Say whether all forward edges of a join are dead by now: never of a loop whose body came back."""
    return bool(join.waits) and all(
        marks.get(link.edge, signals.get(link.edge)) is False for link in join.waits
    )
