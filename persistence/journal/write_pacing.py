"""When a busy run writes: token deltas wait for the next write, and many busy runs take turns."""

import asyncio
import math
from collections.abc import Callable

from graphs.values.events import EventType

__all__ = ["PATIENT", "STREAMED", "WritePacing"]

PATIENT: frozenset[str] = frozenset(
    {
        "run.started",
        "run.resumed",
        "node.started",
        "node.completed",
        "node.skipped",
        "message.started",
        "message.delta",
        "message.reasoning",
        "citation",
        "state.delta",
    }
)
"""Types that may wait for the next write, one interval at most. What waits is carried by what cannot."""
STREAMED: frozenset[str] = frozenset({"message.delta", "message.reasoning"})
"""Those of them that a reader sees come piece by piece."""
UNSEEN_INTERVAL = 0.05
"""Seconds that the others wait at most: what follows them carries them."""
WRITES_A_SECOND = 5_000
"""Writes of deltas by all runs of a process: 200 runs so write every 40 ms, more tokens at once."""
LONGEST_INTERVAL = 0.25
"""Seconds from one write of a run's deltas to the next at most, however many runs there are."""
TICK = 0.01
"""Seconds. Where many runs are busy each writes at whole ticks, so that a transaction has many of them."""


class WritePacing:
    """The pace of one run's writes. All runs of a process share `WRITES_A_SECOND`."""

    def __init__(self, interval: float, writers: Callable[[], int]) -> None:
        self._interval = interval
        self._writers = writers
        self._wrote_at = 0.0
        self._turn = 0.0
        self._silent: set[tuple[str, str]] = set()

    def begin_message(self, place: tuple[str, str]) -> None:
        """Note that a message begins, by path and node: its first words are not kept waiting."""
        self._silent.add(place)

    def is_urgent(self, type: EventType, place: tuple[str, str]) -> bool:
        """Say whether an event is written at once: all but `PATIENT` ones, and a message's first words."""
        if type not in PATIENT:
            return True
        if type in ("message.delta", "message.reasoning") and place in self._silent:
            self._silent.discard(place)
            return True
        return False

    def wrote(self, now: float) -> None:
        """Note that a write begins."""
        self._wrote_at = now

    def due(self, now: float, *, urgent: bool, streamed: bool = True) -> float:
        """Return when the next write is due, by the loop's clock."""
        if urgent:
            return now
        interval = self._interval if streamed else max(self._interval, UNSEEN_INTERVAL)
        # Between two turns there may be one more write, of what comes at another time.
        return max(now, self._wrote_at + max(interval, self._pace() / 2))

    async def turn(self) -> None:
        """Wait until it is the run's turn; where few runs are busy it always is."""
        if pace := self._pace():
            clock = asyncio.get_running_loop().time
            if (early := self._turn + pace - clock()) > 0:
                await asyncio.sleep(early)
            self._turn = (clock() + TICK / 10) // TICK * TICK  # timers may be a millisecond early

    def _pace(self) -> float:
        """Return the seconds from one turn of this run to the next; 0 where few runs are busy."""
        share = self._writers() / WRITES_A_SECOND
        if share <= self._interval:
            return 0.0
        return math.ceil(min(share, LONGEST_INTERVAL) / TICK) * TICK
