"""Lists of executions: pages of them with an exact total, quick among a million.

A page is found in an index that has the filters, the order and the ids, so that rows are read for the page
alone, and from the nearer end. Totals come from counts that triggers keep; where times are asked for, what
lies outside of them is counted if that is less.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from graphs.document.flow import FlowType
from persistence.storage import keyset
from persistence.storage.database import Database
from persistence.storage.tables.library import flows, sessions
from persistence.storage.tables.runs import execution_counts, executions

__all__ = ["ExecutionLists", "ListedExecution", "Wanted"]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which executions to list."""

    flow_id: str | None = None
    status: str | None = None
    session: str | None = None
    """The caller's name of a session."""
    schedule_id: str | None = None
    since: float | None = None
    """Accepted then or later, as Unix seconds."""
    until: float | None = None
    """Accepted before then."""
    owner: str | None = None
    """Those that somebody may see: in sessions of their own or of nobody's, and in none. None for all."""


class ListedExecution(Struct, frozen=True, kw_only=True):
    """An execution without what may be large: its input, output and document. Times are Unix seconds."""

    id: str
    flow_id: str | None
    flow_version: int | None
    flow_type: FlowType
    session: str | None
    status: str
    error: dict[str, object] | None
    recoveries: int
    created_at: float
    started_at: float | None
    completed_at: float | None
    duration_ms: float | None
    schedule_id: str | None


