"""Many WebSockets with streaming chats on one process: how evenly their tokens come, and how soon the first.

``python -m benchmarks.sockets`` prints the section of one run, with ``--write`` keeps it in
``benchmarks/results/sockets.json`` and in ``docs/benchmarks.md``. Each socket has a session of its own and
asks again as soon as it was answered; the model takes 20 ms a token. The server holds its limits if the 99th
percentile of the gap between two pieces of an answer stays under 100 ms, and that of the wait for the first
under a second.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.chat import FIRST_TOKEN_DELAY, ROOT, Server, model, server
from benchmarks.page import machine, write_section

__all__ = ["main"]

AGENT = "/api/agent-builder/ai-agent-chat/ws"
TITLE = "WebSockets"
TOKENS = 250
"""Of an answer, which so takes five seconds."""
SPREAD = 5.0
"""Seconds over which the first messages are spread, as people would."""


class Frame(Struct):
    """What is read of a frame."""

    type: str
    content: str = ""


class Heard(Struct):
    """What all sockets heard. Times are seconds."""

    gaps: list[float] = []
    firsts: list[float] = []
    totals: list[float] = []
    pieces: int = 0
    failed: int = 0


class Socket:
    """A WebSocket that is read with next to no work, so that the machine's cores are the server's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: tuple[str, int], key: str, path: str) -> "Socket":
        """Connect and shake hands."""
        reader, writer = await asyncio.open_connection(*address)
        nonce = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            (
                f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nAuthorization: Bearer {key}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {nonce}\r\n\r\n"
            ).encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(f"The server refused a socket: {head[:200]!r}")
        return cls(reader, writer)

    def say(self, message: dict[str, Any]) -> None:
        """Send a message, masked with zeros, which leave it as it is (RFC 6455 §5.3)."""
        body = msgspec.json.encode(message)
        self._writer.write(struct.pack("!BBH4x", 0x81, 0x80 | 126, len(body)) + body)

    async def hear(self) -> Frame:
        """Return the next frame; pings are answered meanwhile."""
        while True:
            first, size = await self._reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            body = await self._reader.readexactly(size)
            match first & 0x0F:
                case 1:
                    return msgspec.json.decode(body, type=Frame)
                case 9:
                    self._writer.write(struct.pack("!BB4x", 0x8A, 0x80 | len(body)) + body)
                case _:
                    raise RuntimeError(f"The server closed a socket: {body[:125]!r}")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def chat(socket: Socket, heard: Heard, messages: int) -> None:
    """Ask so many times, one after the other."""
    config = {"provider": "openai", "model": "fake-model"}
    await asyncio.sleep(random.uniform(0, SPREAD))
    for _ in range(messages):
        began = last = time.perf_counter()
        socket.say({"type": "message", "content": "Hello", "config": config})
        spoke = False
        while True:
            frame = await socket.hear()
            now = time.perf_counter()
            if frame.type == "chunk":
                (heard.gaps if spoke else heard.firsts).append(now - last)
                heard.pieces += 1
                spoke, last = True, now
            elif frame.type in ("message", "error"):
                heard.failed += frame.type == "error"
                heard.totals.append(now - began)
                break


async def load(running: Server, sockets: int, messages: int) -> tuple[Heard, dict[str, float]]:
    """Open the sockets, have them all chat, and return what they heard and what it cost."""
    heard = Heard()
    idle = running.process.memory_info().rss / 1e6
    opened = [await Socket.open(running.address, running.key, AGENT) for _ in range(sockets)]
    for socket in opened:
        await socket.hear()
    held = running.process.memory_info().rss / 1e6
    cpu, began = running.cpu(), time.perf_counter()
    await asyncio.gather(*(chat(socket, heard, messages) for socket in opened))
    seconds = time.perf_counter() - began
    cost = {
        "seconds": seconds,
        "cpu_percent": (running.cpu() - cpu) / seconds * 100,
        "idle_mb": idle,
        "held_mb": held,
        "busy_mb": running.process.memory_info().rss / 1e6,
        "load": os.getloadavg()[0],
    }
    for socket in opened:
        socket.close()
    return heard, cost


