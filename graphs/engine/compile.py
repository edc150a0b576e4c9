"""Compile: from a flow to a LangGraph `StateGraph` that routes by signals on edges, and to its bodies."""

from functools import partial
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from graphs.document.answering import answering
from graphs.document.document_version import TALKS
from graphs.document.flow import Flow
from graphs.document.regions import Region
from graphs.document.topology import MAX_STEPS, Topology, survey, too_long
from graphs.engine.chat_answer import ANSWER, answer_message
from graphs.engine.fused_steps import run_fused
from graphs.engine.lone_steps import lone_steps
from graphs.engine.node_steps import Moment
from graphs.engine.routing import Routes, route
from graphs.engine.supersteps import walk
from graphs.node_execution.compiled_node import Place
from graphs.run_state.compiled_flow import CompiledBody, CompiledFlow, Graph
from graphs.run_state.flow_state import FlowState
from graphs.run_state.run_scope import Scope
from graphs.values.findings import FlowError

__all__ = ["PREFIX", "CompiledFlow", "compile_flow"]

PREFIX = "node/"
"""Before the ids of nodes in LangGraph, where the names of the state's channels are taken."""


def compile_flow(
    flow: Flow,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    max_steps: int = MAX_STEPS,
    within: bool = False,
    alone: str = "",
) -> CompiledFlow:
    """Compile a flow with the bodies of its containers, each of which is walked by itself.

    Args:
        flow: What to compile.
        checkpointer: Where its runs are kept; a flow that runs within another needs none.
        max_steps: Supersteps that a run may take at the worst.
        within: True for a sub-flow: it is walked like a body, and LangGraph does not hear of it.
        alone: The one node that is to run, with its bodies; empty for the whole flow.

    Raises:
        FlowError: the flow is not one that `check` accepts.
    """
    shape, findings = survey(flow.steps, flow.edges)
    if shape is None:
        raise FlowError(findings)
    if shape.steps > max_steps:
        raise FlowError([too_long(shape, max_steps)])
    main, *rest = shape.regions
    ends = (alone,) if alone else tuple(id for id, node in shape.nodes.items() if node.ends)
    answers = flow.type == "chatflow" and flow.version >= TALKS and not within and not alone
    first, region = shape.start, main
    if alone:
        first, region = alone, next(one for one in shape.regions if alone in one.steps)
    routes = route(shape, region)
    declared = {one.name: one for node in shape.nodes.values() for one in node.declares()}
    return CompiledFlow(
        flow=flow,
        graph=None if within else _graph(routes, first, checkpointer, ends if answers else (), bool(alone)),
        walk=partial(walk, routes, [first]),
        bodies={(region.container, region.outlet): _body(shape, region) for region in rest},
        steps=shape.steps + 1 if answers else shape.steps,
        ends=ends,
        durable=checkpointer is not None,
        declared=declared,
        answering=answering(shape),
        gathers=any(node.loops for node in shape.nodes.values())
        or any(one.reducer != "set" or one.scope == "session" for one in declared.values()),
    )


def _body(shape: Topology, region: Region) -> CompiledBody:
    routes = route(shape, region)
    entered = routes.follow(region.entry, [], {})
    return CompiledBody(walk=partial(walk, routes, entered.goto), marks=entered.signals, back=region.back)


def _graph(
    routes: Routes,
    first: str,
    checkpointer: BaseCheckpointSaver[Any] | None,
    ends: tuple[str, ...],
    alone: bool,
) -> Graph:
    builder = StateGraph(FlowState, context_schema=Scope)
    lone = frozenset[str]() if alone else lone_steps(routes)
    for place in [routes.places[first]] if alone else routes.places.values():
        step = _step(place, routes, lone=lone, ends=ends, stops=alone)
        builder.add_node(PREFIX + place.id, step, input_schema=FlowState)
    if ends:  # what they gave becomes one message, when all have run that will
        builder.add_node(ANSWER, _answer(ends), input_schema=FlowState, defer=True)
    builder.add_edge(START, PREFIX + first)
    return cast("Graph", builder.compile(checkpointer=checkpointer))


def _answer(ends: tuple[str, ...]) -> Any:
    """Return the LangGraph node that adds a turn's answer to the history."""

    async def answer(state: FlowState, runtime: Runtime[Scope]) -> dict[str, Any] | None:
        running = runtime.context.running
        return answer_message(running, state, ends) if running.converses else None

    return answer


def _step(place: Place, routes: Routes, *, lone: frozenset[str], ends: tuple[str, ...], stops: bool) -> Any:
    """Return the LangGraph node of a step: the node, and those that belong to its step.

    It is only a door: compiling looks through every instruction of a node's function for sub-graphs.
    """

    async def step(state: FlowState, runtime: Runtime[Scope], config: RunnableConfig) -> Command[Any] | None:
        task = runtime.execution_info
        if task is None:
            raise RuntimeError("LangGraph runs a node without telling its task.")
        number = config.get("metadata", {})["langgraph_step"]
        now = Moment(number, runtime.control, task.task_id, task.checkpoint_id)
        taken = await run_fused(place, routes, state, runtime.context, now, lone=lone, ends=ends)
        if taken is None:
            return None
        goto = [] if stops else [PREFIX + id for id in taken.goto]
        return Command(update=taken.update, goto=[*goto, ANSWER] if taken.ends else goto)

    return step
