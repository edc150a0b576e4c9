"""What an execution's row looks like, how it is read, and the one statement that begins a run."""

import time
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Connection,
    FromClause,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from graphs.document.flow import FlowType
from persistence.storage.errors import SessionBusy
from persistence.storage.large_values import Finder
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions
from persistence.storage.value_references import from_text

__all__ = [
    "OPEN",
    "ExecutionRow",
    "begin_run",
    "by_id",
    "goes_on",
    "is_open",
    "its_turn",
    "read_row",
    "refuse_open_run",
    "selected",
]

OPEN = ("pending", "running", "waiting_approval")
"""Statuses of executions that have not ended."""


def is_open(table: FromClause = executions) -> ColumnElement[bool]:
    """Return the condition that an execution has not ended, in the words of the index of open runs.

    SQLite takes that index where these very words are, and for no bound values; it walks over all runs else.
    """
    return table.c.status.in_([literal_column(f"'{status}'") for status in OPEN])


def refuse_open_run(connection: Connection, session_id: str) -> None:
    """Lock a session, and return if no run of it is open.

    Raises:
        SessionBusy: one is.
    """
    connection.execute(select(sessions.c.id).where(sessions.c.id == session_id).with_for_update())
    theirs = select(executions.c.id).where(executions.c.session_id == session_id, is_open())
    open_run = connection.scalar(theirs.order_by(executions.c.position).limit(1))
    if open_run is not None:
        raise SessionBusy(open_run)


class ExecutionRow(Struct, frozen=True, kw_only=True):
    """An execution as it stands in the database. Times are Unix seconds."""

    id: str
    workspace: str
    flow_id: str | None
    flow_version: int | None
    flow_type: FlowType
    session_id: str | None
    session: str | None
    """The caller's name of the session."""
    memory: dict[str, Any]
    """The session's own memory settings; empty where the flow's count."""
    thread_id: str
    status: str
    input: dict[str, Any]
    document: dict[str, Any] | None
    options: dict[str, Any]
    output: dict[str, Any] | None
    error: dict[str, Any] | None
    position: int
    process_id: str | None
    claim: int
    recoveries: int
    parked_at: float | None
    """Since when it waits for an input, without a process; None: it does not."""
    last_seq: int
    cancel_requested: str
    created_at: float
    started_at: float | None
    completed_at: float | None
    duration_ms: float | None
    parent_id: str | None = None
    """The execution that it goes on from; that may be deleted."""
    schedule_id: str | None = None
    """The schedule that started it; that may be deleted."""
    queue: str | None = None
    """The workers' queue that it waits in; None where the process that accepted it runs it."""

    def ended(
        self,
        status: str,
        output: dict[str, Any] | None,
        error: dict[str, Any] | None,
        *,
        last_seq: int,
        at: float,
        duration_ms: float,
    ) -> "ExecutionRow":
        """Return it as it is when it has ended."""
        return msgspec.structs.replace(
            self,
            status=status,
            output=output,
            error=error,
            last_seq=last_seq,
            completed_at=at,
            duration_ms=duration_ms,
            process_id=None,
        )


selected = select(
    *(executions.c[name] for name in ExecutionRow.__struct_fields__ if name not in ("session", "memory")),
    sessions.c.name.label("session"),
    sessions.c.memory,
).select_from(executions.outerjoin(sessions, sessions.c.id == executions.c.session_id))
by_id = selected.where(executions.c.id == bindparam("id"))
_other = executions.alias("other")
its_turn = ~exists(
    select(_other.c.id).where(
        is_open(_other),
        _other.c.thread_id == executions.c.thread_id,
        _other.c.id != executions.c.id,
        or_(
            _other.c.status.in_(("running", "waiting_approval")),
            and_(_other.c.status == "pending", _other.c.position < executions.c.position),
        ),
    )
)
"""The condition that nothing of an execution's session runs, waits for people, or was accepted before it."""
_begin = (
    update(executions)
    .where(
        executions.c.id == bindparam("b_id"),
        executions.c.status == "pending",
        executions.c.cancel_requested == "",
        its_turn,
    )
    .values(
        status="running",
        process_id=bindparam("process_id"),
        claim=executions.c.claim + 1,
        started_at=func.coalesce(executions.c.started_at, bindparam("now")),
    )
)


def goes_on(row: ExecutionRow) -> bool:
    """Say whether there is more to come without a person's doing: it has not ended and waits for nobody."""
    return row.completed_at is None and row.status != "waiting_approval"


def read_row(connection: Connection, row: Row[Any]) -> ExecutionRow:
    """Return the row of `selected` as a value, with the large values that its output refers to."""
    values = dict(row._mapping)  # pyright: ignore[reportPrivateUsage]: SQLAlchemy's documented public name
    for name in ("input", "document", "options", "output", "error"):
        if values[name] is not None:
            values[name] = from_text(values[name], Finder(connection))
    values["memory"] = msgspec.json.decode(values["memory"] or "{}")
    return ExecutionRow(**values)


def begin_run(connection: Connection, execution_id: str, process_id: str) -> bool:
    """Start a pending run if its session is idle and nothing of it waits longer; say whether it did."""
    return (
        connection.execute(
            _begin, {"b_id": execution_id, "process_id": process_id, "now": time.time()}
        ).rowcount
        == 1
    )
