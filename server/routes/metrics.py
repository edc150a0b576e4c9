"""Metrics: what this server's processes have done, for Prometheus, for programs and at a glance."""

import time
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from persistence.counters.process_metrics import Seen
from persistence.reports.execution_stats import success_rate
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.query_strings import ANY_QUERY
from server.metrics.exposition import TEXT
from server.metrics.metering import Metering
from server.metrics.scrape import exposition, look
from server.metrics.series import SERIES
from server.metrics.snapshot import Snapshot, total_use
from server.settings.sources import Settings

__all__ = ["MetricsController", "ScrapeController"]


class MetricSample(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One series of a metric."""

    name: str
    type: str
    """`counter`, `gauge` or `histogram`."""
    labels: dict[str, str]
    value: float
    """Of a histogram how many observations there were."""
    sum: float | None = None
    """Of a histogram their sum."""
    buckets: dict[str, int] | None = None
    """Of a histogram how many observations were at most so large."""


class MetricsDocument(Struct, frozen=True):
    """All series at a moment."""

    timestamp: str
    metrics: list[MetricSample]


class RunSummary(Struct, frozen=True):
    """Runs that ended."""

    total: int
    completed: int
    failed: int
    """Failed or out of time."""
    success_rate: float
    """Of those that ended by themselves, from 0 to 1, as `GET /executions/stats` has it; 0 where none did."""


class AgentSummary(Struct, frozen=True):
    """Runs of agent nodes."""

    total: int
    completed: int
    success_rate: float


class UsageSummary(Struct, frozen=True):
    """What models were asked."""

    total_tokens: int
    total_cost_usd: float
    """Of the requests whose price is known."""
    total_requests: int
    avg_tokens_per_request: float
    unpriced_requests: int
    """Requests without a known price."""


class MetricsSummary(Struct, frozen=True):
    """Metrics at a glance."""

    timestamp: str
    workflows: RunSummary
    agents: AgentSummary
    llm_usage: UsageSummary


SCRAPED = {"metrics_token": True, "metrics_networks": True}
"""``opt`` of what Prometheus reads: with the metrics' token, or from the networks that the operator names."""


class MetricsController(Controller):
    """Metrics of all processes that share the database."""

    path = "/metrics"
    tags = ("Metrics",)

    @get(
        "/prometheus",
        operation_id="metricsPrometheus",
        opt=operation(needs="metrics:read", media="text/plain", opt=SCRAPED),
    )
    async def prometheus(
        self,
        request: Request[Any, Any, Any],
        metering: NamedDependency[Metering],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Return all metrics for Prometheus, as OpenMetrics if `Accept` asks for it.

        The key may be an API key or the setting `metrics_token`; from `metrics_networks` none is needed."""
        return await _exposed(request, metering, settings)

    @get(
        "/json", operation_id="metricsJson", opt=operation(needs="metrics:read", opt={"metrics_token": True})
    )
    async def json(
        self, metering: NamedDependency[Metering], settings: NamedDependency[Settings]
    ) -> MetricsDocument:
        """Return all metrics as JSON."""
        shown, _ = await look(metering, settings.data_dir)
        return MetricsDocument(iso(time.time()) or "", _samples(shown))

    @get(
        "/summary",
        operation_id="metricsSummary",
        opt=operation(needs="metrics:read", opt={"metrics_token": True}),
    )
    async def summary(
        self, metering: NamedDependency[Metering], settings: NamedDependency[Settings]
    ) -> MetricsSummary:
        """Return totals of runs and usage."""
        shown, totals = await look(metering, settings.data_dir)
        ended = {
            status: int(count)
            for (status,), count in shown["workflow_executions_by_status"].items()
            if isinstance(count, float)
        }
        completed, failed = ended.get("completed", 0), ended.get("failed", 0) + ended.get("timeout", 0)
        agents = {
            status: int(count)
            for (status,), count in shown["agent_executions"].items()
            if isinstance(count, float)
        }
        use = total_use(totals)
        tokens = use.input_tokens + use.output_tokens
        return MetricsSummary(
            timestamp=iso(time.time()) or "",
            workflows=RunSummary(sum(ended.values()), completed, failed, success_rate(ended) or 0.0),
            agents=AgentSummary(
                sum(agents.values()),
                agents.get("completed", 0),
                success_rate(agents) or 0.0,
            ),
            llm_usage=UsageSummary(
                tokens, use.cost_usd, use.requests, _share(tokens, use.requests), use.unpriced
            ),
        )


class ScrapeController(Controller):
    """The address that scrapers try by themselves."""

    path = "/metrics"
    include_in_schema = False

    @get("/", opt=operation(needs="metrics:read", media="text/plain", opt=SCRAPED | ANY_QUERY))
    async def scrape(
        self,
        request: Request[Any, Any, Any],
        metering: NamedDependency[Metering],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Return what `/api/agent-builder/metrics/prometheus` does."""
        return await _exposed(request, metering, settings)


async def _exposed(
    request: Request[Any, Any, Any], metering: Metering, settings: Settings
) -> Response[bytes]:
    text, media = await exposition(metering, settings.data_dir, request.headers.get("accept", ""))
    # Litestar adds the charset to what begins with `text/`.
    return Response(text, media_type=media.removesuffix("; charset=utf-8") if media == TEXT else media)


def _samples(shown: Snapshot) -> list[MetricSample]:
    samples: list[MetricSample] = []
    for name, series in SERIES.items():
        for values, value in shown[name].items():
            labels = dict(zip(series.labels, values, strict=True))
            if isinstance(value, Seen):
                samples.append(
                    MetricSample(
                        name=series.shown,
                        type=series.kind,
                        labels=labels,
                        value=float(sum(value.counts)),
                        sum=value.sum,
                        buckets=_cumulative(series.bounds, value.counts),
                    )
                )
            else:
                samples.append(MetricSample(name=series.shown, type=series.kind, labels=labels, value=value))
    return samples


def _cumulative(bounds: tuple[float, ...], counts: list[int]) -> dict[str, int]:
    below, buckets = 0, dict[str, int]()
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        below += count
        buckets[bound] = below
    return buckets


def _share(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole else 0.0
