"""Connections: uvicorn's, with bounds on how large the head of a request may be and how long it may take.

Without them a client that sends a header a minute keeps its connection for ever, and one that sends a header
without end fills the memory.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState
else:
    import importlib

    HttpToolsProtocol = importlib.import_module("uvicorn.protocols.http.httptools_impl").HttpToolsProtocol

__all__ = ["HEAD_BYTES", "Connection", "connections", "hang_up"]

HEAD_BYTES = 65_536
"""Bytes that a request's line and headers may have together."""
BODIED = frozenset({b"content-length", b"transfer-encoding"})
"""Headers of requests with a body."""


class Connection(HttpToolsProtocol):
    """A connection that knows since when it waits for the rest of a request's head."""

    linger_bytes: ClassVar[int] = 100_000_000
    """Bytes of a body that was answered before it was read, as a too large one, that are still taken and
    thrown away; they also have no longer than a head has (`head_seconds`)."""

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.waits_since: float | None = self.loop.time()
        """When it began to wait for what its client owes it; None while it owes nothing."""
        self._in_head = True
        self._head = 0
        self._unread = 0
        self._closing = False

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse a head that is too large also before it is whole.

        Of a body that was answered before it was there, so many are thrown away, and no more.
        """
        if self._in_head:
            self._head += len(data)
        elif self.cycle.response_complete:
            self._unread += len(data)
            if self._unread > self.linger_bytes:
                self.transport.abort()
                return
        super().data_received(data)
        if self._in_head and self._head > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Wait for a head from its first byte on."""
        super().on_message_begin()
        self._in_head, self.waits_since = True, self.loop.time()

    def on_headers_complete(self) -> None:
        """Go on if the head is no larger than it may be."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            self._head = size
            raise ValueError("the head is too large")  # ends the connection with `send_400_response`
        self._in_head, self._head, self._unread, self.waits_since = False, 0, 0, None
        super().on_headers_complete()
        if any(name in BODIED for name, _ in self.headers):
            patient: Any = _ClosesLater(self.transport, self._close)
            self.cycle.transport = patient

    def on_response_complete(self) -> None:
        """Wait for the rest of a body that nobody reads no longer than for a head."""
        if self.cycle.more_body and self.waits_since is None:
            self.waits_since = self.loop.time()
        super().on_response_complete()

    def on_message_complete(self) -> None:
        """Close what was to be closed after its answer, now that all of its request has come."""
        super().on_message_complete()
        if self._closing:
            self.transport.close()

    def _close(self) -> None:
        """Close after an answer, but never on bytes that are still to be read: that would be a reset, which
        can take the answer away from a client that writes all before it reads."""
        if not self.cycle.more_body:
            self.transport.close()
            return
        self._closing = True
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, and a head that is too large."""
        large = self._head > HEAD_BYTES
        status = "431 Request Header Fields Too Large" if large else "400 Bad Request"
        body = b"" if large else msg.encode()
        self.transport.write(
            f"HTTP/1.1 {status}\r\nx-request-id: {uuid.uuid4().hex}\r\n"
            "content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )
        self.transport.close()


def connections(linger_bytes: int) -> type[Connection]:
    """Return the kind of connections that throw away so many bytes of a body which nobody reads."""

    class Lingering(Connection):
        pass

    Lingering.linger_bytes = linger_bytes
    return Lingering


class _ClosesLater:
    """A request's transport, whose `close` is its connection's to decide."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self._transport = transport
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def hang_up(connections: Iterable[Any], now: float, patience: float) -> None:
    """End connections whose clients have owed the rest of a request for longer than `patience` seconds."""
    for one in [*connections]:
        since = getattr(one, "waits_since", None)  # a WebSocket has none
        if since is not None and now - since > patience:
            one.transport.abort()
