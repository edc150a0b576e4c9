"""Clock: the time and the chance that a node run sees, the same ones when it runs again."""

import hashlib
from datetime import UTC, datetime

from msgspec import Struct

__all__ = ["CLOCK", "Clock", "Reading"]

CLOCK = "__clock"
"""Under which name a scope has its clock: no source can look it up."""


class Reading(Struct, frozen=True):
    """What was read when a node run began; the journal keeps it."""

    seconds: float
    """Seconds since 1970."""
    seed: str
    """Where chance begins."""


class Clock:
    """A clock that stands still, and a series of numbers that are drawn one after the other."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._drawn = 0

    def now(self) -> datetime:
        """Return the time in UTC, in whole seconds."""
        return datetime.fromtimestamp(int(self._reading.seconds), UTC)

    def draw(self) -> float:
        """Return the next number from 0 up to 1."""
        return int.from_bytes(self.draw_bytes()[:7]) / 2**56

    def draw_bytes(self) -> bytes:
        """Return the next 32 bytes."""
        self._drawn += 1
        return hashlib.sha256(f"{self._reading.seed}/{self._drawn}".encode()).digest()
