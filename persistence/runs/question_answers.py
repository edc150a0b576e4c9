"""Questions: what runs ask people, the answers, and the expiry of questions."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, literal, or_, select, update

from graphs.conversation.messages import InputAnswer
from persistence.journal.paused_runs import last_event, lock, wake
from persistence.journal.question_rows import InputRow, read_input, stored_inputs
from persistence.runs.repeated_requests import Idempotency, remember_request, same_request
from persistence.storage import keyset
from persistence.storage.clock import clock
from persistence.storage.database import Database
from persistence.storage.execution_rows import OPEN, ExecutionRow, by_id, read_row
from persistence.storage.tables.runs import executions, inputs

__all__ = ["Answered", "Inputs", "NotOpen"]

DUE = 100
"""Questions that one look lets expire at most."""


class NotOpen(Exception):
    """The question takes no answer any more; `row` has the one that it has."""

    def __init__(self, row: InputRow) -> None:
        super().__init__(row.id)
        self.row = row


class Answered(Struct, frozen=True):
    """What came of an answer."""

    input: InputRow
    execution: ExecutionRow
    """As it stands then: ``pending``, of the process that took the answer, where it waited for it."""
    replayed: bool = False
    """True where the idempotency key was that of an earlier answer."""
    after: int = 0
    """The last event before the answer."""


class Inputs:
    """The table of questions. Runs write their own by their recorders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, execution_id: str) -> list[InputRow]:
        """Return the questions of an execution, oldest first."""
        return await self._database.read(lambda connection: stored_inputs(connection, execution_id))

    async def open(
        self, workspace: str, *, limit: int = 50, offset: int = 0, after: tuple[float, str] | None = None
    ) -> tuple[list[InputRow], int]:
        """Return the questions that wait for people of a workspace, oldest first, and how many there are.

        `after` is the time and the id of the last that was seen, where the list goes on from there.
        """
        wanted = (
            inputs.c.workspace == workspace,
            inputs.c.answered_at.is_(None),
            inputs.c.kind != "timer",
        )
        keys = ((inputs.c.requested_at, False), (inputs.c.id, False))
        following = [] if after is None else [keyset.after(self._database.dialect, keys, after, "asc")]
        page = select(inputs).where(*wanted, *following).order_by(*(key for key, _ in keys))

        def work(connection: Connection) -> tuple[list[InputRow], int]:
            rows = connection.execute(page.limit(limit).offset(offset)).all()
            count = connection.scalar(select(func.count()).select_from(inputs).where(*wanted))
            return [read_input(row) for row in rows], int(count or 0)

        return await self._database.read(work)

    async def respond(
        self,
        question: InputRow,
        answer: InputAnswer,
        process_id: str | None,
        *,
        idempotency: Idempotency | None = None,
    ) -> Answered:
        """Answer a question, once and for all; a run that waits for it is left to `process_id`.

        Raises:
            NotOpen: it was answered, it expired, or its run has ended; nothing is changed.
            IdempotencyConflict: the key was used with another body.
        """

        def work(connection: Connection) -> Answered:
            lock(connection, [question.execution_id])
            if idempotency is not None:
                known = same_request(connection, question.workspace, idempotency)
                if known is not None:
                    answered = _input(connection, question.id)
                    return Answered(answered, known.execution, replayed=True, after=known.after)
            now = clock(connection)
            given = update(inputs).where(
                inputs.c.id == question.id,
                inputs.c.answered_at.is_(None),
                or_(inputs.c.expires_at.is_(None), inputs.c.expires_at > now),
                select(literal(1))
                .where(executions.c.id == question.execution_id, executions.c.status.in_(OPEN))
                .exists(),
            )
            kept = msgspec.json.encode(msgspec.structs.replace(answer, by="")).decode()
            values = {"answered_at": now, "answer": kept, "answered_by": answer.by}
            if connection.execute(given.values(**values)).rowcount != 1:
                raise NotOpen(_input(connection, question.id))
            after = last_event(connection, question.execution_id)
            wake(connection, [question.execution_id], process_id)
            if idempotency is not None:
                remember_request(connection, question.workspace, idempotency, question.execution_id, after)
            row = read_row(connection, connection.execute(by_id, {"id": question.execution_id}).one())
            return Answered(_input(connection, question.id), row, after=after)

        return await self._database.write(work)

    async def expire(self) -> int:
        """Let time answer the questions whose time has come, and return how many there were.

        Runs that waited for them are left to whichever process adopts them.
        """
        due = await self._database.read(_due)
        if not due:
            return 0

        def work(connection: Connection) -> int:
            runs = sorted({execution_id for _, execution_id in due})
            lock(connection, runs)
            expired = (
                update(inputs)
                .where(inputs.c.id.in_([id for id, _ in due]), inputs.c.answered_at.is_(None))
                .values(answered_at=clock(connection), answer='{"action":"expired"}')
            )
            count = connection.execute(expired).rowcount
            wake(connection, runs, None)
            return count

        return await self._database.write(work)


def _due(connection: Connection) -> list[tuple[str, str]]:
    wanted = (
        select(inputs.c.id, inputs.c.execution_id)
        .where(
            inputs.c.answered_at.is_(None),
            inputs.c.expires_at.is_not(None),
            inputs.c.expires_at <= clock(connection),
        )
        .order_by(inputs.c.expires_at)
        .limit(DUE)
    )
    return [(row.id, row.execution_id) for row in connection.execute(wanted)]


def _input(connection: Connection, input_id: str) -> InputRow:
    return read_input(connection.execute(select(inputs).where(inputs.c.id == input_id)).one())
