"""Executions: accepted, begun, adopted, cancelled and listed; every change of status is one statement."""

import time
from collections.abc import Sequence

from sqlalchemy import Connection, case, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from persistence.runs.accept import (
    Acceptance,
    Accepted,
    Busy,
    Idempotency,
    IdempotencyConflict,
    NewExecution,
    NotTheirs,
    OnBusy,
)
from persistence.runs.execution_rows import (
    OPEN,
    ExecutionRow,
    begin_run,
    by_id,
    goes_on,
    is_open,
    new_id,
    read_row,
    selected,
)
from persistence.runs.open_runs import OpenRuns, TooManyRuns
from persistence.runs.paused_runs import wake
from persistence.storage.clock import clock
from persistence.storage.database import Database
from persistence.storage.tables import executions, idempotency_keys, processes

__all__ = [
    "OPEN",
    "Accepted",
    "Busy",
    "NotTheirs",
    "ExecutionRow",
    "Executions",
    "Idempotency",
    "IdempotencyConflict",
    "NewExecution",
    "OnBusy",
    "TooManyRuns",
    "goes_on",
    "new_id",
]


_was_running = case((executions.c.status == "running", 1), else_=0)


class Executions:
    """The executions table and its neighbours `processes` and `idempotency_keys`.

    Args:
        database: Where they are.
        max_open: How many runs of one workspace may be pending or running at once; 0 for any number.
        max_open_of_flow: The same of one flow.
    """

    def __init__(self, database: Database, *, max_open: int = 0, max_open_of_flow: int = 0) -> None:
        self._database = database
        room = OpenRuns(database, most=max_open, most_of_flow=max_open_of_flow)
        self._acceptance = Acceptance(database, room)

    async def accept(self, new: NewExecution, process_id: str, *, begin: bool) -> Accepted:
        """Write an execution down, and with `begin` start it at once if its session is idle.

        From the moment this returns the run is never lost.

        Raises:
            Busy: the session has an open run and `new.on_busy` is ``refuse``.
            IdempotencyConflict: the key was used with another body.
            TooManyRuns: as many runs are open as may be.
        """
        accepted = await self._accept(new, process_id, begin=begin)
        if isinstance(accepted, TooManyRuns):
            raise accepted
        return accepted

    async def _accept(self, new: NewExecution, process_id: str, *, begin: bool) -> Accepted | TooManyRuns:
        execution_id = new_id()
        for _ in range(3):
            try:
                return await self._database.write(
                    lambda connection: self._acceptance.accept(
                        connection, new, execution_id, process_id, begin=begin
                    )
                )
            except IntegrityError:  # another process made the session, used the key or began in this moment
                continue
        return await self._database.write(
            lambda connection: self._acceptance.accept(connection, new, execution_id, process_id, begin=False)
        )

    async def forget_request(self, workspace: str, request: Idempotency) -> None:
        """Free an idempotency key: the same request is a new one from now on."""
        forgotten = delete(idempotency_keys).where(
            idempotency_keys.c.workspace == workspace,
            idempotency_keys.c.route == request.route,
            idempotency_keys.c.key == request.key,
        )
        await self._database.write(lambda connection: connection.execute(forgotten))

    async def begin(self, execution_id: str, process_id: str) -> ExecutionRow | None:
        """Start a pending run if it is its session's turn; None if it is not."""

        def work(connection: Connection) -> ExecutionRow | None:
            if not begin_run(connection, execution_id, process_id):
                return None
            return read_row(connection.execute(by_id, {"id": execution_id}).one())

        try:
            return await self._database.write(work)
        except IntegrityError:  # another process began a run of the session in the same moment
            return None

    async def get(self, workspace: str | None, execution_id: str) -> ExecutionRow | None:
        """Return an execution of the workspace; of any workspace for None, which no request may ask."""
        statement = by_id if workspace is None else by_id.where(executions.c.workspace == workspace)

        def work(connection: Connection) -> ExecutionRow | None:
            found = connection.execute(statement, {"id": execution_id}).one_or_none()
            return None if found is None else read_row(found)

        return await self._database.read(work)

    async def request_cancel(self, workspace: str, execution_id: str, process_id: str) -> ExecutionRow | None:
        """Ask an open run to end, whichever process runs it; None if there is no such execution.

        One that waits for an input is left to `process_id`, since no other would see to its end.
        """
        asked = update(executions).where(
            executions.c.id == execution_id,
            executions.c.workspace == workspace,
            executions.c.status.in_(OPEN),
            executions.c.cancel_requested == "",
        )
        statement = by_id.where(executions.c.workspace == workspace)
        parked = select(executions.c.id).where(
            executions.c.id == execution_id,
            executions.c.workspace == workspace,
            executions.c.parked_at.is_not(None),
        )

        def work(connection: Connection) -> ExecutionRow | None:
            connection.execute(asked.values(cancel_requested="cancel"))
            if connection.scalar(parked) is not None:
                wake(connection, [execution_id], process_id)
            found = connection.execute(statement, {"id": execution_id}).one_or_none()
            return None if found is None else read_row(found)

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
            return read_row(connection.execute(by_id, {"id": execution_id}).one())

        return await self._database.write(work)

    async def cancels(self, process_id: str) -> dict[str, str]:
        """Return the open runs of a process that were asked to end, with the way they were asked."""
        statement = select(executions.c.id, executions.c.cancel_requested).where(
            is_open(),
            executions.c.process_id == process_id,
            executions.c.cancel_requested != "",
        )
        return await self._database.read(
            lambda connection: {row.id: row.cancel_requested for row in connection.execute(statement)}
        )

    async def adopt(self, process_id: str, *, lease: float, limit: int = 100) -> list[ExecutionRow]:
        """Take over open runs that nobody runs: handed back, or of a process unseen for `lease` seconds.

        Each row comes with its new claim, so that nothing the former owner still writes is accepted.
        None are taken where the process itself was not seen for so long: what kept this write waiting has
        kept the others from saying that they live.
        """

        def work(connection: Connection) -> list[ExecutionRow]:
            recent = processes.c.seen_at > clock(connection) - lease
            if connection.scalar(select(recent).where(processes.c.id == process_id)) is False:
                return []
            alive = select(processes.c.id).where(recent)
            orphans = connection.scalars(
                select(executions.c.id)
                .where(
                    is_open(),
                    executions.c.status != "waiting_approval",
                    executions.c.parked_at.is_(None),
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
                    recoveries=executions.c.recoveries + _was_running,
                )
            )
            rows = connection.execute(selected.where(executions.c.id.in_(orphans)))
            return sorted((read_row(row) for row in rows), key=lambda row: (row.created_at, row.position))

        return await self._database.write(work)

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
        started = time.time()

        def work(connection: Connection) -> list[tuple[str, str, int]]:
            now = clock(connection)
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
