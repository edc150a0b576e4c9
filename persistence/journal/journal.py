"""The journal: what happened in every execution, read, followed live, and kept small."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from graphs.conversation.messages import ModelRequest
from graphs.values.events import TERMINAL, Event
from persistence.journal.claims import Claims
from persistence.journal.paused_runs import last_event
from persistence.journal.stored_events import StoredEvent, join, pack, unfold, unpack
from persistence.spending.ledger import Ledger
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.heavy_work import WORK, give_way
from persistence.storage.large_values import Finder
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions, journal
from persistence.wakeups.wakeups import Signal, Signals, Wakeups

__all__ = ["Journal", "Live", "Watcher"]

Watcher = Callable[[ExecutionRow, Sequence[Event]], None]
RequestWatcher = Callable[[ExecutionRow, str, str, ModelRequest], None]
TAIL = 1024
"""Events of a live execution that are kept in memory for its followers; who falls behind reads the rows."""
REST_SECONDS = 1.0
"""How often those are looked at that wait for an input; what goes on in this process is seen at once."""
POLL_SECONDS = 0.1
"""How often the rows of an execution are looked at that another process runs."""
SAFETY_SECONDS = 0.5
"""The same while wake-ups say when there is something to read: should one be lost."""
PAGE = 200
"""Rows that one statement reads."""
REPLAYED = 500
"""Events that a follower of the past has in memory at once, or a few more: of many some read slowly."""
LAST = 2**62
"""Above the number of any event."""
COMPACT_BYTES = 262_144
"""Size that a compacted row is closed at, before compression."""
COMPACT_EVENTS = 500
"""Events that a compacted row is closed at: who replays it has them all in memory."""

_rows = (
    select(journal.c.seq, journal.c.last_seq, journal.c.body, sessions.c.name)
    .select_from(
        journal.join(executions, executions.c.id == journal.c.execution_id).outerjoin(
            sessions, sessions.c.id == executions.c.session_id
        )
    )
    .where(
        journal.c.execution_id == bindparam("execution_id"),
        journal.c.last_seq > bindparam("after"),
        journal.c.seq <= bindparam("until"),
    )
    .order_by(journal.c.seq)
)
_page = _rows.limit(PAGE)


class Live:
    """The last events of an execution that this process runs, and who waits for more."""

    def __init__(self, last_seq: int, past: Sequence[Event] = ()) -> None:
        self.last_seq = last_seq
        """Number of the last committed event."""
        self.closed = False
        """True when this process has stopped writing it: ended, handed back, or taken over."""
        self._tail: deque[Event] = deque(past, maxlen=TAIL)
        self._waiters: set[asyncio.Future[None]] = set()

    def publish(self, events: Sequence[Event]) -> None:
        """Show events that are committed."""
        self._tail.extend(events)
        self.last_seq = events[-1].seq
        self._wake()

    def close(self, *, paused: bool = False) -> None:
        """Tell followers that no more will come from here; `paused`: for now, so that they need not go."""
        self.closed = not paused
        self._wake()

    def since(self, after: int) -> list[Event] | None:
        """Return the events after a number; None if the tail no longer reaches that far back."""
        behind = self.last_seq - after
        if behind <= 0:
            return []
        if behind > len(self._tail):
            return None
        return [self._tail[index] for index in range(len(self._tail) - behind, len(self._tail))]

    async def wait(self) -> None:
        """Return at the next `publish` or `close`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


