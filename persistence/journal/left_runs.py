"""What a run has stored: read when another process takes the run up."""

from msgspec import Struct
from sqlalchemy import Connection, case, func, select

from graphs.values.events import CallKey
from persistence.journal.paused_runs import last_event
from persistence.journal.question_rows import InputRow, stored_inputs
from persistence.recorded_calls.recorded_calls import StoredCall
from persistence.recorded_calls.stored_results import unpack_result
from persistence.spending.ledger import Totals
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.large_values import whole
from persistence.storage.tables.runs import calls
from persistence.storage.tables.spending import usage

__all__ = ["Left", "left_behind"]


class Left(Struct, frozen=True):
    """What an earlier process has left of a run."""

    last_seq: int
    calls: list[StoredCall]
    inputs: list[InputRow]
    totals: Totals


def left_behind(connection: Connection, row: ExecutionRow) -> Left:
    """Read what an earlier process has left of a run."""
    stored = connection.execute(select(calls).where(calls.c.execution_id == row.id)).all()
    spent = connection.execute(
        select(
            func.coalesce(func.sum(usage.c.input_tokens), 0),
            func.coalesce(func.sum(usage.c.output_tokens), 0),
            func.coalesce(func.max(case((usage.c.estimated, 1), else_=0)), 0),
            func.coalesce(func.sum(usage.c.cost_usd), 0),
            func.coalesce(func.sum(case((usage.c.cost_usd.is_(None), 1), else_=0)), 0),
            func.coalesce(func.sum(usage.c.cached_input_tokens), 0),
            func.coalesce(func.sum(usage.c.cache_write_tokens), 0),
            func.coalesce(func.sum(usage.c.reasoning_tokens), 0),
        ).where(usage.c.execution_id == row.id)
    ).one()
    return Left(
        last_seq=last_event(connection, row.id),
        calls=[
            StoredCall(
                CallKey(one.task_id, one.number, one.request_hash, one.kind),
                whole(connection, unpack_result(one.result)),
                given=one.given is not None,
                told=one.given == "shown",
            )
            for one in stored
        ],
        inputs=stored_inputs(connection, row.id),
        totals=Totals(int(spent[0]), int(spent[1]), bool(spent[2]), float(spent[3]), *map(int, spent[4:8])),
    )
