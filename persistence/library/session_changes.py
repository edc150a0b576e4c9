"""Session changes: what is written of a session beside its state, in the transaction that changes the state.

Each function returns what does it on a connection; see `persistence.checkpoints.exclusive`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from graphs.values.run_options import Branch
from persistence.library.sessions import SessionRow, forget_words
from persistence.library.webhook_sessions import webhook_of
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.large_values import release
from persistence.storage.tables.large_values import run_values
from persistence.storage.tables.library import session_files, sessions
from persistence.storage.tables.runs import executions, idempotency_keys

__all__ = ["Beside", "NameTaken", "counting", "deleting", "making"]

Beside = Callable[[Connection], None]
STEP = 200
"""Rows that one statement names: SQLite takes so many parameters, and no more."""


class NameTaken(Exception):
    """The workspace has a session of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a session '{name}' already.")
        self.name = name


class _Options(Struct, frozen=True):
    """What is read of a run's options."""

    branch: Branch | None = None


def counting(session_id: str, messages: int) -> Beside:
    """Say how many messages the line of a session has now, after a change of them."""
    counted = update(sessions).where(sessions.c.id == session_id).values(message_count=messages)

    def work(connection: Connection) -> None:
        connection.execute(counted)
        forget_words(connection, session_id)

    return work


def deleting(
    session_id: str,
    messages: int,
    *,
    message_ids: Collection[str],
    run_ids: Collection[str],
    file_ids: Collection[str],
) -> Beside:
    """Delete runs of a session with their events and calls, and files of it. Runs of others are left alone.

    Args:
        session_id: Our own id of the session.
        messages: How many messages its line has then.
        message_ids: The deleted messages: runs go too that went on from one, and have left no message.
        run_ids: The runs that the deleted messages name.
        file_ids: The files that came with them.
    """

    def work(connection: Connection) -> None:
        counting(session_id, messages)(connection)
        e = executions.c
        branched = select(e.id, e.options).where(e.session_id == session_id, e.options.contains('"branch":'))
        tried = [
            run_id
            for run_id, options in connection.execute(branched)
            if (branch := msgspec.json.decode(options, type=_Options).branch) and branch.after in message_ids
        ]
        for part in _parts([*run_ids, *tried]):
            found = connection.scalars(
                select(executions.c.id).where(
                    executions.c.session_id == session_id, executions.c.id.in_(part)
                )
            ).all()
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.execution_id.in_(found)))
            release(connection, run_values, run_values.c.execution_id.in_(found))
            connection.execute(delete(executions).where(executions.c.id.in_(found)))
        for part in _parts([*file_ids]):
            c = session_files.c
            connection.execute(delete(session_files).where(c.session_id == session_id, c.id.in_(part)))

    return work


def making(row: SessionRow, *, copied_from: str = "", files: Mapping[str, str] | None = None) -> Beside:
    """Make a session, with copies of files of another.

    Args:
        row: The session.
        copied_from: Our own id of the other session.
        files: The ids of the copies by the ids of its files.

    Raises:
        NameTaken: when it is done, and there is a session of that name, or only a webhook may make one.
    """

    def work(connection: Connection) -> None:
        if webhook_of(row.name):
            raise NameTaken(row.name)
        made = connection.execute(
            insert_into(connection.dialect.name, sessions)
            .values(
                {
                    **msgspec.structs.asdict(row),
                    "memory": msgspec.json.encode(row.memory).decode(),
                    "labels": msgspec.json.encode(row.labels).decode() if row.labels else None,
                }
            )
            .on_conflict_do_nothing()
        )
        if not made.rowcount:
            raise NameTaken(row.name)
        columns = [column.name for column in session_files.c]
        for id, copy in (files or {}).items():
            where = (session_files.c.session_id == copied_from, session_files.c.id == id)
            found = connection.execute(select(session_files).where(*where)).one_or_none()
            if found is not None:
                values = {name: getattr(found, name) for name in columns}
                connection.execute(insert(session_files).values({**values, "id": copy, "session_id": row.id}))

    return work


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + STEP] for start in range(0, len(ids), STEP)]
