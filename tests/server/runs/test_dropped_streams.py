"""Streams as ASGI answers: who reads slowly, who leaves, and what a broken source looks like."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from litestar.types import HTTPScope, Message

from server.identity.access_recheck import AccessRecheck
from server.runs.dropped_streams import EventStream, Streams


class Connection:
    """One client, as an ASGI server shows it."""

    def __init__(self, *, reads: int = 1_000_000) -> None:
        self.body = b""
        self.ended = False
        self.left = asyncio.Event()
        self.heard = asyncio.Event()
        self._reads = reads

    async def hears(self, words: bytes) -> None:
        """Return when the words have come."""
        while words not in self.body:
            self.heard.clear()
            await self.heard.wait()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            return
        if self._reads == 0:
            await asyncio.Event().wait()
        self._reads -= 1
        self.body += message["body"]
        self.heard.set()
        self.ended = not message["more_body"]


async def serve(streams: Streams, source: AsyncGenerator[bytes], connection: Connection) -> None:
    scope: HTTPScope = {"type": "http"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]: it reads none
    await EventStream(source, streams)(scope, connection.receive, connection.send)


class Source:
    """Frames without end, which know whether they were closed."""

    def __init__(self, *, pause: float = 0.0, count: int = 1_000_000) -> None:
        self.closed = False
        self._pause = pause
        self._count = count

    async def frames(self) -> AsyncGenerator[bytes]:
        try:
            for number in range(self._count):
                yield b"id: %d\ndata: x\n\n" % number
                await asyncio.sleep(self._pause)
        finally:
            self.closed = True


@pytest.fixture
async def streams() -> AsyncGenerator[Streams]:
    streams = Streams(AccessRecheck(), heartbeat=0.05, stall=0.2)
    tending = asyncio.create_task(streams.tend())
    yield streams
    tending.cancel()


@pytest.mark.threat("D-10")
async def test_a_client_that_does_not_read_is_dropped(streams: Streams) -> None:
    source, connection = Source(), Connection(reads=3)
    await asyncio.wait_for(serve(streams, source.frames(), connection), 10)
    assert source.closed
    assert connection.body.count(b"data: x") == 3
    assert not connection.ended
    assert len(streams) == 0


async def test_a_client_that_leaves_ends_the_stream_and_its_source(streams: Streams) -> None:
    source, connection = Source(pause=0.01), Connection()
    serving = asyncio.create_task(serve(streams, source.frames(), connection))
    await connection.hears(b"data: x")
    connection.left.set()
    await asyncio.wait_for(serving, 10)
    assert source.closed
    assert len(streams) == 0


async def test_a_silent_source_is_filled_with_heartbeats_and_ends_well(streams: Streams) -> None:
    connection = Connection()
    await asyncio.wait_for(serve(streams, Source(pause=0.4, count=2).frames(), connection), 10)
    assert b"id: 0\ndata: x\n\n: heartbeat\n\n" in connection.body
    assert connection.ended


async def test_a_source_that_breaks_asks_the_client_to_come_back(
    streams: Streams, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"id: 1\ndata: x\n\n"
        raise RuntimeError("the database is gone")

    connection = Connection()
    await serve(streams, broken(), connection)
    assert connection.body.startswith(b"id: 1\ndata: x\n\nretry: 1000\n")
    assert connection.ended
    assert "may resume" in caplog.text


async def test_every_open_stream_is_told_that_the_server_stops(streams: Streams) -> None:
    connection = Connection()
    serving = asyncio.create_task(serve(streams, Source(pause=0.01).frames(), connection))
    await connection.hears(b"data: x")
    streams.say_goodbye()
    await connection.hears(b"retry: 1000")
    connection.left.set()
    await serving
