"""A snapshot: all series at a moment, as plain values that any format is made from."""

from collections.abc import Mapping
from typing import Any

from persistence.counters.process_metrics import SEPARATOR, Measured, Seen
from persistence.reports.costs import Use
from persistence.reports.totals import ModelTotal, RunTotal, Totals
from server.metrics.counting import OTHER
from server.metrics.named_models import NamedModels
from server.metrics.series import SERIES

__all__ = ["Snapshot", "snapshot", "total_use"]

Snapshot = dict[str, dict[tuple[str, ...], float | Seen]]
"""By the name of the metric, then by label values."""
COUNTERS = {
    "llm_input_tokens": "input_tokens",
    "llm_output_tokens": "output_tokens",
    "llm_cached_input_tokens": "cached_input_tokens",
    "llm_reasoning_tokens": "reasoning_tokens",
    "llm_cost_usd": "cost_usd",
    "llm_unpriced_requests": "unpriced",
    "llm_estimated_requests": "estimated",
}
DOCUMENT_STATUSES = ("queued", "parsing", "embedding", "ready", "failed")
ALWAYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "workflow_executions": tuple(
        (flow_type, status)
        for flow_type in ("chatflow", "agentflow")
        for status in ("completed", "failed", "cancelled", "timeout")
    ),
    "agent_executions": (("completed",), ("failed",)),
    "tool_calls": (("completed",), ("failed",)),
    "run_errors": (("recovery_exhausted",), ("timeout",), ("internal",), ("checkpoint_unreadable",)),
    "budget_refusals": (("exhausted",), ("unknown_price",)),
    "requests_refused": (("address",), ("key",), ("starts",)),
    "budget_alerts": (("50",), ("80",), ("100",)),
}
"""Series that are there before anything was counted, so that their first increase is seen."""


def snapshot(
    totals: Totals, measured: Measured, machine: Mapping[str, float], models: NamedModels
) -> Snapshot:
    """Return every series; what models without one of their own used is counted as `OTHER`."""
    shown: Snapshot = {name: {} for name in SERIES}
    for name, series in SERIES.items():
        if not series.labels and series.kind == "counter":
            shown[name][()] = 0.0
        for labels in ALWAYS.get(name, ()):
            shown[name][labels] = 0.0
    for name, counts in measured.counters.items():
        for labels, count in counts.items():
            _add(shown, name, _values(name, labels), count)
    for name, histograms in measured.histograms.items():
        for labels, seen in histograms.items():
            shown[name][_values(name, labels)] = seen
    for name, peaks in measured.peaks.items():
        for labels, value in peaks.items():
            shown[name][_values(name, labels)] = value
    for name, value in {**measured.gauges, **machine}.items():
        shown[name][()] = value
    _add_models(shown, totals.models, models.own(totals.models))
    _add_runs(shown, totals)
    for status in DOCUMENT_STATUSES:
        shown["knowledge_documents"][(status,)] = float(totals.documents.get(status, 0))
    for queue in ("default", *totals.queues):
        waiting, oldest = totals.queues.get(queue, (0, 0.0))
        shown["queued_runs"][(queue,)] = float(waiting)
        shown["oldest_queued_run_seconds"][(queue,)] = oldest
    for status in ("waiting", "dead"):
        shown["webhook_deliveries_open"][(status,)] = float(totals.deliveries.get(status, 0))
    for (status,), count in [*_whole(shown["agent_executions"])]:
        shown["agent_executions_by_status"][(status,)] = count
    shown["llm_cost_last_24h"][()] = totals.cost_last_day
    shown["llm_tokens_last_24h"][()] = float(totals.tokens_last_day)
    shown["workflow_executions_last_hour"][()] = float(totals.runs_last_hour)
    shown["processes"][()] = float(totals.processes)
    return shown


def _add_models(shown: Snapshot, models: list[ModelTotal], named: set[tuple[str, str]]) -> None:
    for one in sorted(models, key=lambda one: (one.first, one.provider, one.model)):
        use, model = one.use, one.model if (one.provider, one.model) in named else OTHER
        tokens = float(use.input_tokens + use.output_tokens)
        _add(shown, "llm_requests", (one.provider, model, one.status), use.requests)
        for name, field in COUNTERS.items():
            _add(shown, name, (one.provider, model), getattr(use, field))
        _add(shown, "llm_tokens", (), tokens)
        _add(shown, "llm_tokens_by_provider", (one.provider,), tokens)
        _add(shown, "llm_cost_by_provider", (one.provider,), use.cost_usd)
        _add(shown, "llm_tokens_by_model", (model,), tokens)
        _add(shown, "llm_requests_by_model", (model,), use.requests)


def _add_runs(shown: Snapshot, totals: Totals) -> None:
    by_type: dict[str, list[RunTotal]] = {}
    for run in totals.runs:
        by_type.setdefault(run.flow_type, []).append(run)
        _add(shown, "workflow_executions", (run.flow_type, run.status), sum(run.counts))
        _add(shown, "workflow_executions_by_status", (run.status,), sum(run.counts))
    for status in ("pending", "running", "waiting_approval"):
        shown["workflow_executions_by_status"][(status,)] = float(totals.open.get(status, 0))
    for flow_type, runs in by_type.items():
        counts = [sum(column) for column in zip(*(run.counts for run in runs), strict=True)]
        seconds = sum(run.duration_ms for run in runs) / 1000
        shown["workflow_execution_duration_seconds"][(flow_type,)] = Seen(counts, seconds)
    ended = sum(sum(run.counts) for run in totals.runs)
    spent = sum(run.duration_ms for run in totals.runs) / 1000
    shown["workflow_execution_duration_seconds_avg"][()] = spent / ended if ended else 0.0


def _add(shown: Snapshot, name: str, labels: tuple[str, ...], count: float) -> None:
    before: Any = shown[name].get(labels, 0.0)
    shown[name][labels] = before + float(count)


def _values(name: str, joined: str) -> tuple[str, ...]:
    return tuple(joined.split(SEPARATOR)) if SERIES[name].labels else ()


def _whole(series: dict[tuple[str, ...], float | Seen]) -> list[tuple[tuple[str, ...], float]]:
    return [(labels, value) for labels, value in series.items() if isinstance(value, float)]


def total_use(totals: Totals) -> Use:
    """Return what was ever used."""
    sums: dict[str, Any] = dict.fromkeys(Use.__struct_fields__, 0)
    for one in totals.models:
        for name in sums:
            sums[name] += getattr(one.use, name)
    return Use(**sums)
