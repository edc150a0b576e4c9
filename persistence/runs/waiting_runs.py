"""Waiting runs: accepted runs that no process has, and how a worker begins them.

A worker takes runs of one workspace at a time: turns between workspaces are made of this. The rows are the
truth. A worker that is told twice of a run, or not at all, begins it once.
"""

import time
from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Connection, and_, func, literal_column, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow, its_turn, read_row, selected
from persistence.storage.tables.runs import executions

__all__ = ["DEFAULT_QUEUE", "QUEUE", "WAITS", "Place", "WaitingRuns", "of_queues"]

DEFAULT_QUEUE = "default"
"""The queue of runs that no rule gives another; runs that were accepted without a queue are in it too."""


QUEUE = func.coalesce(executions.c.queue, literal_column(f"'{DEFAULT_QUEUE}'"))
"""The queue that an execution waits in."""


class Place(Struct, frozen=True):
    """Where runs wait."""

    queue: str
    workspace: str


def of_queues(queues: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an execution is in one of these queues."""
    named = executions.c.queue.in_(sorted(queues))
    return or_(named, executions.c.queue.is_(None)) if DEFAULT_QUEUE in queues else named


WAITS = and_(
    executions.c.status == literal_column("'pending'"),  # in the words of the index, as `is_open` is
    executions.c.process_id.is_(None),
)
"""The condition that an execution waits for any worker."""


class WaitingRuns:
    """The runs of the table `executions` that wait for any worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, process_id: str, place: Place, *, limit: int, most_running: int = 0, below: int | None = None
    ) -> list[ExecutionRow]:
        """Begin up to `limit` runs that wait in a place, each if it is its session's turn.

        Each row comes with its new claim. Two processes never get the same run.

        Args:
            process_id: Who is to run them.
            place: The queue and the workspace.
            limit: How many at most.
            most_running: How many runs of the workspace may run at once, in all processes; 0 for any number.
            below: Only runs whose priority is below this; None for any.
        """

        def work(connection: Connection) -> list[ExecutionRow]:
            room = limit
            if most_running:
                if self._database.dialect == "postgresql":  # SQLite has one writer at a time
                    lock = text("SELECT pg_advisory_xact_lock(hashtext(:workspace))")
                    connection.execute(lock, {"workspace": f"agenticrag-cap-{place.workspace}"})
                running = connection.scalar(
                    select(func.count()).where(
                        executions.c.workspace == place.workspace, executions.c.status == "running"
                    )
                )
                room = min(limit, most_running - int(running or 0))
            if room <= 0:
                return []
            found = connection.scalars(
                select(executions.c.id)
                .where(
                    WAITS,
                    of_queues([place.queue]),
                    executions.c.workspace == place.workspace,
                    its_turn,
                    *(() if below is None else (func.coalesce(executions.c.priority, 0) < below,)),
                )
                .order_by(executions.c.priority, executions.c.position)
                .limit(room)
                .with_for_update(skip_locked=True)
            ).all()
            if not found:
                return []
            connection.execute(
                update(executions)
                .where(executions.c.id.in_(found))
                .values(
                    status="running",
                    process_id=process_id,
                    claim=executions.c.claim + 1,
                    started_at=func.coalesce(executions.c.started_at, time.time()),
                )
            )
            rows = connection.execute(selected.where(executions.c.id.in_(found)))
            taken = [read_row(connection, row) for row in rows]
            return sorted(taken, key=lambda row: found.index(row.id))

        try:
            return await self._database.write(work)
        except IntegrityError:  # another process began a run of one of the sessions in the same moment
            return []

    async def places(self, queues: Collection[str], *, workspace: str | None = None) -> list[Place]:
        """Return where runs wait in these queues; of one workspace, or of all."""
        wanted = select(QUEUE, executions.c.workspace).where(WAITS, of_queues(queues)).distinct()
        if workspace is not None:
            wanted = wanted.where(executions.c.workspace == workspace)
        return await self._database.read(
            lambda connection: [Place(*row) for row in connection.execute(wanted)]
        )
