"""LoopWatch: the longest time that the event loop was held up in the last minute, and by what.

A callback that comes back twenty times a second finds out how late it is. A thread beside it looks, when the
callback is overdue, at what the loop's thread does. It sees that also after a call into C that lets no other
thread run: it waits for its turn by then, and gets it before the caller goes on.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections import deque
from types import FrameType

from msgspec import Struct

__all__ = ["Hold", "LoopWatch"]

TICK = 0.05
"""Seconds between two looks: holds are told less up to this."""
WINDOW = 60.0
"""Seconds for which a hold is told."""
OWN = ("graphs", "persistence", "server")
"""Packages in whose code a hold is placed."""


class Hold(Struct, frozen=True):
    """A time in which the loop did one thing."""

    seconds: float
    task: str = ""
    """Name of the task's coroutine; empty where the loop called a function, or nobody saw it."""
    code: str = ""
    """The innermost function of ours that ran, with its module."""
    cpu: float = 0.0
    """Seconds of CPU time that the loop's thread took since the look before."""


class LoopWatch:
    """Watches the loop that it is opened on.

    Args:
        tick: Seconds between two looks.
    """

    def __init__(self, tick: float = TICK) -> None:
        self._tick = tick
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._thread_id = 0
        self._due = 0.0
        self._cpu = 0.0
        self._seen: dict[tuple[str, str], float] = {}
        self._holds: deque[tuple[float, Hold]] = deque()
        self._stopped = threading.Event()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it watches, once it is open."""
        assert self._loop is not None
        return self._loop

    def open(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._cpu = time.thread_time()
        self._due = time.monotonic() + self._tick
        self._handle = self._loop.call_later(self._tick, self._come_back)
        threading.Thread(target=self._look_on, name="loop-watch", daemon=True).start()

    def close(self) -> None:
        """End."""
        self._stopped.set()
        if self._handle is not None:
            self._handle.cancel()

    def longest(self) -> Hold:
        """Return the longest hold of the last minute."""
        self._forget(time.monotonic())
        return self._holds[0][1] if self._holds else Hold(0.0)

    def reset(self) -> None:
        """Forget what was so far."""
        self._holds.clear()

    def _come_back(self) -> None:
        now, cpu = time.monotonic(), time.thread_time()
        late = max(0.0, now - self._due)
        seen, self._seen = self._seen, {}
        task, code = max(seen, key=lambda each: seen[each]) if seen else ("", "")
        hold = Hold(late, task, code, cpu - self._cpu)
        while self._holds and self._holds[-1][1].seconds <= late:
            self._holds.pop()
        self._holds.append((now, hold))
        self._forget(now)
        self._cpu, self._due = cpu, now + self._tick
        assert self._loop is not None
        self._handle = self._loop.call_later(self._tick, self._come_back)

    def _forget(self, now: float) -> None:
        while self._holds and self._holds[0][0] < now - WINDOW:
            self._holds.popleft()

    def _look_on(self) -> None:
        """Look at an overdue loop again and again; each look stands for the time since the one before."""
        before = time.monotonic()
        while not self._stopped.wait(self._tick):
            now = time.monotonic()
            if now - self._due > self._tick / 2:
                with contextlib.suppress(RuntimeError):  # what is looked at changes meanwhile
                    place = self._place()
                    self._seen[place] = self._seen.get(place, 0.0) + now - max(before, self._due)
            before = now

    def _place(self) -> tuple[str, str]:
        """Return the task that the loop works on now, and the function of ours that runs."""
        assert self._loop is not None
        task = asyncio.current_task(self._loop)
        coroutine = None if task is None else task.get_coro()
        frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]  # there is no other way
        return getattr(coroutine, "__qualname__", ""), _own_code(frames.get(self._thread_id))


def _own_code(frame: FrameType | None) -> str:
    """Return the innermost function of ours in a stack of calls."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in OWN:
            return f"{module}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    return ""
