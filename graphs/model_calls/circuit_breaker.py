"""CircuitBreaker: stops asking a model whose server keeps failing, and tries it again with one call later.

Only what speaks of an outage counts: network, time-outs, overload, 5xx. What a model cannot do does not.
"""

from collections import deque
from collections.abc import Callable

from graphs.providers.settings import ModelSettings

__all__ = ["CircuitBreaker"]


class CircuitBreaker:
    """Closed, open or half-open, for one workspace, provider, address with its key, model and kind of
    request.

    It counts calls, not how often each was sent.
    """

    def __init__(self, settings: ModelSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._verdicts: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._in_a_row = 0
        self._opened: float | None = None
        self._probing = False
        self.failures = 0
        """Failed calls that opened it."""
        self.last_error = ""
        """Why the last of them failed."""

    @property
    def open(self) -> bool:
        """Whether it is open or half-open."""
        return self._opened is not None

    def rest(self) -> float:
        """Return 0 if a request may go now, else the seconds until one may.

        A 0 given by a half-open breaker is its one probe: `success`, `failure` or `no_verdict` must follow.
        """
        if self._opened is None:
            return 0.0
        left = self._opened + self._settings.breaker_open_seconds - self._clock()
        if left > 0:
            return left
        if self._probing:
            # The probe is on its way; nobody knows for how long.
            return 1.0
        self._probing = True
        return 0.0

    def success(self) -> None:
        """Count an answer. One from a probe closes the breaker."""
        if self._probing:
            self._opened = None
            self._probing = False
            self._verdicts.clear()
            self._failures = 0
        self._in_a_row = 0
        self._note(failed=False)

    def failure(self, error: str) -> None:
        """Count a call that the provider failed. One from a probe opens the breaker again."""
        self.last_error = error
        self._in_a_row += 1
        self._note(failed=True)
        if self._opened is not None and not self._probing:
            # It was sent before the breaker opened and says nothing new.
            return
        settings = self._settings
        calls = len(self._verdicts)
        often = calls >= settings.breaker_calls and self._failures >= settings.breaker_ratio * calls
        if self._probing or often or self._in_a_row >= settings.breaker_in_a_row:
            self.failures = max(self._in_a_row, self._failures)
            self._opened = self._clock()
            self._probing = False

    def refused(self) -> None:
        """Count nothing: the provider answered, though with no answer. That closes the breaker after a
        probe."""
        if self._probing:
            self.success()

    def no_verdict(self) -> None:
        """Count nothing: the attempt was cancelled, or failed for a reason that is not the provider's."""
        self._probing = False

    def _note(self, *, failed: bool) -> None:
        now = self._clock()
        self._verdicts.append((now, failed))
        self._failures += failed
        while self._verdicts and self._verdicts[0][0] <= now - self._settings.breaker_window:
            self._failures -= self._verdicts.popleft()[1]
