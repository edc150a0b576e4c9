"""Retention: what is dropped for its age, in many small writes so that nobody waits long for the database."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update

from graphs.node_execution.failpoints import reach
from persistence.checkpoints.checkpoint_pruning import delete_threads, drop_task_states, prune_thread
from persistence.counters.request_rates import RequestRates
from persistence.recorded_calls.node_outcomes import drop_outcomes
from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.execution_rows import is_open
from persistence.storage.large_values import bodies_of, drop_unreferred, release
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.large_values import run_values
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import calls, executions, idempotency_keys, inputs, journal, processes
from persistence.storage.value_references import references

__all__ = ["Policy", "Pruned", "prune"]

DAY = 86_400.0
SHORT = 0.015
"""Seconds that one write may take: who writes beside it waits no longer."""
ROWS = 200
"""Checkpoints that one write drops of a thread."""


class Policy(Struct, frozen=True, kw_only=True):
    """How long what is kept."""

    journal_days: float = 30
    """Days that an execution's journal, calls and inputs are kept after its end; its row and usage stay."""
    idempotency_hours: float = 24
    process_hours: float = 1
    """Hours after which a process that nobody saw is forgotten; long after its runs were adopted."""
    checkpoint_hours: float = 1
    """Hours without a run after which a session keeps its latest state only."""
    step: int = 50
    """How many executions or threads one write goes over at most."""


class Pruned(Struct, frozen=True):
    """How much was dropped."""

    idempotency_keys: int
    journals: int
    """Executions that lost their journal, calls and inputs, and those without a session their checkpoints."""
    outcomes: int
    """Cached outcomes of nodes whose time was up."""
    threads: int
    """Threads that were gone over, whether there was something to drop or not."""
    values: int
    """Large values that nobody referred to any more."""
    processes: int


async def prune(database: Database, policy: Policy | None = None) -> Pruned:
    """Drop what `policy` keeps no longer. Several processes may do it at once; once an hour is enough.

    Each kind is gone over until none is left that is too old. Threads of runs that have not ended are left
    alone: they may be rolled back.
    """
    policy = policy or Policy()
    now = time.time()
    keys = await _repeat(database, _drop_keys, now - policy.idempotency_hours * 3600, policy.step * 20)
    journals = await _repeat(database, _drop_journals, now - policy.journal_days * DAY, policy.step)
    outcomes = await _repeat(database, drop_outcomes, now, policy.step * 20)
    threads = await _prune_threads(database, now - policy.checkpoint_hours * 3600, policy.step)
    values = await _repeat(database, lambda c, _, limit: drop_unreferred(c, limit), now, policy.step)
    dead = await database.write(lambda connection: _drop_processes(connection, policy.process_hours * 3600))
    await RequestRates(database).prune()
    return Pruned(keys, journals, outcomes, threads, values, dead)


class Pace:
    """How much one write does: as much as takes `SHORT`, by how long the last one took.

    Between two writes others get at least as long as the last one took.
    """

    def __init__(self, database: Database, most: int) -> None:
        self.size = max(1, most // 8)
        self._database = database
        self._most = most

    async def write(self, work: Callable[[Connection, int], int]) -> int:
        """Run `work` with the size that fits, and return what it does."""
        size = self.size

        def timed(connection: Connection) -> tuple[int, float]:
            began = time.perf_counter()
            return work(connection, size), time.perf_counter() - began

        done, took = await self._database.write(timed)
        if took > SHORT:
            self.size = max(1, size // 2)
        elif took < SHORT / 3:
            self.size = min(self._most, size * 2)
        await asyncio.sleep(took)
        return done


async def _repeat(
    database: Database, step: Callable[[Connection, float, int], int], before: float, most: int
) -> int:
    pace, total = Pace(database, most), 0
    while True:
        size = pace.size
        done = await pace.write(lambda connection, size: step(connection, before, size))
        total += done
        if done < size:
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
    for table in (journal, calls, inputs):
        connection.execute(delete(table).where(table.c.execution_id.in_(ids)))
    _drop_values(connection, ids)
    reach("during_prune")
    delete_threads(connection, [row.thread_id for row in old if row.session_id is None])
    connection.execute(update(executions).where(c.id.in_(ids)).values(pruned_at=time.time()))
    return len(old)


def _drop_values(connection: Connection, ids: list[str]) -> None:
    """Drop the large values of executions that only their journals and calls had; outputs are kept."""
    outputs = connection.execute(select(executions.c.id, executions.c.output).where(executions.c.id.in_(ids)))
    kept = {id: references(output) for id, output in outputs if output is not None}
    for id in ids:
        theirs = run_values.c.execution_id == id
        named = _with_nested(connection, kept.get(id, set()))
        release(connection, run_values, theirs, run_values.c.value_id.not_in(named))


def _with_nested(connection: Connection, names: set[str]) -> set[str]:
    """Return names, and those of the values that these values refer to."""
    return names | bodies_of(connection, names).keys()


async def _prune_threads(database: Database, idle_since: float, most: int) -> int:
    pace, total, after = Pace(database, most), 0, ""
    while True:
        size = pace.size
        thread_ids = await database.read(lambda connection: _threads(connection, after, size))  # noqa: B023 (awaited here)
        if not thread_ids:
            return total
        while True:
            done = await pace.write(lambda connection, _: _prune_idle(connection, thread_ids, idle_since))  # noqa: B023
            if done >= 0:
                break
        total, after = total + done, thread_ids[-1]


def _threads(connection: Connection, after: str, limit: int) -> list[str]:
    """Return threads that may have something to drop."""
    c = checkpoints.c
    wanted = select(c.thread_id).where(c.thread_id > after).group_by(c.thread_id).having(func.count() > 1)
    return [*connection.scalars(wanted.order_by(c.thread_id).limit(limit))]


def _prune_idle(connection: Connection, thread_ids: list[str], idle_since: float) -> int:
    """Prune those of the threads that have no open run and had none lately; -1 where more is to be done."""
    e, s = executions.c, sessions.c
    # No run begins in one of them before the end of the transaction.
    connection.execute(select(s.id).where(s.id.in_(thread_ids)).order_by(s.id).with_for_update())
    busy = set(
        connection.scalars(
            select(checkpoints.c.thread_id)
            .distinct()
            .where(
                checkpoints.c.thread_id.in_(thread_ids),
                or_(
                    exists(select(e.id).where(e.thread_id == checkpoints.c.thread_id, is_open())),
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
    drop_task_states(connection, idle)
    for thread_id in idle:
        if not prune_thread(connection, thread_id, limit=ROWS):
            return -1
    return len(idle)


def _drop_processes(connection: Connection, unseen: float) -> int:
    """Forget processes by the database's steady clock, by which they say that they live."""
    theirs = exists(select(executions.c.id).where(executions.c.process_id == processes.c.id, is_open()))
    return connection.execute(
        delete(processes).where(processes.c.seen_at < steady(connection) - unseen, ~theirs)
    ).rowcount
