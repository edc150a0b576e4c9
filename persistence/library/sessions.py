"""Sessions: conversations under the names that callers give them. Their history is in the checkpoints."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from persistence.checkpoints.checkpoint_pruning import delete_threads
from persistence.library.session_files import delete_files
from persistence.storage import keyset
from persistence.storage.database import Database
from persistence.storage.execution_rows import refuse_open_run
from persistence.storage.ids import new_id
from persistence.storage.large_values import release
from persistence.storage.tables.large_values import run_values
from persistence.storage.tables.library import session_words, sessions
from persistence.storage.tables.runs import executions, idempotency_keys
from persistence.storage.upsert import insert_into

__all__ = [
    "PLACE",
    "SessionRow",
    "Sessions",
    "forget_words",
    "session_row",
    "visible_sessions",
]

PLACE = ((sessions.c.last_activity_at, False), (sessions.c.id, False))
"""The order of lists, as `keyset.after` takes it."""


class SessionRow(Struct, frozen=True, kw_only=True):
    """A session as it is stored. Times are Unix seconds."""

    id: str
    """LangGraph's thread id: ours, never the caller's."""
    workspace: str
    name: str
    """The caller's ``session_id``."""
    flow_id: str | None
    title: str
    memory: dict[str, Any]
    """``{"strategy": …, "memory_config": …}``; empty where the flow's own memory counts."""
    status: str
    message_count: int
    total_tokens: int
    created_at: float
    last_activity_at: float
    owner: str | None = None
    """Whose it is: a user's id, ``key:`` and the id of a key without a user, or ``visitor``. None for one of
    the workspace, as those of earlier releases are until somebody writes to them."""
    labels: dict[str, Any] = {}
    """What its user keeps with it, JSON by name; only lists look at it."""


class Sessions:
    """The sessions of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        workspace: str,
        name: str,
        flow_id: str | None = None,
        title: str = "",
        memory: dict[str, Any] | None = None,
        owner: str = "",
    ) -> SessionRow:
        """Return the session of that name, made with these values if there is none."""

        def work(connection: Connection) -> SessionRow:
            _add(
                connection,
                workspace=workspace,
                name=name,
                flow_id=flow_id,
                title=title,
                memory=_json(memory or {}),
                owner=owner or None,
            )
            row = _find(connection, workspace, name)
            assert row is not None, "the row was there or was just inserted"
            return row

        return await self._database.write(work)

    async def add(
        self, workspace: str, name: str, *, owner: str, labels: dict[str, Any]
    ) -> SessionRow | None:
        """Return a new session of that name, with these labels; None if there is one already, whosever."""

        def work(connection: Connection) -> SessionRow | None:
            kept = _json(labels) if labels else None
            made = _add(connection, workspace=workspace, name=name, owner=owner or None, labels=kept)
            return _find(connection, workspace, name) if made else None

        return await self._database.write(work)

    async def get(self, workspace: str, name: str) -> SessionRow | None:
        """Return a session."""
        return await self._database.read(lambda connection: _find(connection, workspace, name))

    async def by_id(self, workspace: str, id: str) -> SessionRow | None:
        """Return a session by our own id of it."""
        wanted = select(sessions).where(sessions.c.workspace == workspace, sessions.c.id == id)
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else session_row(found)

    async def list(
        self,
        workspace: str,
        *,
        flow_id: str | None = None,
        owner: str | None = None,
        limit: int = 50,
        offset: int = 0,
        after: tuple[float, str] | None = None,
    ) -> tuple[list[SessionRow], int]:
        """Return sessions, the last active first, and how many match in all.

        With `owner` those that somebody may see: their own, and those without an owner.
        `after` is the last activity and the id of the last session that was seen, where the list goes on.
        """
        wanted = visible_sessions(workspace, flow_id=flow_id, owner=owner)
        following = [] if after is None else [keyset.after(self._database.dialect, PLACE, after, "desc")]
        found = (
            select(sessions)
            .where(*wanted, *following)
            .order_by(*(key.desc() for key, _ in PLACE))
            .limit(limit)
            .offset(offset)
        )
        count = select(func.count()).select_from(sessions).where(*wanted)

        def work(connection: Connection) -> tuple[list[SessionRow], int]:
            return [session_row(row) for row in connection.execute(found)], connection.scalar(count) or 0

        return await self._database.read(work)

    async def set_memory(self, workspace: str, name: str, memory: dict[str, Any]) -> SessionRow | None:
        """Give a session its own memory settings, ``{}`` for the flow's again; None if there is none."""
        return await self._change(workspace, name, memory=_json(memory))

    async def set_title(self, workspace: str, name: str, title: str) -> SessionRow | None:
        """Give a session another title; None if there is none."""
        return await self._change(workspace, name, title=title, indexed_at=-time.time())

    async def _change(self, workspace: str, name: str, **values: Any) -> SessionRow | None:
        changed = (
            update(sessions)
            .where(sessions.c.workspace == workspace, sessions.c.name == name)
            .values(**values)
        )

        def work(connection: Connection) -> SessionRow | None:
            connection.execute(changed)
            return _find(connection, workspace, name)

        return await self._database.write(work)

    async def set_labels(self, workspace: str, name: str, labels: dict[str, Any]) -> SessionRow | None:
        """Keep labels with a session, in place of those before; None if there is none."""
        changed = (
            update(sessions)
            .where(sessions.c.workspace == workspace, sessions.c.name == name)
            .values(labels=_json(labels))
        )

        def work(connection: Connection) -> SessionRow | None:
            connection.execute(changed)
            return _find(connection, workspace, name)

        return await self._database.write(work)

    async def add_labels(self, workspace: str, name: str, labels: Mapping[str, Any]) -> SessionRow | None:
        """Keep labels with a session beside those that it has; None if there is none."""
        here = (sessions.c.workspace == workspace, sessions.c.name == name)

        def work(connection: Connection) -> SessionRow | None:
            held = connection.execute(select(sessions.c.labels).where(*here).with_for_update()).one_or_none()
            if held is not None:
                known = msgspec.json.decode(held.labels or "{}", type=dict[str, Any])
                connection.execute(update(sessions).where(*here).values(labels=_json({**known, **labels})))
            return _find(connection, workspace, name)

        return await self._database.write(work)

    async def clear(self, workspace: str, name: str) -> SessionRow | None:
        """Empty a session's history, its files too, and keep the session; None if there is none.

        Raises:
            SessionBusy: a run of it is open, which would store its state again when it ends. Cancel it first.
        """

        def work(connection: Connection) -> SessionRow | None:
            row = _find(connection, workspace, name)
            if row is None:
                return None
            refuse_open_run(connection, row.id)
            delete_threads(connection, [row.id])
            delete_files(connection, row.id)
            connection.execute(update(sessions).where(sessions.c.id == row.id).values(message_count=0))
            forget_words(connection, row.id)
            return _find(connection, workspace, name)

        return await self._database.write(work)

    async def delete(self, workspace: str, name: str) -> bool:
        """Delete a session with its checkpoints, executions and journals; False if there is none.

        A run that is under way goes on without a place to write to: cancel it first.
        """

        def work(connection: Connection) -> bool:
            row = _find(connection, workspace, name)
            if row is None:
                return False
            delete_threads(connection, [row.id])
            runs = select(executions.c.id).where(executions.c.session_id == row.id)
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.execution_id.in_(runs)))
            release(connection, run_values, run_values.c.execution_id.in_(runs))
            connection.execute(
                delete(sessions).where(sessions.c.id == row.id)
            )  # executions and theirs follow
            return True

        return await self._database.write(work)


