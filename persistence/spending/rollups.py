"""Rollups: the ledger and the ends of runs, summed up over spans of time as they are written.

A statement a row adds to ten minutes of its process's own; `join` makes days of them once they are a day
old, and takes over what ended processes have left. Sums stay what they were: nothing is counted anew.
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, delete, or_, select, text

from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.tables.runs import processes
from persistence.storage.tables.spending import run_periods, usage_periods

__all__ = ["BOUNDS", "DAY", "SPAN", "Rollups", "bucket_of", "day_of"]

SPAN = 600
"""Seconds that a row of today covers: how exact "the last hour" and "the last day" are."""
DAY = 86_400
KEPT = DAY + 2 * 3600
"""Seconds after which short spans become days."""
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Seconds: the upper ends of the buckets that durations of runs are counted in. The last one has none."""


def bucket_of(milliseconds: float) -> int:
    """Return which bucket a duration falls in."""
    seconds = milliseconds / 1000
    return next((place for place, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))


def day_of(moment: float) -> int:
    """Return when the day began, in UTC, as Unix seconds."""
    return int(moment // DAY) * DAY


class Rollups:
    """The two tables of sums. Its statements are compiled once: every run passes here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add_usage = database.prepare(text(_adding(usage_periods)))
        self._add_run = database.prepare(text(_adding(run_periods)))

    def count_usage(self, connection: Connection, rows: Sequence[dict[str, Any]], process_id: str) -> None:
        """Add rows of the ledger to the sums of their time."""
        summed: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            one = _usage(row, process_id)
            key = tuple(one[name] for name in _keys(usage_periods))
            known = summed.setdefault(key, one)
            if known is not one:
                for name in _sums(usage_periods):
                    known[name] += one[name]
        for key in sorted(summed):
            self._add_usage.execute(connection, summed[key])

    def count_run(self, connection: Connection, ended: ExecutionRow, process_id: str) -> None:
        """Add the end of a run to the sums of its time."""
        duration = ended.duration_ms or 0.0
        self._add_run.execute(
            connection,
            {
                "start": int((ended.completed_at or time.time()) // SPAN) * SPAN,
                "span": SPAN,
                "workspace": ended.workspace,
                "flow_id": ended.flow_id or "",
                "flow_type": ended.flow_type,
                "status": ended.status,
                "bucket": bucket_of(duration),
                "process_id": process_id,
                "runs": 1,
                "duration_ms": duration,
            },
        )

    async def join(self) -> None:
        """Make days of what is older than a day, and take over the sums of processes that are gone."""
        await self._database.write(lambda connection: self._join(connection, usage_periods, self._add_usage))
        await self._database.write(lambda connection: self._join(connection, run_periods, self._add_run))

    def _join(self, connection: Connection, table: Table, add: Any) -> None:
        alive = set(connection.scalars(select(processes.c.id)))
        due = or_(
            and_(table.c.span == SPAN, table.c.start < time.time() - KEPT),
            and_(table.c.process_id != "", table.c.process_id.not_in(alive)),
        )
        names = [column.name for column in table.c]
        rows = connection.execute(delete(table).where(due).returning(*table.c)).all()
        summed: dict[tuple[Any, ...], dict[str, Any]] = {}
        for values in rows:
            row: dict[str, Any] = dict(zip(names, values, strict=True))
            if row["start"] < time.time() - KEPT:
                row["start"], row["span"] = day_of(row["start"]), DAY
            if row["process_id"] not in alive:
                row["process_id"] = ""
            key = tuple(row[name] for name in _keys(table))
            known = summed.setdefault(key, row)
            if known is not row:
                for name in _sums(table):
                    known[name] += row[name]
        for key in sorted(summed):
            add.execute(connection, summed[key])


def _usage(row: dict[str, Any], process_id: str) -> dict[str, Any]:
    cost = row["cost_usd"]
    return {
        "start": int(row["created_at"] // SPAN) * SPAN,
        "span": SPAN,
        "workspace": row["workspace"],
        "flow_id": row["flow_id"] or "",
        "provider": row["provider"],
        "model": row["model"],
        "status": row["status"],
        "process_id": process_id,
        "requests": 1,
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "cached_input_tokens": row["cached_input_tokens"],
        "reasoning_tokens": row["reasoning_tokens"],
        "cost_usd": cost or 0.0,
        "unpriced": 1 if cost is None else 0,
        "estimated": 1 if row["estimated"] else 0,
    }


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _sums(table: Table) -> list[str]:
    return [column.name for column in table.c if not column.primary_key]


def _adding(table: Table) -> str:
    """Return the statement that adds a row to a sum, or begins it; the same in both databases' SQL."""

    def listed(columns: Sequence[Column[Any]]) -> str:
        return ", ".join(column.name for column in columns)

    values = ", ".join(f":{column.name}" for column in table.c)
    adds = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in _sums(table))
    return (
        f"INSERT INTO {table.name} ({listed([*table.c])}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT ({listed([*table.primary_key])}) DO UPDATE SET {adds}"
    )
