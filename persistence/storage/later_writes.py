"""Later writes: those that nobody waits for when they are queued, and what depends on them.

The writer keeps the order of the queue, so what is committed is always all that came before it. A later write
can fail alone, though. So its owner's next writes ask `check`, and who acts on it waits by `settled`.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["EarlierFailed", "LaterWrites"]


class EarlierFailed(Exception):
    """A write is not made, since an earlier one of its owner's was not."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class LaterWrites:
    """The later writes of each owner that are not committed; one that failed stays until `forget`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._owners: dict[str, list[asyncio.Future[Any]]] = {}

    def add(self, owner: str, done: "asyncio.Future[Any]") -> None:
        """Take a write that was queued."""
        self._owners.setdefault(owner, []).append(done)
        done.add_done_callback(partial(self._done, owner))

    def count(self, owner: str) -> int:
        """Return how many writes of an owner are not committed."""
        return len(self._owners.get(owner, ()))

    def check(self, owner: str) -> None:
        """Return if no write of an owner has failed. It is for transactions, and may be asked in a thread.

        Raises:
            EarlierFailed: one has.
        """
        for done in (*self._owners.get(owner, ()),):
            if (failure := _failure(done)) is not None:
                raise EarlierFailed(failure) from failure

    def raise_failure(self, owner: str) -> None:
        """Return if no write of an owner has failed; else raise why it did."""
        for done in self._owners.get(owner, ()):
            if (failure := _failure(done)) is not None:
                raise failure

    async def settled(self, owner: str | None) -> None:
        """Return when the writes of an owner, or of all for None, are committed or have failed."""
        owners = [*self._owners.values()] if owner is None else [self._owners.get(owner, [])]
        waiting = [done for writes in owners for done in writes if not done.done()]
        if waiting:
            self._wake()
            await asyncio.wait(waiting)

    def forget(self, owner: str) -> None:
        """Forget what failed of an owner's, and what of it is still to fail: who comes next begins anew."""
        left = [done for done in self._owners.get(owner, ()) if not done.done()]
        if left:
            self._owners[owner] = left
            for done in left:
                done.add_done_callback(partial(self._drop, owner))
        else:
            self._owners.pop(owner, None)

    def _done(self, owner: str, done: "asyncio.Future[Any]") -> None:
        if _failure(done) is None:
            self._drop(owner, done)

    def _drop(self, owner: str, done: "asyncio.Future[Any]") -> None:
        writes = self._owners.get(owner)
        if writes is not None and done in writes:
            writes.remove(done)
            if not writes:
                del self._owners[owner]


def _failure(done: "asyncio.Future[Any]") -> BaseException | None:
    return done.exception() if done.done() and not done.cancelled() else None