def visible_sessions(
    workspace: str, *, flow_id: str | None = None, owner: str | None = None
) -> list[ColumnElement[bool]]:
    """Return conditions of the sessions that a list has, as `Sessions.list` describes them."""
    wanted = [sessions.c.workspace == workspace]
    if owner is not None:
        wanted.append(or_(sessions.c.owner.is_(None), sessions.c.owner == owner))
    if flow_id is not None:
        wanted.append(sessions.c.flow_id == flow_id)
    return wanted


def _add(connection: Connection, **values: Any) -> bool:
    """Make a session; False if there is one of the name."""
    now = time.time()
    made = insert_into(connection.dialect.name, sessions).values(
        {
            "id": new_id(),
            "title": "",
            "memory": "{}",
            "status": "active",
            "message_count": 0,
            "total_tokens": 0,
            "created_at": now,
            "last_activity_at": now,
            **values,
        }
    )
    return connection.execute(made.on_conflict_do_nothing()).rowcount == 1


def forget_words(connection: Connection, session_id: str) -> None:
    """Drop what the search knows of a session, as messages are gone; it is read again."""
    connection.execute(delete(session_words).where(session_words.c.session_id == session_id))
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(indexed_at=-time.time()))


def _find(connection: Connection, workspace: str, name: str) -> SessionRow | None:
    row = connection.execute(
        select(sessions).where(sessions.c.workspace == workspace, sessions.c.name == name)
    ).one_or_none()
    return None if row is None else session_row(row)


def session_row(row: Row[Any]) -> SessionRow:
    """Return a row of the table as a value."""
    return SessionRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        flow_id=row.flow_id,
        title=row.title,
        memory=msgspec.json.decode(row.memory),
        status=row.status,
        message_count=row.message_count,
        total_tokens=row.total_tokens,
        created_at=row.created_at,
        last_activity_at=row.last_activity_at,
        owner=row.owner,
        labels=msgspec.json.decode(row.labels or "{}", type=dict[str, Any]),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
