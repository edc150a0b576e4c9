"""Retry: how often a node that failed is tried again, and how long it waits before."""

import random
from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["FINAL", "Failed", "Retry"]

FINAL: frozenset[str] = frozenset(
    {"auth", "bad_request", "content_filter", "context_length", "budget", "limit_reached", "undecided"}
)
"""Codes of errors that another try would only repeat."""


_PATIENT_SECONDS = 60.0
"""How long a provider that asks for it is waited for."""


class Retry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a node that failed is tried again."""

    max_attempts: Annotated[
        int, Meta(ge=1, le=10, description="Maximum number of attempts, including the first.")
    ] = 3
    delay_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="Maximum wait before the second attempt, in seconds.")
    ] = 0.5
    backoff: Annotated[float, Meta(ge=1, le=10, description="Factor for each further wait.")] = 2.0
    max_delay_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="Maximum wait between two attempts, in seconds. A model's provider may ask for more: "
            "up to 60 seconds are then waited for, and with a longer wait the node fails.",
        ),
    ] = 20.0

    def delay(self, failed: int, asked: float | None = None) -> float | None:
        """Return the seconds to wait after a number of failed tries; None where it is not worth waiting.

        It is any time up to the limit, so that those who failed together do not come back together.

        Args:
            failed: How many tries have failed.
            asked: Seconds that a provider asked to wait.
        """
        longest = min(self.max_delay_seconds, self.delay_seconds * self.backoff ** (failed - 1))
        waits = random.uniform(0, longest)
        if asked is None:
            return waits
        return max(waits, asked) if asked <= max(_PATIENT_SECONDS, self.max_delay_seconds) else None


class Failed(Struct, frozen=True):
    """A try that failed, as the journal keeps it: after a crash the next try is not the first again."""

    error: str
    code: str
