"""Leases: which process runs which executions, and who takes them over when a process is gone."""

import logging
import math
import time
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, case, delete, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from persistence.runs.waiting_runs import of_queues
from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.execution_rows import OPEN, ExecutionRow, is_open, read_row, selected
from persistence.storage.tables.runs import executions, processes

__all__ = ["Leases"]

JUMP = 0.2
"""Seconds by which a clock may be wrong between two beats before that is a jump."""

AHEAD = 60.0
"""Seconds that a process may have been seen in the future; more is of before the clock was set back."""

log = logging.getLogger("agenticrag.executions")

_was_running = case((executions.c.status == "running", 1), else_=0)


class Leases:
    """The table `processes`, and who runs what of the table `executions`.

    It keeps promise 1 of docs/durability.md after a crash: a run whose process is gone is taken over.
    A process renews the lease of all its runs with one `beat`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._beaten: tuple[float, float, float] | None = None
        """The database's time at the last beat, between which two moments of this process that was."""
        self._jumped_at = -math.inf

    async def adopt(
        self, process_id: str, *, lease: float, limit: int = 100, queues: Collection[str] | None = None
    ) -> list[ExecutionRow]:
        """Take over open runs that nobody runs: handed back, or of a process unseen for `lease` seconds.

        With `queues` only runs of these that had begun; those of dead processes that had not are left to
        whoever takes runs that wait.

        Each row comes with its new claim, so that nothing the former owner still writes is accepted.
        None are taken where the process itself was not seen for so long: what kept this write waiting has
        kept the others from saying that they live. After a jump of the database's clock all that are known
        count as alive for a lease: each of them gets the time to say so by the new time.
        """
        began = time.monotonic()

        def work(connection: Connection) -> list[ExecutionRow]:
            now = steady(connection)
            self._notice_jump(float(connection.scalar(select(now)) or 0.0), began, time.monotonic())
            jumped = time.monotonic() - self._jumped_at < lease
            recent = processes.c.seen_at > now - lease
            if connection.scalar(select(recent).where(processes.c.id == process_id)) is False:
                return []
            alive = select(processes.c.id) if jumped else select(processes.c.id).where(recent)
            gone = executions.c.process_id.not_in(alive)
            wanted: list[ColumnElement[bool]] = []
            if queues is not None:
                connection.execute(
                    update(executions)
                    .where(is_open(), executions.c.status == "pending", gone)
                    .values(process_id=None, claim=executions.c.claim + 1)
                )
                wanted = [executions.c.status == "running", of_queues(queues)]
            orphans = connection.scalars(
                select(executions.c.id)
                .where(
                    is_open(),
                    executions.c.status != "waiting_approval",
                    executions.c.parked_at.is_(None),
                    or_(executions.c.process_id.is_(None), gone),
                    *wanted,
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
                    recoveries=executions.c.recoveries + _was_running,
                )
            )
            rows = connection.execute(selected.where(executions.c.id.in_(orphans)))
            return sorted(
                (read_row(connection, row) for row in rows), key=lambda row: (row.created_at, row.position)
            )

        return await self._database.write(work)

    async def left_with(self, process_id: str) -> list[ExecutionRow]:
        """Return the open runs that a process has by the database, without those that wait for an input."""
        wanted = selected.where(
            is_open(), executions.c.process_id == process_id, executions.c.parked_at.is_(None)
        )
        return await self._database.read(
            lambda connection: [read_row(connection, row) for row in connection.execute(wanted)]
        )

    async def hand_back(self, rows: Sequence[ExecutionRow]) -> None:
        """Leave runs to any process that adopts them; the stop was no fault, so it costs no recovery."""
        await self._leave(rows, executions.c.recoveries - _was_running)

    async def give_up(self, rows: Sequence[ExecutionRow]) -> None:
        """Leave runs that failed here to any process that adopts them, at the price of a recovery."""
        await self._leave(rows, executions.c.recoveries)

    async def _leave(self, rows: Sequence[ExecutionRow], recoveries: ColumnElement[int]) -> None:
        if not rows:
            return

        def work(connection: Connection) -> None:
            for row in rows:
                connection.execute(
                    update(executions)
                    .where(
                        executions.c.id == row.id,
                        executions.c.claim == row.claim,
                        executions.c.status.in_(OPEN),
                    )
                    .values(process_id=None, claim=executions.c.claim + 1, recoveries=recoveries)
                )

        await self._database.write(work)

    async def beat(self, process_id: str, host: str, pid: int) -> list[tuple[str, str, int]]:
        """Say that a process lives, and return (id, host, pid) of all that are known."""
        started, began = time.time(), time.monotonic()

        def work(connection: Connection) -> list[tuple[str, str, int]]:
            now = steady(connection)
            seen = update(processes).where(processes.c.id == process_id).values(seen_at=now)
            if connection.execute(seen).rowcount == 0:
                connection.execute(
                    insert(processes).values(
                        id=process_id, host=host, pid=pid, started_at=started, seen_at=now
                    )
                )
            c = processes.c
            rows = connection.execute(select(c.id, c.host, c.pid, c.seen_at, now.label("now"))).all()
            if any(row.seen_at > row.now + AHEAD for row in rows):  # before the clock was set back
                connection.execute(update(processes).where(c.seen_at > now + AHEAD).values(seen_at=now))
            self._notice_jump(rows[0].now, began, time.monotonic())
            return [(row.id, row.host, row.pid) for row in rows]

        return await self._database.write(work)

    def _notice_jump(self, moment: float, began: float, ended: float) -> None:
        """Notice where the database's clock went by more, or less, than the time that has passed."""
        if self._beaten is not None:
            before, earliest, latest = self._beaten
            passed = moment - before
            if not began - latest - JUMP < passed < ended - earliest + JUMP:
                self._jumped_at = ended
                log.warning("The database's clock jumped by %.1f s.", passed - (ended - latest))
        self._beaten = moment, began, ended

    async def bury(self, process_ids: Sequence[str]) -> None:
        """Forget processes that are known to be dead: their runs may be adopted at once."""
        await self._database.write(
            lambda c: c.execute(delete(processes).where(processes.c.id.in_(process_ids)))
        )
