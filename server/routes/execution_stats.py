"""Statistics of executions on the wire."""

from typing import Any

from msgspec import Struct

from persistence.reports.execution_stats import Durations, FlowStats, Stats
from server.http.answers.sse_bytes import iso

__all__ = ["ExecutionStatistics", "FlowStatistics", "statistics"]


class Statistics(Struct, frozen=True, kw_only=True):
    """What runs came to in a window."""

    total: int
    """Those that ended in the window, and those that have not ended."""
    by_status: dict[str, int]
    """Those that have not ended count as they stand now."""
    success_rate: float | None
    """Share of the completed among those that ended by themselves, from 0 to 1; null where none did."""
    durations: Durations
    """Of the newest runs that ended in the window, 10,000 at most, over all flows."""
    requests: int
    """Maximum number of model calls."""
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float | None
    """Of the requests whose price is known; null where none is."""


class FlowStatistics(Statistics, frozen=True, kw_only=True):
    """What the runs of one flow came to."""

    flow_id: str | None
    """Null for chats without a stored flow."""


class ExecutionStatistics(Statistics, frozen=True, kw_only=True):
    """What all runs came to, and those of each flow."""

    days: int
    since: str | None
    """The beginning of the first day, in UTC."""
    flows: list[FlowStatistics]
    """Those with the most runs first."""


def statistics(found: Stats, days: int) -> ExecutionStatistics:
    """Return statistics as the API gives them."""
    flows = [FlowStatistics(**_facts(each), flow_id=id or None) for id, each in found.by_flow.items()]
    flows.sort(key=lambda flow: (-flow.total, flow.flow_id or ""))
    return ExecutionStatistics(**_facts(found), days=days, since=iso(found.since), flows=flows)


def _facts(found: FlowStats) -> dict[str, Any]:
    return {
        "total": sum(found.by_status.values()),
        "by_status": found.by_status,
        "success_rate": found.success_rate,
        "durations": found.durations,
        "requests": found.requests,
        "input_tokens": found.input_tokens,
        "output_tokens": found.output_tokens,
        "total_tokens": found.input_tokens + found.output_tokens,
        "cost_usd": found.cost_usd,
    }
