"""A scripted model server that speaks OpenAI's wire: every fault a provider can show, on a loopback socket.

In a test: ``async with FakeOpenAI() as fake: fake.script(Reply(status=429)); … fake.url …``.
As a process: ``python -m tests.runtimes.fake_openai --port 0 --tokens 32 --delay 0.02``, which prints
its URL; then ``POST /control/script`` takes a JSON list of `Reply`, ``PUT /control/default`` one `Reply`,
``POST /control/release`` ends the pauses of replies, ``GET /control/log`` gives every `Exchange` so far and
``DELETE /control/log`` forgets script and log.

A reply becomes a list of steps (bytes to write, seconds to wait, a cut) that timers play on the connection,
without a task a stream, so that it serves thousands of streams beside a benchmark.
"""

import argparse
import asyncio
import contextlib
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Literal, Self, cast

import msgspec

from tests.runtimes.replies import Cut, Exchange, Reply, ScriptedCall, Step, question, response, steps

__all__ = ["Exchange", "FakeOpenAI", "Reply", "ScriptedCall", "fake_process"]


_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class FakeOpenAI:
    """The server. `script` queues replies; a request that none matches gets `default`."""

    def __init__(self, default: Reply | None = None, *, log_limit: int = 100_000) -> None:
        self.default = default or Reply()
        self.log: deque[Exchange] = deque(maxlen=log_limit)
        self.queue: deque[Reply] = deque()
        self.connections = 0
        """Connections accepted so far."""
        self.open = 0
        """Connections open now."""
        self._number = 0
        self._server: asyncio.Server | None = None
        self._transports: set[asyncio.Transport] = set()

    def script(self, *replies: Reply) -> None:
        """Queue replies: each serves one request."""
        self.queue.extend(replies)

    def release(self) -> None:
        """Let replies that pause now, as at ``stall_at``, go on at once."""
        for transport in list(self._transports):
            cast("_Connection", transport.get_protocol()).go_on()

    @property
    def url(self) -> str:
        """The base URL for a client, ending in ``/v1``."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=4096)

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
            for transport in list(self._transports):
                transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def until(self, predicate: Callable[[], bool], seconds: float = 10.0) -> None:
        """Return when `predicate` holds; raise TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not predicate():  # noqa: ASYNC110 - any fact may be waited for
                await asyncio.sleep(0.005)

    def next_reply(self, body: Any) -> Reply:
        """Take the first queued reply that matches, else the default."""
        for reply in self.queue:
            if not reply.match or reply.match in str(body.get("model", "")) or reply.match in question(body):
                self.queue.remove(reply)
                return reply
        return self.default

    def record(self, path: str, headers: dict[str, str], body: Any, connection: int) -> Exchange:
        """Log a request."""
        self._number += 1
        exchange = Exchange(
            number=self._number,
            path=path,
            headers=headers,
            body=body,
            opened=time.monotonic(),
            connection=connection,
        )
        self.log.append(exchange)
        return exchange

    def joined(self, transport: asyncio.Transport) -> int:
        """Count a new connection and give its number."""
        self.connections += 1
        self.open += 1
        self._transports.add(transport)
        return self.connections

    def left(self, transport: asyncio.Transport) -> None:
        """Count a connection that ended."""
        self.open -= 1
        self._transports.discard(transport)

    def control(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Serve ``/control/…``."""
        match method, path:
            case "POST", "/control/script":
                self.script(*msgspec.json.decode(body, type=list[Reply]))
            case "PUT", "/control/default":
                self.default = msgspec.json.decode(body, type=Reply)
            case "POST", "/control/release":
                self.release()
            case "GET", "/control/log":
                return 200, _encode(list(self.log))
            case "DELETE", "/control/log":
                self.log.clear()
                self.queue.clear()
            case _:
                return 404, b'{"error":"no such control"}'
        return 200, b"{}"


class _Connection(asyncio.Protocol):
    """One client connection: parses requests one after the other and plays their replies."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self.fake = fake
        self.buffer = bytearray()
        self.steps: Iterator[Step] = iter(())
        self.exchange: Exchange | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by inheritance.
        self.transport = cast("asyncio.Transport", transport)
        self.loop = asyncio.get_running_loop()
        self.number = self.fake.joined(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fake.left(self.transport)
        if self.timer is not None:
            self.timer.cancel()
        self._end("peer_closed")

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self.exchange is not None and self.timer is None:
            self._play()

    def go_on(self) -> None:
        """End the pause that the reply is in, if it is in one."""
        if self.timer is not None:
            self.timer.cancel()
            self._play()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.exchange is None and (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines[1:])
            }
            size = int(headers.get("content-length", "0"))
            if len(self.buffer) < end + 4 + size:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + size])
            del self.buffer[: end + 4 + size]
            method, path, _ = lines[0].split(" ", 2)
            self._serve(method, path, headers, body)

    def _serve(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        if path.startswith("/control/"):
            status, answer = self.fake.control(method, path, raw)
            self.transport.write(response(status, answer))
            return
        if path.endswith("/models"):
            models = {"object": "list", "data": [{"id": "fake-model", "object": "model"}]}
            self.fake.record(path, headers, None, self.number).end = "finished"
            self.transport.write(response(200, _encode(models)))
            return
        body = _decode(raw) if raw else {}
        self.exchange = self.fake.record(path, headers, body, self.number)
        self.steps = steps(self.fake.next_reply(body), body, self.exchange)
        self._play()

    def _play(self) -> None:
        self.timer = None
        pending: list[bytes] = []
        for step in self.steps:
            if isinstance(step, bytes):
                pending.append(step)
                if len(pending) >= 512:
                    self.transport.writelines(pending)
                    pending.clear()
                    if not self.writable:
                        return
                continue
            if pending:
                self.transport.writelines(pending)
                pending.clear()
            if not isinstance(step, Cut):
                self.timer = self.loop.call_later(step, self._play)
                return
            self._end("cut")
            if step.reset:
                # SO_LINGER of zero seconds makes the kernel send RST in place of FIN.
                linger = struct.pack("ii", 1, 0)
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
                self.transport.abort()
            else:
                self.transport.close()
            return
        if pending:
            self.transport.writelines(pending)
        self._end("finished")

    def _end(self, how: Literal["finished", "cut", "peer_closed"]) -> None:
        if self.exchange is not None:
            self.exchange.ended = time.monotonic()
            self.exchange.end = how
            self.exchange = None


@contextlib.asynccontextmanager
async def fake_process(*arguments: str) -> AsyncGenerator[str]:
    """Run the server in a process of its own and give its URL; it ends with the block or this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.runtimes.fake_openai",
        "--with-stdin",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _serve(arguments: argparse.Namespace) -> None:
    reply = Reply(tokens=arguments.tokens, delay=arguments.delay, echo=arguments.echo)
    fake = FakeOpenAI(reply, log_limit=arguments.log)
    await fake.start(arguments.port)
    print(fake.url, flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if arguments.with_stdin:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    await stop.wait()
    await fake.stop()


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m tests.runtimes.fake_openai", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--tokens", type=int, default=32, help="words of an unscripted answer")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each word")
    parser.add_argument("--echo", action="store_true", help="answer with the last user message")
    parser.add_argument("--log", type=int, default=100_000, help="exchanges to remember")
    parser.add_argument("--with-stdin", action="store_true", help="stop when standard input closes")
    arguments = parser.parse_args()
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(arguments))
    else:
        uvloop.run(_serve(arguments))


if __name__ == "__main__":
    main()
