"""Frames: bodies and other flows run as graphs of their own inside the run of the node that enters them.

Such a graph has no checkpoints. What each of its nodes gave is in the journal before the nodes after it
begin, under a key that is the same whenever the outer task runs again: after a crash, a pause or a drain what
was done is answered from there, and only the rest runs.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import GraphInterrupt
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl
from msgspec import Struct

from graphs.events import CallKey
from graphs.findings import shown
from graphs.flow import Flow
from graphs.links import Link
from graphs.messages import Message
from graphs.node import NodeError, Outcome, View
from graphs.passes import Call, Entry, Passed
from graphs.perform import stamped
from graphs.running import Running
from graphs.state import adding

__all__ = ["CompiledBody", "CompiledFlow", "Frame", "Graph", "Scope", "ended_with", "inner_key"]

Graph = CompiledStateGraph[Any, Any, Any, Any]

MAX_KEY = 900
"""Characters of a key in the journal; longer ones end with a hash."""

_READ = ["signals", "outputs", "changed", "added", "summary"]


class CompiledBody(Struct, frozen=True, kw_only=True):
    """A body that is ready to run."""

    graph: Graph
    marks: dict[str, Any]
    """The signals that it begins with."""
    back: tuple[Link, ...]
    """The links that lead out of it, back to its container."""
    longest: int
    """The most supersteps that a pass can take."""


class CompiledFlow(Struct, frozen=True, kw_only=True):
    """A flow that is ready to run, any number of times and at once."""

    flow: Flow
    graph: Graph
    bodies: dict[tuple[str, str], CompiledBody]
    """By container and outlet."""
    steps: int
    """The most supersteps that a run can take: LangGraph's recursion limit comes from it."""
    ends: tuple[str, ...]
    """Ids of the nodes whose output is the run's."""
    durable: bool
    """Whether it was compiled with a checkpointer."""


@dataclass(eq=False, slots=True)
class Scope:
    """One graph under way within a run: the flow itself, or one pass through a body or a sub-flow."""

    running: Running
    compiled: CompiledFlow
    """The flow that the graph is of."""
    key: str = ""
    """What its nodes' keys begin with; empty for the flow itself, whose tasks LangGraph keeps."""
    path: str = ""
    """What its nodes' events have as path."""
    checkpoint_id: str = ""
    """LangGraph's checkpoint that the outermost task began from."""
    enclosing: dict[str, Any] = field(default_factory=dict[str, Any])
    """What expressions call ``loop`` outside of the graph's own loops."""
    depth: int = 0
    """How many sub-flows it lies in."""
    below: int = 0
    """Supersteps that the graphs around it had taken when it began."""
    begun: int | None = None
    """LangGraph's number of its first superstep: those of a session go on from run to run."""
    taken: int = 0
    """Supersteps that it has taken itself."""
    inside: int = 0
    """Supersteps that passes within it have taken: of each container the longest."""
    visits: Counter[str] = field(default_factory=Counter[str])
    """How often each node ran."""

    def step(self, number: int) -> int:
        """Count a superstep of this graph and return how many lie on the way to it from the run's start.

        Raises:
            NodeError: the run may not take so many (code ``limit_reached``).
        """
        if self.begun is None:
            self.begun = number
        self.taken = max(self.taken, number - self.begun + 1)
        reached = self.below + self.inside + self.taken
        most = self.running.run.limits.max_steps
        if reached > most:
            raise NodeError(
                f"The run has taken the {most:,} steps that max_steps allows. Raise that limit, or lower "
                "max_iterations of the flow's loops.",
                code="limit_reached",
            )
        return reached

    async def recall(self, key: CallKey) -> Outcome | None:
        """Return what a node gave before a crash, a pause or a drain."""
        return await self.running.guarded(self.running.recorder.recall(key, Outcome))

    async def store(self, key: CallKey, outcome: Outcome, node: str) -> None:
        """Make what a node gave durable, with the events so far: only then may others follow on it."""
        await self.running.guarded(self.running.recorder.store(key, outcome, node=node, path=self.path))


