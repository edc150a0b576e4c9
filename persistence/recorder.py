"""The recorder: what a run writes, in the order store, count, publish, under the claim that it holds."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from graphs.events import TERMINAL, VISIBILITY, CallKey, Event, EventType, Visibility
from graphs.failpoints import reach
from graphs.messages import Attempt, ModelAnswer
from persistence.claims import ClaimLost, Totals, usage_facts
from persistence.database import Database
from persistence.executions import ExecutionRow
from persistence.journal import Journal

__all__ = ["JournalRecorder"]

PATIENT: frozenset[str] = frozenset(
    {
        "run.started",
        "run.resumed",
        "node.started",
        "node.completed",
        "node.skipped",
        "message.started",
        "message.delta",
        "message.reasoning",
        "state.delta",
    }
)
"""Types that may wait for the next write, one interval at most. What waits is carried by what cannot."""
BUFFERED = 2_000
"""Events that may wait for the database before `JournalRecorder.ready` holds the run up."""


class JournalRecorder:
    """Writes one execution's events, calls and usage; see `graphs.events.Recorder`.

    Events that come while a write is under way share the next one, and deltas and steps are written at most
    once in `interval` seconds, so a busy run costs few rows; a message's first words are written at once.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        row: ExecutionRow,
        *,
        interval: float,
        last_seq: int,
        answers: Iterable[tuple[CallKey, ModelAnswer]] = (),
        open_messages: Iterable[str] = (),
        totals: Totals | None = None,
        begun: int = 0,
        seconds: float = 0.0,
    ) -> None:
        self.row = row
        self.totals = totals or Totals()
        """What the run has used, earlier processes included."""
        self.begun = begun
        """How many times the run was begun or taken up before."""
        self.seconds = seconds
        """How long earlier processes worked on it."""
        self._database = database
        self._journal = journal
        self._claims = journal.claims
        self._live = journal.open(row.id, last_seq)
        self._interval = interval
        self._seq = last_seq
        self._answers = dict(answers)
        self.answered = len(self._answers)
        """Calls that were answered before."""
        self._stale = set(open_messages)
        self._started: set[str] = set()
        self._silent: set[str] = set()
        self._pending: list[Event] = []
        self._attempts: list[tuple[str, Attempt]] = []
        self._waiting = 0
        self._writing: asyncio.Future[Any] | None = None
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._wrote_at = 0.0
        self._room = asyncio.Event()
        self._room.set()
        self._failure: BaseException | None = None

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Append an event; it is published when it is committed."""
        if type == "message.started":
            if node in self._stale:
                self._stale.discard(node)
                self._add("message.reset", node, attempt, None, {})
            self._started.add(node)
            self._silent.add(node)
        elif type == "message.completed":
            self._started.discard(node)
        self._add(type, node, attempt, visibility, data)
        self._schedule(urgent=type not in PATIENT or self._first_words(type, node))

    async def ready(self) -> None:
        """Return when fewer than `BUFFERED` events wait for the database.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._room.wait()
        if self._failure is not None:
            raise self._failure

    async def recall(self, key: CallKey) -> ModelAnswer | None:
        """Return the answer that was stored before a crash, by request hash first, then by number."""
        same = [
            known
            for known in self._answers
            if (known.task_id, known.request_hash) == (key.task_id, key.request_hash)
        ]
        if not same:
            for known in self._answers:
                if (known.task_id, known.number) == (key.task_id, key.number):
                    self.emit("custom", warning="not_deterministic", task_id=key.task_id, number=key.number)
                    break
            return None
        chosen = next(
            (known for known in same if known.number == key.number), min(same, key=lambda known: known.number)
        )
        return self._answers.pop(chosen)

    async def store(self, key: CallKey, answer: ModelAnswer, *, node: str = "", attempt: int = 1) -> None:
        """Commit the answer, its usage and all events so far; the answer may be used when this returns.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        if node in self._started:
            self.emit(
                "message.completed",
                node=node,
                attempt=attempt,
                content=answer.content,
                finish_reason=answer.finish_reason,
                **({"reasoning": answer.reasoning} if answer.reasoning else {}),
                **({"tool_calls": msgspec.to_builtins(answer.tool_calls)} if answer.tool_calls else {}),
            )
        self._count(answer.attempts, node, attempt)
        encoded = msgspec.json.encode(answer)
        await self._write(lambda connection: self._claims.store_call(connection, self.row, key, encoded))

    def book(self, attempts: Sequence[Attempt], *, node: str = "", attempt: int = 1) -> None:
        """Write usage rows of a call without an answer, with the next commit."""
        self._count(attempts, node, attempt)
        self._schedule(urgent=True)

    async def flush(self) -> None:
        """Commit everything emitted so far.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._write()

    async def finish(
        self,
        type: EventType,
        status: str,
        *,
        output: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
        messages: int = -1,
    ) -> ExecutionRow:
        """Commit the terminal event, the execution's end and the session's counters, all or nothing.

        Args:
            type: ``run.completed``, ``run.failed`` or ``run.cancelled``.
            status: The status word of the execution.
            output: What the run gave; also in the event, with usage and duration.
            error: ``{"code", "message"}``.
            messages: Messages in the session now; -1 for unchanged.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        now = time.time()
        duration = round(max(0.0, (now - (self.row.started_at or now)) * 1000), 3)
        self.emit(
            type,
            status=status,
            output=output,
            error=error,
            usage=self.totals.shown(),
            cost_usd=None,
            duration_ms=duration,
            message_count=messages,
        )
        ended = msgspec.structs.replace(
            self.row,
            status=status,
            output=output,
            error=error,
            last_seq=self._seq,
            completed_at=now,
            duration_ms=duration,
            process_id=None,
        )
        reach("before_terminal_update")
        await self._write(lambda connection: self._claims.end(connection, ended, self.totals, messages))
        self.close()
        return ended

    def close(self) -> None:
        """Stop: followers end, or go on by reading what another process writes."""
        if self._timer is not None:
            self._timer.cancel()
        self._failure = self._failure or ClaimLost(self.row.id)
        self._room.set()
        self._journal.close(self.row.id, self._live)

    def _add(
        self, type: EventType, node: str, attempt: int, visibility: Visibility | None, data: dict[str, Any]
    ) -> None:
        self._seq += 1
        self._pending.append(
            Event(
                seq=self._seq,
                type=type,
                execution_id=self.row.id,
                session_id=self.row.session or "",
                node=node,
                attempt=attempt,
                ts=round(time.time(), 3),
                visibility=visibility or VISIBILITY.get(type, "owner"),
                data=data,
            )
        )
        if len(self._pending) + self._waiting > BUFFERED:
            self._room.clear()

    def _first_words(self, type: EventType, node: str) -> bool:
        """Say whether this is the first that readers get of a message: that they are not kept waiting for."""
        if type in ("message.delta", "message.reasoning") and node in self._silent:
            self._silent.discard(node)
            return True
        return False

    def _count(self, attempts: Sequence[Attempt], node: str, attempt: int) -> None:
        for one in attempts:
            self.totals.add(one)
            self._attempts.append((node, one))
            self._add("usage", node, attempt, None, usage_facts(one))

    def _schedule(self, *, urgent: bool) -> None:
        if self._failure is not None or self._writing is not None:
            return
        loop = asyncio.get_running_loop()
        wait = 0.0 if urgent else max(0.0, self._wrote_at + self._interval - loop.time())
        if self._timer is not None:
            if self._due <= loop.time() + wait:
                return
            self._timer.cancel()
        self._due = loop.time() + wait  # uvloop's handles do not tell it
        self._timer = loop.call_later(wait, self._submit)

    def _submit(self) -> None:
        self._timer = None
        if self._writing is None and self._failure is None and (self._pending or self._attempts):
            self._begin_write()

    def _begin_write(self, extra: Callable[[Connection], None] | None = None) -> "asyncio.Future[None]":
        """Queue one transaction with everything that waits; publish when it is committed."""
        events, self._pending = self._pending, []
        attempts, self._attempts = self._attempts, []
        self._waiting += len(events)
        self._wrote_at = asyncio.get_running_loop().time()

        def work(connection: Connection) -> None:
            self._claims.append(connection, self.row, events, attempts)
            if extra is not None:
                extra(connection)

        written = self._database.write(work)
        self._writing = written
        written.add_done_callback(lambda done: self._written(events, done))
        return written

    def _written(self, events: list[Event], done: "asyncio.Future[None]") -> None:
        self._waiting -= len(events)
        if self._writing is done:
            self._writing = None
        failure = done.exception()
        if failure is not None:
            self._failure = failure
            self._room.set()
            return
        if events:
            if events[-1].type in TERMINAL:
                reach("after_terminal_before_event")
            self._live.publish(events)
        if len(self._pending) + self._waiting <= BUFFERED:
            self._room.set()
        if self._pending or self._attempts:
            self._schedule(urgent=any(event.type not in PATIENT for event in self._pending))

    async def _write(self, extra: Callable[[Connection], None] | None = None) -> None:
        if self._failure is not None:
            raise self._failure
        await asyncio.shield(self._begin_write(extra))
