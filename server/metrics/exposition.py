"""Exposition: a snapshot as Prometheus reads it, or as OpenMetrics with examples of slow runs."""

from collections.abc import Iterator
from typing import Any

from server.metrics.series import PREFIX, SERIES, Series
from server.metrics.snapshot import Snapshot

__all__ = ["OPENMETRICS", "TEXT", "expose"]

TEXT = "text/plain; version=0.0.4"
"""Whoever answers with it adds the charset."""
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class _Collector:
    """Gives a registry of its own the families of one snapshot."""

    def __init__(self, shown: Snapshot) -> None:
        self._shown = shown

    def collect(self) -> Iterator[Any]:
        for name, series in SERIES.items():
            if self._shown[name]:
                yield _family(series, self._shown[name])


def expose(shown: Snapshot, *, openmetrics: bool) -> bytes:
    """Return the snapshot as text. The library is imported now: only servers that are watched need it."""
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(shown))  # pyright: ignore[reportArgumentType]: it asks for `collect` alone
    if openmetrics:
        from prometheus_client.openmetrics.exposition import generate_latest as as_openmetrics

        return as_openmetrics(registry)
    from prometheus_client import generate_latest

    return generate_latest(registry)


def _family(series: Series, values: dict[tuple[str, ...], Any]) -> Any:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    name = PREFIX + series.name
    match series.kind:
        case "counter":
            family: Any = CounterMetricFamily(name, series.help, labels=series.labels)
        case "gauge":
            family = GaugeMetricFamily(name, series.help, labels=series.labels)
        case "histogram":
            family = HistogramMetricFamily(name, series.help, labels=series.labels)
            for labels, seen in values.items():
                family.add_metric(labels, _buckets(series, seen), seen.sum)
            return family
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _buckets(series: Series, seen: Any) -> list[Any]:
    from prometheus_client.samples import Exemplar

    bounds = [*(str(bound) for bound in series.bounds), "+Inf"]
    buckets: list[Any] = []
    below = 0
    for place, (bound, count) in enumerate(zip(bounds, seen.counts, strict=True)):
        below += count
        known = seen.exemplars.get(place)
        if known is None:
            buckets.append((bound, below))
        else:
            example = Exemplar({"execution_id": known.execution_id}, known.value, known.at)
            buckets.append((bound, below, example))
    return buckets
