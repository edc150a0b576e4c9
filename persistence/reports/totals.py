"""Totals: what the sums of periods come to, over all workspaces, since ever and of late.

Days that are over do not change any more: they are added up once a day, and a look at the totals reads the
rows of today and yesterday alone, however many there are in all.
"""

import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Connection, Table, func, select

from persistence.counters.process_metrics import LIVE_SECONDS
from persistence.reports.costs import Use, use_of
from persistence.runs.waiting_runs import QUEUE, WAITS
from persistence.spending.rollups import BOUNDS, DAY, SPAN, day_of
from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.execution_rows import is_open
from persistence.storage.tables.knowledge import knowledge_documents
from persistence.storage.tables.runs import executions, processes
from persistence.storage.tables.spending import run_periods, usage_periods
from persistence.storage.tables.triggers import webhook_deliveries

__all__ = ["ModelTotal", "RunTotal", "Totals", "TotalsReader"]

_document = knowledge_documents.c
_delivery = webhook_deliveries.c
_MODEL = ("provider", "model", "status")
_USED = Use.__struct_fields__
_RUN = ("flow_type", "status", "bucket")
_RAN = ("runs", "duration_ms")


class ModelTotal(Struct, frozen=True):
    """What was ever asked of a model, with one status."""

    provider: str
    model: str
    status: str
    use: Use
    first: int
    """When the sums of it begin, as Unix seconds: the order in which models were first used."""


class RunTotal(Struct, frozen=True):
    """Runs that ever ended, of one type and status."""

    flow_type: str
    status: str
    counts: tuple[int, ...]
    """By the buckets of `BOUNDS`, and one for what is above them."""
    duration_ms: float


class Totals(Struct, frozen=True, kw_only=True):
    """Everything that the sums tell at a moment."""

    models: list[ModelTotal]
    runs: list[RunTotal]
    open: dict[str, int]
    """Runs that have not ended, by status."""
    queues: dict[str, tuple[int, float]]
    """Runs that wait for a worker, by queue: how many, and the seconds that the oldest has waited."""
    cost_last_day: float
    tokens_last_day: int
    runs_last_hour: int
    processes: int
    documents: dict[str, int]
    """Documents of knowledge bases, by status."""
    deliveries: dict[str, int]
    """Deliveries to webhook targets that wait or were given up, by status."""


class _Sums(Struct):
    """Sums of one table up to a day, by their keys: values and when they begin."""

    until: int = 0
    rows: dict[tuple[Any, ...], list[float]] = field(default_factory=dict[tuple[Any, ...], list[float]])


class TotalsReader:
    """Reads the totals. Keep one: it remembers the days that are over."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._usage = _Sums()
        self._runs = _Sums()

    async def read(self) -> Totals:
        """Return the totals as they stand."""
        now = time.time()

        def work(connection: Connection) -> Totals:
            closed = day_of(now) - DAY
            self._usage = _up_to(connection, usage_periods, _MODEL, _USED, self._usage, closed)
            self._runs = _up_to(connection, run_periods, _RUN, _RAN, self._runs, closed)
            used = _with(connection, usage_periods, _MODEL, _USED, self._usage)
            ran = _with(connection, run_periods, _RUN, _RAN, self._runs)
            day = usage_periods.c.start > now - DAY - SPAN
            tokens = func.sum(usage_periods.c.input_tokens + usage_periods.c.output_tokens)
            cost, spent = connection.execute(
                select(func.sum(usage_periods.c.cost_usd), tokens).where(day)
            ).one()
            recent = processes.c.seen_at > steady(connection) - LIVE_SECONDS
            living = select(func.count()).select_from(processes).where(recent)
            hour = select(func.sum(run_periods.c.runs)).where(run_periods.c.start > now - 3600 - SPAN)
            waiting = select(executions.c.status, func.count()).where(is_open()).group_by(executions.c.status)
            unclaimed = select(QUEUE, func.count(), func.min(executions.c.created_at)).where(WAITS)
            unsent = select(_delivery.status, func.count()).where(_delivery.status.in_(("waiting", "dead")))
            deliveries = unsent.group_by(_delivery.status)
            documents = select(_document.status, func.count()).group_by(_document.status)
            return Totals(
                models=[
                    ModelTotal(provider, model, status, use_of(values[:-1]), int(values[-1]))
                    for (provider, model, status), values in used.items()
                ],
                runs=_runs(ran),
                open={status: int(count) for status, count in connection.execute(waiting)},
                queues={
                    name: (int(count), max(0.0, now - oldest))
                    for name, count, oldest in connection.execute(unclaimed.group_by(QUEUE))
                },
                cost_last_day=float(cost or 0.0),
                tokens_last_day=int(spent or 0),
                runs_last_hour=int(connection.scalar(hour) or 0),
                processes=int(connection.scalar(living) or 0),
                deliveries={status: int(count) for status, count in connection.execute(deliveries)},
                documents={status: int(count) for status, count in connection.execute(documents)},
            )

        return await self._database.read(work)


def _up_to(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    sums: Sequence[str],
    known: _Sums,
    until: int,
) -> _Sums:
    """Return the sums of all days before `until`."""
    if known.until == until:
        return known
    rows = _grouped(connection, table, keys, sums, table.c.start < until)
    return _Sums(until, rows)


def _with(
    connection: Connection, table: Table, keys: Sequence[str], sums: Sequence[str], known: _Sums
) -> dict[tuple[Any, ...], list[float]]:
    """Return the sums of all days that are over and of those that are not."""
    total = {key: list(values) for key, values in known.rows.items()}
    for key, values in _grouped(connection, table, keys, sums, table.c.start >= known.until).items():
        if (before := total.get(key)) is None:
            total[key] = values
        else:
            first = min(before[-1], values[-1])
            total[key] = [*(a + b for a, b in zip(before[:-1], values[:-1], strict=True)), first]
    return total


def _grouped(
    connection: Connection, table: Table, keys: Sequence[str], sums: Sequence[str], wanted: Any
) -> dict[tuple[Any, ...], list[float]]:
    names = [table.c[name] for name in keys]
    summed = [func.sum(table.c[name]) for name in sums]
    rows = connection.execute(select(*names, *summed, func.min(table.c.start)).where(wanted).group_by(*names))
    return {tuple(row[: len(keys)]): [float(value) for value in row[len(keys) :]] for row in rows}


def _runs(ran: dict[tuple[Any, ...], list[float]]) -> list[RunTotal]:
    counts: dict[tuple[str, str], list[int]] = {}
    durations: dict[tuple[str, str], float] = {}
    for (flow_type, status, bucket), (runs, duration, _) in ran.items():
        key = (flow_type, status)
        counts.setdefault(key, [0] * (len(BOUNDS) + 1))[bucket] += int(runs)
        durations[key] = durations.get(key, 0.0) + duration
    return [RunTotal(*key, tuple(counts[key]), durations[key]) for key in counts]
