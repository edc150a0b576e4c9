"""A TCP proxy that makes a network misbehave: latency, cuts after so many bytes, resets, black holes.

::

    async with Proxy("127.0.0.1", 5432) as proxy:
        proxy.latency = 0.05      # seconds a piece, both ways
        proxy.cut_after = 10_000  # bytes towards the client, then the connection ends
        proxy.reset = True        # ... with RST in place of FIN
        proxy.silent = True       # half-open: connections stay, nothing passes
        proxy.drop()              # end every connection now, as `reset` says
"""

import asyncio
import contextlib
import socket
import struct
from typing import Self

__all__ = ["Proxy"]

PIECE = 65536


class Proxy:
    """Listens on a free port of loopback and forwards to one address. Its attributes count at once."""

    def __init__(self, host: str, port: int) -> None:
        self.latency = 0.0
        self.cut_after: int | None = None
        self.reset = False
        self.silent = False
        self.connections = 0
        """Accepted so far."""
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def drop(self) -> None:
        """End every connection that is open."""
        for writer in list(self._open):
            self._end(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            up_reader, up_writer = await asyncio.open_connection(*self._target)
        except OSError:
            self._end(writer)
        else:
            self._open.add(up_writer)
            await asyncio.gather(
                self._forward(reader, up_writer, None),
                self._forward(up_reader, writer, writer),
            )
            self._end(up_writer)
            self._end(writer)
        finally:
            self._tasks.discard(task)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: asyncio.StreamWriter | None
    ) -> None:
        """Pass on what comes, until either side ends; `client` where it is the way to the client."""
        passed = 0
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                while self.silent:  # noqa: ASYNC110 - an attribute that tests set
                    await asyncio.sleep(0.01)
                if self.latency:
                    await asyncio.sleep(self.latency)
                if client is not None and self.cut_after is not None and passed + len(piece) > self.cut_after:
                    client.write(piece[: self.cut_after - passed])
                    with contextlib.suppress(OSError):
                        await client.drain()
                    self._end(client)
                    return
                passed += len(piece)
                writer.write(piece)
                await writer.drain()
        # What one side ends, the other sees ended.
        self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        if self.reset:
            with contextlib.suppress(OSError):
                # SO_LINGER of zero seconds makes the kernel send RST in place of FIN.
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            writer.transport.abort()
        else:
            writer.close()
