"""What a server is patient with: clients that write before they read, and requests during its start."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import API, Running, make_key

SIZE = 30_000_000


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.1\r\nConnection: close\r\nContent-Length: 30000000",
        "HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked",
        "HTTP/1.1\r\nContent-Length: 30000000",
        "HTTP/1.0\r\nContent-Length: 30000000",
    ],
    ids=["close", "chunked", "kept", "http10"],
)
def test_a_client_that_writes_its_whole_body_first_gets_the_413(server: Running, key: str, head: str) -> None:
    version, _, more = head.partition("\r\n")
    request = f"POST {API}/chatflow/chat {version}\r\nHost: localhost\r\nX-API-Key: {key}\r\n{more}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(f"{request}Content-Type: application/json\r\n\r\n".encode())
        body = b"x" * SIZE
        client.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (SIZE, body) if "chunked" in head else body)
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_is_thrown_away_of_a_refused_body_has_a_bound(
    settings: Settings, start: Callable[[Settings], Running], key: str, database_kind: str
) -> None:
    del database_kind
    server = start(msgspec.structs.replace(settings, linger_bytes=1_000_000))
    request = f"POST {API}/chatflow/chat HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n"

    def send() -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            head = f"{request}Content-Type: application/json\r\nContent-Length: {SIZE}\r\n\r\n"
            client.sendall(head.encode())
            client.sendall(b"x" * SIZE)

    with pytest.raises(ConnectionError):
        await asyncio.to_thread(send)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_request_that_comes_while_the_database_opens_waits_for_it(
    settings: Settings, database_kind: str
) -> None:
    key = await make_key(settings, "default")
    server = Running(settings)
    server.thread.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": key}) as client:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/health")).status_code == 200:
                        break
            assert (await client.get(f"{API}/flows")).status_code == 200
            assert (await client.get("/metrics")).status_code == 200
    finally:
        server.stop()
