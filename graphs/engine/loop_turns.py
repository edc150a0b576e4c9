"""The turns of loops: when one ends, and what a loop keeps from one to the next."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphs.engine.live_edges import Arrival, live_sources, used_up
from graphs.node.node import Outcome
from graphs.node_execution.compiled_node import Place
from graphs.run_state.flow_state import FlowState

__all__ = ["kept_lists", "loop_record", "next_turn", "own_record", "turn_ended"]

_LOOP = "loop/"


def turn_ended(place: Place, known: Sequence[Any]) -> Arrival | None:
    """Return how a loop is reached by the end of its body; None while a part of the body still runs.

    Args:
        place: The loop.
        known: The signals of the edges that lead back to it, in the order of ``place.back``; None for one
            that has not come.
    """
    if None in known:
        return None
    # The body came back. That nothing in it reached its end is no reason to stop turning.
    broken = any(link.breaks and live for link, live in zip(place.back, known, strict=True))
    return Arrival(live_sources(place.back, known), True, used_up(place.back), broken=broken)


def own_record(place: Place, state: FlowState) -> dict[str, Any]:
    """Return a loop's own record with what it keeps beside it; empty where it is entered."""
    record = state.get("loops", {}).get(place.id, {})
    return {**state.get("gathered", {}).get(_LOOP + place.id, {}), **record} if record else record


def loop_record(
    places: Mapping[str, Place], state: FlowState, loop: str, outside: dict[str, Any]
) -> dict[str, Any]:
    """Return what expressions in a loop's body call ``loop``.

    Args:
        places: The steps of the graph that the loop is in.
        state: The graph's state.
        loop: The loop's id; empty outside of the graph's loops.
        outside: The record of the loop around the graph.
    """
    if not loop:
        return outside
    place = places[loop]
    parent = loop_record(places, state, place.enclosing, outside)
    record = own_record(place, state)
    return {**record, "parent": parent} if parent else record


def next_turn(place: Place, outcome: Outcome, state: FlowState) -> dict[str, Any]:
    """Return a loop's record for the next turn, with what its body gave in the last one."""
    record = outcome.loop or {}
    if not state.get("loops", {}).get(place.id):
        return record
    outputs = state.get("outputs", {})
    return {**record, "previous": {id: outputs[id] for id in place.inside if id in outputs}}


def kept_lists(place: Place, outcome: Outcome, state: FlowState, *, turns: bool) -> Iterator[list[Any]]:
    """Give the operations of `FlowState.gathered` on the lists that a loop keeps beside its record.

    Args:
        place: The loop.
        outcome: What it gave.
        state: What it saw.
        turns: Whether another turn follows.
    """
    key = _LOOP + place.id
    if not turns:
        if key in state.get("gathered", {}):
            yield ["drop", key]
        return
    if outcome.keeps:
        yield ["put", key, outcome.keeps]
    elif outcome.adds and key not in state.get("gathered", {}):
        # A record of the last release holds its lists itself; from here on they lie beside it.
        record = state.get("loops", {}).get(place.id, {})
        yield ["put", key, {name: value for name, value in record.items() if isinstance(value, list)}]
    for name, item in outcome.adds.items():
        yield ["add", key, name, item]
