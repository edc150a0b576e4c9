"""A light HTTP client for load: keep-alive connections and raw bytes, so that it costs the machine little."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

__all__ = ["Connection", "Sample", "Summary", "closed_loop", "post_json", "post_stream", "summarize"]


class Sample(Struct, frozen=True):
    """One request. Times are seconds."""

    total: float
    first_token: float | None = None


class Summary(Struct, frozen=True):
    """What many requests took."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    first_token_p50_ms: float | None = None
    first_token_p99_ms: float | None = None


class Connection:
    """One keep-alive connection, opened at the first use."""

    def __init__(self, host: str, port: int, key: str) -> None:
        self._address = (host, port)
        self._head = (
            f"Host: {host}:{port}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, path: str, body: bytes) -> asyncio.StreamReader:
        """Send a POST and return the reader, at the answer's first byte."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        return self._reader

    def close(self) -> None:
        """Close it."""
        if self._writer is not None:
            self._writer.close()


async def _headers(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    return int(head[0].split(" ")[1]), fields


async def _body(reader: asyncio.StreamReader, fields: dict[str, str], heard: Callable[[bytes], None]) -> None:
    if "content-length" in fields:
        heard(await reader.readexactly(int(fields["content-length"])))
        return
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        chunk = await reader.readexactly(size + 2)
        if size == 0:
            return
        heard(chunk[:-2])


async def post_json(connection: Connection, path: str, body: dict[str, Any]) -> Sample:
    """Time a POST to its whole answer."""
    begun = time.perf_counter()
    reader = await connection.send(path, msgspec.json.encode(body))
    status, fields = await _headers(reader)
    heard: list[bytes] = []
    await _body(reader, fields, heard.append)
    if status != 200 or b'"success":true' not in b"".join(heard):
        raise RuntimeError(f"The server answered {status}: {b''.join(heard)[:500]!r}")
    return Sample(time.perf_counter() - begun)


async def post_stream(connection: Connection, path: str, body: dict[str, Any]) -> Sample:
    """Time a POST to its first ``content`` event and to its end."""
    begun = time.perf_counter()
    reader = await connection.send(path, msgspec.json.encode(body))
    status, fields = await _headers(reader)
    first: list[float] = []
    heard: list[bytes] = []

    def hear(chunk: bytes) -> None:
        heard.append(chunk)
        if not first and b"event: content" in chunk:
            first.append(time.perf_counter() - begun)

    await _body(reader, fields, hear)
    if status != 200 or b"event: done" not in b"".join(heard):
        raise RuntimeError(f"The server answered {status}: {b''.join(heard)[-500:]!r}")
    return Sample(time.perf_counter() - begun, first[0] if first else None)


async def closed_loop(
    address: tuple[str, int],
    key: str,
    *,
    concurrency: int,
    requests: int,
    call: Callable[[Connection, int], Awaitable[Sample]],
) -> tuple[list[Sample], float]:
    """Keep `concurrency` requests under way until `requests` are done; return samples and seconds."""
    numbers = iter(range(requests))
    samples: list[Sample] = []

    async def one_client() -> None:
        connection = Connection(*address, key)
        for number in numbers:
            samples.append(await call(connection, number))  # noqa: PERF401 - others append too
        connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one_client() for _ in range(concurrency)))
    return samples, time.perf_counter() - begun


def summarize(samples: list[Sample], seconds: float) -> Summary:
    """Return rates and percentiles."""
    firsts = [sample.first_token for sample in samples if sample.first_token is not None]
    return Summary(
        requests_per_second=len(samples) / seconds,
        p50_ms=_percentile([sample.total for sample in samples], 0.5) * 1000,
        p99_ms=_percentile([sample.total for sample in samples], 0.99) * 1000,
        first_token_p50_ms=_percentile(firsts, 0.5) * 1000 if firsts else None,
        first_token_p99_ms=_percentile(firsts, 0.99) * 1000 if firsts else None,
    )


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
