"""Statistics of executions: from sums that are kept as runs end, and the newest durations of an index."""

import time
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, select

from persistence.reports.costs import known_cost
from persistence.spending.rollups import DAY, day_of
from persistence.storage.database import Database
from persistence.storage.tables.runs import execution_counts, executions
from persistence.storage.tables.spending import run_periods, usage_periods

__all__ = ["SAMPLE", "Durations", "ExecutionStats", "FlowStats", "Stats", "success_rate"]

SAMPLE = 10_000
"""Durations that percentiles are taken of, the newest of the window."""
OPEN = ("pending", "running", "waiting_approval")


class Durations(Struct, frozen=True):
    """Percentiles of durations, in milliseconds; null where no run ended."""

    p50_ms: float | None
    p95_ms: float | None
    sampled: int
    """Of how many runs, the newest that ended in the window; at most 10,000."""


class FlowStats(Struct, frozen=True, kw_only=True):
    """What the runs of one flow, or of all, came to in the window."""

    by_status: dict[str, int]
    """Runs that ended in the window by how they ended, and those that have not ended as they stand now."""
    success_rate: float | None
    """Share of the completed among those that ended by themselves, from 0 to 1; null where none did."""
    durations: Durations
    requests: int
    """Maximum number of model calls."""
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """Of the requests whose price is known; null where none is."""


class Stats(FlowStats, frozen=True, kw_only=True):
    """What runs came to in a window."""

    since: float
    """Unix seconds: the beginning of a day."""
    by_flow: dict[str, FlowStats]
    """By flow id; "" is for chats without a stored flow."""


class ExecutionStats:
    """Reads the statistics; no call looks at more rows than days, flows and the sample have."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, workspace: str, *, days: int, flow_id: str | None = None) -> Stats:
        """Return the statistics of the last `days` days (UTC), today included; of one flow if it is named."""
        since = day_of(time.time()) - (days - 1) * DAY
        return await self._database.read(lambda connection: _stats(connection, workspace, since, flow_id))


def _stats(connection: Connection, workspace: str, since: int, flow_id: str | None) -> Stats:
    counts: dict[str, dict[str, int]] = {}
    for flow, status, runs in _rows(connection, _ended(workspace, since, flow_id)):
        counts.setdefault(flow, {})[status] = int(runs)
    for flow, status, runs in _rows(connection, _open(workspace, flow_id)):
        if runs:
            counts.setdefault(flow, {})[status] = int(runs)
    used = {row[0]: tuple(row[1:]) for row in _rows(connection, _used(workspace, since, flow_id))}
    took: dict[str, list[float]] = {}
    for flow, duration in _rows(connection, _durations(workspace, since, flow_id)):
        took.setdefault(flow or "", []).append(duration)
    flow_ids = sorted({*counts, *used, *took})
    each = {flow: _flow(counts.get(flow, {}), used.get(flow), took.get(flow, [])) for flow in flow_ids}
    together: dict[str, int] = {}
    for by_status in counts.values():
        for status, runs in by_status.items():
            together[status] = together.get(status, 0) + runs
    spent = tuple(sum(values) for values in zip(*used.values(), strict=True)) if used else None
    whole = _flow(together, spent, [duration for durations in took.values() for duration in durations])
    return Stats(
        since=since,
        by_flow=each,
        **{name: getattr(whole, name) for name in FlowStats.__struct_fields__},
    )


def _rows(connection: Connection, statement: Any) -> Sequence[Any]:
    return connection.execute(statement).all()


def _flow(by_status: dict[str, int], used: tuple[float, ...] | None, took: Sequence[float]) -> FlowStats:
    requests, unpriced, input_tokens, output_tokens, cost = used or (0, 0, 0, 0, 0.0)
    return FlowStats(
        by_status=dict(sorted(by_status.items())),
        success_rate=success_rate(by_status),
        durations=_percentiles(took),
        requests=int(requests),
        input_tokens=int(input_tokens),
        output_tokens=int(output_tokens),
        cost_usd=known_cost(float(cost), int(requests), int(unpriced)),
    )


def success_rate(by_status: Mapping[str, int]) -> float | None:
    """Return the share of the completed runs, from 0 to 1; None where no run has ended by itself.

    Runs that somebody cancelled are neither a success nor a failure.
    """
    completed = by_status.get("completed", 0)
    ended = completed + by_status.get("failed", 0) + by_status.get("timeout", 0)
    return round(completed / ended, 4) if ended else None


def _percentiles(took: Sequence[float]) -> Durations:
    """Return percentiles by nearest rank."""
    ordered = sorted(took)

    def rank(share: float) -> float | None:
        return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3) if ordered else None

    return Durations(rank(0.5), rank(0.95), len(ordered))


def _ended(workspace: str, since: int, flow_id: str | None) -> Any:
    c = run_periods.c
    found = select(c.flow_id, c.status, func.sum(c.runs)).where(c.workspace == workspace, c.start >= since)
    found = found if flow_id is None else found.where(c.flow_id == flow_id)
    return found.group_by(c.flow_id, c.status)


def _open(workspace: str, flow_id: str | None) -> Any:
    c = execution_counts.c
    found = select(c.flow_id, c.status, func.sum(c.runs)).where(c.workspace == workspace, c.status.in_(OPEN))
    found = found if flow_id is None else found.where(c.flow_id == flow_id)
    return found.group_by(c.flow_id, c.status)


def _used(workspace: str, since: int, flow_id: str | None) -> Any:
    c = usage_periods.c
    found = select(
        c.flow_id,
        func.sum(c.requests),
        func.sum(c.unpriced),
        func.sum(c.input_tokens),
        func.sum(c.output_tokens),
        func.sum(c.cost_usd),
    ).where(c.workspace == workspace, c.start >= since)
    found = found if flow_id is None else found.where(c.flow_id == flow_id)
    return found.group_by(c.flow_id)


def _durations(workspace: str, since: int, flow_id: str | None) -> Any:
    c = executions.c
    found = (
        select(c.flow_id, c.duration_ms)
        .where(c.workspace == workspace, c.completed_at.is_not(None), c.completed_at >= since)
        .where(c.duration_ms.is_not(None))
        .order_by(c.completed_at.desc())
        .limit(SAMPLE)
    )
    return found if flow_id is None else found.where(c.flow_id == flow_id)
