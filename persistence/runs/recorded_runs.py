"""Recorded runs: what was stored of a run's calls, for runs that go on from it, and its family."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.sql.elements import ColumnElement

from graphs.values.events import CallKey
from persistence.recorded_calls.recorded_calls import StoredCall
from persistence.recorded_calls.stored_results import pack_result, unpack_result
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.large_values import hold, whole
from persistence.storage.tables.large_values import run_values
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import calls, executions
from persistence.storage.value_references import Kept, to_text

__all__ = ["Kin", "RecordedRuns"]

MOST_KIN = 1_000
"""Runs of a family that are listed, about."""
STEP = 200


class Kin(Struct, frozen=True, kw_only=True):
    """A run of a family."""

    id: str
    parent_id: str | None
    status: str
    flow_version: int | None
    session: str | None
    created_at: float
    completed_at: float | None
    options: bytes
    """JSON."""


class RecordedRuns:
    """Reads what runs have recorded, and hands it on to other runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(self, execution_id: str) -> list[StoredCall] | None:
        """Return the calls of a run; None where retention has dropped them."""

        def work(connection: Connection) -> list[StoredCall] | None:
            row = connection.execute(
                select(executions.c.pruned_at).where(executions.c.id == execution_id)
            ).one_or_none()
            if row is None or row.pruned_at is not None:
                return None
            stored = connection.execute(select(calls).where(calls.c.execution_id == execution_id))
            return [
                StoredCall(
                    CallKey(one.task_id, one.number, one.request_hash, one.kind),
                    whole(connection, unpack_result(one.result)),
                )
                for one in stored
            ]

        return await self._database.read(work)

    def give(self, parent: ExecutionRow, kept: Sequence[StoredCall]) -> Callable[[Connection, str], None]:
        """Return what writes calls of a run for the run that is accepted, in the transaction that accepts it.

        Args:
            parent: Whose calls they are.
            kept: The calls.
        """
        most = self._database.large_value_bytes

        def write(connection: Connection, execution_id: str) -> None:
            rows, now = list[dict[str, Any]](), time.time()
            for call in kept:
                result = call.result
                values = Kept(parent.workspace, most)
                if values.is_large(len(result)):
                    small = values.split(msgspec.json.decode(result))
                    if values.values:
                        hold(connection, values, run_values, {"execution_id": execution_id})
                        result = to_text(small).encode()
                key = call.key
                place = {"task_id": key.task_id, "kind": key.kind, "number": key.number}
                theirs = {"request_hash": key.request_hash, "created_at": now, "given": "new"}
                rows.append({"execution_id": execution_id, "result": pack_result(result), **place, **theirs})
            if rows:
                connection.execute(insert(calls), rows)

        return write

    async def is_latest(self, row: ExecutionRow) -> bool:
        """Say whether no later run of its session was accepted."""
        if row.session_id is None:
            return True
        last = select(func.max(executions.c.position)).where(executions.c.session_id == row.session_id)
        return await self._database.read(lambda connection: connection.scalar(last)) == row.position

    async def family(self, row: ExecutionRow) -> list[Kin]:
        """Return the runs that a run comes from and all that come from those, oldest first."""

        def work(connection: Connection) -> list[Kin]:
            found: dict[str, Kin] = {}
            up: str | None = row.id
            while up is not None and up not in found and len(found) < MOST_KIN:
                above = {one.id: one for one in _kin(connection, row.workspace, executions.c.id == up)}
                found |= above
                up = above[up].parent_id if up in above else None
            below = [*found]
            while below and len(found) < MOST_KIN:
                part, below = below[:STEP], below[STEP:]
                children = _kin(connection, row.workspace, executions.c.parent_id.in_(part))
                fresh = {one.id: one for one in children if one.id not in found}
                found |= fresh
                below += fresh
            return sorted(found.values(), key=lambda one: (one.created_at, one.id))

        return await self._database.read(work)


def _kin(connection: Connection, workspace: str, which: ColumnElement[bool]) -> list[Kin]:
    c = executions.c
    wanted = select(
        c.id, c.parent_id, c.status, c.flow_version, c.created_at, c.completed_at, c.options, sessions.c.name
    )
    rows = connection.execute(
        wanted.select_from(executions.outerjoin(sessions, sessions.c.id == c.session_id))
        .where(c.workspace == workspace, which)
        .order_by(c.created_at, c.id)
        .limit(MOST_KIN)
    )
    return [
        Kin(
            id=one.id,
            parent_id=one.parent_id,
            status=one.status,
            flow_version=one.flow_version,
            session=one.name,
            created_at=one.created_at,
            completed_at=one.completed_at,
            options=one.options.encode(),
        )
        for one in rows
    ]
