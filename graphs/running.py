"""Running: a run under way with its caps, and the `Context` that each run of a node gets from it."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from graphs.events import CallKey, EventType, Recorder, Visibility
from graphs.failpoints import reach
from graphs.messages import Attempt, ModelAnswer, ModelRequest, ToolCall, Usage
from graphs.models import ModelError, Models
from graphs.node import NodeError
from graphs.run import Run
from graphs.text import TextError, clean

__all__ = ["NodeRun", "Running"]

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Running:
    """A run under way: where it writes, whom it asks, what it has used of its limits."""

    run: Run
    recorder: Recorder
    models: Models
    deadline: float = field(init=False)
    """When its time is up, by `time.monotonic`."""
    clock: asyncio.Timeout | None = None
    broken: Exception | None = None
    """Why the recorder would not write. The run stops with it, whatever a node makes of it."""
    _calls: int = field(init=False)
    _tokens: int = field(init=False)
    _resumed_at: str | None = None

    def __post_init__(self) -> None:
        """Begin to count where earlier attempts have stopped."""
        spent = self.run.spent
        self.deadline = time.monotonic() + max(0.0, self.run.limits.max_seconds - spent.seconds)
        self._calls = spent.model_calls
        self._tokens = spent.tokens

    def attempt(self, checkpoint_id: str) -> int:
        """Return which attempt at its step a task of this checkpoint is.

        Only tasks of the checkpoint that a resumed run begins with can have been begun before.
        """
        if self._resumed_at is None:
            self._resumed_at = checkpoint_id
        return self.run.attempt if checkpoint_id == self._resumed_at else 1

    def overdue(self) -> bool:
        """Say whether the run's time is up."""
        return time.monotonic() >= self.deadline or (self.clock is not None and self.clock.expired())

    def reserve(self, node: str) -> None:
        """Count a model call that is about to be made.

        Raises:
            NodeError: a cap is reached (code ``limit_reached``).
        """
        limits = self.run.limits
        for limit, most, used in (
            ("max_model_calls", limits.max_model_calls, self._calls),
            ("max_tokens", limits.max_tokens, self._tokens),
        ):
            if used >= most:
                self.recorder.emit("budget.refused", node=node, limit=limit, most=most, used=used)
                raise NodeError(
                    f"The run has used {used:,} of the {most:,} that {limit} allows. Raise that limit, or "
                    "let the flow ask models less.",
                    code="limit_reached",
                )
        self._calls += 1

    def spend(self, spent: Iterable[Usage]) -> None:
        """Count tokens."""
        self._tokens += sum(usage.input_tokens + usage.output_tokens for usage in spent)

    async def guarded(self, writing: Awaitable[T]) -> T:
        """Await what the recorder does; where it fails, so does the run, as `broken` then says."""
        try:
            return await writing
        except Exception as error:
            self.broken = error
            raise


class NodeRun:
    """One run of one node: the `Context` that it gets."""

    def __init__(self, running: Running, node: str, task_id: str, attempt: int) -> None:
        self.execution_id = running.run.execution_id
        self.session_id = running.run.session_id
        self.node = node
        self.attempt = attempt
        self.memory = running.run.memory
        self._running = running
        self._task_id = task_id
        self._asked = 0

    def emit(self, type: EventType, *, visibility: Visibility | None = None, **data: Any) -> None:
        """Append an event about this node to the journal."""
        self._running.recorder.emit(
            type, node=self.node, attempt=self.attempt, visibility=visibility, **clean(data)
        )

    async def ask(self, request: ModelRequest, *, publish: bool = True) -> ModelAnswer:
        """Return a model's answer, from the journal where it was answered before; see `Context.ask`."""
        running = self._running
        canonical = msgspec.json.encode(request, order="sorted")
        key = CallKey(self._task_id, self._asked, hashlib.sha256(canonical).hexdigest())
        self._asked += 1
        known = await running.guarded(running.recorder.recall(key))
        if known is not None:  # and counted: `Run.spent` has it
            return known
        running.reserve(self.node)
        if publish:
            self.emit("message.started")
        hearing = Hearing(running.recorder, self.node, self.attempt, publish=publish)
        reach("before_call")
        try:
            answer = _cleaned(
                await running.models.answer(
                    request,
                    hearing,
                    idempotency_key=f"{running.run.thread_id}:{self._task_id}:{key.number}",
                    api_key=running.run.api_key,
                    deadline=running.deadline,
                )
            )
        except BaseException as error:
            running.spend(attempt.usage for attempt in hearing.attempts)
            running.recorder.book(hearing.attempts, node=self.node, attempt=self.attempt)
            if isinstance(error, ModelError):
                raise NodeError(str(error), code=error.error_class) from error
            if isinstance(error, TextError):
                raise NodeError(f"The model's answer cannot be used: {error}", code="bad_response") from error
            raise
        running.spend([attempt.usage for attempt in answer.attempts] or [answer.usage])
        reach("after_call_before_journal")
        await running.guarded(running.recorder.store(key, answer, node=self.node, attempt=self.attempt))
        reach("after_journal")
        return answer


class Hearing:
    """The `graphs.models.Listener` of one call: what it hears becomes events at once."""

    def __init__(self, recorder: Recorder, node: str, number: int, *, publish: bool) -> None:
        self.attempts: list[Attempt] = []
        self._recorder = recorder
        self._node = node
        self._number = number
        self._publish = publish

    def text(self, chunk: str) -> None:
        """Publish a piece of the answer."""
        self._say("message.delta", content=clean(chunk))

    def reasoning(self, chunk: str) -> None:
        """Publish a piece of the model's reasoning."""
        self._say("message.reasoning", content=clean(chunk))

    def reset(self) -> None:
        """Tell readers to forget what they have of this message."""
        self._say("message.reset")

    def attempt(self, attempt: Attempt) -> None:
        """Keep an attempt for the books, in case no answer comes."""
        self.attempts.append(attempt)

    async def ready(self) -> None:
        """Wait while the journal has more than enough to write."""
        await self._recorder.ready()

    def _say(self, type: EventType, **data: Any) -> None:
        if self._publish:
            self._recorder.emit(type, node=self._node, attempt=self._number, **data)


def _cleaned(answer: ModelAnswer) -> ModelAnswer:
    """Return an answer that every database can keep."""
    calls = clean(msgspec.to_builtins(answer.tool_calls)) if answer.tool_calls else []
    return msgspec.structs.replace(
        answer,
        content=clean(answer.content),
        reasoning=clean(answer.reasoning),
        tool_calls=msgspec.convert(calls, list[ToolCall]),
    )
