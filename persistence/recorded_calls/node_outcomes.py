"""Outcomes of nodes that are kept for reuse by later runs of the same flow."""

import hashlib
import time

from sqlalchemy import Connection, delete, select

from persistence.storage.dialects.upsert import insert_into
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.tables.runs import outcomes

__all__ = ["drop_outcomes", "keep_outcome", "kept_outcome"]


def kept_outcome(connection: Connection, row: ExecutionRow, key: str) -> bytes | None:
    """Return the outcome that a run of this one's flow kept, if its time is not up."""
    wanted = select(outcomes.c.outcome).where(
        outcomes.c.key == _scoped(row, key), outcomes.c.expires_at > time.time()
    )
    return connection.scalar(wanted)


def keep_outcome(connection: Connection, row: ExecutionRow, key: str, outcome: bytes, seconds: float) -> None:
    """Keep an outcome for this run's workspace and flow, in place of an older one."""
    values = {"outcome": outcome, "expires_at": time.time() + seconds}
    named = {"key": _scoped(row, key), "workspace": row.workspace, "flow_id": row.flow_id}
    statement = insert_into(connection.dialect.name, outcomes).values(**named, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


def drop_outcomes(connection: Connection, before: float, limit: int) -> int:
    """Drop outcomes whose time was up before a time, at most `limit`, and return how many there were."""
    old = select(outcomes.c.key).where(outcomes.c.expires_at < before).order_by(outcomes.c.expires_at)
    keys = connection.scalars(old.limit(limit)).all()
    if keys:
        connection.execute(delete(outcomes).where(outcomes.c.key.in_(keys), outcomes.c.expires_at < before))
    return len(keys)


def _scoped(row: ExecutionRow, key: str) -> str:
    return hashlib.sha256(f"{row.workspace}\0{row.flow_id or ''}\0{key}".encode()).hexdigest()