class ExecutionLists:
    """Pages of executions; each call sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        workspace: str,
        wanted: Wanted,
        *,
        limit: int = 50,
        offset: int = 0,
        after: tuple[float, str] | None = None,
    ) -> tuple[list[ListedExecution], int]:
        """Return executions, newest first, and how many match in all.

        `after` is the time and the id of the last that was seen, where the list goes on from there.
        """

        def work(connection: Connection) -> tuple[list[ListedExecution], int]:
            where = _filters(connection, workspace, wanted)
            if where is None:
                return [], 0
            total = _total(connection, workspace, wanted, where)
            count = max(0, min(limit, total - offset))
            if not count:
                return [], total
            if after is None:
                page = _page(where, wanted, count, offset, total)
            else:
                page = self._following(where, wanted, count, after)
            found = connection.execute(page).all()
            rows = connection.execute(_listed.where(executions.c.id.in_([row.id for row in found]))).all()
            known = {row.id: _row(dict(zip(_NAMES, row, strict=True))) for row in rows}
            listed = [known[row.id] for row in found if row.id in known]
            return sorted(listed, key=lambda row: (row.created_at, row.id), reverse=True), total

        return await self._database.read(work)

    def _following(
        self, where: Sequence[ColumnElement[bool]], wanted: Wanted, count: int, after: tuple[float, str]
    ) -> Select[tuple[str]]:
        """Return what finds the ids of the page after a place."""
        c = executions.c
        keys = ((c.created_at, False), (c.id, False))
        following = keyset.after(self._database.dialect, keys, after, "desc")
        ids = select(c.id).where(*where, *_times(wanted), following).limit(count)
        return ids.order_by(*(key.desc() for key, _ in keys))


_NAMES = ListedExecution.__struct_fields__
_listed = select(
    *(sessions.c.name if name == "session" else executions.c[name] for name in _NAMES)
).select_from(executions.outerjoin(sessions, sessions.c.id == executions.c.session_id))


def _row(values: dict[str, object]) -> ListedExecution:
    error = values["error"]
    return msgspec.convert(
        {**values, "error": msgspec.json.decode(error) if isinstance(error, str) else None}, ListedExecution
    )


def _filters(connection: Connection, workspace: str, wanted: Wanted) -> list[ColumnElement[bool]] | None:
    """Return the conditions on executions; None where nothing can match.

    A flow and a session belong to one workspace, so that naming one of it says the workspace too. Leaving the
    workspace out of the conditions lets the database choose the narrower index.
    """
    c = executions.c
    where: list[ColumnElement[bool]] = []
    if wanted.session is not None:
        session_id = connection.scalar(
            select(sessions.c.id).where(sessions.c.workspace == workspace, sessions.c.name == wanted.session)
        )
        if session_id is None:
            return None
        where.append(c.session_id == session_id)
        if wanted.flow_id is not None:
            where.append(
                func.coalesce(c.flow_id, "") == wanted.flow_id
            )  # so that the session's index is used
    elif wanted.flow_id is not None:
        if connection.scalar(select(flows.c.workspace).where(flows.c.id == wanted.flow_id)) != workspace:
            return None
        where.append(c.flow_id == wanted.flow_id)
    else:
        where.append(c.workspace == workspace)
    if wanted.status is not None:
        where.append(c.status == wanted.status)
    if wanted.schedule_id is not None:
        where.append(c.schedule_id == wanted.schedule_id)
    if wanted.owner is not None:
        theirs = select(sessions.c.id).where(
            sessions.c.workspace == workspace,
            or_(sessions.c.owner.is_(None), sessions.c.owner == wanted.owner),
        )
        where.append(or_(c.session_id.is_(None), c.session_id.in_(theirs)))
    return where


def _times(wanted: Wanted) -> list[ColumnElement[bool]]:
    c = executions.c
    times: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        times.append(c.created_at >= wanted.since)
    if wanted.until is not None:
        times.append(c.created_at < wanted.until)
    return times


def _total(
    connection: Connection, workspace: str, wanted: Wanted, where: Sequence[ColumnElement[bool]]
) -> int:
    """Return how many executions match."""

    def counted(*times: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).select_from(executions).where(*where, *times)) or 0

    times = _times(wanted)
    if wanted.session is not None or wanted.owner is not None or wanted.schedule_id is not None:
        return counted(*times)
    total = _kept_count(connection, workspace, wanted)
    if not times:
        return total
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        return 0
    if not _mostly_inside(connection, where, wanted, total):
        return counted(*times)
    c = executions.c
    outside = 0
    if wanted.since is not None:
        outside += counted(c.created_at < wanted.since)
    if wanted.until is not None:
        outside += counted(c.created_at >= wanted.until)
    return total - outside


def _mostly_inside(
    connection: Connection, where: Sequence[ColumnElement[bool]], wanted: Wanted, total: int
) -> bool:
    """Say whether more executions lie within the times than without, as far as the times alone tell."""
    if total < 10_000:
        return False
    c = executions.c
    at = select(c.created_at).where(*where).limit(1)
    first = connection.scalar(at.order_by(c.created_at, c.id)) or 0.0
    last = connection.scalar(at.order_by(c.created_at.desc(), c.id.desc())) or 0.0
    inside = min(last, wanted.until or last) - max(first, wanted.since or first)
    return inside > (last - first) / 2


def _kept_count(connection: Connection, workspace: str, wanted: Wanted) -> int:
    c = execution_counts.c
    kept = select(func.sum(c.runs)).where(c.workspace == workspace)
    if wanted.flow_id is not None:
        kept = kept.where(c.flow_id == wanted.flow_id)
    if wanted.status is not None:
        kept = kept.where(c.status == wanted.status)
    return int(connection.scalar(kept) or 0)


def _page(
    where: Sequence[ColumnElement[bool]], wanted: Wanted, count: int, offset: int, total: int
) -> Select[tuple[str]]:
    """Return what finds the ids of a page, from the end of the index that is nearer to it."""
    c = executions.c
    ids = select(c.id).where(*where, *_times(wanted)).limit(count)
    # Within a session the order of acceptance is that of time, and has an index.
    keys = (c.position,) if wanted.session is not None else (c.created_at, c.id)
    behind = total - offset - count
    if behind < offset:
        return ids.order_by(*keys).offset(behind)
    return ids.order_by(*(key.desc() for key in keys)).offset(offset)
