"""Conversations: a session as who talks in it sees it, turn by turn, and what they think of the answers."""

import time
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from graphs.conversation.files import FileRef
from persistence.storage import keyset
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.large_values import Finder
from persistence.storage.tables.library import feedback, sessions
from persistence.storage.tables.runs import executions
from persistence.storage.value_references import from_text

__all__ = ["Conversations", "Opinion", "Rating", "Turn"]

Rating = Literal["up", "down"]


class Turn(Struct, frozen=True, kw_only=True):
    """A message and what came of it. Times are Unix seconds."""

    execution_id: str
    message: str
    files: list[FileRef]
    response: str
    """Empty where there is none (yet)."""
    answer_files: list[FileRef]
    """What the response carries."""
    status: str
    created_at: float
    rating: Rating | None


class Opinion(Struct, frozen=True, kw_only=True):
    """What a visitor thinks of an answer."""

    execution_id: str
    rating: Rating
    comment: str
    created_at: float


class _Options(Struct, frozen=True):
    """What is read of a run's options."""

    files: list[FileRef] = []


class Conversations:
    """Turns of sessions, and opinions about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turns(self, workspace: str, session: str, flow_id: str, *, limit: int) -> list[Turn]:
        """Return the last turns of a session with a flow, the oldest first; none for an unknown session."""
        last = (
            select(
                executions.c.id,
                executions.c.input,
                executions.c.options,
                executions.c.output,
                executions.c.status,
                executions.c.created_at,
                feedback.c.rating,
            )
            .select_from(
                executions.join(sessions, sessions.c.id == executions.c.session_id).outerjoin(
                    feedback, feedback.c.execution_id == executions.c.id
                )
            )
            .where(
                sessions.c.workspace == workspace,
                sessions.c.name == session,
                executions.c.flow_id == flow_id,
            )
            .order_by(executions.c.position.desc())
            .limit(limit)
        )

        def work(connection: Connection) -> list[Turn]:
            find = Finder(connection)
            return [
                Turn(
                    execution_id=id,
                    message=_text(input, "message", find),
                    files=msgspec.json.decode(options, type=_Options).files,
                    response=_text(output, "response", find),
                    answer_files=_files(output, find),
                    status=status,
                    created_at=created_at,
                    rating=rating,
                )
                for id, input, options, output, status, created_at, rating in reversed(
                    connection.execute(last).all()
                )
            ]

        return await self._database.read(work)

    async def rate(
        self, workspace: str, flow_id: str, execution_id: str, rating: Rating, comment: str
    ) -> float:
        """Keep what somebody thinks of an answer, in place of what was thought before; return when."""
        now = time.time()
        kept = (
            insert_into(self._database.dialect, feedback)
            .values(
                execution_id=execution_id,
                workspace=workspace,
                flow_id=flow_id,
                rating=rating,
                comment=comment,
                created_at=now,
            )
            .on_conflict_do_update(
                index_elements=["execution_id"],
                set_={"rating": rating, "comment": comment, "created_at": now},
            )
        )
        await self._database.write(lambda connection: connection.execute(kept))
        return now

    async def opinions(
        self,
        workspace: str,
        flow_id: str | None,
        *,
        owner: str | None = None,
        limit: int,
        offset: int,
        after: tuple[float, str] | None = None,
    ) -> tuple[list[Opinion], dict[str, int]]:
        """Return what is thought of a workspace's answers, or a flow's, the newest first, and how many each
        rating has.

        With an `owner`, only of runs that they may see: those in sessions of others are left out.
        `after` is the time and the execution of the last that was seen, where the list goes on from there.
        """
        where = [feedback.c.workspace == workspace]
        if flow_id is not None:
            where.append(feedback.c.flow_id == flow_id)
        if owner is not None:
            theirs = (
                select(executions.c.id)
                .join(sessions, sessions.c.id == executions.c.session_id)
                .where(executions.c.workspace == workspace, sessions.c.owner != owner)
            )
            where.append(feedback.c.execution_id.not_in(theirs))
        keys = ((feedback.c.created_at, False), (feedback.c.execution_id, False))
        following = [] if after is None else [keyset.after(self._database.dialect, keys, after, "desc")]
        page = (
            select(feedback.c.execution_id, feedback.c.rating, feedback.c.comment, feedback.c.created_at)
            .where(*where, *following)
            .order_by(*(key.desc() for key, _ in keys))
            .limit(limit)
            .offset(offset)
        )
        counts = select(feedback.c.rating, func.count()).where(*where).group_by(feedback.c.rating)

        def work(connection: Connection) -> tuple[list[Opinion], dict[str, int]]:
            rows = [
                Opinion(execution_id=id, rating=rating, comment=comment, created_at=created_at)
                for id, rating, comment, created_at in connection.execute(page)
            ]
            return rows, {str(rating): int(count) for rating, count in connection.execute(counts)}

        return await self._database.read(work)


def _files(encoded: str | None, find: Finder) -> list[FileRef]:
    found: Any = from_text(encoded, find) if encoded else None
    files = found.get("files", []) if isinstance(found, dict) else []
    return msgspec.convert(files, list[FileRef])


def _text(encoded: str | None, name: str, find: Finder) -> str:
    """Return a text of a JSON object; empty where it is not there or is none."""
    found: Any = from_text(encoded, find) if encoded else None
    value: Any = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""
