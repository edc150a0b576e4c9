"""Idle time-outs: for the first token and between tokens, watched by one timer."""

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["SilenceTimeouts"]


class SilenceTimeouts:
    """Async context that raises TimeoutError in its body when the provider is silent for too long.

    `asyncio.timeout` alone would set a timer for every token; here a token only moves a number.
    """

    def __init__(self, *, first: float, idle: float, total: float) -> None:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._soonest = min(idle, 3.0)
        self._end = now + total
        self._due = min(now + first, self._end)
        self._limit = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, seconds: float) -> None:
        """Start the wait for the next sign of life."""
        self._due = min(self._loop.time() + seconds, self._end)

    def hold(self) -> None:
        """Stop the wait, but for the total: it is us who keep the provider waiting."""
        self._due = self._end

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        self._watch()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if self._timer is not None:
            self._timer.cancel()
        return await self._limit.__aexit__(kind, error, trace)

    def _watch(self) -> None:
        now = self._loop.time()
        if now >= self._due:
            self._limit.reschedule(now)
        else:
            # Never later than what comes next might be due.
            self._timer = self._loop.call_at(min(self._due, now + self._soonest), self._watch)
