"""Connections: uvicorn's, with bounds on how large the head of a request may be and how long it may take.

Without them a client that sends a header a minute keeps its connection for ever, and one that sends a header
without end fills the memory.
"""

import asyncio
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState
else:
    import importlib

    HttpToolsProtocol = importlib.import_module("uvicorn.protocols.http.httptools_impl").HttpToolsProtocol

__all__ = ["HEAD_BYTES", "Connection", "hang_up"]

HEAD_BYTES = 65_536
"""Bytes that a request's line and headers may have together."""


class Connection(HttpToolsProtocol):
    """A connection that knows since when it waits for the rest of a request's head."""

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

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse a head that is too large also before it is whole."""
        if self._in_head:
            self._head += len(data)
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
        self._in_head, self._head, self.waits_since = False, 0, None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the rest of a body that nobody reads no longer than for a head."""
        if self.cycle.more_body and self.waits_since is None:
            self.waits_since = self.loop.time()
        super().on_response_complete()

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


def hang_up(connections: Iterable[Any], now: float, patience: float) -> None:
    """End connections whose clients have owed the rest of a request for longer than `patience` seconds."""
    for one in [*connections]:
        since = getattr(one, "waits_since", None)  # a WebSocket has none
        if since is not None and now - since > patience:
            one.transport.abort()
