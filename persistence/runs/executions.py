"""Executions: accepted, begun, adopted, cancelled and listed; every change of status is one statement."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from persistence.journal.paused_runs import wake
from persistence.runs.accept import (
    Acceptance,
    Busy,
    NewExecution,
    NotTheirs,
    OnBusy,
)
from persistence.runs.leases import Leases
from persistence.runs.open_runs import OpenRuns, TooManyRuns
from persistence.runs.repeated_requests import (
    Accepted,
    Idempotency,
    IdempotencyConflict,
    is_retried,
    same_request,
)
from persistence.storage.database import Database
from persistence.storage.execution_rows import (
    OPEN,
    ExecutionRow,
    begin_run,
    by_id,
    goes_on,
    is_open,
    read_row,
    selected,
)
from persistence.storage.ids import new_id
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions, idempotency_keys

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


class Executions(Leases):
    """The executions table and its neighbours `processes` and `idempotency_keys`.

    Args:
        database: Where they are.
        max_open: How many runs of one workspace may be pending or running at once; 0 for any number.
        max_open_of_flow: The same of one flow.
    """

    def __init__(self, database: Database, *, max_open: int = 0, max_open_of_flow: int = 0) -> None:
        super().__init__(database)
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

    async def known_request(self, workspace: str, request: Idempotency) -> Accepted | None:
        """Return what became of the request that used an idempotency key before; None for a new key.

        Raises:
            IdempotencyConflict: the key was used with another body.
        """
        return await self._database.write(lambda connection: same_request(connection, workspace, request))

    async def retried(self, workspace: str, request: Idempotency, execution_id: str) -> bool:
        """Say whether a client has sent a request again since, and found the same run."""
        return await self._database.read(
            lambda connection: is_retried(connection, workspace, request, execution_id)
        )

    async def begin(self, execution_id: str, process_id: str) -> ExecutionRow | None:
        """Start a pending run if it is its session's turn; None if it is not."""

        def work(connection: Connection) -> ExecutionRow | None:
            if not begin_run(connection, execution_id, process_id):
                return None
            return read_row(connection, connection.execute(by_id, {"id": execution_id}).one())

        try:
            return await self._database.write(work)
        except IntegrityError:  # another process began a run of the session in the same moment
            return None

    async def get(
        self, workspace: str | None, execution_id: str, *, owner: str | None = None
    ) -> ExecutionRow | None:
        """Return an execution of the workspace; of any workspace for None, which no request may ask.

        With an `owner`, none that is in a session of somebody else.
        """
        statement = by_id if workspace is None else by_id.where(executions.c.workspace == workspace)

        def work(connection: Connection) -> ExecutionRow | None:
            found = connection.execute(statement, {"id": execution_id}).one_or_none()
            row = None if found is None else read_row(connection, found)
            if row is None or owner is None or row.session_id is None:
                return row
            whose = connection.scalar(select(sessions.c.owner).where(sessions.c.id == row.session_id))
            return row if not whose or whose == owner else None

        return await self._database.read(work)

    async def several(self, workspace: str, execution_ids: Sequence[str]) -> dict[str, ExecutionRow]:
        """Return executions of the workspace by their ids."""
        wanted = selected.where(executions.c.workspace == workspace, executions.c.id.in_(execution_ids))

        def work(connection: Connection) -> dict[str, ExecutionRow]:
            return {row.id: read_row(connection, row) for row in connection.execute(wanted).all()}

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
            return None if found is None else read_row(connection, found)

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
            return read_row(connection, connection.execute(by_id, {"id": execution_id}).one())

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
