"""Accepting a run: idempotency, session, who gives way to whom, and the row itself, in one transaction."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from graphs.conversation.files import StoredFile
from graphs.document.flow import FlowType
from graphs.values.events import Event
from persistence.journal.paused_runs import wake
from persistence.journal.stored_events import fold, pack
from persistence.library.session_files import add_files
from persistence.library.webhook_sessions import webhook_of
from persistence.runs.open_runs import OpenRuns, TooManyRuns
from persistence.runs.repeated_requests import Accepted, Idempotency, remember_request, same_request
from persistence.storage.database import Database
from persistence.storage.execution_rows import OPEN, ExecutionRow
from persistence.storage.ids import new_id
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions, journal

__all__ = [
    "BOUND",
    "Acceptance",
    "Beside",
    "Busy",
    "NewExecution",
    "OnBusy",
    "check_owner",
    "created_event",
]

OnBusy = Literal["wait", "refuse", "interrupt", "rollback"]
Beside = Callable[[Connection, str], None]
"""Writes what belongs to a run, whose id it is given, in the transaction that accepts it."""


class Busy(Exception):
    """The session has an active run and the request said that it would not wait."""


VISITOR = "visitor"
"""Owner of the sessions of visitors of embedded chats: each is one visitor's, by its signed name."""
BOUND = "flow-key:"
"""Begins the owner of sessions of a key of one flow; the key's id follows."""


class NotTheirs(Exception):
    """The session is another user's, another key's or a visitor's."""

    def __init__(self, session: str) -> None:
        super().__init__(f"Session '{session}' is another's.")
        self.session = session


def check_owner(session: str, owner: str, asks: str, *, any_session: bool) -> None:
    """Return if who asks may write to a session.

    Raises:
        NotTheirs: it is another's.
    """
    if not owner and asks.startswith(BOUND):
        raise NotTheirs(session)  # who made it is not known, nor for which flow
    if owner and owner != asks and not (any_session and VISITOR not in (owner, asks)):
        raise NotTheirs(session)


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
    owner: str = ""
    """Who writes to the session, as `persistence.library.sessions.SessionRow.owner` has it; empty for whom
    no key was asked."""
    any_session: bool = False
    """Whether they may write to sessions of others too, but for visitors'."""
    webhook: str = ""
    """The webhook that starts it; empty for none."""
    input: dict[str, Any]
    options: dict[str, Any]
    files: Sequence[StoredFile] = ()
    """What came with the message; kept with the session."""
    on_busy: OnBusy = "wait"
    idempotency: Idempotency | None = None
    beside: Beside | None = None
    parent: str | None = None
    """The execution that it goes on from."""
    schedule: str | None = None
    """The schedule that starts it."""
    queue: str | None = None
    """The workers' queue that it waits in; None where the process that accepts it runs it."""
    priority: int = 0
    """Of runs of a workspace in one queue the lowest begins first."""


_COLUMNS = tuple(name for name in ExecutionRow.__struct_fields__ if name not in ("session", "memory"))
_of_session = (
    select(executions.c.id)
    .where(
        executions.c.session_id == bindparam("session_id"),
        or_(*(executions.c.status == status for status in OPEN)),
    )
    .order_by(executions.c.position)
)


