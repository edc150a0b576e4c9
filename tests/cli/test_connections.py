"""Connections: who keeps one without asking for anything loses it, and costs nobody else a thing."""

import asyncio
import contextlib
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from server.settings.sources import Settings
from tests.cli.conftest import Served
from tests.server.conftest import Running, quick
from tests.waits import Waits, best_of

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
def test_requests_that_are_never_finished_end_and_hinder_nobody(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICRAG_HEAD_SECONDS", "2")
    monkeypatch.setenv("AGENTICRAG_BODY_SECONDS", "2")
    served = serve()
    port = int(served.address.rpartition(":")[2])
    process = psutil.Process(served.process.pid)
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    heads = [
        b"",
        b"GET /hea",
        b"GET /health HTTP/1.1\r\n" + host,
        b"GET /health HTTP/1.1\r\n" + host + b"X-Slow: a",
        b"GET /health HTTP/1.1\r\n" + host + b"\r\nGET /health HTTP/1.1\r\n" + host,
    ]
    with Waits(port, anew=True):
        memory = process.memory_info().rss

    def others_wait() -> float:
        """What 99 of 100 others wait at most, from the first half-open request until all have ended."""
        with contextlib.ExitStack() as opened, Waits(port, anew=True) as others:
            connections = [
                opened.enter_context(begun(port, head)) for head in heads * (HALF_OPEN // len(heads))
            ]
            assert process.memory_info().rss - memory < 100_000 * HALF_OPEN
            said = [until_end(connection) for connection in connections]
        for number, text in enumerate(said):
            assert text.startswith(b"HTTP/1.1 200") if number % len(heads) == 4 else not text
        assert len(others.seconds) >= 100
        return others.p99()

    assert best_of(3, others_wait, 0.5) < 0.5

    body = begun(
        port,
        b"POST /api/agent-builder/chatflow/chat HTTP/1.1\r\n"
        + host
        + b"Content-Type: application/json\r\nContent-Length: 1000\r\n"
        + f"X-API-Key: {owner_key()}\r\n\r\n".encode()
        + b'{"mess',
    )
    with body:
        assert until_end(body).startswith(b"HTTP/1.1 408")


def begun(port: int, head: bytes) -> socket.socket:
    """A connection over which a request begins."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(head)
    return connection


def whole(connection: socket.socket) -> bytes:
    """The answer of /health over a connection that stays open: it may come in pieces."""
    said = b""
    while not said.endswith(b'{"status":"ok"}'):
        piece = connection.recv(65_536)
        assert piece, said
        said += piece
    return said


def until_end(connection: socket.socket) -> bytes:
    """What a connection still says until its end."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            said += piece
    return said


PART = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
PART_CHUNK = b"%x\r\n" % len(PART) + PART + b"\r\n"
MEGABYTE = 1_000_000
WAIT, ANSWER = 0.25, 2.0
"""Seconds that others may have to wait meanwhile, and that an answer may take."""
FORMS = {
    "parts": ("x", PART + b"v\r\n" + (PART + b"v\r\n") * 10_000 + b"--x--\r\n", 400),
    "fields": (
        "x",
        b"--x\r\nContent-Disposition: form-data; name=f\r\n\r\nv\r\n" * 10_000 + b"--x--\r\n",
        400,
    ),
    "no parts": ("x", b"--x\r\n" * 10_000, 400),
    "name": ("x", PART[:-8] + b"a" * MEGABYTE + b"\r\n\r\n\r\n--x--", 400),
    "quotes": ("x", PART[:-8] + b'"\\' * (MEGABYTE // 2) + b"\r\n\r\n\r\n--x--", 400),
    "headers": ("x", b"--x\r\n" + b"X-A: b\r\n" * 125_000 + b"\r\n\r\n--x--", 400),
    "header": ("x", b"--x\r\n" + b"a" * MEGABYTE, 400),
    "folded": ("x", b"--x\r\nX-A: b\r\n" + b" c\r\n" * 250_000 + b"\r\n\r\n--x--", 400),
    "boundary": ("b" * 60_000, b"--" + b"b" * 60_000 + b"\r\n\r\n\r\n", 400),
    "near boundary": ("b" * 60_000, b"--" + (b"b" * 59_999 + b"\r\n--") * 160, 400),
    "near boundaries": ("x", PART + b"\r\n--" * 2_000_000, 400),
    "lines": ("x", PART + b"\r\n" * 4_500_000, 400),
    "quoted boundary": ('"' + '\\"' * 30_000, b"--x", 400),
    "path": ("x", PART.replace(b"=f\r", b"=../../etc/passwd\r") + b"x\r\n--x--", 400),
    "messages": ("x", PART + b'{"messages":[' + b"{}," * 3_000_000 + b"{}]}\r\n--x--", 413),
    # It is in the head, which may have 64 kB: no part of the server but the parser sees it.
    "boundary of a megabyte": ("b" * MEGABYTE, b"--" + b"b" * MEGABYTE, 431),
}
"""Forms that take long to read, if one lets them: a boundary, a body, and its status."""


@pytest.mark.threat("D-05")
def test_a_form_that_is_made_to_be_slow_is_refused_soon_and_holds_nobody_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICRAG_BODY_SECONDS", "1")
    port = int(serve().address.rpartition(":")[2])
    key = owner_key()

    def head(boundary: str, length: str, key: str = key) -> bytes:
        return (
            "POST /api/agent-builder/chatflow/sessions/import HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {key}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\n{length}\r\n\r\n"
        ).encode()

    def sent(*pieces: bytes) -> tuple[bytes, float]:
        """The answer, and how long it took from the first byte on; it may come before all is sent."""
        begun = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    connection.sendall(piece)
            answer = connection.recv(12)
        return answer, time.perf_counter() - begun

    def judged(name: str, status: int, *pieces: bytes) -> None:
        def waited() -> float:
            with Waits(port) as others:
                answer, took = sent(*pieces)
            assert answer == b"HTTP/1.1 %d" % status, (name, answer)
            return max(max(others.seconds) / WAIT, took / ANSWER)

        assert best_of(5, waited, 1) <= 1, name

    for name, (boundary, content, status) in FORMS.items():
        judged(name, status, head(boundary, f"Content-Length: {len(content)}"), content)
    endless = [b"10000\r\n" + b"a" * 65_536 + b"\r\n"] * 1000
    judged("endless", 413, head("x", "Transfer-Encoding: chunked"), PART_CHUNK, *endless)
    judged("stalled", 408, head("x", "Transfer-Encoding: chunked"), PART_CHUNK)
    # Who nobody knows is told so before a byte of the body is there.
    judged("unknown", 401, head("x", "Content-Length: 1000000", "no"))


@pytest.mark.threat("D-01")
async def test_a_hundred_megabytes_are_refused_without_being_kept(serve: Serve) -> None:
    served = await asyncio.to_thread(serve)
    port = int(served.address.rpartition(":")[2])
    key = await asyncio.to_thread(owner_key)
    process = psutil.Process(served.process.pid)
    part = b"a" * 1_048_576
    grown = held = 0
    while abs(process.memory_info().rss - held) > 262_144:  # what it loads after its start is loaded
        held = process.memory_info().rss
        await asyncio.sleep(0.5)
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


def test_a_connection_is_kept_longer_than_clients_and_proxies_keep_theirs(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = serve()
    monkeypatch.setenv("AGENTICRAG_KEEP_ALIVE_SECONDS", "1")
    asked = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    idle = begun(int(kept.address.rpartition(":")[2]), asked)
    assert whole(idle).startswith(b"HTTP/1.1 200 ")
    since = time.monotonic()
    short = serve()
    ended = begun(int(short.address.rpartition(":")[2]), asked)
    with idle, ended:
        assert until_end(ended).startswith(b"HTTP/1.1 200 ")  # and then the server has closed it
        # httpx keeps an idle connection for 5 seconds.
        time.sleep(max(0.0, since + 5.5 - time.monotonic()))
        idle.sendall(asked)
        assert whole(idle).startswith(b"HTTP/1.1 200 ")
    assert Settings().keep_alive_seconds > 120  # Caddy's for its upstreams; nginx has 60
