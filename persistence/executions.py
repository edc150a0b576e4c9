"""Executions: accepted, begun, adopted, cancelled and listed; every change of status is one statement."""

import time
import uuid
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from graphs.events import Event
from persistence.database import Database
from persistence.stored_events import fold, pack
from persistence.tables import executions, idempotency_keys, journal, processes, sessions

__all__ = [
    "Accepted",
    "Busy",
    "ExecutionRow",
    "Executions",
    "Idempotency",
    "IdempotencyConflict",
    "NewExecution",
    "OnBusy",
    "OPEN",
    "new_id",
]

OnBusy = Literal["wait", "refuse", "interrupt", "rollback"]
OPEN = ("pending", "running", "waiting_approval")
"""Statuses of executions that have not ended."""


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
    flow_type: str
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


class ExecutionRow(Struct, frozen=True, kw_only=True):
    """An execution as it stands in the database. Times are Unix seconds."""

    id: str
    workspace: str
    flow_id: str | None
    flow_version: int | None
    flow_type: str
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
    last_seq: int
    cancel_requested: str
    created_at: float
    started_at: float | None
    completed_at: float | None
    duration_ms: float | None


class Accepted(Struct, frozen=True):
    """What became of a `NewExecution`."""

    execution: ExecutionRow
    replayed: bool = False
    """True when the idempotency key named an execution that exists."""
    displaced: tuple[str, ...] = ()
    """Ids of the session's runs that were asked to end for this one."""


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562 §5.7): ids sort by the time they were made."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


_selected = select(
    *(executions.c[name] for name in ExecutionRow.__struct_fields__ if name not in ("session", "memory")),
    sessions.c.name.label("session"),
    sessions.c.memory,
).select_from(executions.outerjoin(sessions, sessions.c.id == executions.c.session_id))
_by_id = _selected.where(executions.c.id == bindparam("id"))
_session_named = select(sessions.c.id).where(
    sessions.c.workspace == bindparam("workspace"), sessions.c.name == bindparam("name")
)
_other = executions.alias("other")
_begin = (
    update(executions)
    .where(
        executions.c.id == bindparam("b_id"),
        executions.c.status == "pending",
        executions.c.cancel_requested == "",
        ~exists(
            select(_other.c.id).where(
                _other.c.thread_id == executions.c.thread_id,
                _other.c.id != executions.c.id,
                or_(
                    _other.c.status.in_(("running", "waiting_approval")),
                    and_(_other.c.status == "pending", _other.c.position < executions.c.position),
                ),
            )
        ),
    )
    .values(
        status="running",
        process_id=bindparam("process_id"),
        claim=executions.c.claim + 1,
        started_at=func.coalesce(executions.c.started_at, bindparam("now")),
    )
)


def _row(row: Row[Any]) -> ExecutionRow:
    values = dict(row._mapping)  # pyright: ignore[reportPrivateUsage]: SQLAlchemy's documented public name
    for name in ("input", "document", "options", "output", "error"):
        if values[name] is not None:
            values[name] = msgspec.json.decode(values[name])
    values["memory"] = msgspec.json.decode(values["memory"] or "{}")
    return ExecutionRow(**values)


def _clock(connection: Connection) -> ColumnElement[float]:
    """The database's own clock in Unix seconds: leases of several processes compare by it alone."""
    if connection.dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)")
    return literal_column("CAST(extract(epoch FROM clock_timestamp()) AS double precision)")


