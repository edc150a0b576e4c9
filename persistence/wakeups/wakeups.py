"""Wake-ups: how a process learns that a run of another process has new events, without reading all the time.

A wake-up carries the id of a run, and if it may have ended: who follows the run reads its rows. One that is
lost costs half a second, never an event.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from weakref import WeakValueDictionary

__all__ = ["MORE", "TURN", "Link", "Signal", "Signals", "Wakeups"]

MORE, TURN = "more", "turn"
"""What a wake-up says of a run: more events have come, or its end or a pause with them."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds between two attempts to connect."""
LOOK_SECONDS = 5.0
"""How often a connection that nothing passes is looked at."""

log = logging.getLogger("agenticrag.wakeups")


class Signal:
    """Something that happens again and again. Who waits for it cannot miss it between two looks."""

    def __init__(self) -> None:
        self.count = 0
        """How often it has happened."""
        self.turns = 0
        """How often it may have been a turn: the end of a run, or a pause."""
        self._waiters: set[asyncio.Future[None]] = set()
        self._patient: set[asyncio.Future[None]] = set()

    def tell(self, *, turn: bool = True) -> None:
        """Say that it has happened; not a `turn` where it is known to be none."""
        self.count += 1
        self.turns += turn
        for waiter in (*self._waiters, *(self._patient if turn else ())):
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, seen: int, seconds: float, *, turns: bool = False) -> None:
        """Return when it has happened more often than `seen`, or after some seconds; `turns`: count these."""
        if (self.turns if turns else self.count) != seen:
            return
        waiters = self._patient if turns else self._waiters
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters.add(waiter)
        try:
            # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes with the result.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter
        finally:
            waiters.discard(waiter)


class Signals:
    """The signals of the runs that somebody in this process follows."""

    def __init__(self) -> None:
        self.known: WeakValueDictionary[str, Signal] = WeakValueDictionary()

    def of(self, execution_id: str) -> Signal:
        """Return the signal of a run; it is there while somebody keeps it."""
        return self.known.setdefault(execution_id, Signal())

    def tell(self, execution_id: str, said: str = "") -> None:
        """Say that a run has gone on; `said` is `MORE`, or anything else where it may have ended."""
        if (signal := self.known.get(execution_id)) is not None:
            signal.tell(turn=said != MORE)

    def tell_all(self) -> None:
        """Say that any run may have gone on: what was said meanwhile is not known."""
        for signal in [*self.known.values()]:
            signal.tell()


class Link(Protocol):
    """A connection that carries wake-ups. What it hears it tells a `Signals`."""

    async def listen(self, execution_ids: Collection[str]) -> None:
        """Hear of these runs from when this returns."""
        ...

    async def unlisten(self, execution_ids: Collection[str]) -> None:
        """Hear of them no more."""
        ...

    async def tell(self, news: Mapping[str, str]) -> None:
        """Say what is new of these runs: `MORE` or `TURN`; for none, see that the other end lives."""
        ...


class Wakeups:
    """Wake-ups over one connection, which is made anew when it is lost. `open` it and `close` it.

    Args:
        connect: Makes the connection; tells `changed` when it is lost.
        signals: Those of this process.
    """

    def __init__(
        self,
        connect: Callable[[Signals, Callable[[], None]], AbstractAsyncContextManager[Link]],
        signals: Signals,
    ) -> None:
        self.alone: Callable[[], bool] = lambda: False
        """Whether no other process could want to know."""
        self.connected = False
        """Whether it works at this moment; while it does not, who follows a run reads often."""
        self._connect = connect
        self._signals = signals
        self._watched: Counter[str] = Counter()
        self._begun: dict[str, asyncio.Future[None]] = {}
        self._ended: set[str] = set()
        self._news: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._closing = False

    def publish(self, execution_id: str, *, turn: bool = True) -> None:
        """Say to all processes that a run has new events, without waiting until they know it.

        `turn`: its end or a pause is among them.
        """
        if not self.alone():
            self._news[execution_id] = TURN if turn else self._news.get(execution_id, MORE)
            self._changed.set()

    def watch(self, execution_id: str) -> "asyncio.Future[None] | None":
        """Hear of a run until `unwatch`.

        What is said once the future is done is heard; None where that is so already, or where there is no
        connection.
        """
        self._watched[execution_id] += 1
        if self._watched[execution_id] == 1 and self.connected:
            self._begun[execution_id] = asyncio.get_running_loop().create_future()
            self._changed.set()
        return self._begun.get(execution_id)

    def unwatch(self, execution_id: str) -> None:
        """Hear of a run no more, once nobody else watches it."""
        self._watched[execution_id] -= 1
        if not self._watched[execution_id]:
            del self._watched[execution_id]
            self._ended.add(execution_id)
            self._changed.set()

    def open(self) -> None:
        """Begin to keep a connection."""
        self._running = asyncio.create_task(self._run(), name="wakeups")

    async def close(self) -> None:
        """Close the connection."""
        self._closing = True
        self._changed.set()
        while self._running is not None and not self._running.done():
            self._running.cancel()  # a client may have taken the last cancellation for its own
            await asyncio.wait({self._running}, timeout=0.5)

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing:
            try:
                async with self._connect(self._signals, self._changed.set) as link:
                    await link.listen([*self._watched])
                    self.connected, pause = True, FIRST_PAUSE
                    self._signals.tell_all()  # what was said meanwhile was not heard
                    await self._carry(link)
            except Exception as error:
                if self.connected:
                    log.warning("The connection for wake-ups was lost: %s", error or type(error).__name__)
            finally:
                self.connected = False
                for begun in self._begun.values():
                    begun.cancel()
                self._begun.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _carry(self, link: Link) -> None:
        """Pass on what is to be heard and said, until the connection is lost."""
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            begun, self._begun = self._begun, {}
            if begun:
                await link.listen([*begun])
                for future in begun.values():
                    if not future.done():
                        future.set_result(None)
            ended = {one for one in self._ended if one not in self._watched}
            self._ended = set()
            if ended:
                await link.unlisten(ended)
            news, self._news = self._news, {}
            try:
                await link.tell(news)
            except BaseException:
                # They are told by the next connection, as turns: nothing is known to be none any more.
                self._news = dict.fromkeys([*news, *self._news], TURN)
                raise
