"""Writes of tasks that are queued and that nobody waits for, until the checkpoint that follows them."""

import asyncio
from typing import Any

from msgspec import Struct

from persistence.storage.value_references import Kept

__all__ = ["PendingWrites", "Queued", "QueuedCheckpoint"]


class Queued(Struct, frozen=True, eq=False):
    """The writes of one task, on their way to the database."""

    rows: list[dict[str, Any]]
    """Never empty."""
    kept: Kept
    """The large values that they refer to."""
    done: "asyncio.Future[None]"

    def failed(self) -> bool:
        """Say whether they were refused; they are as the writer left them when the next batch begins."""
        return self.done.done() and not self.done.cancelled() and self.done.exception() is not None


class QueuedCheckpoint(Struct, frozen=True, eq=False):
    """A checkpoint on its way to the database."""

    row: dict[str, Any]
    kept: Kept
    """The large values that it refers to."""
    before: list[Queued]
    """The writes that it must not stand without."""


class PendingWrites:
    """What is queued, by thread. What failed stays until the checkpoint that must not stand without it."""

    def __init__(self) -> None:
        self._threads: dict[str, list[Queued]] = {}

    def add(self, thread_id: str, queued: Queued) -> None:
        """Keep writes until they are committed, or taken."""
        self._threads.setdefault(thread_id, []).append(queued)

        def committed(_: object) -> None:
            if not queued.failed():
                self._remove(thread_id, [queued])

        queued.done.add_done_callback(committed)

    def take(self, thread_id: str, checkpoint_ns: str, checkpoint_id: str | None) -> list[Queued]:
        """Return the writes on a checkpoint that are not known to be stored, and forget them."""
        place = (checkpoint_ns, checkpoint_id)
        taken = [
            queued
            for queued in self._threads.get(thread_id, [])
            if (queued.rows[0]["checkpoint_ns"], queued.rows[0]["checkpoint_id"]) == place
        ]
        self._remove(thread_id, taken)
        return taken

    def forget(self, thread_id: str) -> None:
        """Drop what a thread had queued."""
        self._threads.pop(thread_id, None)

    def _remove(self, thread_id: str, settled: list[Queued]) -> None:
        left = [queued for queued in self._threads.get(thread_id, []) if queued not in settled]
        if left:
            self._threads[thread_id] = left
        else:
            self._threads.pop(thread_id, None)
