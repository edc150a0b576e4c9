"""RetryBudget: keeps repetitions a small share of a provider's calls, so that no outage gets worse."""

from collections import deque
from collections.abc import Callable

from graphs.providers.settings import ModelSettings

__all__ = ["RetryBudget"]


class RetryBudget:
    """Counts calls and repetitions of one provider over the last ``retry_window`` seconds."""

    def __init__(self, settings: ModelSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()

    def call(self) -> None:
        """Count a first attempt."""
        self._calls.append(self._clock())
        self._forget(self._calls)

    def retry(self) -> bool:
        """Take one repetition; False if the budget is spent."""
        self._forget(self._calls)
        self._forget(self._retries)
        if len(self._retries) >= max(
            self._settings.retry_floor, self._settings.retry_ratio * len(self._calls)
        ):
            return False
        self._retries.append(self._clock())
        return True

    def _forget(self, times: deque[float]) -> None:
        oldest = self._clock() - self._settings.retry_window
        while times and times[0] <= oldest:
            times.popleft()
