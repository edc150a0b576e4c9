"""What tests of changes at once share: a change that comes between the reading and the writing of another."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from persistence.storage.database import Database, open_database

__all__ = ["Elsewhere", "between"]

Change = Callable[[], Awaitable[Any]]
BLOCKED = 1.0
"""Seconds after which a change of another process counts as waiting for ours."""


def between(
    patch: pytest.MonkeyPatch, holder: type, name: str, change: Change, *, skip: int = 0
) -> list[Change]:
    """Have a change made behind the next reading, or behind one after it; what is returned is empty when it
    was made."""
    read, left, skipped = getattr(holder, name), [change], [None] * skip

    async def slow(*args: Any, **named: Any) -> Any:
        found = await read(*args, **named)
        if skipped:
            skipped.pop()
        elif left:
            await left.pop()()
        return found

    patch.setattr(holder, name, slow)
    return left


class Elsewhere:
    """Changes of a database as another server makes them, while a transaction of this one is open."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._threads: list[threading.Thread] = []
        self.results: list[Any] = []
        """What changes gave, or raised."""

    def change(self, work: Callable[[Database], Awaitable[Any]]) -> None:
        """Begin a change; return when it is committed, or when it waits for a lock of ours."""

        async def run() -> Any:
            async with open_database(self._url) as database:
                return await work(database)

        def done() -> None:
            try:
                self.results.append(asyncio.run(run()))
            except Exception as error:
                self.results.append(error)

        thread = threading.Thread(target=done)
        thread.start()
        self._threads.append(thread)
        thread.join(BLOCKED)

    async def ended(self) -> list[Any]:
        """Return what all changes gave, or raised, when they have ended."""
        for thread in self._threads:
            await asyncio.to_thread(thread.join, 30)
            assert not thread.is_alive(), "a change waits for ever"
        return self.results
