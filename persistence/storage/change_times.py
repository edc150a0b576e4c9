"""Times of changes: a row is stored anew only if it is still as it was read, which its time tells."""

import math
import time

__all__ = ["next_change"]


def next_change(last: float) -> float:
    """Return the time of a change in Unix seconds: now, and later than the change before whatever the clock
    says."""
    return max(time.time(), math.nextafter(last, math.inf))
