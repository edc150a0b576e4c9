"""What a question to a person looks like in the database, and how a run writes and reads its own."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, case, func, insert, select

from graphs.conversation.messages import InputAnswer, InputRequest
from graphs.conversation.spoken_answers import input_id
from persistence.storage.clock import clock
from persistence.storage.tables.runs import inputs

__all__ = ["InputRow", "add_input", "input_id", "read_input", "stored_inputs"]


class InputRow(Struct, frozen=True, kw_only=True):
    """A question of a run. Times are Unix seconds by the database's clock."""

    id: str
    execution_id: str
    workspace: str
    node: str
    path: str
    request: InputRequest
    requested_at: float
    expires_at: float | None
    answered_at: float | None = None
    answer: InputAnswer | None = None
    """None while it is open; action ``withdrawn`` where the run ended first."""


def add_input(connection: Connection, row: InputRow) -> None:
    """Write a question down; its times are the database's, whatever `row` has.

    Of two that are asked in one moment, the one that is asked later is the later one here too.
    """
    now = clock(connection)
    latest = select(func.max(inputs.c.requested_at)).where(inputs.c.execution_id == row.execution_id)
    last = connection.scalar(latest)
    timeout, until = row.request.timeout_seconds, row.request.expires_at
    connection.execute(
        insert(inputs).values(
            id=row.id,
            execution_id=row.execution_id,
            workspace=row.workspace,
            node=row.node,
            path=row.path,
            kind=row.request.kind,
            request=msgspec.json.encode(row.request).decode(),
            requested_at=now if last is None else case((now > last, now), else_=last + 1e-6),
            expires_at=until if timeout is None else now + timeout,
        )
    )


def read_input(row: Row[Any]) -> InputRow:
    """Return a row of the table as a value."""
    answer = None if row.answer is None else msgspec.json.decode(row.answer, type=InputAnswer)
    return InputRow(
        id=row.id,
        execution_id=row.execution_id,
        workspace=row.workspace,
        node=row.node,
        path=row.path,
        request=msgspec.json.decode(row.request, type=InputRequest),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
        answer=None if answer is None else msgspec.structs.replace(answer, by=row.answered_by or ""),
    )


def stored_inputs(connection: Connection, execution_id: str) -> list[InputRow]:
    """Return the questions of a run, oldest first."""
    wanted = select(inputs).where(inputs.c.execution_id == execution_id)
    wanted = wanted.order_by(inputs.c.requested_at, inputs.c.id)
    return [read_input(row) for row in connection.execute(wanted)]
