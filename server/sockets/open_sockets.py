"""OpenSockets: the WebSockets of this process: how many there may be, who is dropped, and their end."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from server.sockets.closing import Closed, Closing
from server.sockets.connection import Connection

__all__ = ["OpenSockets"]

LOOK_SECONDS = 1.0


class OpenSockets:
    """Counts sockets, drops those that nobody reads, and closes all when the server stops."""

    def __init__(self, *, most: int, stall: float) -> None:
        self._most = most
        self._stall = stall
        self._open: set[Connection] = set()
        self._stopping = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @contextmanager
    def place(self, line: Connection) -> Generator[None]:
        """Hold a place for a socket.

        Raises:
            Closed: there is none, or the server stops.
        """
        if self._stopping:
            raise Closed(Closing.GOING_AWAY, "The server stops. Connect again in a moment.")
        if len(self._open) >= self._most:
            raise Closed(Closing.TOO_MANY, f"This server has {self._most} open sockets, and no more.")
        self._open.add(line)
        try:
            yield
        finally:
            self._open.discard(line)

    async def tend(self) -> None:
        """Look at every socket again and again, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._stall / 4))
            for line in tuple(self._open):
                if line.sending_since is not None and clock() - line.sending_since > self._stall:
                    line.drop()

    def say_goodbye(self) -> None:
        """Close all: this server is about to stop, and what runs goes on without its watchers."""
        self._stopping = True
        for line in tuple(self._open):
            line.close(Closing.GOING_AWAY, "The server stops. Connect again in a moment and resume.")
