"""Retention: what is dropped for its age, in many small writes so that nobody waits long for the database."""

import time
from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from graphs.failpoints import reach
from persistence.checkpoint_upkeep import delete_threads, prune_thread
from persistence.database import Database
from persistence.database_clock import clock
from persistence.tables import (
    calls,
    checkpoints,
    executions,
    idempotency_keys,
    journal,
    processes,
    sessions,
)

__all__ = ["Policy", "Pruned", "prune"]

DAY = 86_400.0
OPEN = ("pending", "running", "waiting_approval")


class Policy(Struct, frozen=True, kw_only=True):
    """How long what is kept."""

    journal_days: float = 30
    """Days that an execution's journal and calls are kept after its end; its row and its usage stay."""
    idempotency_hours: float = 24
    process_hours: float = 1
    """Hours after which a process that nobody saw is forgotten; long after its runs were adopted."""
    checkpoint_hours: float = 1
    """Hours without a run after which a session keeps its latest state only."""
    step: int = 50
    """How many executions or threads one write goes over."""


class Pruned(Struct, frozen=True):
    """How much was dropped."""

    idempotency_keys: int
    journals: int
    """Executions that lost their journal and calls, and those without a session their checkpoints."""
    threads: int
    """Threads that were gone over, whether there was something to drop or not."""
    processes: int


async def prune(database: Database, policy: Policy | None = None) -> Pruned:
    """Drop what `policy` keeps no longer. Several processes may do it at once; once an hour is enough.

    Journals go over to the next step until none is left that is too old. Threads of runs that have not ended
    are left alone: they may be rolled back.
    """
    policy = policy or Policy()
    now = time.time()
    keys = await _repeat(database, _drop_keys, now - policy.idempotency_hours * 3600, policy.step * 20)
    journals = await _repeat(database, _drop_journals, now - policy.journal_days * DAY, policy.step)
    threads = await _prune_threads(database, now - policy.checkpoint_hours * 3600, policy.step)
    dead = await database.write(lambda connection: _drop_processes(connection, policy.process_hours * 3600))
    return Pruned(keys, journals, threads, dead)


async def _repeat(
    database: Database, step: Callable[[Connection, float, int], int], before: float, limit: int
) -> int:
    total = 0
    while done := await database.write(lambda connection: step(connection, before, limit)):
        total += done
        if done < limit:
            break
    return total


def _drop_keys(connection: Connection, before: float, limit: int) -> int:
    c = idempotency_keys.c
    old = connection.execute(
        select(c.workspace, c.route, c.key).where(c.created_at < before).order_by(c.created_at).limit(limit)
    ).all()
    for row in old:
        connection.execute(
            delete(idempotency_keys).where(
                c.workspace == row.workspace, c.route == row.route, c.key == row.key, c.created_at < before
            )
        )
    return len(old)


def _drop_journals(connection: Connection, before: float, limit: int) -> int:
    c = executions.c
    old = connection.execute(
        select(c.id, c.thread_id, c.session_id)
        .where(c.pruned_at.is_(None), c.completed_at.is_not(None), c.completed_at < before)
        .order_by(c.completed_at)
        .limit(limit)
    ).all()
    ids = [row.id for row in old]
    for table in (journal, calls):
        connection.execute(delete(table).where(table.c.execution_id.in_(ids)))
    reach("during_prune")
    delete_threads(connection, [row.thread_id for row in old if row.session_id is None])
    connection.execute(update(executions).where(c.id.in_(ids)).values(pruned_at=time.time()))
    return len(old)


async def _prune_threads(database: Database, idle_since: float, limit: int) -> int:
    total, after = 0, ""
    while True:
        thread_ids = await database.read(lambda connection: _threads(connection, after, limit))  # noqa: B023 (awaited here)
        if not thread_ids:
            return total
        total += await database.write(lambda connection: _prune_idle(connection, thread_ids, idle_since))  # noqa: B023
        after = thread_ids[-1]


def _threads(connection: Connection, after: str, limit: int) -> list[str]:
    c = checkpoints.c
    wanted = select(c.thread_id).distinct().where(c.thread_id > after).order_by(c.thread_id).limit(limit)
    return [*connection.scalars(wanted)]


def _prune_idle(connection: Connection, thread_ids: list[str], idle_since: float) -> int:
    """Prune those of the threads that have no open run and had none lately."""
    e, s = executions.c, sessions.c
    busy = set(
        connection.scalars(
            select(checkpoints.c.thread_id)
            .distinct()
            .where(
                checkpoints.c.thread_id.in_(thread_ids),
                or_(
                    exists(select(e.id).where(e.thread_id == checkpoints.c.thread_id, e.status.in_(OPEN))),
                    exists(
                        select(s.id).where(
                            and_(s.id == checkpoints.c.thread_id, s.last_activity_at > idle_since)
                        )
                    ),
                ),
            )
        )
    )
    idle = [thread_id for thread_id in thread_ids if thread_id not in busy]
    for thread_id in idle:
        prune_thread(connection, thread_id)
    return len(idle)


def _drop_processes(connection: Connection, unseen: float) -> int:
    """Forget processes by the database's clock, by which they say that they live."""
    theirs = exists(
        select(executions.c.id).where(
            executions.c.process_id == processes.c.id, executions.c.status.in_(OPEN)
        )
    )
    return connection.execute(
        delete(processes).where(processes.c.seen_at < clock(connection) - unseen, ~theirs)
    ).rowcount