def measure(sockets: int, messages: int) -> dict[str, Any]:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory() as temporary, model(FIRST_TOKEN_DELAY, TOKENS) as url:
        limits = {"AGENTICRAG_MAX_CONCURRENT_RUNS": str(2 * sockets)}
        with server(url, Path(temporary), limits) as running:
            asyncio.run(load(running, 4, 1))
            heard, cost = asyncio.run(load(running, sockets, messages))
    ideal = TOKENS * FIRST_TOKEN_DELAY
    return {
        "sockets": sockets,
        "answers": len(heard.totals),
        "failed": heard.failed,
        "tokens_per_second": len(heard.totals) * TOKENS / cost["seconds"],
        "pieces_per_answer": heard.pieces / max(1, len(heard.totals)),
        "gap_p50_ms": share(heard.gaps, 0.5) * 1000,
        "gap_p99_ms": share(heard.gaps, 0.99) * 1000,
        "first_p50_ms": share(heard.firsts, 0.5) * 1000,
        "first_p99_ms": share(heard.firsts, 0.99) * 1000,
        "total_p99_to_ideal": share(heard.totals, 0.99) / ideal,
        **cost,
        "machine": machine(),
    }


def share(values: list[float], part: float) -> float:
    """Return a percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def section(found: dict[str, Any]) -> str:
    """Return the section of ``docs/benchmarks.md``."""
    rows = (
        ("sockets, all active", "sockets", "{:.0f}"),
        (f"answers, each of {TOKENS} tokens", "answers", "{:.0f}"),
        ("failed", "failed", "{:.0f}"),
        ("tokens/s", "tokens_per_second", "{:,.0f}"),
        ("chunks per answer", "pieces_per_answer", "{:.1f}"),
        ("time between two chunks, p50 ms", "gap_p50_ms", "{:.1f}"),
        ("time between two chunks, p99 ms (limit 100)", "gap_p99_ms", "{:.1f}"),
        ("first chunk, p50 ms", "first_p50_ms", "{:.1f}"),
        ("first chunk, p99 ms (limit 1,000)", "first_p99_ms", "{:.1f}"),
        ("complete answer, p99, compared with the model alone", "total_p99_to_ideal", "{:.2f}"),
        ("CPU of the server, % of a core", "cpu_percent", "{:.0f}"),
        ("memory before, MB", "idle_mb", "{:.0f}"),
        ("memory with all sockets open, MB", "held_mb", "{:.0f}"),
        ("memory after the load, MB", "busy_mb", "{:.0f}"),
        ("load average of the machine", "load", "{:.1f}"),
    )
    lines = [f"| {label} | {form.format(found[name])} |" for label, name, form in rows]
    return f"""## {TITLE}

**Result.** With {found["sockets"]:.0f} active chats on one process, a chat waits at most
{found["gap_p99_ms"]:.0f} ms for its next chunk (p99).

The model needs {FIRST_TOKEN_DELAY * 1000:.0f} ms per token. Each socket sends its next message as soon as it
has an answer. Model, clients and server share {found["machine"]}.

| | |
|---|---|
{chr(10).join(lines)}

Repeat it with `python -m benchmarks.sockets`.
"""


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--messages", type=int, default=3, help="of each socket")
    parser.add_argument(
        "--write", action="store_true", help="write results/sockets.json and docs/benchmarks.md"
    )
    options = parser.parse_args()
    found = measure(options.sockets, options.messages)
    sys.stdout.write(section(found))
    if options.write:
        file = ROOT / "benchmarks" / "results" / "sockets.json"
        file.write_text(json.dumps(found, indent=2) + "\n")
        write_section(TITLE, section(found))


if __name__ == "__main__":
    main()