class Journal:
    """Reads and follows executions. What this process runs is published through `open`'s `Live`."""

    def __init__(self, database: Database, ledger: Ledger | None = None) -> None:
        self.claims = Claims(database, ledger or Ledger(database))
        """The statements that recorders write by."""
        self.watchers: list[Watcher] = []
        """Told of every event that this process has committed, once, in order."""
        self.on_request: RequestWatcher | None = None
        """Told of requests to models, with the path and the node that sends them. Where there is one, what
        nodes send also names the span of the node."""
        self._database = database
        self._live: dict[str, Live] = {}
        self.signals = Signals()
        """Told when an execution goes on that another process runs, or that waits for an input."""
        self.wakeups: Wakeups | None = None
        """What tells other processes that an execution has new events; None where they look by themselves."""

    def asked(self, row: ExecutionRow, path: str, node: str, request: ModelRequest) -> None:
        """Tell of a request to a model that this process is about to send."""
        if self.on_request is not None:
            self.on_request(row, path, node, request)

    @property
    def writers(self) -> int:
        """How many executions this process writes now."""
        return len(self._live)

    def open(self, execution_id: str, last_seq: int, past: Sequence[Event] = ()) -> Live:
        """Announce that this process writes an execution from now on, after event `last_seq`.

        `past` are the events up to that one, or the last of them, where somebody has them at hand.
        """
        if (signal := self.signals.known.get(execution_id)) is not None:
            signal.tell()
        live = self._live[execution_id] = Live(last_seq, past)
        return live

    def close(self, execution_id: str, live: Live, *, paused: bool = False) -> None:
        """Take an announcement back. Followers of a `paused` execution stay, and read what comes of it."""
        live.close(paused=paused)
        if self._live.get(execution_id) is live:
            del self._live[execution_id]

    async def read(self, execution_id: str, after: int = 0, *, limit: int = 10_000) -> list[Event]:
        """Return the events with a number above `after`, at least `limit` of them where there are so many.

        There are no more than a row's events beyond.
        """
        until = min(after + limit, LAST)

        def work(connection: Connection) -> list[Event]:
            events: list[Event] = []
            last, find, decoded = after, Finder(connection), 0
            while len(events) < limit:
                rows = connection.execute(
                    _page, {"execution_id": execution_id, "after": last, "until": until}
                ).all()
                for seq, last_seq, body, session in rows:
                    # A row may begin before: it was compacted between two statements.
                    found = unfold(unpack(body, find), seq, execution_id, session or "")
                    events.extend(event for event in found if event.seq > last)
                    last = last_seq
                    decoded += len(body)
                    if decoded > WORK:
                        give_way(connection)
                        decoded = 0
                if len(rows) < PAGE:
                    break
            return events

        return await self._database.read(work)

    async def last(self, execution_id: str) -> int:
        """Return the number of an execution's last stored event; 0 for none."""
        return await self._database.read(lambda connection: last_event(connection, execution_id))

    async def follow(
        self,
        execution_id: str,
        after: int = 0,
        *,
        stop: asyncio.Event | None = None,
        patient: bool = False,
    ) -> AsyncGenerator[Event]:
        """Yield the events after a number, those of the past first, then as they are committed.

        Ends after the terminal event; before it when this process hands the run back, or `stop` is set while
        another process runs it. The follower may go on anywhere with the number of the last event it saw.
        A `patient` one wants to know when it ends or pauses: of what another process writes before, it may
        learn later.
        """
        rests: bool | None = None
        known: Live | None = None
        signal: Signal | None = None
        watching: Wakeups | None = None
        try:
            while True:
                seen = 0 if signal is None else signal.turns if patient else signal.count
                live = self._live.get(execution_id)
                if live is None and known is not None and known.last_seq > after:
                    live = known  # it was closed with the events that woke this follower
                known = live
                fresh = live.since(after) if live is not None else None
                behind = live is not None or signal is None
                if fresh is None:
                    fresh = await self.read(execution_id, after, limit=REPLAYED)
                    behind = behind or len(fresh) >= REPLAYED
                for event in fresh:
                    yield event
                    after, rests = event.seq, event.type == "run.paused"
                    if event.type in TERMINAL:
                        return
                if fresh and behind:
                    continue
                if live is None:
                    if stop is not None and stop.is_set():
                        return
                    if signal is None:  # from here on nothing is missed between two looks
                        signal = self.signals.of(execution_id)
                        if self.wakeups is not None:
                            watching = self.wakeups
                            if (begun := watching.watch(execution_id)) is not None:
                                await asyncio.wait({begun}, timeout=1)
                        continue
                    if rests is None:
                        last = await self.read(execution_id, after - 1, limit=1) if after else []
                        rests = bool(last) and last[-1].type == "run.paused"
                    await signal.wait(seen, self._pause(rests), turns=patient)
                elif live.closed:
                    return
                elif live.last_seq <= after:
                    await live.wait()
        finally:
            if watching is not None:
                watching.unwatch(execution_id)

    def _pause(self, rests: bool) -> float:
        """Return for how many seconds nobody looks at an execution of another process."""
        if rests:
            return REST_SECONDS
        return SAFETY_SECONDS if self.wakeups is not None and self.wakeups.connected else POLL_SECONDS

    async def compact(self, execution_id: str) -> None:
        """Write an ended execution's journal again in few compressed rows; numbers and contents stay."""
        count, merged = await self._database.read(partial(_merged, execution_id))
        if merged:
            with contextlib.suppress(_Changed):
                await self._database.write(partial(_replace, execution_id, count, merged))


class _Changed(Exception):
    """The journal is no longer what was read: somebody else compacts it."""


def _merged(execution_id: str, connection: Connection) -> tuple[int, list[dict[str, Any]]]:
    """Return how many rows a journal has, and the fewer ones that could stand for them.

    It is done where reading is: a row that the writer reads costs it a turn at the interpreter.
    """
    rows = connection.execute(_rows, {"execution_id": execution_id, "after": 0, "until": LAST}).all()
    merged: list[dict[str, Any]] = []
    records: list[StoredEvent] = []
    first, count, size = 1, 0, 0
    for place, (seq, last_seq, body, _) in enumerate(rows if len(rows) > 1 else (), 1):
        if not records:
            first, count, size = seq, 0, 0
        records += unpack(body)
        count += last_seq - seq + 1
        size += len(body)
        if place == len(rows) or size >= COMPACT_BYTES or count >= COMPACT_EVENTS:
            merged.append(
                {
                    "execution_id": execution_id,
                    "seq": first,
                    "last_seq": last_seq,
                    "body": pack(join(records), compress=True),
                }
            )
            records = []
    return len(rows), merged


def _replace(execution_id: str, count: int, merged: list[dict[str, Any]], connection: Connection) -> None:
    """Put rows in the place of a journal's `count` rows.

    Raises:
        _Changed: it has other rows by now.
    """
    if connection.execute(delete(journal).where(journal.c.execution_id == execution_id)).rowcount != count:
        raise _Changed
    connection.execute(insert(journal), merged)
