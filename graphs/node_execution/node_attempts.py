"""Runs one node, over all its attempts, with its retry, time-outs and error policy, and its events."""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from langgraph.errors import GraphBubbleUp

from graphs.conversation.messages import Message
from graphs.conversation.named_ids import named_id
from graphs.node.error_policies import usual_outlet
from graphs.node.node import ERROR, Outcome
from graphs.node.retry import FINAL, Failed
from graphs.node.subgraph_entry import SubgraphRunner
from graphs.node.variables import VariableDeclaration
from graphs.node_execution.accepted_outcomes import accepted
from graphs.node_execution.answer_stream import SILENT, Voice
from graphs.node_execution.compiled_node import Place
from graphs.node_execution.node_cache import reuse_key
from graphs.node_execution.node_run import NodeRun
from graphs.node_execution.timeouts import within_time_limits
from graphs.parsing.text import as_text, clean
from graphs.run_state.run_state import RunState
from graphs.run_state.variable_updates import NOTHING_DECLARED, with_updates
from graphs.values.clock import Clock, Reading
from graphs.values.events import CallKey
from graphs.values.findings import shown
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["attempt_node", "stamped", "tell_reused"]


async def attempt_node(
    running: RunState,
    place: Place,
    view: View,
    *,
    task_id: str,
    checkpoint_id: str,
    path: str = "",
    frame: SubgraphRunner | None = None,
    declared: Mapping[str, VariableDeclaration] = NOTHING_DECLARED,
    voice: Voice = SILENT,
    quiet: bool = False,
) -> Outcome:
    """Run a node and return its outcome, fit for the state: clean JSON, a known outlet.

    Where it fails it is tried again as its `retry` says, and what then to do as its `on_error` says. Every
    further try is written down before it begins: after a crash the node goes on with that one.

    Args:
        running: The run that it is part of.
        place: The node.
        view: What it sees.
        task_id: What its calls are known by: LangGraph's task id, or in a frame a path that begins with it.
        checkpoint_id: LangGraph's checkpoint that the task began from, the outer one's within a frame.
        path: Ids of the frames around it, joined by ``/``.
        frame: What a container enters its bodies by.
        declared: The variables that the flow declares.
        voice: What its text is to the user of a chat.
        quiet: Whether the journal has its events from before a crash: it only gives its outcome again.

    Raises:
        NodeError: the node failed; the journal has its ``node.failed``.
        Exception: what kept the recorder from writing, unchanged.
    """
    attempt = running.attempt(checkpoint_id)
    performance = _NodeAttempts(running, place, view, task_id, attempt, path, frame, declared, voice, quiet)
    told_in = None if path or quiet else running.composed.get(place.id)
    if told_in is not None:
        told_in.enter(view)
    try:
        outcome = await performance.run()
        if told_in is not None and place.node.ends:
            told_in.ended(as_text(outcome.output))
        elif told_in is not None:
            told_in.gave(place.id, outcome.output)
        return outcome
    except asyncio.CancelledError:
        overdue = running.overdue()
        told = "The run's time was up." if overdue else "The run was stopped before the node was done."
        performance.failed(told, "timeout" if overdue else "cancelled")
        raise


