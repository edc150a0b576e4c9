"""Connections: who keeps one without asking for anything loses it, and costs nobody else a thing."""

import asyncio
import contextlib
import os
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Served
from tests.server.conftest import Running, quick

Serve = Callable[..., Served]
HALF_OPEN = 1000


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server of this module."""
    folder = tmp_path_factory.mktemp("connections")
    file = folder / "test.db"
    shutil.copy(sqlite_template, file)
    running = Running(quick(f"sqlite+aiosqlite:///{file}", folder)).start()
    yield running.port
    running.stop()


async def open_at(port: int, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    return reader, writer


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """What a connection still says until its end."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionResetError:
        return b""


@pytest.mark.threat("D-14")
async def test_requests_that_are_never_finished_end_and_hinder_nobody(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICRAG_HEAD_SECONDS", "2")
    monkeypatch.setenv("AGENTICRAG_BODY_SECONDS", "2")
    served = await asyncio.to_thread(serve)
    address = served.address
    port = int(address.rpartition(":")[2])
    process = psutil.Process(served.process.pid)
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    heads = [
        b"",
        b"GET /hea",
        b"GET /health HTTP/1.1\r\n" + host,
        b"GET /health HTTP/1.1\r\n" + host + b"X-Slow: a",
        b"GET /health HTTP/1.1\r\n" + host + b"\r\nGET /health HTTP/1.1\r\n" + host,
    ]
    await asyncio.to_thread(asked, address)
    memory = process.memory_info().rss
    opened = [await open_at(port, heads[number % len(heads)]) for number in range(HALF_OPEN)]
    took: list[float] = []
    for _ in range(100):
        begun = time.perf_counter()
        await asyncio.to_thread(asked, address)
        took.append(time.perf_counter() - begun)
    # Half a second for 99 of 100; where other tests share the machine, for half of them.
    assert sorted(took)[len(took) // 2] < 0.5
    assert sorted(took)[98] < (5 if "PYTEST_XDIST_WORKER" in os.environ else 0.5)
    assert process.memory_info().rss - memory < 100_000 * HALF_OPEN
    said = await asyncio.gather(*(until_closed(reader) for reader, _ in opened))
    for number, text in enumerate(said):
        assert text.startswith(b"HTTP/1.1 200") if number % len(heads) == 4 else not text
    for _, writer in opened:
        writer.close()

    reader, writer = await open_at(
        port,
        b"POST /api/agent-builder/chatflow/chat HTTP/1.1\r\n"
        + host
        + b"Content-Type: application/json\r\nContent-Length: 1000\r\n"
        + f"X-API-Key: {await asyncio.to_thread(owner_key)}\r\n\r\n".encode()
        + b'{"mess',
    )
    said_of_body = await until_closed(reader)
    assert said_of_body.startswith(b"HTTP/1.1 408"), said_of_body
    writer.close()


@pytest.mark.threat("D-01")
async def test_a_hundred_megabytes_are_refused_without_being_kept(serve: Serve) -> None:
    served = await asyncio.to_thread(serve)
    port = int(served.address.rpartition(":")[2])
    key = await asyncio.to_thread(owner_key)
    process = psutil.Process(served.process.pid)
    part = b"a" * 1_048_576
    grown = 0
    for head, chunked in (
        (b"Transfer-Encoding: chunked\r\n", True),
        (b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", True),
        (b"Content-Length: 104857600\r\n", False),
    ):
        start = (
            f"POST /api/agent-builder/chatflow/chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nX-API-Key: {key}\r\n"
        )
        reader, writer = await open_at(port, start.encode() + head + b"\r\n")
        before = process.memory_info().rss
        with contextlib.suppress(ConnectionError):  # it need not read what it has refused
            for _ in range(100):
                writer.write(b"%x\r\n" % len(part) + part + b"\r\n" if chunked else part)
                await writer.drain()
                grown = max(grown, process.memory_info().rss - before)
        said = b""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            said = await asyncio.wait_for(reader.readline(), 20)
        assert said.startswith(b"HTTP/1.1 413") or not said, said
        writer.close()
    assert grown < 16 * 1_048_576, grown


def asked(address: str) -> None:
    with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
        assert answer.status == 200


def owner_key() -> str:
    return Path("data/owner-api-key").read_text().strip()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 20_000 + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"a" * 300_000,
    ],
    ids=["line", "header", "headers", "endless"],
)
@pytest.mark.threat("D-13")
async def test_a_head_that_is_too_large_is_refused(head: bytes, port: int) -> None:
    reader, writer = await open_at(port, head)
    answer = await until_closed(reader)
    assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400")) or not answer
    assert b" 200 " not in answer
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"Content-Length: 99999999999999999999999\r\n\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"Content-Length: 100000000\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\nContent-Encoding: gzip\r\n\r\n0\r\n\r\n",
    ],
    ids=lambda head: head[:40].decode(),
)
@pytest.mark.threat("D-01")
async def test_a_length_that_is_none_or_too_much_is_refused(head: bytes, port: int) -> None:
    reader, writer = await open_at(
        port,
        b"POST /api/agent-builder/chatflow/chat HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Connection: close\r\nContent-Type: application/json\r\n" + head,
    )
    line = (await asyncio.wait_for(reader.readline(), 10)).decode()
    assert line.split()[1] in ("400", "401", "413"), line
    writer.close()
