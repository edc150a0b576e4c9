"""Questions of conversations: what runs of a session ask whom they talk with, and what keeps it waiting."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, select

from graphs.conversation.messages import InputAudience, Message
from graphs.conversation.spoken_answers import exchange
from persistence.journal.question_rows import InputRow, read_input
from persistence.runs.accept import check_owner
from persistence.storage.database import Database
from persistence.storage.execution_rows import OPEN
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions, inputs

__all__ = ["ConversationQuestions", "SessionQuestions"]


class SessionQuestions(Struct, frozen=True):
    """What a session waits for."""

    visitor: InputRow | None
    """The oldest question that its next message answers."""
    team: InputRow | None
    """The oldest question for the team of a run that rests."""


class ConversationQuestions:
    """Reads the questions that are part of conversations; see `InputRequest.conversation`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, workspace: str, session: str, owner: str, *, any_session: bool) -> SessionQuestions:
        """Return what a session waits for.

        Args:
            workspace: Whose session it is.
            session: The caller's name of it.
            owner: Who asks.
            any_session: Whether they may write to sessions of others.

        Raises:
            NotTheirs: the session is another's.
        """
        wanted = (
            select(inputs, executions.c.status, sessions.c.owner)
            .select_from(
                inputs.join(executions, executions.c.id == inputs.c.execution_id).join(
                    sessions, sessions.c.id == executions.c.session_id
                )
            )
            .where(
                sessions.c.workspace == workspace,
                sessions.c.name == session,
                executions.c.status.in_(OPEN),
                executions.c.cancel_requested == "",
                inputs.c.answered_at.is_(None),
                inputs.c.kind != "timer",
            )
            .order_by(inputs.c.requested_at, inputs.c.id)
        )

        def work(connection: Connection) -> SessionQuestions:
            visitor = team = None
            rows = connection.execute(wanted).all()
            for found in rows:
                check_owner(session, found.owner or "", owner, any_session=any_session)
                row = read_input(found)
                if not row.request.conversation:
                    continue
                if row.request.audience == "visitor":
                    visitor = visitor or row
                elif found.status == "waiting_approval":
                    team = team or row
            return SessionQuestions(visitor, team)

        return await self._database.read(work)

    async def kept_waiting(self, execution_id: str) -> InputAudience | None:
        """Return for whom a pending run waits: the run before it in its session rests until they answer.

        None where the run before it goes on, or its questions are no part of a conversation.
        """
        waiting = executions.alias("waiting")
        wanted = (
            select(inputs)
            .select_from(
                waiting.join(
                    executions,
                    and_(executions.c.session_id == waiting.c.session_id, executions.c.id != waiting.c.id),
                ).join(inputs, inputs.c.execution_id == executions.c.id)
            )
            .where(
                waiting.c.id == execution_id,
                executions.c.status == "waiting_approval",
                executions.c.cancel_requested == "",
                inputs.c.answered_at.is_(None),
                inputs.c.kind != "timer",
            )
            .order_by(inputs.c.requested_at, inputs.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        audiences: list[InputAudience] = [
            row.request.audience for row in map(read_input, rows) if row.request.conversation
        ]
        return "visitor" if "visitor" in audiences else audiences[0] if audiences else None

    async def messages(self, session_id: str, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return what open runs of a session have asked whom they talk with and were answered, as messages.

        Args:
            session_id: Our own id of the session.
            known: The messages of its history, which has those of questions that their node is done with.
        """
        wanted = (
            select(inputs)
            .select_from(inputs.join(executions, executions.c.id == inputs.c.execution_id))
            .where(executions.c.session_id == session_id, executions.c.status.in_(OPEN))
            .order_by(inputs.c.requested_at, inputs.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        ids = {message.get("id") for message in known}
        return [
            msgspec.to_builtins(message)
            for row in map(read_input, rows)
            if row.request.conversation and row.request.audience == "visitor"
            for message in _messages(row)
            if message.id not in ids
        ]


def _messages(row: InputRow) -> list[Message]:
    times = (row.requested_at, row.answered_at or row.requested_at)
    return [
        msgspec.structs.replace(
            message, created_at=at, metadata={"execution_id": row.execution_id, **message.metadata}
        )
        for message, at in zip(exchange(row.id, row.request, row.answer), times, strict=False)
    ]
