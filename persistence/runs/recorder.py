"""The recorder: what a run writes, in the order store, count, publish, under the claim that it holds."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from graphs.engine.failpoints import reach
from graphs.providers.model_interface import ModelError
from graphs.values.events import TERMINAL, VISIBILITY, CallKey, Event, EventType, Visibility, shown_to
from graphs.values.messages import Attempt, Citation, InputAnswer, InputRequest, ModelAnswer, ModelRequest
from persistence.runs.claims import ClaimLost
from persistence.runs.execution_rows import ExecutionRow, new_id
from persistence.runs.journal import Journal
from persistence.runs.node_outcomes import keep_outcome, kept_outcome
from persistence.runs.paused_runs import park, withdraw
from persistence.runs.question_rows import InputRow, add_input, input_id
from persistence.runs.recorded_calls import RecordedCalls, StoredCall
from persistence.spending.budget_messages import refusal, told
from persistence.spending.ledger import Entry, Totals
from persistence.spending.reservations import Alert
from persistence.storage.database import Database

__all__ = ["JournalRecorder"]

T = TypeVar("T", bound=Struct)

log = logging.getLogger("agenticrag.budgets")

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
        "citation",
        "state.delta",
    }
)
"""Types that may wait for the next write, one interval at most. What waits is carried by what cannot."""
WRITES_A_SECOND = 5_000
"""Writes of deltas by all runs of a process: 200 runs so write every 40 ms, more tokens at once."""
LONGEST_INTERVAL = 0.25
"""Seconds from one write of a run's deltas to the next at most, however many runs there are."""
TICK = 0.01
"""Seconds. Where many runs are busy each writes at whole ticks, so that a transaction has many of them."""
BUFFERED = 2_000
"""Events that may wait for the database before `JournalRecorder.ready` holds the run up."""


