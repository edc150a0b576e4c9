"""Sweeping: deletes rows of hidden documents soon after they were hidden, in steps."""

import asyncio
import contextlib
import logging

from persistence.knowledge.garbage import sweep
from persistence.storage.database import Database
from persistence.storage.errors import StorageError

__all__ = ["Sweeper"]

LOOK_SECONDS = 60.0
"""Seconds between two looks for what other processes, or dead ones, have hidden."""

log = logging.getLogger("agenticrag.knowledge")


class Sweeper:
    """Deletes what is hidden. `open` it, tell it of what was hidden, `close` it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="knowledge-sweeper")

    def tell(self) -> None:
        """Say that something was hidden."""
        self._told.set()

    async def close(self) -> None:
        """Stop after the step that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), LOOK_SECONDS)
            self._told.clear()
            try:
                if rows := await sweep(self._database):
                    log.info("Deleted %s rows of hidden documents.", rows)
            except StorageError as error:
                log.warning("Deleting hidden documents waits for the database: %s", error)
            except Exception:
                log.exception("Hidden documents could not be deleted; it is tried again in a minute.")
