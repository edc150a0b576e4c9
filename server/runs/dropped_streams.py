"""Streams: Server-Sent Events over HTTP that stay open, notice who leaves, and end well when the server
stops."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from server.http.problems import Problem
from server.identity.access_recheck import LOST, AccessRecheck, Lost
from server.identity.callers import Caller

__all__ = ["EventStream", "Streams"]

YIELD_EVERY = 50
"""Frames after which a replay lets others have the event loop: uvicorn's ``send`` does not when nobody reads.
"""
HEARTBEAT = b": heartbeat\n\n"
GOODBYE = b"retry: 1000\n: the server stops; reconnect with Last-Event-ID to go on\n\n"

log = logging.getLogger("agenticrag.streams")


class Streams:
    """The open streams of this process: gives the silent a heartbeat and drops those that nobody reads."""

    def __init__(
        self,
        recheck: AccessRecheck,
        *,
        heartbeat: float,
        stall: float,
        most: int = 0,
        most_of_one: int = 0,
    ) -> None:
        self.recheck = recheck
        """Ends the streams of those who may listen no more."""
        self.heartbeat = heartbeat
        self.stall = stall
        self.most = most
        """How many may be open; 0 for any number."""
        self.most_of_one = most_of_one
        """How many one caller may hold open; 0 for any number."""
        self._open: set[EventStream] = set()
        self._opening: dict[asyncio.Task[Any] | None, str] = {}
        """Whose streams requests are just opening."""
        self._beats: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def check(self, caller: Caller) -> None:
        """Let a caller open another stream in this task, a request's. It counts until the task has ended.

        Raises:
            Problem: 429.
        """
        task = asyncio.current_task()
        self._opening.pop(task, None)
        if self.most and len(self._open) + len(self._opening) >= self.most:
            raise _too_many("This server holds as many streams open as it may.")
        if self.most_of_one:
            held = sum(stream.holder == caller.holder for stream in self._open)
            held += sum(holder == caller.holder for holder in self._opening.values())
            if held >= self.most_of_one:
                raise _too_many(f"This caller holds {held:,} streams open, which is as many as it may.")
        if task is not None:
            self._opening[task] = caller.holder
            task.add_done_callback(self._ended)

    def add(self, stream: "EventStream") -> None:
        """Look after a stream of this task from now on."""
        self._opening.pop(asyncio.current_task(), None)
        self._open.add(stream)

    def discard(self, stream: "EventStream") -> None:
        """Look after it no more."""
        self._open.discard(stream)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._opening.pop(task, None)

    async def tend(self) -> None:
        """Look at every stream again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self.heartbeat / 4, self.stall / 4))
            now = loop.time()
            for stream in tuple(self._open):
                if stream.sending_since is not None:
                    if now - stream.sending_since > self.stall:
                        stream.drop()
                elif now - stream.sent_at >= self.heartbeat:
                    self._say(stream, HEARTBEAT)

    def say_goodbye(self) -> None:
        """Tell every client to come back soon: this server is about to stop."""
        for stream in tuple(self._open):
            if stream.sending_since is None:
                self._say(stream, GOODBYE)

    def _say(self, stream: "EventStream", words: bytes) -> None:
        task = asyncio.create_task(stream.say(words))
        self._beats.add(task)
        task.add_done_callback(self._beats.discard)


class EventStream(ASGIResponse):
    """An answer of Server-Sent Events. Who leaves ends the stream, never the run behind it."""

    _should_set_content_length = False

    def __init__(
        self,
        frames: AsyncGenerator[bytes],
        streams: Streams,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            media_type="text/event-stream",
            headers={
                "Cache-Control": "no-cache, no-store",
                "X-Accel-Buffering": "no",
                "X-Content-Type-Options": "nosniff",
                **(headers or {}),
            },
        )
        self.sending_since: float | None = None
        """When the frame was given to the server that it has not taken yet; None between frames."""
        self.sent_at = 0.0
        self.holder = ""
        """Whose stream it is; empty for one that is open to all."""
        self.at_end: Callable[[], None] | None = None
        """Called once the stream has ended, however it did."""
        self._ending = False
        self._last_words = b""
        self._frames = frames
        self._streams = streams
        self._send: Send | None = None
        self._pump_task: asyncio.Task[bool] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as long as the caller may listen."""
        caller = scope.get("user")
        if not isinstance(caller, Caller):
            await super().__call__(scope, receive, send)  # open to all
            return
        self.holder = caller.holder
        needs = scope["route_handler"].opt.get("needs")
        async with self._streams.recheck.hold(caller, needs, self.take_away):
            await super().__call__(scope, receive, send)

    async def take_away(self, why: Lost) -> None:
        """End the stream with an error: its caller may listen no more. The run goes on."""
        said = msgspec.json.encode({"type": "error", "error": LOST[why], "code": why})
        self._last_words = b"event: error\ndata: " + said + b"\n\n"
        self.drop()

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send frames until they end or the client leaves."""
        self._send = send
        self.sent_at = asyncio.get_running_loop().time()
        self._pump_task = asyncio.create_task(self._pump(send))
        left = asyncio.create_task(_left(receive))
        self._streams.add(self)
        try:
            await asyncio.wait({self._pump_task, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.discard(self)
            for task in (self._pump_task, left):
                task.cancel()
            await asyncio.wait({self._pump_task, left})
            if self.at_end is not None:
                self.at_end()
            with contextlib.suppress(RuntimeError):
                await self._frames.aclose()
        if self._pump_task.cancelled():
            if self._last_words and self.sending_since is None:  # between two frames
                await self._end(send, self._last_words)
            return
        if (error := self._pump_task.exception()) is not None:
            log.error("A stream broke off; its client may resume it.", exc_info=error)
            await self._end(send, GOODBYE)

    async def say(self, words: bytes) -> None:
        """Send a comment between frames."""
        if self._send is None or self._ending or self.sending_since is not None:
            return
        self.sent_at = asyncio.get_running_loop().time()
        with contextlib.suppress(Exception):
            await self._send({"type": "http.response.body", "body": words, "more_body": True})

    def drop(self) -> None:
        """End a stream whose client does not read; it may come back with ``Last-Event-ID``."""
        if self._pump_task is not None:
            self._pump_task.cancel()

    async def _pump(self, send: Send) -> bool:
        loop = asyncio.get_running_loop()
        count = 0
        async for frame in self._frames:
            self.sending_since = loop.time()
            await send({"type": "http.response.body", "body": frame, "more_body": True})
            self.sent_at, self.sending_since = self.sending_since, None
            count += 1
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        await self._end(send, b"")
        return True

    async def _end(self, send: Send, words: bytes) -> None:
        self._ending = True
        self._streams.discard(self)
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": words, "more_body": False})


def _too_many(sentence: str) -> Problem:
    return Problem(
        429, "too_many_streams", f"{sentence} Close one, or try again later.", headers={"Retry-After": "5"}
    )


async def _left(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
