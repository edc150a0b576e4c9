"""Upkeep: what ended is made small soon, and what is old is dropped in time."""

import asyncio
import logging
import time

from persistence.database import Database
from persistence.execution_rows import ExecutionRow
from persistence.journal import Journal
from persistence.maintenance import Policy, prune
from server.engine import Engine
from server.settings import Settings

__all__ = ["Upkeep"]

TIDY_SECONDS = 3.0
"""Seconds between two rounds of compacting journals and pruning checkpoints of what has ended here."""
PRUNE_SECONDS = 3600.0
"""Seconds between two rounds of retention."""

log = logging.getLogger("agenticrag.upkeep")


class Upkeep:
    """Keeps the database small. `run` it beside the server; tell it of every run that `ended`."""

    def __init__(self, settings: Settings, database: Database, journal: Journal, engine: Engine) -> None:
        self._policy = Policy(
            journal_days=settings.retention_days or float("inf"),
            idempotency_hours=settings.idempotency_hours,
        )
        self._database = database
        self._journal = journal
        self._engine = engine
        self._ended: list[ExecutionRow] = []

    def ended(self, row: ExecutionRow) -> None:
        """Remember a run that is to be made small."""
        self._ended.append(row)

    async def run(self) -> None:
        """Tidy every few seconds and prune every hour, until cancelled."""
        pruned = time.monotonic()
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self.tidy()
            if time.monotonic() - pruned >= PRUNE_SECONDS:
                pruned = time.monotonic()
                try:
                    log.info("Retention dropped %s.", await prune(self._database, self._policy))
                except Exception:
                    log.exception("Retention failed; it is tried again in an hour.")

    async def tidy(self) -> None:
        """Compact the journals of runs that ended here and drop checkpoints that nothing needs any more."""
        ended, self._ended = self._ended, []
        try:
            for row in ended:
                await self._journal.compact(row.id)
            threads = dict.fromkeys(row.thread_id for row in ended if row.session_id is not None)
            single = [row.thread_id for row in ended if row.session_id is None]
            if ended:
                checkpointer = await self._engine.checkpointer()
                for thread in threads:
                    await checkpointer.atidy(thread)
                await checkpointer.aprune(single, strategy="keep_latest")
        except Exception:
            log.exception("Ended runs could not be tidied; retention will see to them later.")
