"""Paused runs: a run that waits for an answer leaves its process, and comes back when there is one.

A run and its questions change in several processes at once. Whoever parks a run, answers it or lets it expire
locks the execution's row first and looks at the questions then, so that no answer falls between.
"""

import time
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select, update

from persistence.storage.clock import clock
from persistence.storage.execution_rows import ExecutionRow, by_id, read_row
from persistence.storage.tables.runs import executions, inputs, journal

__all__ = ["last_event", "lock", "park", "wake", "withdraw"]


def lock(connection: Connection, execution_ids: Sequence[str]) -> None:
    """Have these executions' rows to ourselves until the transaction ends; SQLite's writer has all anyway."""
    wanted = select(executions.c.id).where(executions.c.id.in_(execution_ids)).order_by(executions.c.id)
    connection.execute(wanted.with_for_update()).all()


def park(
    connection: Connection, row: ExecutionRow, status: str, answered: Collection[str], process_id: str | None
) -> ExecutionRow:
    """Let a run wait without a process, under its claim, and return it as it stands then.

    Where an answer has come that the run has not seen, or it was asked to end, it is left to `process_id`
    as ``pending`` instead.

    Args:
        connection: Of the transaction that holds the run's claim.
        row: The run.
        status: What it is shown as meanwhile.
        answered: Ids of the questions whose answers it has seen.
        process_id: Who takes it up at once where there is something to do.
    """
    lock(connection, [row.id])
    seen = set(
        connection.scalars(
            select(inputs.c.id).where(inputs.c.execution_id == row.id, inputs.c.answered_at.is_not(None))
        )
    )
    asked_to_end = connection.scalar(select(executions.c.cancel_requested).where(executions.c.id == row.id))
    rests = not asked_to_end and seen <= set(answered)
    connection.execute(
        update(executions)
        .where(executions.c.id == row.id, executions.c.claim == row.claim)
        .values(
            status=status if rests else "pending",
            parked_at=time.time() if rests else None,
            process_id=None if rests else process_id,
            claim=executions.c.claim + 1,
        )
    )
    return read_row(connection, connection.execute(by_id, {"id": row.id}).one())


def wake(connection: Connection, execution_ids: Sequence[str], process_id: str | None) -> None:
    """Have parked runs go on: in a process, or for None in whichever adopts them. Lock them first."""
    connection.execute(
        update(executions)
        .where(executions.c.id.in_(execution_ids), executions.c.parked_at.is_not(None))
        .values(status="pending", parked_at=None, process_id=process_id)
    )


def withdraw(connection: Connection, execution_id: str) -> None:
    """Close the questions of a run that has ended."""
    connection.execute(
        update(inputs)
        .where(inputs.c.execution_id == execution_id, inputs.c.answered_at.is_(None))
        .values(answered_at=clock(connection), answer='{"action":"withdrawn"}')
    )


def last_event(connection: Connection, execution_id: str) -> int:
    """Return the number of an execution's last stored event; 0 for none.

    ``executions.last_seq`` has it only once the execution has ended.
    """
    last = select(journal.c.last_seq).where(journal.c.execution_id == execution_id)
    return int(connection.scalar(last.order_by(journal.c.last_seq.desc()).limit(1)) or 0)
