"""A loopback server that answers with bytes that were written down: for shapes that no library would send."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import msgspec
from msgspec import Struct

__all__ = ["Asked", "Part", "WireServer", "http", "refused", "sse", "tool_results"]

Part = bytes | float
"""Bytes to write, or seconds to wait."""


class Asked(Struct, frozen=True):
    """One request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return str(self.body.get("model", ""))


Answers = Callable[[Asked], Sequence[Part]]


def http(
    status: int, body: bytes, kind: str = "application/json", *, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a whole response."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def sse(*chunks: Any, done: bool = True) -> bytes:
    """Return a streamed response: each chunk as JSON, text and bytes as they are."""
    events = b"".join(
        b"data: " + (chunk if isinstance(chunk, bytes) else msgspec.json.encode(chunk)) + b"\n\n"
        for chunk in chunks
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return head + events + (b"data: [DONE]\n\n" if done else b"")


def tool_results(asked: Asked) -> list[str]:
    """Return the contents of a request's tool messages."""
    return [
        str(message.get("content")) for message in asked.body.get("messages", []) if message["role"] == "tool"
    ]


def refused(message: str, status: int = 400, **more: Any) -> bytes:
    """Return an error of OpenAI's form."""
    return http(status, msgspec.json.encode({"error": {"message": message} | more}))


class WireServer:
    """Answers each request with what a function of it gives, and keeps the requests in `log`."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.log: list[Asked] = []
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL for a client, ending in ``/v1``."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            raw = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(head[0].split(" ")[1], headers, msgspec.json.decode(raw) if raw else {})
            self.log.append(asked)
            for part in self.answers(asked):
                if isinstance(part, bytes):
                    writer.write(part)
                    await writer.drain()
                else:
                    await asyncio.sleep(part)
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