class Frame:
    """One run of a container: enters its bodies and other flows for it."""

    def __init__(self, scope: Scope, node: str, view: View, control: RunControl | None, reached: int) -> None:
        self.longest = 0
        """Supersteps of the longest pass so far."""
        self._scope = scope
        self._node = node
        self._view = view
        self._control = control
        self._reached = reached

    async def enter(self, entry: Entry, key: str) -> Passed:
        """Run one pass through a body; see `graphs.context.Context.enter`.

        Args:
            entry: Which, and with what.
            key: What the container's calls are known by.
        """
        scope, view = self._scope, self._view
        body = scope.compiled.bodies[self._node, entry.outlet]
        inner = self._inner(entry.at, key, scope.compiled)
        inner.enclosing = view.enclosing if entry.loop is None else entry.loop
        given: dict[str, Any] = {
            "input": view.input,
            "variables": (view.variables,),
            "outputs": ({**view.outputs, self._node: entry.arrives},),
            "summary": view.summary,
            "signals": (body.marks,),
        }
        if view.messages:
            given["messages"] = adding(view.messages)
        values = await self._run(body.graph, inner, given, body.longest)
        signals, outputs = values.get("signals", {}), values.get("outputs", {})
        came = dict.fromkeys(link.source for link in body.back if signals.get(link.edge))
        return _passed(values, ended_with(list(came), outputs), view)

    async def call(self, call: Call, key: str) -> Passed:
        """Run one pass through another flow; see `graphs.context.Context.call`."""
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
        inner = self._inner("", key, compiled)
        inner.depth = scope.depth + 1
        given: dict[str, Any] = {"input": call.input, "variables": (call.variables,), "outputs": ({},)}
        history = list(view.messages) if call.history else []
        if content := call.input.get("message"):
            message = Message(role="user", content=content)
            said = stamped(message, running.run.execution_id, f"{inner.key}/input", 0)
            if not call.history or not _says(history, content):
                history.append(said)
        if history:
            given["messages"] = adding(history)
        if call.history:
            given["summary"] = view.summary
        values = await self._run(compiled.graph, inner, given, compiled.steps)
        outputs = values.get("outputs", {})
        passed = _passed(values, ended_with([id for id in compiled.ends if id in outputs], outputs), view)
        return passed if call.history else Passed(output=passed.output)

    def _inner(self, at: str, key: str, compiled: CompiledFlow) -> Scope:
        scope = self._scope
        here = f"{self._node}[{at}]" if at else self._node
        return Scope(
            running=scope.running,
            compiled=compiled,
            key=_short(f"{key}/{_escaped(at)}" if at else key),
            path=f"{scope.path}/{here}" if scope.path else here,
            checkpoint_id=scope.checkpoint_id,
            depth=scope.depth,
            below=self._reached,
        )

    async def _run(self, graph: Graph, inner: Scope, given: dict[str, Any], longest: int) -> dict[str, Any]:
        """Run a graph to its end and return the last values of its state.

        It runs as if nothing were around it: LangGraph would take it for a part of the outer graph, and mix
        up their checkpoints, streams and interrupts.

        Raises:
            NodeError: one of its nodes failed.
            GraphBubbleUp: the run pauses or is drained.
        """
        around = var_child_runnable_config.set(None)
        try:
            values = await _last_values(graph, inner, given, longest, self._control)
        finally:
            var_child_runnable_config.reset(around)
        self.longest = max(self.longest, inner.taken + inner.inside)
        if "__interrupt__" in values:
            raise GraphInterrupt(tuple(values["__interrupt__"]))
        return values


def ended_with(nodes: list[str], outputs: Mapping[str, Any]) -> Any:
    """Return what several nodes gave: one's output as it is, an object by node id where there are more."""
    given = {id: outputs.get(id) for id in nodes}
    return given if len(given) > 1 else next(iter(given.values()), None)


def inner_key(scope: Scope, node: str) -> str:
    """Count a visit of a node in a frame and return what its run is known by."""
    visit = scope.visits[node]
    scope.visits[node] += 1
    return _short(f"{scope.key}/{_escaped(node)}#{visit}")


async def _last_values(
    graph: Graph, inner: Scope, given: dict[str, Any], longest: int, control: RunControl | None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    config: RunnableConfig = {"recursion_limit": longest + 1}
    async for part in graph.astream(
        given, config, context=inner, stream_mode="values", output_keys=_READ, control=control
    ):
        values |= part
    return values


def _passed(values: Mapping[str, Any], output: Any, view: View) -> Passed:
    summary = values.get("summary", {})
    return Passed(
        output=output,
        variables=values.get("changed", {}),
        messages=msgspec.convert(values.get("added", []), list[Message]),
        summary=summary if summary != view.summary else None,
    )


def _says(history: list[dict[str, Any]], content: Any) -> bool:
    """Say whether the history ends with this very message: a chat that passes its own message on."""
    return bool(history) and history[-1]["role"] == "user" and history[-1]["content"] == content


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


def _short(key: str) -> str:
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 65]}~{hashlib.sha256(key.encode()).hexdigest()}"
