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

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from graphs.document.edges import Link
from graphs.document.regions import Region
from graphs.document.topology import Topology
from graphs.engine.join_readiness import settled, settling
from graphs.expressions import UPDATE_NAMES
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.node.node import Node
from graphs.node_execution.compiled_node import Place

__all__ = ["Departure", "Routes", "route"]


class Departure(Struct, frozen=True):
    """What follows from a step."""

    goto: list[str]
    """Steps to trigger."""
    signals: dict[str, Any]
    """Edge id → True (live), False (dead) or None (taken)."""
    skipped: list[str]
    """Steps that will not run now, in the order in which they were met."""


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
                    marks |= settled(join)
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
        falls_back={
            outlet: other
            for outlet, other in node.falls_back().items()
            if all(link.outlet != outlet for link in shape.outgoing[id])
        },
        rank=shape.ranks[id],
        inside=shape.inside.get(id, ()) if node.loops else (),
        forgotten=any(not keeps_outputs(shape.nodes[loop]) for loop in _loops_around(id, shape)),
    )


def keeps_outputs(node: Node) -> bool:
    """Say whether a loop shows what earlier turns gave where a turn skips a node."""
    return bool(getattr(node, "keep_outputs", False))


def _loops_around(id: str, shape: Topology) -> Iterator[str]:
    while id := shape.enclosing.get(id, ""):
        yield id


def _reads_clock(node: Node) -> bool:
    sources = [*node.expressions().values()]
    if any(parse_expression(source).reads_clock() for source in sources) or any(
        parse_expression(source, names=UPDATE_NAMES).reads_clock() for source in node.set.values()
    ):
        return True
    return any(parse_template(source).reads_clock() for source in node.templates().values())


def _nothing_reached(join: Place, marks: Mapping[str, Any], signals: Mapping[str, Any]) -> bool:
    """Say whether all forward edges of a join are dead by now: never of a loop whose body came back."""
    return bool(join.waits) and all(
        marks.get(link.edge, signals.get(link.edge)) is False for link in join.waits
    )
