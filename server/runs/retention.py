"""Upkeep: what ended is made small soon, and what is old is dropped in time."""

import asyncio
import contextlib
import logging
import math
import time

from persistence.identity.audit import Audit
from persistence.identity.logins import Logins
from persistence.journal.journal import Journal
from persistence.memories.memories import Memories
from persistence.storage.database import Database
from persistence.storage.errors import SessionBusy, StorageError
from persistence.storage.execution_rows import ExecutionRow
from persistence.triggers.outbox import Outbox
from persistence.upkeep.retention import Policy, prune
from server.compilation.langgraph_engine import Engine
from server.settings.sources import Settings

__all__ = ["Retention", "policy_of"]

TIDY_SECONDS = 3.0
"""Seconds between two rounds of compacting journals and pruning checkpoints of what has ended here."""
PRUNE_SECONDS = 3600.0
"""Seconds between two rounds of retention."""
INDEXED = 20
"""Sessions that are added to the index of the search in a step."""
INDEX_SECONDS = 0.15
"""Seconds from which on a round begins no further step, so that runs have the time."""
DAY = 86_400.0
FIRST_PRUNE = 60.0
"""Seconds from the start to the first round, so that servers which are started often prune too."""

log = logging.getLogger("agenticrag.upkeep")


def policy_of(settings: Settings) -> Policy:
    """Return how long the settings keep what."""
    return Policy(
        journal_days=settings.retention_days or float("inf"),
        idempotency_hours=settings.idempotency_hours,
    )


class Retention:
    """Keeps the database small. `run` it beside the server; tell it of every run that `ended`."""

    def __init__(self, settings: Settings, database: Database, journal: Journal, engine: Engine) -> None:
        self._policy = policy_of(settings)
        self._audit_days = settings.audit_days or float("inf")
        self._webhook_days = settings.webhook_days
        self._database = database
        self._journal = journal
        self._engine = engine
        self._ended: list[ExecutionRow] = []
        self._long: list[str] = []
        """Those of them whose journal is to be compacted."""
        self._rest = settings.session_index_seconds
        self._index_at = math.inf
        """When sessions are indexed next, by `time.monotonic`."""
        self._active = -math.inf
        """When a session's last run ended here."""

    def ended(self, row: ExecutionRow, compacted: bool) -> None:
        """Remember a run that is to be made small; its journal is already where it is `compacted`."""
        self._ended.append(row)
        if not compacted:
            self._long.append(row.id)

    async def run(self) -> None:
        """Tidy every few seconds and prune every hour, until cancelled."""
        pruned = time.monotonic() - PRUNE_SECONDS + FIRST_PRUNE
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self.tidy()
            await self._index_sessions()
            if time.monotonic() - pruned >= PRUNE_SECONDS:
                pruned = time.monotonic()
                self._index_at = pruned
                try:
                    log.info("Retention dropped %s.", await prune(self._database, self._policy))
                    await Audit(self._database).prune(time.time() - self._audit_days * DAY)
                    await Outbox(self._database).prune(time.time() - self._webhook_days * DAY)
                    await Logins(self._database).prune(time.time() - DAY)
                    while await Memories(self._database).prune():
                        pass
                except StorageError as error:
                    log.warning("Retention waits for the database: %s", error)
                except Exception:
                    log.exception("Retention failed; it is tried again in an hour.")

    async def _index_sessions(self) -> None:
        """Index some of the sessions that rest: a search reads the others."""
        began = time.monotonic()
        if began < self._index_at:
            return
        try:
            more = True
            while more and time.monotonic() - began < INDEX_SECONDS:
                more = await self._engine.session_index.step(INDEXED, time.time() - self._rest)
        except StorageError as error:
            log.warning("Sessions are indexed later: %s", error)
        except Exception:
            self._index_at = math.inf
            log.exception("Sessions could not be indexed; it is tried again in an hour.")
        else:
            if not more:
                self._index_at = began + self._rest if self._active > began - self._rest else math.inf

    async def _fold(self, ended: list[ExecutionRow]) -> None:
        """Store sessions whose last run gave an alternative as one state: no text stands there twice."""
        last = {row.thread_id: row for row in ended if row.session_id is not None}
        for row in last.values():
            if row.status == "completed" and row.options.get("branch"):
                # Where its next run is under way, the next alternative folds it.
                with contextlib.suppress(SessionBusy):
                    await self._engine.sessions.fold(row.thread_id, row.workspace)

    async def tidy(self) -> None:
        """Compact the journals of runs that ended here and drop checkpoints that nothing needs any more."""
        ended, self._ended = self._ended, []
        long, self._long = self._long, []
        if any(row.session_id is not None for row in ended):
            self._active = time.monotonic()
            self._index_at = min(self._index_at, self._active + self._rest)
        try:
            for execution_id in long:
                await self._journal.compact(execution_id)
            threads = dict.fromkeys(row.thread_id for row in ended if row.session_id is not None)
            single = [row.thread_id for row in ended if row.session_id is None]
            if ended:
                checkpointer = await self._engine.checkpointer()
                for thread in threads:
                    await checkpointer.atidy(thread)
                await self._fold(ended)
                await checkpointer.aprune(single, strategy="keep_latest")
        except StorageError as error:
            log.warning("Ended runs could not be tidied; retention will see to them later: %s", error)
        except Exception:
            log.exception("Ended runs could not be tidied; retention will see to them later.")
