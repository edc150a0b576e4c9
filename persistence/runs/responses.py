"""Responses: answers that clients of other protocols know by an id, a stretch of a run's events each."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, select, update

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.tables.runs import executions, responses

__all__ = ["ResponseRow", "Responses"]


class ResponseRow(Struct, frozen=True, kw_only=True):
    """A response as it is stored."""

    id: str
    workspace: str
    execution_id: str
    after: int
    """The last event before it."""
    previous_id: str | None
    asked: dict[str, Any]
    """What of the request the answer repeats."""
    created_at: float
    deleted: bool = False
    """Whether it is hidden."""


class Responses:
    """The responses of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, row: ResponseRow) -> None:
        """Store a response; one that is there already stays as it is."""
        kept = (
            insert_into(self._database.dialect, responses)
            .values(
                id=row.id,
                workspace=row.workspace,
                execution_id=row.execution_id,
                after_seq=row.after,
                previous_id=row.previous_id,
                asked=msgspec.json.encode(row.asked).decode(),
                created_at=row.created_at,
            )
            .on_conflict_do_nothing()
        )
        await self._database.write(lambda connection: connection.execute(kept))

    async def get(self, workspace: str, id: str) -> ResponseRow | None:
        """Return a response that is not deleted."""
        wanted = select(responses).where(
            responses.c.workspace == workspace, responses.c.id == id, responses.c.deleted_at.is_(None)
        )
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else _row(found)

    async def of_runs(self, workspace: str, execution_ids: Sequence[str]) -> list[ResponseRow]:
        """Return the responses of runs that are known by plain ids, the first of each run first, hidden ones
        too."""
        wanted = (
            select(responses)
            .where(
                responses.c.workspace == workspace,
                responses.c.execution_id.in_(execution_ids),
                responses.c.id.not_like("resp%"),
            )
            .order_by(responses.c.after_seq)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_row(row) for row in rows]

    async def delete(self, workspace: str, id: str) -> None:
        """Hide a response from now on; its run and its session stay."""
        hidden = (
            update(responses)
            .where(responses.c.workspace == workspace, responses.c.id == id)
            .values(deleted_at=time.time())
        )
        await self._database.write(lambda connection: connection.execute(hidden))

    async def take_end(self, row: ResponseRow) -> bool:
        """Say whether a response is the end of its session, and take that place for one that continues it.

        Only the first who asks is told so.
        """
        mine = executions.alias("mine")
        last = (
            select(func.max(executions.c.position))
            .select_from(mine.join(executions, executions.c.session_id == mine.c.session_id))
            .where(mine.c.id == row.execution_id)
            .scalar_subquery()
        )
        is_last = select(mine.c.position == last).where(mine.c.id == row.execution_id)
        later = select(responses.c.id).where(
            responses.c.execution_id == row.execution_id, responses.c.after_seq > row.after
        )
        taken = (
            update(responses)
            .where(responses.c.id == row.id, responses.c.continued_at.is_(None))
            .values(continued_at=time.time())
        )

        def work(connection: Connection) -> bool:
            if not connection.scalar(is_last) or connection.execute(later.limit(1)).first() is not None:
                return False
            return connection.execute(taken).rowcount == 1

        return await self._database.write(work)

    async def free_end(self, row: ResponseRow) -> None:
        """Give the place back, since nothing has come of what would continue it."""
        freed = update(responses).where(responses.c.id == row.id).values(continued_at=None)
        await self._database.write(lambda connection: connection.execute(freed))


def _row(found: Row[Any]) -> ResponseRow:
    return ResponseRow(
        id=found.id,
        workspace=found.workspace,
        execution_id=found.execution_id,
        after=found.after_seq,
        previous_id=found.previous_id,
        asked=msgspec.json.decode(found.asked),
        created_at=found.created_at,
        deleted=found.deleted_at is not None,
    )
