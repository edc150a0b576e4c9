"""Writes of a run: each is made under the claim that the run holds, or not at all."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Connection,
    Double,
    Insert,
    Integer,
    LargeBinary,
    String,
    bindparam,
    case,
    delete,
    insert,
    literal,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from graphs.parsing.heavy_values import as_json
from graphs.values.events import CallKey, Event
from persistence.journal.announcements import Announcements
from persistence.journal.stored_events import fold, pack
from persistence.recorded_calls.stored_results import pack_result
from persistence.spending.ledger import Entry, Ledger, Totals
from persistence.spending.reservations import Alert
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.heavy_work import in_thread
from persistence.storage.large_values import hold
from persistence.storage.row_batches import RowBatches
from persistence.storage.tables.large_values import run_values
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import calls, executions, journal
from persistence.storage.value_references import Kept, Seen, to_text

__all__ = ["ClaimLost", "Claims"]


class ClaimLost(Exception):
    """Another process has taken this run over; nothing of ours is written any more."""


_claim_holds = (
    select(literal(1))
    .where(executions.c.id == bindparam("execution_id"), executions.c.claim == bindparam("claim"))
    .exists()
)
_holds = select(_claim_holds)
_append = insert(journal).from_select(
    ["execution_id", "seq", "last_seq", "body"],
    select(
        bindparam("execution_id", type_=String),
        bindparam("seq", type_=journal.c.seq.type),
        bindparam("last_seq", type_=journal.c.last_seq.type),
        bindparam("body", type_=LargeBinary),
    ).where(_claim_holds),
)
_clear = delete(journal).where(journal.c.execution_id == bindparam("execution_id"), _claim_holds)
_TOGETHER = (4, 16, 64)
"""How many rows of the journal one statement appends; a row without an execution holds no claim."""


def _append_many(count: int) -> Insert:
    """Return a statement that appends so many rows, each under its claim."""
    # No common table expression: where a statement begins with WITH, sqlite3 counts no rows.
    held = (
        select(
            bindparam(f"execution_id_{each}", type_=String),
            bindparam(f"seq_{each}", type_=journal.c.seq.type),
            bindparam(f"last_seq_{each}", type_=journal.c.last_seq.type),
            bindparam(f"body_{each}", type_=LargeBinary),
        ).where(
            select(literal_column("1"))
            .where(
                executions.c.id == bindparam(f"held_{each}"), executions.c.claim == bindparam(f"claim_{each}")
            )
            .exists()
        )
        for each in range(count)
    )
    return insert(journal).from_select(["execution_id", "seq", "last_seq", "body"], union_all(*held))


_KEY = ("execution_id", "task_id", "kind", "number")
_tell_call = (
    update(calls)
    .where(
        calls.c.execution_id == bindparam("b_execution"),
        calls.c.task_id == bindparam("b_task"),
        calls.c.kind == bindparam("b_kind"),
        calls.c.number == bindparam("b_number"),
    )
    .values(given="shown")
)
_end = (
    update(executions)
    .where(executions.c.id == bindparam("b_id"), executions.c.claim == bindparam("b_claim"))
    .values(
        status=bindparam("status", type_=String),
        output=bindparam("output", type_=String),
        error=bindparam("error", type_=String),
        last_seq=bindparam("last_seq", type_=journal.c.last_seq.type),
        completed_at=bindparam("completed_at", type_=Double),
        duration_ms=bindparam("duration_ms", type_=Double),
        process_id=null(),
    )
)
_messages = bindparam("messages", type_=Integer)
_count_session = (
    update(sessions)
    .where(sessions.c.id == bindparam("b_id"))
    .values(
        message_count=case((_messages < 0, sessions.c.message_count), else_=_messages),
        total_tokens=sessions.c.total_tokens + bindparam("tokens", type_=sessions.c.total_tokens.type),
        last_activity_at=bindparam("now", type_=Double),
    )
)


class Claims:
    """The writes of runs. Their statements are compiled once: every token passes here."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self.ledger = ledger
        self.announcements = Announcements(database)
        """What others are sent when a run ends or asks."""
        self.written: dict[str, int] = {}
        """Bytes of events, before compression, that executions of this process have stored since they began
        or were taken up."""
        self._later = database.later
        self._most = database.large_value_bytes
        self.seen: dict[str, Seen] = {}
        """The large values of executions of this process, as long as they are in `written`."""
        self._append = database.prepare(_append)
        self._clear = database.prepare(_clear)
        self._append_many = RowBatches(database, _append_many, _TOGETHER, filler=(None,) * 6)
        self._holds = database.prepare(_holds)
        self._tell_call = database.prepare(_tell_call)
        store = insert_into(database.dialect, calls)
        self._store_call = database.prepare(
            store.on_conflict_do_update(
                index_elements=_KEY,
                set_={
                    column.name: store.excluded[column.name] for column in calls.c if column.name not in _KEY
                },
            )
        )
        self._end = database.prepare(_end)
        self._count_session = database.prepare(_count_session)

    def open(self, execution_id: str) -> None:
        """Begin to count what an execution stores."""
        self.written[execution_id] = 0
        self.seen[execution_id] = Seen()

    def close(self, execution_id: str) -> None:
        """Forget an execution."""
        self.written.pop(execution_id, None)
        self.seen.pop(execution_id, None)

    def append(
        self,
        connection: Connection,
        row: ExecutionRow,
        events: Sequence[Event],
        entries: Sequence[Entry],
        *,
        whole: Sequence[Event] | None = None,
    ) -> list[Alert]:
        """Add events to the journal and entries to the ledger; return what budgets have to say of it.

        `whole` are all events of the run, these too, where one row is to have them in place of all others.

        Raises:
            ClaimLost: the claim of `row` is no longer the execution's.
        """
        claim = {"execution_id": row.id, "claim": row.claim}
        if events:
            if whole is not None and not self._clear.execute(connection, claim):
                raise ClaimLost(row.id)
            packed = self._packed(connection, row, whole or events, compress=whole is not None)
            body = {"seq": (whole or events)[0].seq, "last_seq": events[-1].seq, "body": packed}
            written = self._append.execute(connection, {**claim, **body}) == 1
        else:
            written = bool(self._holds.fetch(connection, **claim)[0][0])
        if not written:
            raise ClaimLost(row.id)
        return self.ledger.write(connection, row.process_id or "", entries) if entries else []

    def append_all(self, connection: Connection, rows: "list[tuple[ExecutionRow, list[Event]]]") -> None:
        """Add events of several executions to the journal.

        Raises:
            ClaimLost: the claim of one of them is no longer the execution's.
        """
        for row, _ in rows:
            self._later.check(row.thread_id)
        if len(rows) == 1:
            ((row, events),) = rows
            self.append(connection, row, events, [])
            return
        given = [
            (row.id, events[0].seq, events[-1].seq, self._packed(connection, row, events), row.id, row.claim)
            for row, events in rows
        ]
        if self._append_many.write(connection, given) != len(rows):
            raise ClaimLost(", ".join(row.id for row, _ in rows))

    def stored_little(self, row: ExecutionRow, most: int) -> bool:
        """Say whether a run has stored at most so many bytes of events, and no large value."""
        return self.written.get(row.id, 0) <= most and not self.seen.get(row.id)

    def _packed(
        self, connection: Connection, row: ExecutionRow, events: Sequence[Event], *, compress: bool = False
    ) -> bytes:
        kept = Kept(row.workspace, self._most, seen=self.seen.get(row.id))
        packed = in_thread(
            connection, [event.data for event in events], pack, fold(events), compress=compress, kept=kept
        )
        self._hold(connection, row, kept)
        if row.id in self.written:
            self.written[row.id] += len(packed)
        return packed

    def _hold(self, connection: Connection, row: ExecutionRow, kept: Kept) -> None:
        """Write what is large, and count it, under the run's claim."""
        if kept.values:
            if not self._holds.fetch(connection, execution_id=row.id, claim=row.claim)[0][0]:
                raise ClaimLost(row.id)
            size = hold(connection, kept, run_values, {"execution_id": row.id})
            if row.id in self.written:
                self.written[row.id] += size

    def is_large(self, encoded: bytes) -> bool:
        """Say whether JSON may have a large value in it: then `store_large_call` stores it."""
        return bool(self._most) and len(encoded) > self._most

    def store_large_call(
        self, connection: Connection, row: ExecutionRow, key: CallKey, result: Struct
    ) -> None:
        """Keep a call's result as `store_call` does, with references to what is large in it."""
        encoded, kept = in_thread(connection, result, self._referring, row, result)
        self._hold(connection, row, kept)
        if row.id in self.written:
            self.written[row.id] += len(encoded)
        self.store_call(connection, row, key, encoded)

    def store_call(self, connection: Connection, row: ExecutionRow, key: CallKey, result: bytes) -> None:
        """Keep a call's result, in place of one that was kept under the same task, kind and number."""
        place = {"execution_id": row.id, "task_id": key.task_id, "kind": key.kind, "number": key.number}
        call = {
            "request_hash": key.request_hash,
            "result": pack_result(result),
            "created_at": time.time(),
            "given": None,
        }
        self._store_call.execute(connection, {**place, **call})

    def _referring(self, row: ExecutionRow, result: Any) -> tuple[bytes, Kept]:
        """Return a result as JSON with references to what is large in it, and that.

        What the run's events or other results have split off before is not looked through again.
        """
        kept = Kept(row.workspace, self._most, seen=self.seen.get(row.id))
        encoded = as_json(result)
        if self.is_large(encoded):
            small = kept.split(msgspec.to_builtins(result, str_keys=True))
            if kept.values:
                return to_text(small).encode(), kept
        return encoded, kept

    def tell_call(self, connection: Connection, row: ExecutionRow, key: CallKey) -> None:
        """Keep that the journal has what a node run gave that another run has made."""
        place = {"b_execution": row.id, "b_task": key.task_id, "b_kind": key.kind, "b_number": key.number}
        self._tell_call.execute(connection, place)

    def end(
        self, connection: Connection, ended: ExecutionRow, process_id: str, totals: Totals, messages: int
    ) -> None:
        """Write down how an execution ended, and count it, also in its session (`messages` -1: as before)."""
        output = None
        if ended.output is not None:
            output, kept = in_thread(connection, ended.output, self._referring, ended, ended.output)
            self._hold(connection, ended, kept)
        self._end.execute(
            connection,
            {
                "b_id": ended.id,
                "b_claim": ended.claim,
                "status": ended.status,
                "output": None if output is None else output.decode(),
                "error": None if ended.error is None else msgspec.json.encode(ended.error).decode(),
                "last_seq": ended.last_seq,
                "completed_at": ended.completed_at,
                "duration_ms": ended.duration_ms,
            },
        )
        self.ledger.periods.count_run(connection, ended, process_id)
        if ended.session_id is not None:
            self._count_session.execute(
                connection,
                {
                    "b_id": ended.session_id,
                    "messages": messages,
                    "tokens": totals.input_tokens + totals.output_tokens,
                    "now": ended.completed_at,
                },
            )
