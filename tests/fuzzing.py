"""How many cases tests make up: few for CI, as many as asked for by `make fuzz`."""

import os

__all__ = ["cases"]

ASKED = int(os.environ.get("FUZZ_CASES", "0"))


def cases(usual: int, share: float = 1) -> int:
    """Return how many to make: `usual`, or a share of ``FUZZ_CASES`` where that is set and more."""
    return max(usual, int(ASKED * share))
