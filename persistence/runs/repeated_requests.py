"""Repeated requests: what a client sends again is known by its key, or as a retry that it marks."""

import time

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from persistence.storage.execution_rows import ExecutionRow, by_id, read_row
from persistence.storage.tables.runs import idempotency_keys

__all__ = [
    "Accepted",
    "Idempotency",
    "IdempotencyConflict",
    "is_retried",
    "remember_request",
    "same_request",
]


class IdempotencyConflict(Exception):
    """The idempotency key was used before with another body."""


class Idempotency(Struct, frozen=True):
    """What makes a repeated request the same request."""

    route: str
    key: str
    body_hash: str
    """Hex SHA-256 of the request's body."""
    attempt: int | None = None
    """Of a client that sends no key but marks its retries: 0 for a new request, n for its nth retry."""
    seconds: float = 0.0
    """How long after the attempt before it a retry is known as one, where `attempt` is given."""


class Accepted(Struct, frozen=True):
    """What became of a `NewExecution`."""

    execution: ExecutionRow
    replayed: bool = False
    """True when the idempotency key named an execution that exists."""
    displaced: tuple[str, ...] = ()
    """Ids of the session's runs that were asked to end for this one."""
    after: int = 0
    """The last event before this request, where it has answered a question of the run; else 0."""
    fresh_thread: bool = False
    """Whether the run has begun in a thread that this request has made: it has no checkpoint yet."""


_this_request = (
    idempotency_keys.c.workspace == bindparam("workspace"),
    idempotency_keys.c.route == bindparam("route"),
    idempotency_keys.c.key == bindparam("key"),
)


def remember_request(
    connection: Connection, workspace: str, request: Idempotency, execution_id: str, after: int = 0
) -> None:
    """Keep an idempotency key with the execution that its request was about, and the last event before it."""
    connection.execute(
        insert(idempotency_keys).values(
            workspace=workspace,
            route=request.route,
            key=request.key,
            body_hash=request.body_hash,
            execution_id=execution_id,
            created_at=time.time(),
            after_seq=after or None,
            attempt=request.attempt,
        )
    )


def same_request(connection: Connection, workspace: str, request: Idempotency) -> Accepted | None:
    """Return what became of the request that used an idempotency key before; None for a new key.

    A retry that its client marked finds the attempt before it, unless that run was cancelled: its client had
    left, and now it asks again. A first attempt takes the place of all before it.

    Raises:
        IdempotencyConflict: the key was used with another body.
    """
    named = {"workspace": workspace, "route": request.route, "key": request.key}
    known = connection.execute(select(idempotency_keys).where(*_this_request), named).one_or_none()
    if known is None:
        return None
    if known.body_hash != request.body_hash:
        raise IdempotencyConflict(request.key)
    found = connection.execute(by_id, {"id": known.execution_id}).one_or_none()
    if request.attempt is not None and found is not None:
        late = known.created_at < time.time() - request.seconds
        if request.attempt == 0 or late or _is_cancelled(read_row(connection, found)):
            found = None
        else:
            attempt = max(request.attempt, known.attempt or 0)
            places = (idempotency_keys.c[name] == value for name, value in named.items())
            known_now = {"attempt": attempt, "created_at": time.time()}
            connection.execute(update(idempotency_keys).where(*places).values(known_now))
    if found is None:  # the execution was deleted, or is another request's: the key is free again
        connection.execute(delete(idempotency_keys).where(*_this_request), named)
        return None
    return Accepted(read_row(connection, found), replayed=True, after=known.after_seq or 0)


def is_retried(connection: Connection, workspace: str, request: Idempotency, execution_id: str) -> bool:
    """Say whether a later attempt than `request` has found the same run."""
    named = {"workspace": workspace, "route": request.route, "key": request.key}
    found = connection.execute(
        select(idempotency_keys.c.attempt, idempotency_keys.c.execution_id).where(*_this_request), named
    ).one_or_none()
    return found is not None and found[1] == execution_id and (found[0] or 0) > (request.attempt or 0)


def _is_cancelled(row: ExecutionRow) -> bool:
    return row.status == "cancelled" or bool(row.cancel_requested and row.completed_at is None)