class _NodeAttempts:
    """One run of one node, over all its tries."""

    def __init__(
        self,
        running: RunState,
        place: Place,
        view: View,
        task_id: str,
        attempt: int,
        path: str,
        frame: SubgraphRunner | None,
        declared: Mapping[str, VariableDeclaration],
        voice: Voice,
        quiet: bool,
    ) -> None:
        self._running = running
        self._place = place
        self._node = place.node
        self._view = view
        self._task_id = task_id
        self._path = path
        self._frame = frame
        self._declared = declared
        self._voice = voice
        self._quiet = quiet
        self._first = attempt
        self._tries = 1
        self._began = time.perf_counter()

    async def run(self) -> Outcome:
        """Run the node and return its outcome, or what its `on_error` makes of its failure."""
        node, view, running = self._node, self._view, self._running
        if running.exhausted is not None:
            raise running.exhausted
        if node.retry is not None or running.run.origin is not None:
            while await running.guarded(running.recorder.recall(self._failure(), Failed)) is not None:
                self._tries += 1
        if self._place.reads_clock:
            view = self._view = msgspec.structs.replace(view, clock=await self._clock())
        arrived = view.input if node.starts else view.arrived()
        label = node.label or self._place.id
        self._emit("node.started", node_type=self._place.type, label=label, input=arrived)
        if not node.asks_context:
            await running.guarded(running.recorder.settled())
        context = self._context()
        cached = node.cache_seconds is not None and running.offline is None
        key = reuse_key(node, view, context) if cached else ""
        if key and (kept := await running.guarded(running.recorder.kept(key))) is not None:
            outcome = msgspec.json.decode(kept, type=Outcome)
            self._completed(outcome, reused=True)
            return outcome
        while True:
            try:
                outcome = await self._try(context)
                break
            except NodeError as error:
                if (waits := self._again(error, context)) is None:
                    return self._failed_for_good(error, context)
                await self._retry(error, waits, context)
                context = self._context()
        if key and node.cache_seconds is not None:
            encoded = msgspec.json.encode(outcome)
            await running.guarded(running.recorder.keep(key, encoded, node.cache_seconds))
        self._completed(outcome)
        return outcome

    def failed(self, error: str, code: str, **more: Any) -> None:
        """Tell that the node failed."""
        self._emit("node.failed", error=error, code=code, duration_ms=_since(self._began), **more)

    async def _try(self, context: NodeRun) -> Outcome:
        """Run the node once.

        Raises:
            NodeError: it failed, whatever it raised.
            GraphBubbleUp: the run pauses or is handed on.
            Exception: what kept the recorder from writing, unchanged.
        """
        running = self._running
        try:
            if self._node.timeout_seconds is None and self._node.idle_timeout_seconds is None:
                outcome = await self._node.run(self._view, context)
            else:
                async with within_time_limits(self._node, context):
                    outcome = await self._node.run(self._view, context)
            if context.questions.talk:
                outcome = msgspec.structs.replace(
                    outcome, messages=[*context.questions.talk, *outcome.messages]
                )
            outcome = accepted(self._place, outcome, self._view, passes=self._node.frames)
            outcome = with_updates(self._node, self._place.id, self._view, outcome, self._declared)
            if running.broken is not None:
                raise running.broken
            if running.exhausted is not None:
                raise running.exhausted
            return outcome
        except GraphBubbleUp:
            raise
        except (Exception, SystemExit) as error:  # `sys.exit()` of a node is not to end the server
            if running.broken is not None:
                raise running.broken from None
            if running.exhausted is not None:
                raise running.exhausted from None
            if isinstance(error, NodeError):
                raise
            named = shown(self._place.id)
            logging.getLogger(__name__).exception(
                "Node %s failed in execution %s", named, running.run.execution_id
            )
            raise NodeError(
                f"Node {named} failed unexpectedly ({type(error).__name__}). The server's log tells more.",
                code="internal",
            ) from error

    def _again(self, error: NodeError, context: NodeRun) -> float | None:
        """Return the seconds after which the node is tried again; None where it is not.

        A run that goes on from another one first gets the answers that the other one got. A failure that
        comes of those alone is the old one: the node is tried once more, with answers of its own.
        """
        retry, running = self._node.retry, self._running
        if running.exhausted is not None:
            return None
        goes_on = running.run.origin is not None and running.offline is None
        if goes_on and self._tries == 1 and context.recalled and not context.fresh:
            return 0.0
        if retry is None or self._tries >= retry.max_attempts or error.code in FINAL:
            return None
        return retry.delay(self._tries, error.retry_after)

    async def _retry(self, error: NodeError, waits: float, context: NodeRun) -> None:
        """Write down that the try failed, tell so, and wait."""
        running, kept = self._running, Failed(str(error), error.code)
        context.unsay()
        failure = self._failure()
        self._tries += 1
        delay = round(waits, 3)
        self._emit("node.retrying", error=str(error), code=error.code, delay_seconds=delay, tries=self._tries)
        await running.guarded(running.recorder.store(failure, kept, node=self._place.id, path=self._path))
        await asyncio.sleep(waits)

    def _failed_for_good(self, error: NodeError, context: NodeRun) -> Outcome:
        """Return what the node's `on_error` makes of its failure.

        Raises:
            NodeError: it lets the run fail.
        """
        node = self._node
        if node.on_error == "fail" or self._running.exhausted is not None:
            self.failed(str(error), error.code)
            raise error
        context.unsay()
        if node.on_error == "continue":
            outcome = Outcome(output=node.default, outlet=usual_outlet(node), messages=context.questions.talk)
        else:
            told = {"code": error.code, "message": str(error), "node": error.node or self._place.id}
            outcome = Outcome(output=told, outlet=ERROR, messages=context.questions.talk)
        self.failed(str(error), error.code, output=outcome.output, outlet=outcome.outlet)
        return outcome

    def _completed(self, outcome: Outcome, **more: Any) -> None:
        if len(self._place.outlets) > 1:
            more["outlet"] = outcome.outlet
        self._emit("node.completed", output=outcome.output, duration_ms=_since(self._began), **more)

    def _context(self) -> NodeRun:
        return NodeRun(
            self._running,
            self._place.id,
            self._task_id,
            self._first + self._tries - 1,
            path=self._path,
            tries=self._tries,
            frame=self._frame,
            voice=self._voice,
        )

    async def _clock(self) -> Clock:
        """Return the clock of this node run, as it was read when the run began for the first time."""
        recorder, key = self._running.recorder, CallKey(self._task_id, 0, "", "clock")
        reading = await self._running.guarded(recorder.recall(key, Reading))
        if reading is None:
            reading = Reading(seconds=time.time(), seed=secrets.token_hex(16))
            await self._running.guarded(recorder.store(key, reading, node=self._place.id, path=self._path))
        return Clock(reading)

    def _failure(self) -> CallKey:
        """Return what the failure of this try is known by."""
        return CallKey(self._task_id, self._tries, "", "retry")

    def _emit(self, type: Any, **data: Any) -> None:
        if self._quiet:
            return
        attempt = self._first + self._tries - 1
        self._running.recorder.emit(type, node=self._place.id, path=self._path, attempt=attempt, **data)


