"""Thread lists: sessions as clients of LangGraph look for them, each with how its last run stands."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, String, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from persistence.library.sessions import SessionRow, session_row
from persistence.storage.database import Database
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions

__all__ = ["LastRun", "ThreadLists", "ThreadSort", "WantedThreads"]

ThreadSort = Literal["created_at", "last_activity_at", "name", "status"]


class LastRun(Struct, frozen=True):
    """The last run of a session."""

    id: str
    status: str


class WantedThreads(Struct, frozen=True, kw_only=True):
    """Which sessions to list."""

    owner: str | None = None
    """As `Sessions.list` has it."""
    exact_owner: bool = False
    """Whether sessions without an owner are left out."""
    flow_id: str | None = None
    """Of this flow: made by a run of it, or with `graph` as a label."""
    graph: str = ""
    labels: Mapping[str, Any] = {}
    """Labels that a session must have, with these values."""
    statuses: Sequence[str] = ()
    """Statuses of which the last run has one; empty for any."""
    idle: bool = False
    """Whether sessions without a run are meant, too, where `statuses` says something."""
    names: Sequence[str] = ()
    """Names or ids; empty for any."""


class ThreadLists:
    """Finds sessions of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        workspace: str,
        wanted: WantedThreads,
        *,
        limit: int,
        offset: int = 0,
        sort_by: ThreadSort = "created_at",
        descending: bool = True,
    ) -> tuple[list[tuple[SessionRow, LastRun | None]], int]:
        """Return sessions with their last runs, and how many match in all."""
        status = _last_status()
        where = self._where(workspace, wanted, status)
        order: Any = status if sort_by == "status" else sessions.c[sort_by]
        keys = (order, sessions.c.id)
        found = (
            select(sessions, _last_id().label("last_id"), status.label("last_status"))
            .where(*where)
            .order_by(*(key.desc() if descending else key.asc() for key in keys))
            .limit(limit)
            .offset(offset)
        )
        count = select(func.count()).select_from(sessions).where(*where)

        def work(connection: Connection) -> tuple[list[tuple[SessionRow, LastRun | None]], int]:
            rows = [
                (session_row(row), LastRun(row.last_id, row.last_status) if row.last_id else None)
                for row in connection.execute(found)
            ]
            return rows, connection.scalar(count) or 0

        return await self._database.read(work)

    async def last_run(self, session_id: str) -> LastRun | None:
        """Return the last run of a session; None where it has none."""
        wanted = (
            select(executions.c.id, executions.c.status)
            .where(executions.c.session_id == session_id)
            .order_by(executions.c.position.desc())
            .limit(1)
        )
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else LastRun(found.id, found.status)

    async def runs_after(self, session_id: str, position: int, limit: int = 100) -> list[str]:
        """Return the ids of the runs of a session behind a position, the first first."""
        wanted = (
            select(executions.c.id)
            .where(executions.c.session_id == session_id, executions.c.position > position)
            .order_by(executions.c.position)
            .limit(limit)
        )
        return await self._database.read(lambda connection: [*connection.scalars(wanted)])

    def _where(
        self, workspace: str, wanted: WantedThreads, status: ColumnElement[Any]
    ) -> list[ColumnElement[bool]]:
        c = sessions.c
        where: list[ColumnElement[bool]] = [c.workspace == workspace]
        if wanted.owner is not None:
            theirs = c.owner == wanted.owner
            where.append(theirs if wanted.exact_owner else or_(c.owner.is_(None), theirs))
        if wanted.flow_id is not None:
            where.append(or_(c.flow_id == wanted.flow_id, self._has("graph_id", wanted.graph)))
        if wanted.names:
            where.append(or_(c.name.in_(wanted.names), c.id.in_(wanted.names)))
        if wanted.statuses:
            among = status.in_(wanted.statuses)
            where.append(or_(among, status.is_(None)) if wanted.idle else among)
        where += [self._has(name, value) for name, value in wanted.labels.items()]
        return where

    def _has(self, name: str, value: Any) -> ColumnElement[bool]:
        """Return whether a session has a label with a value."""
        labels = func.coalesce(sessions.c.labels, "{}")
        written = msgspec.json.encode({name: value}).decode()
        if self._database.dialect == "postgresql":
            return cast(labels, JSONB).contains(cast(literal(written, String), JSONB))
        path = "$." + msgspec.json.encode(name).decode()
        there: ColumnElement[Any] = func.json_extract(labels, path)
        given: ColumnElement[Any] = func.json_extract(cast(written, String), path)
        return there.is_(given)


def _last_status() -> ColumnElement[Any]:
    return _last(executions.c.status)


def _last_id() -> ColumnElement[Any]:
    return _last(executions.c.id)


def _last(column: Any) -> ColumnElement[Any]:
    return (
        select(column)
        .where(executions.c.session_id == sessions.c.id)
        .order_by(executions.c.position.desc())
        .limit(1)
        .correlate(sessions)
        .scalar_subquery()
    )
