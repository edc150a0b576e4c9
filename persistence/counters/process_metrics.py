"""What processes have measured of their own work, kept where every process can add it up.

Each process writes all of its counts as one row, every few seconds and when it is asked for metrics; counts
of processes that are gone are added to one row of the past. So whichever process answers tells of all of
them, and no counter falls when one of them ends.
"""

import time
from collections.abc import Iterable

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, delete, insert, select, update

from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.tables.counters import process_metrics
from persistence.storage.tables.runs import processes

__all__ = ["LIVE_SECONDS", "SEPARATOR", "Exemplar", "Measured", "ProcessMetrics", "Seen", "merged"]

PAST = ""
"""Whose row holds what processes that are gone had counted."""
LIVE_SECONDS = 60
"""How long a process may be silent before nothing is told of how it is."""
SEPARATOR = "\x1f"
"""Between the label values of a series."""


class Exemplar(Struct, frozen=True, array_like=True):
    """One observation of a histogram, by which the run can be found that it is of."""

    execution_id: str
    value: float
    at: float
    """Unix seconds."""


class Seen(Struct, array_like=True):
    """A histogram of one series: how many observations fell in each bucket, and their sum."""

    counts: list[int]
    """One for each bound, and one for what is above them all."""
    sum: float = 0.0
    exemplars: dict[int, Exemplar] = field(default_factory=dict[int, Exemplar])
    """The last one of each bucket."""


class Measured(Struct):
    """Counts by the name of the metric, then by the label values of the series, joined by `SEPARATOR`."""

    counters: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    histograms: dict[str, dict[str, Seen]] = field(default_factory=dict[str, dict[str, Seen]])
    gauges: dict[str, float] = field(default_factory=dict[str, float])
    """Of the process as it is; nothing of them is left when it is gone."""
    peaks: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """Gauges of which the largest of all processes counts, by label values."""


def merged(parts: Iterable[Measured]) -> Measured:
    """Add up what processes have measured."""
    total = Measured()
    for part in parts:
        for name, series in part.counters.items():
            known = total.counters.setdefault(name, {})
            for labels, count in series.items():
                known[labels] = known.get(labels, 0.0) + count
        for name, shown in part.histograms.items():
            into = total.histograms.setdefault(name, {})
            for labels, seen in shown.items():
                _add(into.setdefault(labels, Seen([0] * len(seen.counts))), seen)
        for name, value in part.gauges.items():
            total.gauges[name] = total.gauges.get(name, 0.0) + value
        for name, series in part.peaks.items():
            total.peaks[name] = dict([max([*total.peaks.get(name, {}).items(), *series.items()], key=_value)])
    return total


class ProcessMetrics:
    """The rows. `write` one's own, `read` the sum of all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written = b""

    async def write(self, process_id: str, measured: Measured) -> None:
        """Keep all that a process has counted so far, if that has changed."""
        body = msgspec.json.encode(measured)
        if body == self._written:
            return
        self._written = body
        values = {"body": body, "written_at": time.time()}

        def work(connection: Connection) -> None:
            own = update(process_metrics).where(process_metrics.c.process_id == process_id)
            if connection.execute(own.values(**values)).rowcount == 0:
                connection.execute(insert(process_metrics).values(process_id=process_id, **values))

        await self._database.write(work)

    async def read(self) -> Measured:
        """Return what all processes have counted, and the gauges of those that live."""

        def work(connection: Connection) -> Measured:
            recent = processes.c.seen_at > steady(connection) - LIVE_SECONDS
            alive = set(connection.scalars(select(processes.c.id).where(recent)))
            parts: list[Measured] = []
            for process_id, body in connection.execute(
                select(process_metrics.c.process_id, process_metrics.c.body)
            ):
                part = msgspec.json.decode(body, type=Measured)
                gone = process_id not in alive
                parts.append(msgspec.structs.replace(part, gauges={}, peaks={}) if gone else part)
            return merged(parts)

        return await self._database.read(work)

    async def join(self) -> None:
        """Add the counts of processes that are gone to those of the past."""

        def work(connection: Connection) -> None:
            alive = select(processes.c.id)
            gone = connection.execute(
                delete(process_metrics)
                .where(process_metrics.c.process_id != PAST, process_metrics.c.process_id.not_in(alive))
                .returning(process_metrics.c.body)
            ).scalars()
            parts = [msgspec.json.decode(body, type=Measured) for body in gone]
            if not parts:
                return
            past = process_metrics.c.process_id == PAST
            known = connection.scalar(select(process_metrics.c.body).where(past).with_for_update())
            if known is not None:
                parts.append(msgspec.json.decode(known, type=Measured))
            total = merged(parts)
            total.gauges.clear()
            total.peaks.clear()
            values = {"body": msgspec.json.encode(total), "written_at": time.time()}
            if known is None:
                connection.execute(insert(process_metrics).values(process_id=PAST, **values))
            else:
                connection.execute(update(process_metrics).where(past).values(**values))

        await self._database.write(work)


def _value(item: tuple[str, float]) -> float:
    return item[1]


def _add(into: Seen, seen: Seen) -> None:
    for place, count in enumerate(seen.counts):
        into.counts[place] += count
    into.sum += seen.sum
    for place, exemplar in seen.exemplars.items():
        known = into.exemplars.get(place)
        if known is None or known.at < exemplar.at:
            into.exemplars[place] = exemplar