def tell_reused(
    running: RunState, place: Place, view: View, outcome: Outcome, *, path: str, voice: Voice
) -> None:
    """Tell that a node's outcome is that of the run which this one goes on from, with what it said."""
    told_in = None if path else running.composed.get(place.id)
    facts: dict[str, Any] = {"node": place.id, "path": path}
    emit = running.recorder.emit
    label, arrived = place.node.label or place.id, view.input if place.node.starts else view.arrived()
    emit("node.started", node_type=place.type, label=label, input=arrived, **facts)
    if told_in is not None:
        told_in.enter(view)
        told_in.gave(place.id, outcome.output)
    elif voice.speaks and outcome.answer is not None and (text := as_text(outcome.output)):
        emit("message.started", **facts)
        emit("message.delta", content=text, **facts)
        emit("message.completed", content=text, finish_reason="stop", **facts)
    more: dict[str, Any] = {"outlet": outcome.outlet} if len(place.outlets) > 1 else {}
    emit("node.completed", output=outcome.output, duration_ms=0.0, reused=True, **more, **facts)


def stamped(message: Message, execution_id: str, origin: str, number: int) -> dict[str, Any]:
    """Return a message as the state keeps it, with an id that is the same when its node runs again.

    Args:
        message: What to keep.
        execution_id: The run that it belongs to.
        origin: What it comes from within the run: a task's id, or ``input``.
        number: Which of that task's messages it is.
    """
    return msgspec.to_builtins(
        msgspec.structs.replace(
            message,
            content=clean(message.content),
            id=message.id or named_id(f"{execution_id}/{origin}/{number}"),
            created_at=message.created_at or time.time(),
            metadata={"execution_id": execution_id, **clean(message.metadata)},
        )
    )


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
