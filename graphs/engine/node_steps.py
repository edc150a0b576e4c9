"""A step: where a join waits or runs, a node is skipped or runs, and the next edges are chosen."""

from typing import Any

import msgspec
from langgraph.runtime import RunControl
from msgspec import Struct

from graphs.conversation.messages import Message
from graphs.engine.continued_runs import alone, session_start, with_edit
from graphs.engine.join_readiness import arrival_at
from graphs.engine.live_edges import Arrival
from graphs.engine.loop_turns import loop_record, own_record
from graphs.engine.routing import Routes
from graphs.engine.state_updates import updates_of, variables_of
from graphs.engine.subgraphs import Subgraph
from graphs.node.node import Outcome
from graphs.node_execution.answer_stream import Voice
from graphs.node_execution.compiled_node import Place
from graphs.node_execution.node_attempts import attempt_node, stamped, tell_reused
from graphs.run_state.flow_state import FlowState
from graphs.run_state.run_scope import BEGUN, Scope
from graphs.values.events import CallKey
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Moment", "Taken", "run_step"]


class Moment(Struct, frozen=True):
    """When a step is taken."""

    superstep: int
    """LangGraph's number for the flow itself, from 1 within a pass."""
    control: RunControl | None
    """Where somebody may ask that the run stops before the next superstep."""
    task_id: str = ""
    """LangGraph's, of the flow itself; empty within a pass."""
    checkpoint_id: str = ""
    """The checkpoint that the task began from; empty within a pass, whose scope has the outermost one."""


class Taken(Struct, frozen=True):
    """What follows from a step."""

    update: dict[str, Any]
    """What it writes to the state, by channel."""
    goto: list[str]
    """Ids of the steps that it triggers."""
    ends: bool = False
    """Whether an answer is to be made of what the ends gave, once nothing else runs."""


async def run_step(place: Place, routes: Routes, state: FlowState, scope: Scope, now: Moment) -> Taken | None:
    """Take a step: wait, be skipped, or run and go on."""
    signals = state.get("signals", {})
    run = scope.running.run
    arrival = alone(place, run.origin) if run.alone == place.id else arrival_at(place, signals)
    if arrival is None:
        return None
    if arrival.late:
        return Taken({"signals": (arrival.taken,)}, [place.enclosing] if place.enclosing else [])
    if not arrival.runs:
        departure = routes.leave(place, None, signals)
        skipped = [place.id, *departure.skipped]
        _skip(scope, routes, skipped)
        update: dict[str, Any] = {"signals": ({**arrival.taken, **departure.signals},)}
        if gone := _gone(routes, skipped, state):
            update["outputs"] = ({}, gone)
        return Taken(update, departure.goto)
    scope.checkpoint_id = now.checkpoint_id or scope.checkpoint_id
    key, counted = _known_by(place, scope, state, now)
    recorded = bool(scope.key or counted is not None) and not (place.node.starts or place.node.ends)
    reached = scope.step(now.superstep)
    stored = CallKey(key, now.superstep - (scope.begun or 1) + 1, "", "node")
    at = (now.superstep, place.rank)
    edited = with_edit(scope.running.run.origin, key, state, scope.compiled.declared, at)
    state = edited.state
    outcome = await scope.recall(stored) if recorded else None
    if outcome is not None and place.outlets and outcome.outlet not in place.outlets:
        outcome = None  # another version of the flow: the node has no such outlet any more
    known, reused = outcome is not None, False
    bounds = scope.running.bounds
    if outcome is None:
        bounds.node_run()
        bounds.stored(scope.running.recorder.written)
        outcome = await _run(place, routes, state, arrival, scope, key, reached, now.control)
    elif reused := key in scope.running.recorder.reused:
        view = await _view(place, routes, state, arrival, scope)
        tell_reused(scope.running, place, view, outcome, path=scope.path, voice=_voice(place, scope))
    held = await bounds.hold(outcome)
    scope.held += held
    outlet = place.falls_back.get(outcome.outlet, outcome.outlet) if place.outlets else ""
    departure = routes.leave(place, outlet, signals)
    if not known or reused:
        _skip(scope, routes, [] if scope.running.run.alone else departure.skipped)
    if reused:
        scope.running.recorder.told(stored)
    if recorded and not known:
        await scope.store(stored, outcome, place.id)
    update = updates_of(
        place,
        outcome,
        outlet,
        state,
        scope.compiled.declared,
        at=at,
        within=bool(scope.key),
    )
    if gone := _gone(routes, departure.skipped, state):
        update["outputs"] = (*update["outputs"], gone)
    if arrival.taken or departure.signals or counted:
        update["signals"] = ({**arrival.taken, **departure.signals, **(counted or {})},)
    return Taken(edited.onto(update, within=bool(scope.key)), departure.goto)


