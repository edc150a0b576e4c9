"""Sub-graphs: the bodies of containers and other flows, each walked by itself within a node run.

Such a walk has no checkpoints. What each of its nodes gave is in the journal before the nodes after it
begin, under a key that is the same whenever the outer task runs again: after a crash, a pause or a drain what
was done is answered from there, and only the rest runs.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.runtime import RunControl

from graphs.conversation.messages import Message
from graphs.conversation.spoken_answers import ASKED, SAID
from graphs.engine.chat_answer import said_by_model
from graphs.engine.state_updates import begun
from graphs.node.subgraph_entry import SubflowCall, SubgraphEntry, SubgraphResult
from graphs.node_execution.node_attempts import stamped
from graphs.parsing.text import as_text
from graphs.run_state.compiled_flow import CompiledFlow, Walk
from graphs.run_state.flow_state import SubgraphState, gather
from graphs.run_state.run_scope import Scope, key_below
from graphs.values.findings import shown
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Subgraph", "ended_with"]


class Subgraph:
    """One run of a container: enters its bodies and other flows for it."""

    def __init__(self, scope: Scope, node: str, view: View, control: RunControl | None, reached: int) -> None:
        self.longest = 0
        """Supersteps of the longest pass so far."""
        self._scope = scope
        self._node = node
        self._view = view
        self._control = control
        self._reached = reached

    async def enter(self, entry: SubgraphEntry, key: str) -> SubgraphResult:
        """Run one pass through a body; see `graphs.node.context.Context.enter`.

        Args:
            entry: Which, and with what.
            key: What the container's calls are known by.
        """
        scope, view = self._scope, self._view
        body = scope.compiled.bodies[self._node, entry.outlet]
        inner = self._inner(entry.at, key, scope.compiled)
        inner.speaks, inner.takes_part = scope.speaks, scope.takes_part
        inner.enclosing = view.enclosing
        if entry.loop is not None:
            inner.enclosing = {**entry.loop, "parent": view.enclosing} if view.enclosing else entry.loop
        given = _first(view.input, view.variables, scope.compiled)
        given["outputs"] = {**view.outputs, self._node: entry.arrives}
        given["signals"] = body.marks
        given["messages"] = view.messages
        given["summary"] = view.summary
        values = await self._run(body.walk, inner, given)
        signals, outputs = values.get("signals", {}), values.get("outputs", {})
        came = dict.fromkeys(link.source for link in body.back if signals.get(link.edge))
        return _passed(values, ended_with(list(came), outputs), view)

    async def call(self, call: SubflowCall, key: str) -> SubgraphResult:
        """Run one pass through another flow; see `graphs.node.context.Context.call`."""
        scope, view, running = self._scope, self._view, self._scope.running
        most = running.run.limits.max_depth
        if scope.depth >= most:
            raise NodeError(
                f"Sub-flow {shown(call.flow_id)} would be number {scope.depth + 1} within one another; "
                f"max_depth allows {most}. Let the flows call each other less deeply, or raise that limit.",
                code="limit_reached",
            )
        compiled = running.subflows.get((call.flow_id, call.version))
        if compiled is None:
            raise NodeError(
                f"There is no flow {shown(call.flow_id)}"
                + (f" with a version {call.version}" if call.version else "")
                + ". It was deleted or switched off, or never was in this workspace; name one that is there.",
                code="flow_gone",
            )
        inner = self._inner(call.at, key, compiled)
        inner.depth = scope.depth + 1
        usual = scope.speaks and self._node in scope.compiled.answering.speakers
        inner.speaks = usual if call.speaks is None else call.speaks
        inner.takes_part = running.converses and call.history
        given = _first(call.input, call.variables, compiled)
        history = list(view.messages) if call.history else []
        if content := call.input.get("message"):
            message = Message(role="user", content=content)
            said = stamped(message, running.run.execution_id, f"{inner.key}/input", 0)
            if not call.history or not _says(history, content):
                history.append(said)
        given["messages"] = history
        if call.history:
            given["summary"] = view.summary
        values = await self._run(compiled.walk, inner, given)
        outputs = values.get("outputs", {})
        passed = _passed(values, ended_with([id for id in compiled.ends if id in outputs], outputs), view)
        passed = msgspec.structs.replace(passed, answer=_said(compiled, values, passed.output))
        if call.history:
            return passed
        told = [message for message in passed.messages if {ASKED, SAID} & message.metadata.keys()]
        return SubgraphResult(output=passed.output, messages=told, answer=passed.answer)

    def _inner(self, at: str, key: str, compiled: CompiledFlow) -> Scope:
        scope = self._scope
        here = f"{self._node}[{at}]" if at else self._node
        return Scope(
            running=scope.running,
            compiled=compiled,
            key=key_below(key, at) if at else key,
            path=f"{scope.path}/{here}" if scope.path else here,
            checkpoint_id=scope.checkpoint_id,
            depth=scope.depth,
            level=scope.level + 1,
            below=self._reached,
        )

    async def _run(self, walk: Walk, inner: Scope, given: SubgraphState) -> SubgraphState:
        """Walk a graph to its end and return its last state.

        It runs as if nothing were around it: what its nodes ask of LangChain is no part of the outer graph.

        Raises:
            NodeError: one of its nodes failed.
            GraphBubbleUp: the run pauses or is drained.
        """
        bounds = inner.running.bounds
        async with bounds.one_pass(inner.level):
            around = var_child_runnable_config.set(None)
            try:
                values = await walk(inner, given, self._control)
            finally:
                var_child_runnable_config.reset(around)
                bounds.release(inner.held)
        self.longest = max(self.longest, inner.taken + inner.inside)
        return values


def _first(input: dict[str, Any], variables: Mapping[str, Any], compiled: CompiledFlow) -> SubgraphState:
    """Return the state that a pass begins with."""
    plain, do = begun(variables, compiled.declared)
    first = SubgraphState(input=input, variables=plain)
    if do:
        first["gathered"] = gather({}, [{"at": [-1, 0], "do": do}])
    return first


def _said(compiled: CompiledFlow, values: Mapping[str, Any], output: Any) -> Message | None:
    """Return what a model of a flow said, where that is the flow's output."""
    said = said_by_model(values.get("answers", {}), as_text(output))
    return None if said is None else msgspec.convert(said, Message)


def ended_with(nodes: list[str], outputs: Mapping[str, Any]) -> Any:
    """Return what several nodes gave: one's output as it is, an object by node id where there are more."""
    given = {id: outputs.get(id) for id in nodes}
    return given if len(given) > 1 else next(iter(given.values()), None)


def _passed(values: Mapping[str, Any], output: Any, view: View) -> SubgraphResult:
    summary = values.get("summary", {})
    return SubgraphResult(
        output=output,
        updates=[(name, value) for name, value in values.get("changed", [])],
        messages=msgspec.convert(values.get("added", []), list[Message]),
        summary=summary if summary != view.summary else None,
    )


def _says(history: list[dict[str, Any]], content: Any) -> bool:
    """Say whether the history ends with this very message: a chat that passes its own message on."""
    return bool(history) and history[-1]["role"] == "user" and history[-1]["content"] == content