class Acceptance:
    """Writes runs down. Its statements are compiled once: every request passes here."""

    def __init__(self, database: Database, open_runs: OpenRuns) -> None:
        self._room = open_runs
        named = (sessions.c.workspace == bindparam("workspace"), sessions.c.name == bindparam("name"))
        # The session's row stays locked to the end, so that positions do not collide.
        self._find_session = database.prepare(
            select(sessions.c.id, sessions.c.memory, sessions.c.owner).where(*named).with_for_update()
        )
        self._add_session = database.prepare(insert(sessions))
        self._last_position = database.prepare(
            select(func.max(executions.c.position)).where(executions.c.session_id == bindparam("session_id"))
        )
        self._open_runs = database.prepare(_of_session)
        self._add_execution = database.prepare(
            insert(executions).values({name: bindparam(name) for name in _COLUMNS})
        )
        self._add_queued = database.prepare(
            insert(executions).values({name: bindparam(name) for name in (*_COLUMNS, "priority")})
        )
        self._add_event = database.prepare(insert(journal))

    def accept(
        self, connection: Connection, new: NewExecution, execution_id: str, process_id: str, *, begin: bool
    ) -> Accepted | TooManyRuns:
        """Write an execution down, running at once if `begin` and its session is idle.

        That there is no room is returned, not raised: nothing was written then, and whoever shares the
        transaction need not do it again.

        Raises:
            Busy: the session has an open run and `new.on_busy` is ``refuse``.
            NotTheirs: the session is not of who asks.
            IdempotencyConflict: the key was used with another body.
        """
        now = time.time()
        if new.idempotency is not None:
            known = same_request(connection, new.workspace, new.idempotency)
            if known is not None:
                return known
        refusal = self._room.refusal(connection, new.workspace, new.flow_id)
        if refusal is not None:
            return refusal
        session_id, memory, position, known = self._session(connection, new, now)
        if new.files and session_id is not None:
            add_files(connection, session_id, new.files)
        open_runs = self._displace(connection, new, session_id, process_id) if position > 1 else []
        running = begin and not open_runs
        row = ExecutionRow(
            id=execution_id,
            workspace=new.workspace,
            flow_id=new.flow_id,
            flow_version=new.flow_version,
            flow_type=new.flow_type,
            session_id=session_id,
            session=new.session,
            memory=memory,
            thread_id=session_id or execution_id,
            status="running" if running else "pending",
            input=new.input,
            document=new.document,
            options=new.options,
            output=None,
            error=None,
            position=position,
            process_id=process_id if new.queue is None else None,
            claim=1 if running else 0,
            recoveries=0,
            parked_at=None,
            last_seq=1,
            cancel_requested="",
            created_at=now,
            started_at=now if running else None,
            completed_at=None,
            duration_ms=None,
            parent_id=new.parent,
            schedule_id=new.schedule,
            queue=new.queue,
        )
        if new.queue is None:
            self._add_execution.execute(connection, _stored(row))
        else:
            self._add_queued.execute(connection, {**_stored(row), "priority": new.priority})
        self._add_event.execute(connection, _created(row))
        if new.beside is not None:
            new.beside(connection, execution_id)
        if new.idempotency is not None:
            remember_request(connection, new.workspace, new.idempotency, execution_id)
        displaced = tuple(open_runs) if new.on_busy in ("interrupt", "rollback") else ()
        return Accepted(row, displaced=displaced, fresh_thread=running and not known and new.parent is None)

    def _session(
        self, connection: Connection, new: NewExecution, now: float
    ) -> tuple[str | None, dict[str, Any], int, bool]:
        """Return the session's id, memory settings, the run's position in it, and whether it was there."""
        if new.session is None:
            return None, {}, 0, False
        found = self._find_session.fetch(connection, workspace=new.workspace, name=new.session)
        if found:
            session_id, memory, owner = found[0]
            check_owner(new.session, owner, new.owner, any_session=new.any_session)
            if not owner and new.owner:
                connection.execute(
                    update(sessions).where(sessions.c.id == session_id).values(owner=new.owner)
                )
            [(last,)] = self._last_position.fetch(connection, session_id=session_id)
            return session_id, msgspec.json.decode(memory), int(last or 0) + 1, True
        if webhook_of(new.session) not in ("", new.webhook):
            raise NotTheirs(new.session)
        session_id = new_id()
        self._add_session.execute(
            connection,
            {
                "id": session_id,
                "workspace": new.workspace,
                "name": new.session,
                "flow_id": new.flow_id,
                "title": new.title,
                "memory": "{}",
                "status": "active",
                "message_count": 0,
                "total_tokens": 0,
                "created_at": now,
                "last_activity_at": now,
                "owner": new.owner or None,
                "labels": None,
                "indexed_at": None,
            },
        )
        return session_id, {}, 1, False

    def _displace(
        self, connection: Connection, new: NewExecution, session_id: str | None, process_id: str
    ) -> Sequence[str]:
        """Return the open runs of the session, asked to end where the new one says so.

        One that waits for an input is left to `process_id`, since no other would see to its end.
        """
        open_runs = [row[0] for row in self._open_runs.fetch(connection, session_id=session_id)]
        if open_runs and new.on_busy == "refuse":
            raise Busy(new.session)
        if open_runs and new.on_busy in ("interrupt", "rollback"):
            connection.execute(
                update(executions).where(executions.c.id.in_(open_runs)).values(cancel_requested=new.on_busy)
            )
            wake(connection, open_runs, process_id)
        return open_runs


def _stored(row: ExecutionRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    for name in ("input", "document", "options"):
        if values[name] is not None:
            values[name] = msgspec.json.encode(values[name]).decode()
    return values


def created_event(row: ExecutionRow) -> Event:
    """Return the first event of an execution, as it was accepted."""
    return Event(
        seq=1,
        type="run.created",
        execution_id=row.id,
        session_id=row.session or "",
        ts=round(row.created_at, 3),
        visibility="public",
        data={"flow_id": row.flow_id, "flow_type": row.flow_type, "session_id": row.session},
    )


def _created(row: ExecutionRow) -> dict[str, Any]:
    return {"execution_id": row.id, "seq": 1, "last_seq": 1, "body": pack(fold([created_event(row)]))}