class Executions:
    """The executions table and its neighbours `processes` and `idempotency_keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, new: NewExecution, process_id: str, *, begin: bool) -> Accepted:
        """Write an execution down, and with `begin` start it at once if its session is idle.

        From the moment this returns the run is never lost.

        Raises:
            Busy: the session has an open run and `new.on_busy` is ``refuse``.
            IdempotencyConflict: the key was used with another body.
        """
        execution_id = new_id()
        return await self._database.write(
            lambda connection: _accept(connection, new, execution_id, process_id, begin)
        )

    async def begin(self, execution_id: str, process_id: str) -> ExecutionRow | None:
        """Start a pending run if it is its session's turn; None if it is not."""

        def work(connection: Connection) -> ExecutionRow | None:
            if not _begun(connection, execution_id, process_id):
                return None
            return _row(connection.execute(_by_id, {"id": execution_id}).one())

        try:
            return await self._database.write(work)
        except IntegrityError:  # another process began a run of the session in the same moment
            return None

    async def get(self, workspace: str | None, execution_id: str) -> ExecutionRow | None:
        """Return an execution of the workspace; of any workspace for None, which no request may ask."""
        statement = _by_id if workspace is None else _by_id.where(executions.c.workspace == workspace)

        def work(connection: Connection) -> ExecutionRow | None:
            found = connection.execute(statement, {"id": execution_id}).one_or_none()
            return None if found is None else _row(found)

        return await self._database.read(work)

    async def request_cancel(self, workspace: str, execution_id: str) -> ExecutionRow | None:
        """Ask an open run to end, whichever process runs it; None if there is no such execution."""
        asked = update(executions).where(
            executions.c.id == execution_id,
            executions.c.workspace == workspace,
            executions.c.status.in_(OPEN),
            executions.c.cancel_requested == "",
        )
        statement = _by_id.where(executions.c.workspace == workspace)

        def work(connection: Connection) -> ExecutionRow | None:
            connection.execute(asked.values(cancel_requested="cancel"))
            found = connection.execute(statement, {"id": execution_id}).one_or_none()
            return None if found is None else _row(found)

        return await self._database.write(work)

    async def take_pending(self, execution_id: str, process_id: str) -> ExecutionRow | None:
        """Claim a pending run that is to end before it began; None if it began or ended meanwhile."""
        statement = (
            update(executions)
            .where(executions.c.id == execution_id, executions.c.status == "pending")
            .values(claim=executions.c.claim + 1, process_id=process_id)
        )

        def work(connection: Connection) -> ExecutionRow | None:
            if connection.execute(statement).rowcount != 1:
                return None
            return _row(connection.execute(_by_id, {"id": execution_id}).one())

        return await self._database.write(work)

    async def cancels(self, process_id: str) -> dict[str, str]:
        """Return the open runs of a process that were asked to end, with the way they were asked."""
        statement = select(executions.c.id, executions.c.cancel_requested).where(
            executions.c.status.in_(OPEN),
            executions.c.process_id == process_id,
            executions.c.cancel_requested != "",
        )
        return await self._database.read(
            lambda connection: {row.id: row.cancel_requested for row in connection.execute(statement)}
        )

    async def adopt(self, process_id: str, *, lease: float, limit: int = 100) -> list[ExecutionRow]:
        """Take over open runs that nobody runs: handed back, or of a process unseen for `lease` seconds.

        Each row comes with its new claim, so that nothing the former owner still writes is accepted.
        """

        def work(connection: Connection) -> list[ExecutionRow]:
            alive = select(processes.c.id).where(processes.c.seen_at > _clock(connection) - lease)
            orphans = connection.scalars(
                select(executions.c.id)
                .where(
                    executions.c.status.in_(("pending", "running")),
                    or_(executions.c.process_id.is_(None), executions.c.process_id.not_in(alive)),
                )
                .order_by(executions.c.created_at, executions.c.position)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            if not orphans:
                return []
            connection.execute(
                update(executions)
                .where(executions.c.id.in_(orphans))
                .values(
                    process_id=process_id,
                    claim=executions.c.claim + 1,
                    recoveries=executions.c.recoveries + 1,
                )
            )
            rows = connection.execute(_selected.where(executions.c.id.in_(orphans)))
            return sorted((_row(row) for row in rows), key=lambda row: (row.created_at, row.position))

        return await self._database.write(work)

    async def hand_back(self, rows: Sequence[ExecutionRow]) -> None:
        """Give runs up so that any process may adopt them; the stop was no fault, so it costs no recovery."""

        def work(connection: Connection) -> None:
            for row in rows:
                connection.execute(
                    update(executions)
                    .where(
                        executions.c.id == row.id,
                        executions.c.claim == row.claim,
                        executions.c.status.in_(OPEN),
                    )
                    .values(
                        process_id=None, claim=executions.c.claim + 1, recoveries=executions.c.recoveries - 1
                    )
                )

        await self._database.write(work)

    async def beat(self, process_id: str, host: str, pid: int) -> list[tuple[str, str, int]]:
        """Say that a process lives, and return (id, host, pid) of all that are known."""
        started = time.time()

        def work(connection: Connection) -> list[tuple[str, str, int]]:
            now = _clock(connection)
            seen = update(processes).where(processes.c.id == process_id).values(seen_at=now)
            if connection.execute(seen).rowcount == 0:
                connection.execute(
                    insert(processes).values(
                        id=process_id, host=host, pid=pid, started_at=started, seen_at=now
                    )
                )
            rows = connection.execute(select(processes.c.id, processes.c.host, processes.c.pid))
            return [(row.id, row.host, row.pid) for row in rows]

        return await self._database.write(work)

    async def bury(self, process_ids: Sequence[str]) -> None:
        """Forget processes that are known to be dead: their runs may be adopted at once."""
        await self._database.write(
            lambda c: c.execute(delete(processes).where(processes.c.id.in_(process_ids)))
        )

    async def list(
        self,
        workspace: str,
        *,
        flow_id: str | None = None,
        flow_type: str | None = None,
        session: str | None = None,
        status: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[ExecutionRow], int]:
        """Return executions of the workspace, newest first, and how many match in all."""
        wanted = [executions.c.workspace == workspace]
        if flow_id is not None:
            wanted.append(executions.c.flow_id == flow_id)
        if flow_type is not None:
            wanted.append(executions.c.flow_type == flow_type)
        if status is not None:
            wanted.append(executions.c.status == status)
        if session is not None:
            wanted.append(sessions.c.name == session)
        page = _selected.where(*wanted).order_by(executions.c.created_at.desc(), executions.c.id.desc())
        count = select(func.count()).select_from(
            executions.outerjoin(sessions, sessions.c.id == executions.c.session_id)
        )

        def work(connection: Connection) -> tuple[list[ExecutionRow], int]:
            rows = connection.execute(page.limit(limit).offset(offset)).all()
            return [_row(row) for row in rows], int(connection.scalar(count.where(*wanted)) or 0)

        return await self._database.read(work)


def _begun(connection: Connection, execution_id: str, process_id: str) -> bool:
    return (
        connection.execute(
            _begin, {"b_id": execution_id, "process_id": process_id, "now": time.time()}
        ).rowcount
        == 1
    )


def _accept(
    connection: Connection, new: NewExecution, execution_id: str, process_id: str, begin: bool
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
        ts=now,
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
    if begin and not open_ids:
        _begun(connection, execution_id, process_id)
    row = _row(connection.execute(_by_id, {"id": execution_id}).one())
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
    found = connection.execute(_by_id, {"id": known.execution_id}).one_or_none()
    if found is None:  # the execution was deleted: the key is free again
        connection.execute(
            delete(idempotency_keys).where(
                idempotency_keys.c.workspace == workspace,
                idempotency_keys.c.route == request.route,
                idempotency_keys.c.key == request.key,
            )
        )
        return None
    return _row(found)
