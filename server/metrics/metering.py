"""Metering: keeps prices, budgets and metrics of this process in step with those of the others."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from persistence.counters.process_metrics import SEPARATOR, Measured, ProcessMetrics
from persistence.journal.journal import Journal
from persistence.reports.costs import Costs
from persistence.reports.totals import Totals, TotalsReader
from persistence.spending.price_list import read_price_list
from persistence.storage.database import Database
from server.metrics.counting import Counting
from server.metrics.loop_watch import LoopWatch
from server.metrics.named_models import NamedModels

__all__ = ["Metering"]

TICK = 2.0
"""Seconds within which a process learns of prices and budgets that another one changed."""
JOIN_SECONDS = 600.0
"""Seconds between two rounds of joining sums that are old."""

log = logging.getLogger("agenticrag.metering")


class Metering:
    """Everything that measures. `open` it with the server."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        process_id: str,
        lease_seconds: float,
        pinned_models: Sequence[str] = (),
        counters: Callable[[], Mapping[str, Mapping[str, float]]],
        gauges: Callable[[], Mapping[str, float]],
    ) -> None:
        self.ledger = journal.claims.ledger
        self.models = NamedModels(pinned_models, self._has_price)
        self.costs = Costs(database, self.ledger)
        self._database = database
        self._process_id = process_id
        self._lease = lease_seconds
        self._counters = counters
        self._gauges = gauges
        self.counting = Counting(self.models)
        """Counts what this process does."""
        self._rows = ProcessMetrics(database)
        self._totals = TotalsReader(database)
        self._lag = 0.0
        self.watch = LoopWatch()
        """Watches this process's event loop."""
        self._task: asyncio.Task[None] | None = None
        journal.watchers.append(self.counting.seen)
        database.read_waited = self.counting.read_waited

    async def open(self) -> None:
        """Learn prices and budgets, take the price list over at a first start, and go on doing so."""
        self.watch.open()
        await self.ledger.refresh()
        if not self.ledger.prices.known:
            await self.ledger.prices.seed(read_price_list())
        self._task = asyncio.create_task(self._run(), name="metering")

    async def close(self) -> None:
        """Write down what was counted last."""
        self.watch.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._write()
        except Exception as error:
            log.warning("The last counts could not be written: %s", error)

    async def measured(self) -> tuple[Totals, Measured]:
        """Return what all processes have counted, this one up to now."""
        await self._write()
        return await self._totals.read(), await self._rows.read()

    async def totals(self) -> Totals:
        """Return what the database has summed up."""
        return await self._totals.read()

    async def _write(self) -> None:
        measured = self.counting.measured
        for name, counts in self._counters().items():
            measured.counters[name] = {**counts}
        measured.gauges = {**self._gauges(), "event_loop_lag_seconds": round(self._lag, 2)}
        hold = self.watch.longest()
        labels = SEPARATOR.join((hold.task, hold.code))
        measured.peaks = {"event_loop_longest_hold_seconds": {labels: round(hold.seconds, 3)}}
        await self._rows.write(self._process_id, measured)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        reaped, joined = loop.time(), loop.time() - JOIN_SECONDS / 2
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self._lag = max(0.0, loop.time() - due)
            try:
                await self.ledger.refresh()
                await self._write()
                if self.ledger.budgets.any and loop.time() - reaped >= self._lease / 2:
                    reaped = loop.time()
                    await self._reap()
                if loop.time() - joined >= JOIN_SECONDS:
                    joined = loop.time()
                    await self.ledger.periods.join()
                    await self._rows.join()
            except Exception as error:
                log.warning("Measuring goes on when the database does: %s", error)

    def _has_price(self, provider: str, model: str) -> bool:
        return self.ledger.prices.has_own(provider, model)

    async def _reap(self) -> None:
        freed = await self._database.write(
            lambda connection: self.ledger.reservations.reap(connection, self._lease)
        )
        if freed:
            log.warning("Gave back what ended processes had reserved of budgets, for %d calls.", freed)