def _known_by(place: Place, scope: Scope, state: FlowState, now: Moment) -> tuple[str, dict[str, Any] | None]:
    """Return what a node run is known by, and the signals that count it; None for those that are not kept."""
    if scope.key:
        return scope.visit(place.id), {}
    run, signals = scope.running.run, state.get("signals", {})
    if not run.by_place:
        return now.task_id, None
    repeats = bool(place.enclosing or place.node.loops)
    key, counted = scope.outer_visit(place.id, repeats=repeats, signals=signals, number=now.superstep)
    if BEGUN in counted and (found := session_start(run, state)) is not None:
        scope.running.recorder.note(CallKey("/", 0, "", "session"), found)
    return key, counted


async def _run(
    place: Place,
    routes: Routes,
    state: FlowState,
    arrival: Arrival,
    scope: Scope,
    key: str,
    reached: int,
    control: RunControl | None,
) -> Outcome:
    """Run a node and return its outcome with messages as the state keeps them."""
    view = await _view(place, routes, state, arrival, scope)
    if scope.running.offline is not None:
        await scope.running.guarded(scope.running.offline.enter(key, place.node, view))
    enters = place.node.frames or place.node.calls_flows()
    frame = Subgraph(scope, place.id, view, control, reached) if enters else None
    try:
        outcome = await attempt_node(
            scope.running,
            place,
            view,
            task_id=key,
            checkpoint_id=scope.checkpoint_id,
            path=scope.path,
            frame=frame,
            declared=scope.compiled.declared,
            voice=_voice(place, scope),
            quiet=_is_told(place, scope),
        )
    except NodeError as error:
        error.node = error.node or place.id
        raise
    if frame is not None:
        scope.inside += frame.longest
    if outcome.answer is not None and not scope.running.converses:
        outcome = msgspec.structs.replace(outcome, answer=None)
    if not outcome.messages:
        return outcome
    execution_id = scope.running.run.execution_id
    cited = scope.running.sources.onto(outcome.messages, view.messages, execution_id)
    kept = [stamped(message, execution_id, key, number) for number, message in enumerate(cited)]
    return msgspec.structs.replace(outcome, messages=msgspec.convert(kept, list[Message]))


def _is_told(place: Place, scope: Scope) -> bool:
    """Say whether an earlier process has told the end of a node of which no outcome is kept."""
    node = place.node
    return (node.starts or node.ends) and not scope.key and place.id in scope.running.recorder.done_nodes


def _voice(place: Place, scope: Scope) -> Voice:
    return Voice(scope.speaks and place.id in scope.compiled.answering.speakers, scope.takes_part)


async def _view(place: Place, routes: Routes, state: FlowState, arrival: Arrival, scope: Scope) -> View:
    """Return what a node sees."""
    around = loop_record(routes.places, state, place.enclosing, scope.enclosing)
    messages = scope.running.line(state.get("messages", []))
    return View(
        input=state.get("input", {}),
        variables=variables_of(state, scope.compiled.declared),
        outputs=state.get("outputs", {}),
        messages=messages,
        summary=state.get("summary", {}),
        incoming=arrival.incoming,
        answers=state.get("answers", {}) if scope.running.converses else {},
        facts=await scope.running.facts(messages),
        broken=arrival.broken,
        loop=own_record(place, state),
        enclosing=around,
    )


def _gone(routes: Routes, skipped: list[str], state: FlowState) -> list[str]:
    """Return the steps whose outputs of an earlier turn are no longer seen, since this turn skips them."""
    outputs = state.get("outputs", {})
    places = [routes.places[id] for id in skipped if routes.places[id].forgotten]
    return [id for place in places for id in (place.id, *place.inside) if id in outputs]


def _skip(scope: Scope, routes: Routes, ids: list[str]) -> None:
    for id in ids:
        place = routes.places[id]
        label = place.node.label or id
        scope.running.recorder.emit(
            "node.skipped", node=id, path=scope.path, node_type=place.type, label=label
        )
