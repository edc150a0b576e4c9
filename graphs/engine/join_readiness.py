"""Joins: when a node with several incoming edges may run, is skipped, or still waits."""

from collections.abc import Mapping
from typing import Any

from graphs.engine.live_edges import Arrival, live_sources, used_up
from graphs.engine.loop_turns import turn_ended
from graphs.node_execution.compiled_node import Place

__all__ = ["arrival_at", "fired", "settled", "settling"]


def arrival_at(place: Place, signals: Mapping[str, Any]) -> Arrival | None:
    """Return how a step is reached; None while a signal is missing that it has to wait for."""
    known_back = [signals.get(link.edge) for link in place.back]
    if any(signal is not None for signal in known_back):
        return turn_ended(place, known_back)
    if not place.waits:
        return Arrival(place.sources, True, {})
    known = [signals.get(link.edge) for link in place.waits]
    if signals.get(fired(place.id)):
        return None if None in known else Arrival([], False, settled(place), late=True)
    incoming = live_sources(place.waits, known)
    if place.needs and len(incoming) >= place.needs:
        taken = {fired(place.id): True} if None in known else settled(place)
        return Arrival(incoming[: place.needs], True, taken)
    if None in known:
        return None
    return Arrival(incoming, bool(incoming), settled(place))


def settled(place: Place) -> dict[str, Any]:
    """Return the signals when all edges of a join have been heard of: taken, and its loop told of it."""
    taken = used_up(place.waits)
    if place.needs:
        taken[fired(place.id)] = None
        if place.enclosing:
            taken[settling(place.id)] = False
    return taken


def fired(join: str) -> str:
    """Return the signal by which a join remembers that it ran before all its edges were heard of.

    No edge has such an id: those with ``__`` are reserved.
    """
    return f"__fired/{join}"


def settling(join: str) -> str:
    """Return the signal by which a join tells the loop around it that nothing more will come to it."""
    return f"__settled/{join}"
