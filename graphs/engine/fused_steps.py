"""Fused steps: nodes that LangGraph runs as one step, with one checkpoint after them.

A node that only computes needs no checkpoint of its own: what it gave is in the journal by its place, so that
after a crash it is not told twice. So a step goes on from its node to the next ones, as long as the run is at
one place alone and no second one of them asks a model. Each is counted, told and recorded as if it had a step
of its own, and numbered so.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import msgspec
from langgraph.errors import GraphBubbleUp

from graphs.engine.chat_answer import answer_message
from graphs.engine.join_readiness import arrival_at
from graphs.engine.node_steps import Moment, Taken, run_step
from graphs.engine.routing import Routes
from graphs.node_execution.compiled_node import Place
from graphs.run_state.flow_state import FlowState, SubgraphState, adding, written
from graphs.run_state.run_scope import AHEAD, Scope
from graphs.values.node_error import NodeError

__all__ = ["run_fused"]

MOST = 256
"""Nodes of one step: a loop that only computes is kept as often as this."""
LASTING = ("gathered", "messages", "summary")
"""Channels of what outlives a run, or may do so."""


async def run_fused(
    place: Place,
    routes: Routes,
    state: FlowState,
    scope: Scope,
    now: Moment,
    *,
    lone: Collection[str],
    ends: Collection[str],
) -> Taken | None:
    """Take the step of a node, and those after it that belong to it.

    Args:
        place: The node that LangGraph has triggered.
        routes: The flow.
        state: The state before it.
        scope: The run.
        now: When the step is taken, by LangGraph's number.
        lone: The nodes beside which no other can run.
        ends: The nodes whose output is the answer of a chat; empty where nothing becomes an answer.

    Raises:
        NodeError: the first node failed, or another did so in the step before.
        GraphBubbleUp: the run pauses at the first node, or did so at another in the step before.
    """
    if (failure := scope.failures.pop(place.id, None)) is not None:
        raise failure
    ahead: int = state.get("signals", {}).get(AHEAD, 0)
    now = msgspec.structs.replace(now, superstep=now.superstep + ahead)
    scope.running.attempt(now.checkpoint_id)  # the first step of all is what a crash may have cut off
    taken = await run_step(place, routes, state, scope, now)
    if taken is None:
        return None
    if place.id not in lone or not scope.running.run.by_place:
        return msgspec.structs.replace(taken, ends=place.id in ends)
    updates, asks, goto = [taken.update], not place.node.pure, taken.goto
    seen = written(cast("SubgraphState", state), updates)
    while len(updates) < MOST and not _drains(now):
        following = _following(routes, goto, seen, lone)
        if following is None or not _joins(following, updates, asks=asks):
            break
        await asyncio.sleep(0)  # others have their turn, and a cancel arrives before another node begins
        at = now.checkpoint_id
        if following.id not in scope.running.recorder.open_nodes:  # this is its first attempt
            at = f"{at}/{len(updates)}"
        then = msgspec.structs.replace(now, superstep=now.superstep + len(updates), checkpoint_id=at)
        try:
            taken = await run_step(following, routes, seen, scope, then)
        except (NodeError, GraphBubbleUp) as failure:
            if _drains(now):
                raise
            scope.failures[following.id] = failure  # raised once what came before it is kept
            goto = [following.id]
            break
        if taken is None:
            raise RuntimeError(f"Node {following.id!r} was reached and does not run.")
        updates.append(taken.update)
        seen = written(seen, [taken.update])
        place, asks, goto = following, asks or not following.node.pure, taken.goto
    hops = len(updates) - 1
    if hops:
        updates.append({"signals": ({AHEAD: ahead + hops},)})
    if not goto and place.id in ends and scope.running.converses:
        updates.append(answer_message(scope.running, seen, ends) or {})
    return Taken(merged(updates) if len(updates) > 1 else updates[0], goto)


def merged(updates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return updates of the state as one that does what they do in order."""
    whole: dict[str, Any] = {}
    for update in updates:
        for channel, write in update.items():
            match whole.get(channel):
                case None:
                    whole[channel] = write
                case earlier if channel == "outputs":
                    whole[channel] = _outputs(earlier, write)
                case earlier if channel == "messages":
                    whole[channel] = adding([*earlier["add"], *write["add"]])
                case earlier if channel == "gathered":
                    whole[channel] = {"at": earlier["at"], "do": [*earlier["do"], *write["do"]]}
                case _ if channel in ("input", "summary"):
                    whole[channel] = write
                case earlier:
                    whole[channel] = ({**earlier[0], **write[0]},)
    return whole


def _outputs(earlier: Sequence[Any], later: Sequence[Any]) -> tuple[Any, ...]:
    given, gone = earlier[0], [*earlier[1:]]
    if len(later) > 1:
        out = {*later[1]}
        given = {id: output for id, output in given.items() if id not in out}
        gone = [[*dict.fromkeys([*(id for ids in gone for id in ids), *later[1]])]]
    return ({**given, **later[0]}, *gone)


def _following(routes: Routes, goto: Sequence[str], seen: FlowState, lone: Collection[str]) -> Place | None:
    """Return the one node that comes next; None where there are several or none. Joins that wait are none."""
    signals = seen.get("signals", {})
    arrived = [id for id in goto if arrival_at(routes.places[id], signals) is not None]
    return routes.places[arrived[0]] if len(arrived) == 1 and arrived[0] in lone else None


def _joins(place: Place, updates: Sequence[Mapping[str, Any]], *, asks: bool) -> bool:
    """Say whether a node belongs to the step of those before it."""
    node = place.node
    if node.pure:
        return True
    if asks or not node.asks_context or node.frames or node.calls_flows():
        return False
    # A run that is stopped while it asks keeps what it had said and set for its session.
    return not any(channel in update for update in updates for channel in LASTING)


def _drains(now: Moment) -> bool:
    return now.control is not None and now.control.drain_requested
