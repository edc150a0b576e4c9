"""A recorder in memory."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from graphs.conversation.messages import (
    Attempt,
    Citation,
    InputAnswer,
    InputRequest,
    ModelAnswer,
    ModelRequest,
)
from graphs.values.events import VISIBILITY, CallKey, Event, EventType, Visibility, shown_to

__all__ = ["MemoryRecorder"]

T = TypeVar("T", bound=Struct)


class MemoryRecorder:
    """A `graphs.values.events.Recorder` in memory."""

    def __init__(self, execution_id: str = "execution", session_id: str = "") -> None:
        self.events: list[Event] = []
        self.calls: dict[CallKey, Struct] = {}
        """Every result that was stored."""
        self.questions: dict[CallKey, InputRequest] = {}
        """What was asked of people, in turn."""
        self.answers: dict[CallKey, InputAnswer] = {}
        """What they answered: `answer` adds to it."""
        self.recalled: list[CallKey] = []
        """Calls that were answered from `calls`, in turn."""
        self.outcomes: dict[str, tuple[bytes, float]] = {}
        """Outcomes kept for reuse, with the time until which they are; give it on to the next run's."""
        self.attempts: list[Attempt] = []
        """Usage rows: of stored answers and of calls that gave none."""
        self.open_nodes: frozenset[str] = frozenset()
        self.done_nodes: frozenset[str] = frozenset()
        self.reused: frozenset[str] = frozenset()
        self.cited: list[Citation] = []
        self.cited_aside: list[tuple[str, Citation]] = []
        self._written = 0
        self._execution_id = execution_id
        self._session_id = session_id
        self._open: set[tuple[str, str]] = set()
        self._stale: set[tuple[str, str]] = set()
        self._known: dict[CallKey, Struct] = {}
        self._given: set[CallKey] = set()

    def reopened(self) -> "MemoryRecorder":
        """Return a recorder for the next attempt of the run, as a journal gives one after a crash."""
        recorder = self._fresh()
        recorder.events = list(self.events)
        recorder.calls = dict(self.calls)
        recorder.attempts = list(self.attempts)
        recorder.questions = dict(self.questions)
        recorder.answers = dict(self.answers)
        recorder.outcomes = self.outcomes
        recorder._stale = set(self._open)
        recorder._known = dict(self.calls)
        recorder._given = set(self._given)
        recorder.open_nodes = frozenset(self._open_nodes())
        recorder.done_nodes = frozenset(one.node for one in self.of("node.completed") if not one.path)
        recorder.cited = [
            msgspec.convert(event.data, Citation)
            for event in self.of("citation")
            if event.visibility == "public"
        ]
        recorder.cited_aside = [
            (event.node, msgspec.convert(event.data, Citation))
            for event in self.of("citation")
            if event.visibility != "public" and not event.path
        ]
        return recorder

    def _fresh(self) -> "MemoryRecorder":
        return MemoryRecorder(self._execution_id, self._session_id)

    def _open_nodes(self) -> set[str]:
        found: set[str] = set()
        for event in self.events:
            if event.type == "node.started" and not event.path:
                found.add(event.node)
            elif event.type in ("node.completed", "node.failed") and not event.path:
                found.discard(event.node)
        return found

    def answer(self, answer: InputAnswer, *, which: int = 0) -> None:
        """Answer the first question that is open, or the one after `which` others."""
        key = [key for key in self.questions if key not in self.answers][which]
        self.answers[key] = answer

    @property
    def written(self) -> int:
        """Bytes of what was stored of calls."""
        return self._written

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Append an event; a message that was unfinished before a crash is reset by the next one."""
        if type not in get_args(EventType):
            raise ValueError(f"Expected one of the event types, found {type!r}.")
        if type == "message.started":
            if (path, node) in self._stale:
                self._stale.discard((path, node))
                self._append("message.reset", node, path, attempt, None, {})
            self._open.add((path, node))
        self._append(type, node, path, attempt, visibility, data)

    async def settled(self) -> None:
        """Return at once: all is in memory."""

    async def ready(self) -> None:
        """Return when others have had their turn: memory always has room."""
        await asyncio.sleep(0)

    async def recall(self, key: CallKey, type: type[T]) -> T | None:
        """Return the stored result of a call, by task and request first, then by number."""
        known = _match(key, self._known)
        if known is None:
            return None
        self.recalled.append(known)
        return msgspec.convert(self._known.pop(known), type, from_attributes=True)

    async def store(
        self,
        key: CallKey,
        result: Struct,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        later: bool = False,
    ) -> None:
        """Keep a result; of a model's answer emit ``message.completed``, if it was begun, and ``usage``."""
        self.calls[key] = result
        self._written += len(msgspec.json.encode(result))
        if not isinstance(result, ModelAnswer):
            return
        if (path, node) in self._open:
            self._open.discard((path, node))
            data = {"content": result.content, "finish_reason": result.finish_reason}
            self._append("message.completed", node, path, attempt, None, data)
        self.book(result.attempts, node=node, path=path, attempt=attempt)

    def note(self, key: CallKey, result: Struct) -> None:
        """Keep a result."""
        self.calls[key] = result
        self._written += len(msgspec.json.encode(result))

    def told(self, key: CallKey) -> None:
        """Keep that a node run of `reused` was told."""
        self.reused -= {key.task_id}

    async def request(
        self, key: CallKey, request: InputRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> InputAnswer | None:
        """Return the answer to a question, or keep the question."""
        if key not in self.questions:
            if request.expires_at is not None and request.expires_at <= time.time():
                return InputAnswer("expired")
            self.questions[key] = request
            data = {"input_id": str(len(self.questions)), **msgspec.to_builtins(request)}
            self._append("input.requested", node, path, attempt, shown_to(request), data)
            return None
        answer = self.answers.get(key)
        if answer is not None and key not in self._given:
            self._given.add(key)
            type: EventType = "input.expired" if answer.action == "expired" else "input.received"
            self._append(type, node, path, attempt, None, msgspec.to_builtins(answer))
        return answer

    async def admit(
        self, request: ModelRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> tuple[ModelRequest, str]:
        """Allow everything: memory knows no budgets."""
        return request, ""

    def interrupted(self, *, node: str = "", path: str = "") -> str | None:
        """Nothing: memory does not outlive a process."""
        return None

    async def kept(self, key: str) -> bytes | None:
        """Return a kept outcome."""
        outcome, until = self.outcomes.get(key, (None, 0.0))
        return outcome if until > time.time() else None

    async def keep(self, key: str, outcome: bytes, seconds: float) -> None:
        """Keep an outcome."""
        self.outcomes[key] = (outcome, time.time() + seconds)

    def book(self, attempts: Sequence[Attempt], *, node: str = "", path: str = "", attempt: int = 1) -> None:
        """Keep the usage of attempts."""
        for one in attempts:
            self.attempts.append(one)
            data = {
                "provider": one.provider,
                "model": one.model,
                "status": one.status,
                "input_tokens": one.usage.input_tokens,
                "output_tokens": one.usage.output_tokens,
            }
            self._append("usage", node, path, attempt, None, data)

    def of(self, *types: EventType) -> list[Event]:
        """Return the events of some types, in order."""
        return [event for event in self.events if event.type in types]

    def trace(self) -> list[str]:
        """Return what happened as ``type node`` lines: events without data, times and numbers."""
        return [f"{event.type} {event.node}".rstrip() for event in self.events]

    def text(self, node: str = "") -> str:
        """Return what a reader of the stream has read in the end, of one node or of all."""
        heard: list[str] = []
        last: dict[tuple[str, str], int] = {}
        for event in self.events:
            if node and event.node != node:
                continue
            if event.type == "message.started":
                last[event.path, event.node] = len(heard)
                heard.append("")
            elif event.type == "message.delta":
                heard[last[event.path, event.node]] += event.data["content"]
            elif event.type == "message.reset":
                heard[last[event.path, event.node]] = ""
        return "".join(heard)

    def _append(
        self,
        type: EventType,
        node: str,
        path: str,
        attempt: int,
        visibility: Visibility | None,
        data: dict[str, Any],
    ) -> None:
        self.events.append(
            Event(
                seq=len(self.events) + 1,
                type=type,
                execution_id=self._execution_id,
                session_id=self._session_id,
                node=node,
                path=path,
                attempt=attempt,
                ts=time.time(),
                visibility=visibility or VISIBILITY.get(type, "owner"),
                data=data,
            )
        )


def _match(key: CallKey, known: Iterable[CallKey]) -> CallKey | None:
    """Return which of the known calls a call is, by request first, then by number."""
    wanted = (key.kind, key.task_id, key.request_hash)
    same = [one for one in known if (one.kind, one.task_id, one.request_hash) == wanted]
    return next((one for one in same if one.number == key.number), same[0] if same else None)
