"""How long answers take: while a server is busy with something else, and one kind beside another."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["SAME", "Waits", "apart", "best_of"]

SAME = 1.2
"""How many times as long one answer may take as another that is to look the same. What an answer tells by its
time it tells by more: one more query is a quarter of the whole."""


class Waits:
    """Asks for ``/health`` over and over while a block runs: what takes long there holds up everybody.

    It asks from a thread of its own, so that nothing of the test's waits counts.
    """

    def __init__(self, port: int, *, anew: bool = False) -> None:
        self.seconds: list[float] = []
        """Of each request, in the order they were made."""
        self._port = port
        self._anew = anew
        """Whether each comes over a connection of its own."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask once more and stop."""
        self._over.set()
        self._thread.join()
        assert self.seconds or error is not None, "nothing was asked"

    def p99(self) -> float:
        """Return the wait that 99 of 100 were no longer than."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while True:
            last = self._over.is_set()
            begun = time.perf_counter()
            connection.request("GET", "/health", headers={"Connection": "close"} if self._anew else {})
            answer = connection.getresponse()
            answer.read()
            self.seconds.append(time.perf_counter() - begun)
            assert answer.status == 200
            if last:
                connection.close()
                return
            time.sleep(0.002)


def best_of(rounds: int, measure: Callable[[], float], enough: float) -> float:
    """Return the least of up to so many measurements; the first that is good enough ends them.

    Other tests share the machine and make single rounds slow; what is slow by itself is slow in every round.
    """
    least = measure()
    for _ in range(rounds - 1):
        if least <= enough:
            break
        least = min(least, measure())
    return least


def apart(one: Callable[[], object], other: Callable[[], object], pairs: int) -> float:
    """Return how many times as long the slower of two things takes, by the medians of so many turns each.

    They take turns, and turns at being first, so that both meet the same machine.
    """
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(pairs):
        for first in (number % 2 == 0, number % 2 == 1):
            begun = time.perf_counter()
            (one if first else other)()
            took[first].append(time.perf_counter() - begun)
    a, b = statistics.median(took[True]), statistics.median(took[False])
    return max(a, b) / min(a, b)
