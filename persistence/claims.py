"""Writes of a run: each is made under the claim that the run holds, or not at all."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Connection,
    Double,
    Integer,
    LargeBinary,
    String,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from graphs.events import CallKey, Event
from graphs.messages import Attempt
from persistence.database import Database
from persistence.execution_rows import ExecutionRow
from persistence.input_rows import InputRow, stored_inputs
from persistence.known_calls import StoredCall
from persistence.stored_events import fold, pack
from persistence.tables import calls, executions, journal, sessions, usage

__all__ = ["ClaimLost", "Claims", "Left", "Totals", "left_behind", "usage_facts"]


class ClaimLost(Exception):
    """Another process has taken this run over; nothing of ours is written any more."""


class Totals(Struct):
    """What an execution has used so far, over all its attempts and all its crashes."""

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False

    def add(self, attempt: Attempt) -> None:
        """Count an attempt."""
        self.input_tokens += attempt.usage.input_tokens
        self.output_tokens += attempt.usage.output_tokens
        self.estimated |= attempt.usage.estimated

    def shown(self) -> dict[str, Any]:
        """Return them as answers and events show them."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
            "estimated": self.estimated,
        }


class Left(Struct, frozen=True):
    """What an earlier process has left of a run."""

    last_seq: int
    calls: list[StoredCall]
    inputs: list[InputRow]
    totals: Totals


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
_book = (
    insert(usage)
    .values({column.name: bindparam(column.name) for column in usage.c if column.name != "id"})
    .inline()
)
_forget_call = delete(calls).where(
    calls.c.execution_id == bindparam("execution_id"),
    calls.c.task_id == bindparam("task_id"),
    calls.c.kind == bindparam("kind"),
    calls.c.number == bindparam("number"),
)
_store_call = insert(calls)
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

    def __init__(self, database: Database) -> None:
        self._append = database.prepare(_append)
        self._holds = database.prepare(_holds)
        self._book = database.prepare(_book)
        self._forget_call = database.prepare(_forget_call)
        self._store_call = database.prepare(_store_call)
        self._end = database.prepare(_end)
        self._count_session = database.prepare(_count_session)

    def append(
        self,
        connection: Connection,
        row: ExecutionRow,
        events: Sequence[Event],
        attempts: Sequence[tuple[str, Attempt]],
    ) -> None:
        """Add events to the journal and attempts (with their node's id) to the ledger.

        Raises:
            ClaimLost: the claim of `row` is no longer the execution's.
        """
        claim = {"execution_id": row.id, "claim": row.claim}
        if events:
            body = {"seq": events[0].seq, "last_seq": events[-1].seq, "body": pack(fold(events))}
            written = self._append.execute(connection, {**claim, **body}) == 1
        else:
            written = bool(self._holds.fetch(connection, **claim)[0][0])
        if not written:
            raise ClaimLost(row.id)
        if attempts:
            self._book.execute(connection, *(_usage_row(row, node, attempt) for node, attempt in attempts))

    def store_call(self, connection: Connection, row: ExecutionRow, key: CallKey, result: bytes) -> None:
        """Keep a call's result, in place of one that was kept under the same task, kind and number."""
        place = {"execution_id": row.id, "task_id": key.task_id, "kind": key.kind, "number": key.number}
        self._forget_call.execute(connection, place)
        kept = {"request_hash": key.request_hash, "result": result, "created_at": time.time()}
        self._store_call.execute(connection, {**place, **kept})

    def end(self, connection: Connection, ended: ExecutionRow, totals: Totals, messages: int) -> None:
        """Write down how an execution ended, and count it in its session (`messages` -1: as before)."""
        self._end.execute(
            connection,
            {
                "b_id": ended.id,
                "b_claim": ended.claim,
                "status": ended.status,
                "output": None if ended.output is None else msgspec.json.encode(ended.output).decode(),
                "error": None if ended.error is None else msgspec.json.encode(ended.error).decode(),
                "last_seq": ended.last_seq,
                "completed_at": ended.completed_at,
                "duration_ms": ended.duration_ms,
            },
        )
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


def left_behind(connection: Connection, row: ExecutionRow) -> Left:
    """Read what an earlier process has left of a run."""
    last = connection.scalar(select(func.max(journal.c.last_seq)).where(journal.c.execution_id == row.id))
    stored = connection.execute(select(calls).where(calls.c.execution_id == row.id)).all()
    spent = connection.execute(
        select(
            func.coalesce(func.sum(usage.c.input_tokens), 0),
            func.coalesce(func.sum(usage.c.output_tokens), 0),
            func.coalesce(func.max(case((usage.c.estimated, 1), else_=0)), 0),
        ).where(usage.c.execution_id == row.id)
    ).one()
    return Left(
        last_seq=int(last or 0),
        calls=[
            StoredCall(CallKey(one.task_id, one.number, one.request_hash, one.kind), one.result)
            for one in stored
        ],
        inputs=stored_inputs(connection, row.id),
        totals=Totals(int(spent[0]), int(spent[1]), bool(spent[2])),
    )


def usage_facts(attempt: Attempt) -> dict[str, Any]:
    """Return an attempt as the ledger and the ``usage`` event show it."""
    spent = attempt.usage
    return {
        "provider": attempt.provider,
        "model": attempt.model,
        "status": attempt.status,
        "error_class": attempt.error_class,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cached_input_tokens": spent.cached_input_tokens,
        "reasoning_tokens": spent.reasoning_tokens,
        "estimated": spent.estimated,
        "cost_usd": None,
        "first_token_ms": attempt.first_token_ms,
        "duration_ms": attempt.duration_ms,
    }


def _usage_row(row: ExecutionRow, node: str, attempt: Attempt) -> dict[str, Any]:
    return {
        **usage_facts(attempt),
        "execution_id": row.id,
        "workspace": row.workspace,
        "flow_id": row.flow_id,
        "session_id": row.session_id,
        "node": node,
        "created_at": attempt.started_at,
    }
