"""RunClock: a run's own time: the wall clock of when it was taken up, and the monotonic clock since."""

import time

__all__ = ["RunClock"]


class RunClock:
    """Tells the time of one run in one process; no jump of the wall clock reaches it."""

    def __init__(self) -> None:
        self._zero = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self._zero + time.monotonic()
