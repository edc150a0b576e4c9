"""How often a request that failed is sent again, and after how long."""

from collections.abc import Callable

from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.model_interface import ModelError
from graphs.providers.settings import ModelSettings

__all__ = ["most_attempts", "wait_before_retry"]


def most_attempts(settings: ModelSettings, error: ModelError) -> int:
    """Return how often a request may be sent that failed so."""
    retried = "no" if error.final else ERROR_CLASSES[error.error_class].retried
    return {"no": 1, "once": min(2, settings.max_attempts), "yes": settings.max_attempts}[retried]


def wait_before_retry(
    settings: ModelSettings, error: ModelError, number: int, random: Callable[[], float]
) -> float | None:
    """Return the seconds before the next attempt; None if the provider asks for too many.

    Args:
        settings: The bounds of waits.
        error: How the last attempt failed.
        number: Attempts so far.
        random: Gives numbers from 0 to 1.
    """
    if error.retry_after is not None and error.retry_after > settings.retry_after_cap:
        return None
    longest = min(settings.backoff_cap, settings.backoff_base * 2 ** (number - 1))
    return max(error.retry_after or 0.0, random() * longest)
