"""Compile: from a flow to a LangGraph `StateGraph` whose nodes route by signals on edges."""

from typing import Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command
from msgspec import Struct

from graphs.findings import FlowError
from graphs.flow import Flow
from graphs.links import BODY
from graphs.node import View
from graphs.perform import perform, stamped
from graphs.routing import Place, Routes, route
from graphs.running import Running
from graphs.shape import MAX_STEPS, survey, too_long
from graphs.state import FlowState, adding

__all__ = ["CompiledFlow", "compile_flow"]

PREFIX = "node/"
"""Before the ids of nodes in LangGraph, where the names of the state's channels are taken."""


class CompiledFlow(Struct, frozen=True, kw_only=True):
    """A flow that is ready to run, any number of times and at once."""

    flow: Flow
    graph: CompiledStateGraph[Any, Any, Any, Any]
    steps: int
    """The most supersteps that a run can take: LangGraph's recursion limit comes from it."""
    ends: tuple[str, ...]
    """Ids of the nodes whose output is the run's."""
    durable: bool
    """Whether it was compiled with a checkpointer."""


def compile_flow(
    flow: Flow, *, checkpointer: BaseCheckpointSaver[Any] | None = None, max_steps: int = MAX_STEPS
) -> CompiledFlow:
    """Compile a flow.

    Raises:
        FlowError: the flow is not one that `check` accepts.
    """
    shape, findings = survey(flow.steps, flow.edges)
    if shape is None:
        raise FlowError(findings)
    if shape.steps > max_steps:
        raise FlowError([too_long(shape, max_steps)])
    routes = route(shape)
    builder = StateGraph(FlowState, context_schema=Running)
    for place in routes.places.values():
        builder.add_node(PREFIX + place.id, _step(place, routes), input_schema=FlowState)
    builder.add_edge(START, PREFIX + shape.start)
    return CompiledFlow(
        flow=flow,
        graph=cast("CompiledStateGraph[Any, Any, Any, Any]", builder.compile(checkpointer=checkpointer)),
        steps=shape.steps,
        ends=tuple(id for id, node in shape.nodes.items() if node.ends),
        durable=checkpointer is not None,
    )


def _step(place: Place, routes: Routes) -> Any:
    """Return the LangGraph node of a step.

    It is only a door: compiling looks through every instruction of a node's function for sub-graphs.
    """

    async def step(state: FlowState, runtime: Runtime[Running]) -> Command[Any] | None:
        return await _take(place, routes, state, runtime)

    return step


async def _take(
    place: Place, routes: Routes, state: FlowState, runtime: Runtime[Running]
) -> Command[Any] | None:
    """Take a step: wait, be skipped, or run and go on."""
    signals = state.get("signals", {})
    arrival = place.arrive(signals)
    if arrival is None:
        return None
    running, task = runtime.context, runtime.execution_info
    if task is None:
        raise RuntimeError("LangGraph runs a node without telling its task.")
    update: dict[str, Any] = {}
    outlet: str | None = None
    if arrival.runs:
        loops = state.get("loops", {})
        outcome = await perform(
            running,
            place,
            View(
                input=state.get("input", {}),
                variables=state.get("variables", {}),
                outputs=state.get("outputs", {}),
                messages=state.get("messages", []),
                summary=state.get("summary", {}),
                incoming=arrival.incoming,
                loop=loops.get(place.id, {}),
                enclosing=loops.get(place.enclosing, {}),
            ),
            task_id=task.task_id,
            checkpoint_id=task.checkpoint_id,
        )
        outlet = outcome.outlet if place.outlets else ""
        update["outputs"] = ({place.id: outcome.output},)
        if outcome.variables:
            update["variables"] = (outcome.variables,)
        if outcome.messages:
            update["messages"] = adding(
                [
                    stamped(message, running.run.execution_id, task.task_id, number)
                    for number, message in enumerate(outcome.messages)
                ]
            )
        if outcome.summary is not None:
            update["summary"] = outcome.summary
        if outcome.input is not None:
            update["input"] = outcome.input
        if place.node.loops:
            update["loops"] = ({place.id: (outcome.loop or {}) if outlet == BODY else {}},)
    else:
        _skip(running, place)
    departure = routes.leave(place, outlet, signals)
    for skipped in departure.skipped:
        _skip(running, routes.places[skipped])
    if arrival.taken or departure.signals:
        update["signals"] = ({**arrival.taken, **departure.signals},)
    return Command(update=update, goto=[PREFIX + id for id in departure.goto])


def _skip(running: Running, place: Place) -> None:
    label = place.node.label or place.id
    running.recorder.emit("node.skipped", node=place.id, node_type=place.type, label=label)
