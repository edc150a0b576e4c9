"""A recorder in memory."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, get_args

from graphs.events import VISIBILITY, CallKey, Event, EventType, Visibility
from graphs.messages import Attempt, ModelAnswer

__all__ = ["MemoryRecorder"]


class MemoryRecorder:
    """A `graphs.events.Recorder` in memory."""

    def __init__(self, execution_id: str = "execution", session_id: str = "") -> None:
        self.events: list[Event] = []
        self.calls: dict[CallKey, ModelAnswer] = {}
        """Every answer that was stored."""
        self.recalled: list[CallKey] = []
        """Calls that were answered from `calls`, in turn."""
        self.attempts: list[Attempt] = []
        """Usage rows: of stored answers and of calls that gave none."""
        self._execution_id = execution_id
        self._session_id = session_id
        self._open: set[str] = set()
        self._known: dict[CallKey, ModelAnswer] = {}

    def reopened(self) -> "MemoryRecorder":
        """Return a recorder for the next attempt of the run, as a journal gives one after a crash."""
        recorder = MemoryRecorder(self._execution_id, self._session_id)
        recorder.events = list(self.events)
        recorder.calls = dict(self.calls)
        recorder.attempts = list(self.attempts)
        recorder._open = set(self._open)
        recorder._known = dict(self.calls)
        return recorder

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Append an event; a message that a node begins while another is unfinished resets that first."""
        if type not in get_args(EventType):
            raise ValueError(f"Expected one of the event types, found {type!r}.")
        if type == "message.started":
            if node in self._open:
                self._append("message.reset", node, attempt, None, {})
            self._open.add(node)
        self._append(type, node, attempt, visibility, data)

    async def ready(self) -> None:
        """Return when others have had their turn: memory always has room."""
        await asyncio.sleep(0)

    async def recall(self, key: CallKey) -> ModelAnswer | None:
        """Return the stored answer of a call, by task and request first, then by number."""
        wanted = (key.task_id, key.request_hash)
        same = [known for known in self._known if (known.task_id, known.request_hash) == wanted]
        if not same:
            return None
        known = next((one for one in same if one.number == key.number), same[0])
        self.recalled.append(known)
        return self._known.pop(known)

    async def store(self, key: CallKey, answer: ModelAnswer, *, node: str = "", attempt: int = 1) -> None:
        """Keep an answer and emit ``message.completed``, where its message was begun, and ``usage``."""
        self.calls[key] = answer
        if node in self._open:
            self._open.discard(node)
            data = {"content": answer.content, "finish_reason": answer.finish_reason}
            self._append("message.completed", node, attempt, None, data)
        self.book(answer.attempts, node=node, attempt=attempt)

    def book(self, attempts: Sequence[Attempt], *, node: str = "", attempt: int = 1) -> None:
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
            self._append("usage", node, attempt, None, data)

    def of(self, *types: EventType) -> list[Event]:
        """Return the events of some types, in order."""
        return [event for event in self.events if event.type in types]

    def trace(self) -> list[str]:
        """Return what happened as ``type node`` lines: events without data, times and numbers."""
        return [f"{event.type} {event.node}".rstrip() for event in self.events]

    def text(self, node: str = "") -> str:
        """Return what a reader of the stream has read in the end, of one node or of all."""
        heard: list[str] = []
        last: dict[str, int] = {}
        for event in self.events:
            if node and event.node != node:
                continue
            if event.type == "message.started":
                last[event.node] = len(heard)
                heard.append("")
            elif event.type == "message.delta":
                heard[last[event.node]] += event.data["content"]
            elif event.type == "message.reset":
                heard[last[event.node]] = ""
        return "".join(heard)

    def _append(
        self, type: EventType, node: str, attempt: int, visibility: Visibility | None, data: dict[str, Any]
    ) -> None:
        self.events.append(
            Event(
                seq=len(self.events) + 1,
                type=type,
                execution_id=self._execution_id,
                session_id=self._session_id,
                node=node,
                attempt=attempt,
                ts=time.time(),
                visibility=visibility or VISIBILITY.get(type, "owner"),
                data=data,
            )
        )
