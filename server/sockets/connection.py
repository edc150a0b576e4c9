"""Connection: one open WebSocket, with a bounded queue of what is to be sent.

Pieces of an answer that wait are joined, so that a slow client gets fewer and longer ones.
"""

import asyncio
import contextlib
from collections import deque
from typing import Any, Protocol, Self, cast

import msgspec
from litestar import WebSocket
from msgspec import Struct

from server.sockets.closing import Closed, Closing

__all__ = ["LAST_WORDS_SECONDS", "Joinable", "Connection"]

LONGEST_QUEUE = 256
"""Frames that wait at most; who has more to say waits until there is room."""
LONGEST_PIECE = 65_536
"""Characters up to which pieces of an answer are joined."""
LAST_WORDS_SECONDS = 2.0
"""How long a closing socket has for what still waits and for the close frame."""

_encode = msgspec.json.Encoder().encode


class Joinable(Protocol):
    """A frame that can take in the one after it."""

    content: str

    def joined(self, later: object) -> Self | None:
        """Return both as one frame; None where they are not of one message."""
        ...


class Connection:
    """The sending half of a WebSocket. `write` runs as a task of its own; `put` and `close` talk to it."""

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self.sending_since: float | None = None
        """When the frame was given to the server that it has not taken yet, by the loop's clock; None between
        frames."""
        self.closing: Closed | None = None
        """Why the socket is being closed; None while it is open."""
        self._socket = socket
        self._waiting: deque[Struct] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writing: asyncio.Task[None] | None = None

    async def put(self, frame: Struct) -> None:
        """Have a frame sent; returns at once unless too many wait. What comes after `close` is dropped."""
        while len(self._waiting) >= LONGEST_QUEUE and self.closing is None:
            self._room.clear()
            await self._room.wait()
        if self.closing is not None:
            return
        last = self._waiting[-1] if self._waiting else None
        if hasattr(last, "joined"):  # as `isinstance` of a protocol asks, in a twentieth of the time
            piece = cast("Joinable", last)
            both = piece.joined(frame) if len(piece.content) < LONGEST_PIECE else None
            if isinstance(both, Struct):
                self._waiting[-1] = both
                return
        self._waiting.append(frame)
        self._changed.set()

    def close(self, code: Closing, reason: str = "") -> None:
        """Close the socket after what already waits. The first reason counts."""
        if self.closing is None:
            self.closing = Closed(code, reason)
            self._changed.set()
            self._room.set()

    def drop(self) -> None:
        """Close a socket whose client does not read; what waits is thrown away."""
        self._waiting.clear()
        self.close(Closing.TRY_LATER, "You do not read what is sent. Connect again and resume.")
        if self._writing is not None:
            self._writing.cancel()

    async def write(self) -> None:
        """Send what is put, until the socket is closed or dropped."""
        self._writing = asyncio.current_task()
        while self.closing is None:
            await self._changed.wait()
            self._changed.clear()
            if self.closing is None:
                await self._send_waiting()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._send_waiting()
                await self.say_closing()

    async def say_closing(self) -> None:
        """Send the close frame."""
        if self.closing is not None:
            code, reason = int(self.closing.code), self.closing.reason
            await self._socket.send({"type": "websocket.close", "code": code, "reason": reason})

    async def _send_waiting(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            frame = self._waiting.popleft()
            if not self._room.is_set():
                self._room.set()
            self.sending_since = clock()
            await self._socket.send(
                {"type": "websocket.send", "text": _encode(frame).decode(), "bytes": None}
            )
            self.sending_since = None
