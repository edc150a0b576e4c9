"""A step: where a join waits or runs, a node is skipped or runs, and the next edges are chosen."""

from typing import Any

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import RunControl, Runtime
from langgraph.types import Command

from graphs.engine.flow_state import FlowState, adding
from graphs.engine.joins import Arrival, Place
from graphs.engine.node_attempts import attempt_node, stamped
from graphs.engine.routing import Routes
from graphs.engine.run_scope import Scope
from graphs.engine.subgraphs import Subgraph
from graphs.node.node import Outcome
from graphs.values.events import CallKey
from graphs.values.messages import Message
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["PREFIX", "run_step"]

PREFIX = "node/"
"""Before the ids of nodes in LangGraph, where the names of the state's channels are taken."""


async def run_step(
    place: Place, routes: Routes, state: FlowState, runtime: Runtime[Scope], config: RunnableConfig
) -> Command[Any] | None:
    """Take a step: wait, be skipped, or run and go on."""
    signals = state.get("signals", {})
    arrival = place.arrive(signals)
    if arrival is None:
        return None
    if arrival.late:
        around = [PREFIX + place.enclosing] if place.enclosing else []
        return Command(update={"signals": (arrival.taken,)}, goto=around)
    scope = runtime.context
    if not arrival.runs:
        departure = routes.leave(place, None, signals)
        _skip(scope, routes, [place.id, *departure.skipped])
        return Command(
            update={"signals": ({**arrival.taken, **departure.signals},)},
            goto=[PREFIX + id for id in departure.goto],
        )
    task = runtime.execution_info
    if task is None:
        raise RuntimeError("LangGraph runs a node without telling its task.")
    scope.checkpoint_id = scope.checkpoint_id if scope.key else task.checkpoint_id
    reached = scope.step(config.get("metadata", {})["langgraph_step"])
    key = scope.visit(place.id) if scope.key else task.task_id
    stored = CallKey(key, 0, "", "node")
    outcome = await scope.recall(stored) if scope.key else None
    known = outcome is not None
    bounds = scope.running.bounds
    if outcome is None:
        bounds.node_run()
        bounds.stored(scope.running.recorder.written)
        outcome = await _run(place, state, arrival, scope, key, reached, runtime.control)
    scope.held += bounds.hold(outcome)
    outlet = outcome.outlet if place.outlets else ""
    departure = routes.leave(place, outlet, signals)
    if not known:
        _skip(scope, routes, departure.skipped)
        if scope.key:
            await scope.store(stored, outcome, place.id)
    update = _update(place, outcome, outlet, within=bool(scope.key))
    if arrival.taken or departure.signals:
        update["signals"] = ({**arrival.taken, **departure.signals},)
    return Command(update=update, goto=[PREFIX + id for id in departure.goto])


async def _run(
    place: Place,
    state: FlowState,
    arrival: Arrival,
    scope: Scope,
    key: str,
    reached: int,
    control: RunControl | None,
) -> Outcome:
    """Run a node and return its outcome with messages as the state keeps them."""
    loops = state.get("loops", {})
    view = View(
        input=state.get("input", {}),
        variables=state.get("variables", {}),
        outputs=state.get("outputs", {}),
        messages=state.get("messages", []),
        summary=state.get("summary", {}),
        incoming=arrival.incoming,
        facts=scope.running.facts(state.get("messages", [])),
        loop=loops.get(place.id, {}),
        enclosing=loops.get(place.enclosing, {}) if place.enclosing else scope.enclosing,
    )
    frame = Subgraph(scope, place.id, view, control, reached) if place.node.frames else None
    try:
        outcome = await attempt_node(
            scope.running,
            place,
            view,
            task_id=key,
            checkpoint_id=scope.checkpoint_id,
            path=scope.path,
            frame=frame,
        )
    except NodeError as error:
        error.node = error.node or place.id
        raise
    if frame is not None:
        scope.inside += frame.longest
    if not outcome.messages:
        return outcome
    execution_id = scope.running.run.execution_id
    cited = scope.running.sources.onto(outcome.messages, view.messages, execution_id)
    messages = [stamped(message, execution_id, key, number) for number, message in enumerate(cited)]
    return msgspec.structs.replace(outcome, messages=msgspec.convert(messages, list[Message]))


def _update(place: Place, outcome: Outcome, outlet: str, *, within: bool) -> dict[str, Any]:
    """Return what an outcome writes to the state; in a frame also what the graph around it is to hear of."""
    update: dict[str, Any] = {"outputs": ({place.id: outcome.output},)}
    if outcome.variables:
        update["variables"] = (outcome.variables,)
        if within:
            update["changed"] = (outcome.variables,)
    if outcome.messages:
        messages = msgspec.to_builtins(outcome.messages)
        update["messages"] = adding(messages)
        if within:
            update["added"] = adding(messages)
    if outcome.summary is not None:
        update["summary"] = outcome.summary
    if outcome.input is not None:
        update["input"] = outcome.input
    if place.node.loops:
        update["loops"] = ({place.id: (outcome.loop or {}) if outlet in place.bodies else {}},)
    return update


def _skip(scope: Scope, routes: Routes, ids: list[str]) -> None:
    for id in ids:
        place = routes.places[id]
        label = place.node.label or id
        scope.running.recorder.emit(
            "node.skipped", node=id, path=scope.path, node_type=place.type, label=label
        )
