"""Clients that read slowly, or go away in the middle of a long replay, and those beside them."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import delete, insert, update

from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.journal.stored_events import fold, pack
from persistence.storage.database import open_database
from persistence.storage.tables.runs import executions, journal
from tests.durability.chats import chat
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

EVENTS = 50_000
STALL = 2.0


@fault(
    "F-24",
    "Clients that read a long stream at 0 to 100 bytes a second",
    "dropped once they have stalled, memory grows by less than 50 MB, chats beside go on",
    ci=20,
    full=100,
)
async def test_slow_readers_are_dropped_and_harm_nobody(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    server = serve(AGENTICRAG_STALL_SECONDS=str(STALL))
    run = await _long_run(server, database_url)
    async with server.client() as http:
        await _chats(http, 10)
        before, memory = server.footprint(), psutil.Process(server.pid).memory_info().rss
        alone = await _chats(http, 20)
        slow = [Slow(server, run) for _ in range(trial.count)]
        async with asyncio.TaskGroup() as reading:
            for client in slow:
                reading.create_task(client.read(trial.rng.choice((0, 10, 100)), STALL + 1))
            beside = await _chats(http, 20)
    grown = (psutil.Process(server.pid).memory_info().rss - memory) / 1e6
    after = await server.settled(before, STALL + 10)
    for client in slow:
        client.close()
    assert not after.exceeds(before), (before, after)
    assert grown < 50
    assert await server.stop() == 0
    trial.saw(dropped=trial.count, chats_beside_failed=0)
    trial.peak(grown_mb=round(grown), p99_alone_ms=_p99(alone), p99_beside_ms=_p99(beside))


@fault(
    "F-25",
    "Clients that vanish, with RST, while 50,000 events are replayed to them",
    "/health answers within 200 ms (p99), nothing stays open",
    ci=30,
    full=50,
)
@pytest.mark.threat("D-11")
async def test_vanishing_in_a_replay_does_not_hold_the_server_up(
    trial: Trial, database_url: str, serve: Serve
) -> None:
    server = serve()
    run = await _long_run(server, database_url)
    async with server.client() as http:

        async def health() -> None:
            assert (await http.get(f"{server.url}/health")).status_code == 200

        alone = await _times(health, 60)
        before = server.footprint()
        asking = asyncio.create_task(_times(health, 150))
        while not asking.done():
            clients = [Slow(server, run) for _ in range(trial.count)]
            await asyncio.gather(*(client.take(trial.rng.randrange(1_000, 200_000)) for client in clients))
            for client in clients:
                client.close(reset=True)
        beside = await asking
    after = await server.settled(before)
    assert not after.exceeds(before), (before, after)
    # Beside CI's other tests even a server at rest may be slower.
    assert _p99(beside) <= max(200 if trial.full else 1_000, 3 * _p99(alone))
    assert await server.stop() == 0
    trial.peak(p99_alone_ms=_p99(alone), p99_ms=_p99(beside))


async def test_a_replay_of_a_long_journal_is_whole(database_url: str, serve: Serve) -> None:
    server = serve()
    run = await _long_run(server, database_url)
    async with server.client() as http:
        answer = await http.get(f"/executions/{run}/events")
    numbers = [int(line[4:]) for line in answer.text.split("\n") if line.startswith("id: ")]
    assert numbers == list(range(1, EVENTS + 1))


class Slow:
    """A client of a run's events, down to its socket."""

    def __init__(self, server: ServerProcess, run: str) -> None:
        self._socket = socket.socket()
        # Small, so that the server notices early that nobody reads.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(("127.0.0.1", server.port))
        self._socket.setblocking(False)
        path = f"/api/agent-builder/executions/{run}/events"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.key}\r\n\r\n"
        self._socket.send(head.encode())

    async def read(self, bytes_a_second: int, seconds: float) -> None:
        """Read so slowly, for so long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await asyncio.sleep(0.5)
            if bytes_a_second:
                with contextlib.suppress(ConnectionError):
                    await loop.sock_recv(self._socket, bytes_a_second // 2)

    async def take(self, count: int) -> None:
        """Read so many bytes."""
        loop = asyncio.get_running_loop()
        while count > 0 and (piece := await loop.sock_recv(self._socket, min(count, 65536))):
            count -= len(piece)

    def close(self, *, reset: bool = False) -> None:
        """Go away."""
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


async def _long_run(server: ServerProcess, database_url: str) -> str:
    """Start the server; return a run of it that has ended and whose journal has `EVENTS` events."""
    await server.create_key()
    await server.start()
    runs = Runs(server)
    run = await runs.start(await runs.store(chain("a")), 1)
    await runs.ended([run])
    async with open_database(database_url) as database:
        events = await Journal(database).read(run)
        words: list[dict[str, Any]] = [
            {"content": f"word {number} "} for number in range(EVENTS - len(events))
        ]
        now = time.time()
        at = next(number for number, event in enumerate(events) if event.type == "message.delta")
        deltas = [
            Event(seq=0, type="message.delta", execution_id=run, node="a", ts=round(now, 3), data=data)
            for data in words
        ]
        whole = [*events[:at], *deltas, *events[at:]]

        def replace(connection: Any) -> None:
            connection.execute(delete(journal).where(journal.c.execution_id == run))
            for first in range(0, EVENTS, 50):
                part = whole[first : first + 50]
                row = {"seq": first + 1, "last_seq": first + len(part), "body": pack(fold(part))}
                connection.execute(insert(journal).values(execution_id=run, **row))
            connection.execute(update(executions).where(executions.c.id == run).values(last_seq=EVENTS))

        await database.write(replace)
    return run


async def _chats(http: httpx.AsyncClient, count: int) -> list[float]:
    """Chat so often, two at once; return the seconds that each took."""

    async def some() -> list[float]:
        found: list[float] = []
        for number in range(count // 2):
            said = await chat(http, f"hello {number}")
            assert said.response == f"hello {number}", said
            found.append(said.seconds)
        return found

    return [seconds for part in await asyncio.gather(some(), some()) for seconds in part]


async def _times(work: Callable[[], Awaitable[None]], count: int) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        await work()
        found.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
    return found


def _p99(seconds: list[float]) -> int:
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000)


pytestmark = pytest.mark.timeout(200)