class JournalRecorder:
    """Writes one execution's events, calls and usage; see `graphs.values.events.Recorder`.

    Events that come while a write is under way share the next one, and deltas and steps are written at most
    once in `interval` seconds, so a busy run costs few rows; a message's first words are written at once.
    Where many runs are busy the interval is longer: all of them share `WRITES_A_SECOND`.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        row: ExecutionRow,
        *,
        interval: float,
        last_seq: int,
        past: Sequence[Event] = (),
        calls: Sequence[StoredCall] = (),
        inputs: Iterable[InputRow] = (),
        told_inputs: Iterable[str] = (),
        open_messages: Iterable[tuple[str, str]] = (),
        open_nodes: Iterable[str] = (),
        cited: Iterable[Citation] = (),
        totals: Totals | None = None,
        begun: int = 0,
        paused: bool = False,
        seconds: float = 0.0,
    ) -> None:
        self.row = row
        self.totals = totals or Totals()
        """What the run has used, earlier processes included."""
        self.begun = begun
        """How many times the run was begun or taken up before, but for after a pause."""
        self.paused = paused
        """Whether it is taken up after a pause: that is no further attempt."""
        self.seconds = seconds
        """How long earlier processes worked on it."""
        self._database = database
        self._journal = journal
        self._claims = journal.claims
        self._stored = sum(len(call.result) for call in calls)
        self._claims.written[row.id] = 0
        self._live = journal.open(row.id, last_seq, past)
        self._interval = interval
        self._seq = last_seq
        self.known = RecordedCalls(calls)
        """Calls that came to a result before."""
        self._inputs = {row.id: row for row in inputs}
        self._told = set(told_inputs)
        self._waits: dict[str, InputRequest] = {}
        self._stale = set(open_messages)
        self.open_nodes = frozenset(open_nodes)
        """Nodes outside of frames that a crash has left begun: running, or done with their end untold."""
        self.cited = [*cited]
        """What the run has cited before, in order, without what only owners see."""
        self._started: dict[tuple[str, str], Visibility | None] = {}
        self._silent: set[tuple[str, str]] = set()
        self._pending: list[Event] = []
        self._entries: list[Entry] = []
        self._held: set[str] = set()
        self._waiting = 0
        self._writing: asyncio.Future[Any] | None = None
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._wrote_at = 0.0
        self._turn = 0.0
        self._room = asyncio.Event()
        self._room.set()
        self._failure: BaseException | None = None

    @property
    def written(self) -> int:
        """Bytes of JSON that the run has stored: its calls, and the events of this process."""
        return self._stored + self._claims.written.get(self.row.id, 0)

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
        """Append an event; it is published when it is committed."""
        place = (path, node)
        if type == "message.started":
            if place in self._stale:
                self._stale.discard(place)
                self._add("message.reset", node, path, attempt, None, {})
            self._started[place] = visibility
            self._silent.add(place)
        elif type == "message.completed":
            self._started.pop(place, None)
        self._add(type, node, path, attempt, visibility, data)
        self._schedule(urgent=type not in PATIENT or self._first_words(type, place))

    async def ready(self) -> None:
        """Return when fewer than `BUFFERED` events wait for the database, and it is the run's turn.

        All runs share `WRITES_A_SECOND`; where that is more than this one would take, it is always its turn.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._room.wait()
        if self._failure is not None:
            raise self._failure
        if pace := self._pace():
            clock = asyncio.get_running_loop().time
            if (early := self._turn + pace - clock()) > 0:
                await asyncio.sleep(early)
            self._turn = (clock() + TICK / 10) // TICK * TICK  # timers may be a millisecond early

    async def recall(self, key: CallKey, type: type[T]) -> T | None:
        """Return what was stored of a call before a crash or a pause."""
        known = self.known.take(key)
        if known == "other":
            self.emit("custom", warning="not_deterministic", task_id=key.task_id, number=key.number)
            return None
        return None if known is None else msgspec.json.decode(known, type=type)

    async def store(
        self, key: CallKey, result: Struct, *, node: str = "", path: str = "", attempt: int = 1
    ) -> None:
        """Commit a result, its usage and all events so far; the result may be used when this returns.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        if isinstance(result, ModelAnswer):
            self._complete(result, node, path, attempt)
        encoded = msgspec.json.encode(result)
        self._stored += len(encoded)
        await self._write(lambda connection: self._claims.store_call(connection, self.row, key, encoded))

    async def request(
        self, key: CallKey, request: InputRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> InputAnswer | None:
        """Return the answer that this run was taken up with, or commit the question.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        asked = input_id(self.row.id, key)
        known = self._inputs.get(asked)
        if known is None:
            if request.expires_at is not None and request.expires_at <= time.time():
                return InputAnswer("expired")
            known = self._inputs[asked] = InputRow(
                id=asked,
                execution_id=self.row.id,
                workspace=self.row.workspace,
                node=node,
                path=path,
                request=request,
                requested_at=0.0,
                expires_at=None,
            )
            self._waits[asked] = request
            shown = {"input_id": asked, **msgspec.to_builtins(request)}
            self._add("input.requested", node, path, attempt, shown_to(request), shown)
            await self._write(lambda connection: add_input(connection, known))
            return None
        if known.answer is None:
            self._waits[asked] = request
        elif asked not in self._told:
            self._told.add(asked)
            type: EventType = "input.expired" if known.answer.action == "expired" else "input.received"
            shown: dict[str, Any] = {"input_id": asked, "kind": request.kind}
            shown |= msgspec.to_builtins(known.answer)
            self.emit(type, node=node, path=path, attempt=attempt, **shown)
        return known.answer

    async def admit(
        self, request: ModelRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> tuple[ModelRequest, str]:
        """Reserve what a request may cost of the run's budgets; without any that costs nothing.

        Raises:
            ModelError: a budget does not allow it (class ``budget``).
        """
        ledger, held = self._claims.ledger, ""
        if ledger.keeps(self.row):
            held = new_id()
            self._held.add(held)
            request, refused = await ledger.admit(self.row, request, held)
            if refused is not None:
                self._held.discard(held)
                sentence, facts = refusal(refused)
                self.emit("budget.refused", node=node, path=path, attempt=attempt, message=sentence, **facts)
                raise ModelError(sentence, error_class="budget")
        return request, held

    async def kept(self, key: str) -> bytes | None:
        """Return an outcome that a run of this flow in this workspace kept, while it may be reused."""
        return await self._database.read(lambda connection: kept_outcome(connection, self.row, key))

    async def keep(self, key: str, outcome: bytes, seconds: float) -> None:
        """Commit an outcome for the next runs of this flow in this workspace.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._write(lambda connection: keep_outcome(connection, self.row, key, outcome, seconds))

    def book(self, attempts: Sequence[Attempt], *, node: str = "", path: str = "", attempt: int = 1) -> None:
        """Write usage rows of a call without an answer, with the next commit."""
        self._count(attempts, node, path, attempt)
        self._schedule(urgent=True)

    async def flush(self) -> None:
        """Commit everything emitted so far.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._write()

    async def pause(self) -> ExecutionRow:
        """Commit that the run waits for the questions that it has come to, and return how it stands.

        It is parked; or ``pending`` again, of this process, where an answer has come meanwhile or it was
        asked to end.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        people = any(request.kind != "timer" for request in self._waits.values())
        status = "waiting_approval" if people else "running"
        self.emit("run.paused", reason="input", status=status, inputs=[*self._waits])
        answered = [row.id for row in self._inputs.values() if row.answer is not None]
        left: list[ExecutionRow] = []

        def work(connection: Connection) -> None:
            left[:] = [park(connection, self.row, status, answered, self.row.process_id)]

        await self._write(work)
        self.close(paused=True)
        return left[0]

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
            cost_usd=self.totals.cost_usd,
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

        def work(connection: Connection) -> None:
            self._claims.end(connection, ended, self.row.process_id or "", self.totals, messages)
            if self._inputs:
                withdraw(connection, ended.id)

        await self._write(work)
        self.close()
        return ended

    def close(self, *, paused: bool = False) -> None:
        """Stop: followers end, or go on by reading what is written later; `paused` keeps them."""
        if self._timer is not None:
            self._timer.cancel()
        self._failure = self._failure or ClaimLost(self.row.id)
        self._room.set()
        self._claims.written.pop(self.row.id, None)
        self._claims.ledger.release([*self._held])
        self._held.clear()
        self._journal.close(self.row.id, self._live, paused=paused)

    def _add(
        self,
        type: EventType,
        node: str,
        path: str,
        attempt: int,
        visibility: Visibility | None,
        data: dict[str, Any],
    ) -> None:
        self._seq += 1
        self._pending.append(
            Event(
                seq=self._seq,
                type=type,
                execution_id=self.row.id,
                session_id=self.row.session or "",
                node=node,
                path=path,
                attempt=attempt,
                ts=round(time.time(), 3),
                visibility=visibility or VISIBILITY.get(type, "owner"),
                data=data,
            )
        )
        if len(self._pending) + self._waiting > BUFFERED:
            self._room.clear()

    def _first_words(self, type: EventType, place: tuple[str, str]) -> bool:
        """Say whether this is the first that readers get of a message: that they are not kept waiting for."""
        if type in ("message.delta", "message.reasoning") and place in self._silent:
            self._silent.discard(place)
            return True
        return False

    def _complete(self, answer: ModelAnswer, node: str, path: str, attempt: int) -> None:
        """Complete the message that was begun for an answer, and book what the answer cost."""
        if (path, node) in self._started:
            self.emit(
                "message.completed",
                node=node,
                path=path,
                attempt=attempt,
                visibility=self._started[path, node],
                content=answer.content,
                finish_reason=answer.finish_reason,
                **({"reasoning": answer.reasoning} if answer.reasoning else {}),
                **({"tool_calls": msgspec.to_builtins(answer.tool_calls)} if answer.tool_calls else {}),
            )
        self._count(answer.attempts, node, path, attempt)

    def _count(self, attempts: Sequence[Attempt], node: str, path: str, attempt: int) -> None:
        for one in attempts:
            entry = self._claims.ledger.entry(self.row, node, one)
            self.totals.add(entry)
            self._entries.append(entry)
            self._held.discard(one.held)
            self._add("usage", node, path, attempt, None, entry.facts())
        if isinstance(self._failure, ClaimLost):
            entries, self._entries = self._entries, []
            self._book_late(entries)

    def _pace(self) -> float:
        """Return the seconds from one turn of this run to the next; 0 where few runs are busy."""
        share = self._journal.writers / WRITES_A_SECOND
        if share <= self._interval:
            return 0.0
        return math.ceil(min(share, LONGEST_INTERVAL) / TICK) * TICK

    def _schedule(self, *, urgent: bool) -> None:
        if self._failure is not None or self._writing is not None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        # Between two turns there may be one more write, of what comes at another time.
        due = now if urgent else max(now, self._wrote_at + max(self._interval, self._pace() / 2))
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due  # uvloop's handles do not tell it
        self._timer = loop.call_at(due, self._submit) if due > now else loop.call_soon(self._submit)

    def _submit(self) -> None:
        self._timer = None
        if self._writing is None and self._failure is None and (self._pending or self._entries):
            self._begin_write()

    def _begin_write(self, extra: Callable[[Connection], None] | None = None) -> "asyncio.Future[None]":
        """Queue one transaction with everything that waits; publish when it is committed."""
        events, self._pending = self._pending, []
        entries, self._entries = self._entries, []
        alerts: list[Alert] = []
        self._waiting += len(events)
        self._wrote_at = asyncio.get_running_loop().time()

        def work(connection: Connection) -> None:
            alerts[:] = self._claims.append(connection, self.row, events, entries)
            if extra is not None:
                extra(connection)

        written = (
            self._database.write(work)
            if extra is not None or entries
            else self._database.write_row(self._claims.append_all, (self.row, events))
        )
        self._writing = written
        written.add_done_callback(lambda done: self._written(events, entries, alerts, done))
        return written

    def _written(
        self, events: list[Event], entries: list[Entry], alerts: list[Alert], done: "asyncio.Future[None]"
    ) -> None:
        self._waiting -= len(events)
        if self._writing is done:
            self._writing = None
        failure = done.exception()
        if failure is not None:
            self._failure = failure
            self._room.set()
            if isinstance(failure, ClaimLost):
                self._book_late(entries)
            return
        if events:
            if events[-1].type in TERMINAL:
                reach("after_terminal_before_event")
            self._live.publish(events)
            for watch in self._journal.watchers:
                watch(self.row, events)
        for alert in alerts:
            facts = told(alert)
            log.warning("Budget '%s' is spent to %d per cent.", alert.budget.name, alert.level)
            if self._failure is None and not (events and events[-1].type in TERMINAL):
                self.emit("budget.alert", **facts)
        if len(self._pending) + self._waiting <= BUFFERED:
            self._room.set()
        if self._pending or self._entries:
            self._schedule(urgent=any(event.type not in PATIENT for event in self._pending))

    def _book_late(self, entries: Sequence[Entry]) -> None:
        """Book answers that came to a run which another process has taken over: they are paid for."""
        entries = [entry for entry in entries if entry.row["status"] == "completed"]
        if not entries:
            return
        process, execution = self.row.process_id or "", self.row.id
        booked = self._database.write(
            lambda connection: self._claims.ledger.write(connection, process, entries)
        )

        def told(done: "asyncio.Future[list[Alert]]") -> None:
            if (failure := done.exception()) is not None:
                log.warning("Usage of execution %s could not be booked: %s", execution, failure)

        booked.add_done_callback(told)

    async def _write(self, extra: Callable[[Connection], None] | None = None) -> None:
        if self._failure is not None:
            raise self._failure
        await asyncio.shield(self._begin_write(extra))
