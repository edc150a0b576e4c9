"""Supersteps: walks a graph that runs within a node, a body or a sub-flow, from step to step.

It keeps the order of LangGraph, which runs the flow itself: the nodes of a superstep run side by side, see
the state as it was before it, and write in the order of their ids. There are no checkpoints: the journal has
what each node gave (see `graphs.engine.subgraphs`). So a pass costs what its nodes cost.
"""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from graphs.engine.node_steps import Moment, Taken, run_step
from graphs.engine.routing import Routes
from graphs.node.parallel_passes import as_completed
from graphs.run_state.flow_state import SubgraphState, written
from graphs.run_state.run_scope import Scope
from graphs.values.node_error import NodeError

__all__ = ["walk"]


async def walk(
    routes: Routes, first: Sequence[str], scope: Scope, state: SubgraphState, control: RunControl | None
) -> SubgraphState:
    """Run a graph to its end and return its last state.

    Args:
        routes: The graph.
        first: Ids of the steps that it begins with.
        scope: The pass.
        state: What it begins with; never changed in place.
        control: Asks to stop before the next superstep.

    Raises:
        NodeError: one of its nodes failed; those beside it were cancelled and have ended.
        GraphBubbleUp: the run pauses or is drained; those beside it have come to their end.
    """
    number, triggered = 0, sorted(first)
    while triggered:
        if control is not None and control.drain_requested:
            raise GraphDrained(control.drain_reason or "shutdown")
        number += 1
        now = Moment(number, control)
        if len(triggered) == 1:
            taken = [await run_step(routes.places[triggered[0]], routes, state, scope, now)]
        else:
            taken = await _side_by_side(routes, triggered, scope, state, now)
        steps = [step for step in taken if step is not None]
        state = written(state, [step.update for step in steps])
        triggered = sorted({id for step in steps for id in step.goto})
    return state


async def _side_by_side(
    routes: Routes, triggered: Sequence[str], scope: Scope, state: SubgraphState, now: Moment
) -> list[Taken | None]:
    """Take the steps of one superstep, and return what each gave in their order."""
    jobs = [partial(run_step, routes.places[id], routes, state, scope, now) for id in triggered]
    done: dict[int, Taken | None] = {}
    async with aclosing(as_completed(jobs, limit=len(jobs))) as ending:
        async for number, taken in ending:
            if isinstance(taken, NodeError):
                raise taken
            done[number] = taken
    return [done[number] for number in range(len(jobs))]
