"""The event writer: one run's events and usage, written, then published. Never the other way round.

It keeps the order store, count, publish of docs/durability.md: no client sees what the database does not
know.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from graphs.node_execution.failpoints import reach
from graphs.outbound.trace_context import begin_span
from graphs.values.events import TERMINAL, VISIBILITY, Event, EventType, Visibility
from persistence.journal.claims import ClaimLost
from persistence.journal.journal import COMPACT_BYTES, COMPACT_EVENTS, Journal, Live
from persistence.journal.run_clock import RunClock
from persistence.journal.write_pacing import PATIENT, STREAMED, WritePacing
from persistence.recorded_calls.run_usage import RunUsage
from persistence.spending.budget_messages import told
from persistence.spending.ledger import Entry
from persistence.spending.reservations import Alert
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["EventWriter"]

log = logging.getLogger("agenticrag.budgets")

TURNS = {*TERMINAL, "run.paused"}
"""Events that a reader waits for who does not want those before them at once."""
BUFFERED = 2_000
"""Events that may wait for the database before `EventWriter.ready` holds the run up."""


class EventWriter:
    """Queues events of one run, commits them in transactions, and publishes what is committed.

    Events that come while a write is under way share the next one, so a busy run costs few rows.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        row: ExecutionRow,
        live: Live,
        usage: RunUsage,
        *,
        interval: float,
        last_seq: int,
        past: Sequence[Event],
    ) -> None:
        self.seq = last_seq
        """Number of the newest event, committed or not."""
        self.failure: BaseException | None = None
        """Why nothing more is written."""
        self.compacted = False
        """Whether the run has ended, and its events were few enough to be written as one row then."""
        self.clock = RunClock()
        """The time of the run's events."""
        self.pacing = WritePacing(interval, lambda: journal.writers)
        self._database = database
        self._journal = journal
        self._row = row
        self._live = live
        self._usage = usage
        self._pending: list[Event] = []
        self._all: list[Event] | None = [*past] if len(past) == last_seq else None
        """All events of the run, while they are few: its end puts them into one row."""
        self._entries: list[Entry] = []
        self._waiting = 0
        self._ended = False
        self._writing: asyncio.Future[Any] | None = None
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._room = asyncio.Event()
        self._room.set()
        self.pacing.wrote(asyncio.get_running_loop().time())  # its row was, a moment ago

    def add(
        self,
        type: EventType,
        node: str,
        path: str,
        attempt: int,
        visibility: Visibility | None,
        data: dict[str, Any],
    ) -> None:
        """Queue an event for the next write, without asking for one.

        Nothing is queued behind a terminal event: nodes that are cut off while the run ends may still fail.
        """
        if self._ended:
            return
        self._ended = type in TERMINAL
        self.seq += 1
        if type == "node.started" and self._journal.on_request is not None:
            begin_span(self._row.id, f"node/{self.seq}", str(self._row.options.get("traceparent") or ""))
        event = Event(
            seq=self.seq,
            type=type,
            execution_id=self._row.id,
            session_id=self._row.session or "",
            node=node,
            path=path,
            attempt=attempt,
            ts=round(self.clock.now(), 3),
            visibility=visibility or VISIBILITY.get(type, "owner"),
            data=data,
        )
        self._pending.append(event)
        if self._all is not None:
            if self.seq <= COMPACT_EVENTS:
                self._all.append(event)
            else:
                self._all = None
        if len(self._pending) + self._waiting > BUFFERED:
            self._room.clear()

    def add_entry(self, entry: Entry) -> None:
        """Queue a usage row for the next write; at once where another process has taken the run over."""
        if isinstance(self.failure, ClaimLost):
            self._usage.book_late([entry])
        else:
            self._entries.append(entry)

    def schedule(self, *, urgent: bool) -> None:
        """Have what is queued written: now, or when the run's pace allows."""
        if self.failure is not None or self._writing is not None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        streamed = not self._pending or self._pending[-1].type in STREAMED
        due = self.pacing.due(now, urgent=urgent, streamed=streamed)
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due  # uvloop's handles do not tell it
        self._timer = loop.call_at(due, self._submit) if due > now else loop.call_soon(self._submit)

    async def ready(self) -> None:
        """Return when fewer than `BUFFERED` events wait for the database, and it is the run's turn.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._room.wait()
        if self.failure is not None:
            raise self.failure
        await self.pacing.turn()

    async def write(self, extra: Callable[[Connection], None] | None = None) -> None:
        """Commit everything that is queued, and what `extra` writes, in one transaction.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        if self.failure is not None:
            raise self.failure
        await asyncio.shield(self._begin_write(extra))

    def queue(self, extra: Callable[[Connection], None]) -> "asyncio.Future[None]":
        """Have everything that is queued committed, and what `extra` writes, before what is written later.

        The next write carries it; the future is done when it is committed.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        if self.failure is not None:
            raise self.failure
        return self._begin_write(extra, later=True)

    async def settled(self) -> None:
        """Return when all that the run has written, its checkpoints too, is committed.

        Where nothing of it was written later that is so already, but for events. Where a write has failed
        nobody acts any more.

        Raises:
            ClaimLost: another process runs this execution now.
            StorageError: the database did not take it.
        """
        if self.failure is not None:
            raise self.failure
        if self._database.later.count(self._row.thread_id):
            await self.write()

    def close(self) -> None:
        """Stop: what is queued is not written any more."""
        if self._timer is not None:
            self._timer.cancel()
        self.failure = self.failure or ClaimLost(self._row.id)
        self._room.set()

    def _submit(self) -> None:
        self._timer = None
        if self._writing is None and self.failure is None and (self._pending or self._entries):
            self._begin_write()

    def _begin_write(
        self, extra: Callable[[Connection], None] | None = None, *, later: bool = False
    ) -> "asyncio.Future[None]":
        """Queue one transaction with everything that waits; publish when it is committed."""
        claims = self._journal.claims
        events, self._pending = self._pending, []
        entries, self._entries = self._entries, []
        alerts: list[Alert] = []
        ends = bool(events) and events[-1].type in TERMINAL
        whole = self._all if ends and claims.stored_little(self._row, COMPACT_BYTES) else None
        self._waiting += len(events)
        self.pacing.wrote(asyncio.get_running_loop().time())

        def work(connection: Connection) -> None:
            self._database.later.check(self._row.thread_id)
            alerts[:] = claims.append(connection, self._row, events, entries, whole=whole)
            if extra is not None:
                extra(connection)

        if later:
            written = self._database.write_later(self._row.thread_id, work)
        elif extra is not None or entries:
            written = self._database.write(work)
        else:
            written = self._database.write_row(claims.append_all, (self._row, events))
        if not later:  # what comes meanwhile need not wait for it
            self._writing = written
        written.add_done_callback(lambda done: self._written(events, entries, alerts, done))
        self.compacted = whole is not None
        return written

    def _written(
        self, events: list[Event], entries: list[Entry], alerts: list[Alert], done: "asyncio.Future[None]"
    ) -> None:
        self._waiting -= len(events)
        if self._writing is done:
            self._writing = None
        failure = done.exception()
        if failure is not None:
            self.failure = failure
            self._room.set()
            if isinstance(failure, ClaimLost):
                waiting, self._entries = self._entries, []
                self._usage.book_late([*entries, *waiting])
            return
        if events:
            if events[-1].type in TERMINAL:
                reach("after_terminal_before_event")
            self._live.publish(events)
            if self._journal.wakeups is not None:
                turn = any(event.type in TURNS for event in events)
                self._journal.wakeups.publish(self._row.id, turn=turn)
            for watch in self._journal.watchers:
                watch(self._row, events)
        for alert in alerts:
            log.warning("Budget '%s' is spent to %d per cent.", alert.budget.name, alert.level)
            if self.failure is None and not (events and events[-1].type in TERMINAL):
                self.add("budget.alert", "", "", 1, None, told(alert))
                self.schedule(urgent=True)
        if len(self._pending) + self._waiting <= BUFFERED:
            self._room.set()
        if self._pending or self._entries:
            self.schedule(urgent=any(event.type not in PATIENT for event in self._pending))
