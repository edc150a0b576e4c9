"""Accepting a run: idempotency, session, who gives way to whom, and the row itself, in one transaction."""

import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from graphs.events import Event
from graphs.flow import FlowType
from persistence.execution_rows import OPEN, ExecutionRow, begin_run, by_id, new_id, read_row
from persistence.stored_events import fold, pack
from persistence.tables import executions, idempotency_keys, journal, sessions

__all__ = ["Accepted", "Busy", "Idempotency", "IdempotencyConflict", "NewExecution", "OnBusy", "accept_run"]

OnBusy = Literal["wait", "refuse", "interrupt", "rollback"]


class Busy(Exception):
    """The session has an active run and the request said that it would not wait."""


class IdempotencyConflict(Exception):
    """The idempotency key was used before with another body."""


class Idempotency(Struct, frozen=True):
    """What makes a repeated request the same request."""

    route: str
    key: str
    body_hash: str
    """Hex SHA-256 of the request's body."""


class NewExecution(Struct, frozen=True, kw_only=True):
    """A run to accept."""

    workspace: str
    flow_type: FlowType
    flow_id: str | None = None
    flow_version: int | None = None
    document: dict[str, Any] | None = None
    """The flow as it is to run, where it is no stored version."""
    session: str | None = None
    """The caller's name of the session, made if unknown; None for a run without one."""
    title: str = ""
    """The session's title, if it is made."""
    input: dict[str, Any]
    options: dict[str, Any]
    on_busy: OnBusy = "wait"
    idempotency: Idempotency | None = None


class Accepted(Struct, frozen=True):
    """What became of a `NewExecution`."""

    execution: ExecutionRow
    replayed: bool = False
    """True when the idempotency key named an execution that exists."""
    displaced: tuple[str, ...] = ()
    """Ids of the session's runs that were asked to end for this one."""


_session_named = select(sessions.c.id).where(
    sessions.c.workspace == bindparam("workspace"), sessions.c.name == bindparam("name")
)


def accept_run(
    connection: Connection, new: NewExecution, execution_id: str, process_id: str, start: bool
) -> Accepted:
    now = time.time()
    if new.idempotency is not None:
        known = _same_request(connection, new.workspace, new.idempotency)
        if known is not None:
            return Accepted(known, replayed=True)
    session_id = None if new.session is None else _session(connection, new, now)
    thread_id = session_id or execution_id
    open_ids: Sequence[str] = ()
    position = 0
    if session_id is not None:
        position = (
            connection.scalar(
                select(func.max(executions.c.position)).where(executions.c.session_id == session_id)
            )
            or 0
        ) + 1
        open_ids = connection.scalars(
            select(executions.c.id).where(executions.c.thread_id == thread_id, executions.c.status.in_(OPEN))
        ).all()
        if open_ids and new.on_busy == "refuse":
            raise Busy(new.session)
        if open_ids and new.on_busy in ("interrupt", "rollback"):
            connection.execute(
                update(executions).where(executions.c.id.in_(open_ids)).values(cancel_requested=new.on_busy)
            )
    connection.execute(
        insert(executions).values(
            id=execution_id,
            workspace=new.workspace,
            flow_id=new.flow_id,
            flow_version=new.flow_version,
            flow_type=new.flow_type,
            session_id=session_id,
            thread_id=thread_id,
            status="pending",
            input=msgspec.json.encode(new.input).decode(),
            document=None if new.document is None else msgspec.json.encode(new.document).decode(),
            options=msgspec.json.encode(new.options).decode(),
            position=position,
            process_id=process_id,
            claim=0,
            recoveries=0,
            last_seq=1,
            cancel_requested="",
            created_at=now,
        )
    )
    created = Event(
        seq=1,
        type="run.created",
        execution_id=execution_id,
        ts=round(now, 3),
        visibility="public",
        data={"flow_id": new.flow_id, "flow_type": new.flow_type, "session_id": new.session},
    )
    connection.execute(
        insert(journal).values(execution_id=execution_id, seq=1, last_seq=1, body=pack(fold([created])))
    )
    if new.idempotency is not None:
        connection.execute(
            insert(idempotency_keys).values(
                workspace=new.workspace,
                route=new.idempotency.route,
                key=new.idempotency.key,
                body_hash=new.idempotency.body_hash,
                execution_id=execution_id,
                created_at=now,
            )
        )
    if start and not open_ids:
        begin_run(connection, execution_id, process_id)
    row = read_row(connection.execute(by_id, {"id": execution_id}).one())
    return Accepted(row, displaced=tuple(open_ids) if new.on_busy in ("interrupt", "rollback") else ())


def _session(connection: Connection, new: NewExecution, now: float) -> str:
    """Return the session's id, made if need be; holds its row, so that positions do not collide."""
    named = {"workspace": new.workspace, "name": new.session}
    found = connection.scalar(_session_named.with_for_update(), named)
    if found is not None:
        return found
    session_id = new_id()
    connection.execute(
        insert(sessions).values(
            id=session_id,
            workspace=new.workspace,
            name=new.session,
            flow_id=new.flow_id,
            title=new.title,
            memory="{}",
            status="active",
            message_count=0,
            total_tokens=0,
            created_at=now,
            last_activity_at=now,
        )
    )
    return session_id


def _same_request(connection: Connection, workspace: str, request: Idempotency) -> ExecutionRow | None:
    known = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.workspace == workspace,
            idempotency_keys.c.route == request.route,
            idempotency_keys.c.key == request.key,
        )
    ).one_or_none()
    if known is None:
        return None
    if known.body_hash != request.body_hash:
        raise IdempotencyConflict(request.key)
    found = connection.execute(by_id, {"id": known.execution_id}).one_or_none()
    if found is None:  # the execution was deleted: the key is free again
        connection.execute(
            delete(idempotency_keys).where(
                idempotency_keys.c.workspace == workspace,
                idempotency_keys.c.route == request.route,
                idempotency_keys.c.key == request.key,
            )
        )
        return None
    return read_row(found)
