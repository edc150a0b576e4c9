"""OpenSockets: the WebSockets of this process: how many there may be, who is dropped, who is sent away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from server.sockets.closing import Closed, Closing
from server.sockets.line import Line

__all__ = ["OpenSockets"]

RECHECK_SECONDS = 2.0
"""How often it is looked whether those who are connected may still be."""
LOOK_SECONDS = 1.0

log = logging.getLogger("agenticrag.sockets")


class OpenSockets:
    """Counts sockets; ends those that nobody reads, those whose caller lost the right, and all at the end."""

    def __init__(self, *, most: int, stall: float) -> None:
        self._most = most
        self._stall = stall
        self._open: dict[Line, Callable[[], Awaitable[bool]] | None] = {}
        self._stopping = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @contextmanager
    def place(self, line: Line) -> Generator[None]:
        """Hold a place for a socket.

        Raises:
            Closed: there is none, or the server stops.
        """
        if self._stopping:
            raise Closed(Closing.GOING_AWAY, "The server stops. Connect again in a moment.")
        if len(self._open) >= self._most:
            raise Closed(Closing.TOO_MANY, f"This server has {self._most} open sockets, and no more.")
        self._open[line] = None
        try:
            yield
        finally:
            del self._open[line]

    def admit(self, line: Line, may_stay: Callable[[], Awaitable[bool]]) -> None:
        """Ask every few seconds whether the caller may stay."""
        self._open[line] = may_stay

    async def tend(self) -> None:
        """Look at every socket again and again, until cancelled."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._stall / 4))
            now = clock()
            for line in tuple(self._open):
                if line.sending_since is not None and now - line.sending_since > self._stall:
                    line.drop()
            if now - checked >= RECHECK_SECONDS:
                checked = now
                await self._recheck()

    def say_goodbye(self) -> None:
        """Close all: this server is about to stop, and what runs goes on without its watchers."""
        self._stopping = True
        for line in tuple(self._open):
            line.close(Closing.GOING_AWAY, "The server stops. Connect again in a moment and resume.")

    async def _recheck(self) -> None:
        for line, may_stay in tuple(self._open.items()):
            if may_stay is None or line.closing is not None:
                continue
            try:
                stays = await may_stay()
            except Exception as error:  # the database does not answer: nobody is sent away for that
                log.warning("It could not be looked whether callers may stay: %s", error)
                return
            if not stays:
                line.close(Closing.UNAUTHORIZED, "The credential was revoked or has expired.")
