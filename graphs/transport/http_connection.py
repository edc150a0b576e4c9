"""HTTP connection: one kept connection to a model's server, HTTP/1.1 (RFC 9112) on the loop's transport.

A streamed answer comes as one small chunk a token. Here whatever has arrived by the time somebody reads is
parsed in one go and given as one piece; nothing wraps a read in a time-out that nobody asked for.
"""

import asyncio
import re
from typing import cast

import httptools
import httpx2

__all__ = ["Connection", "Exchange"]

MOST_BUFFERED = 262_144
"""Bytes of an answer that wait to be read; while there are more, the socket is left alone."""
MOST_HEAD = 131_072
"""Bytes in a row that are no part of a body: heads, trailers, the framing of chunks."""

_LENGTH = b"content-length"
_BLANK = b"\r\n\r\n"
"""What ends a head."""
_MENDABLE = re.compile("content-length|header token", re.IGNORECASE)
"""What the parser says of what `_mended` mends."""


class Exchange:
    """One request's answer, as the parser tells of it."""

    def __init__(self, method: str) -> None:
        self.parser = self._parser()
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.heard = False
        """Whether a byte of it has come."""
        self.begun = False
        """Whether the head is complete."""
        self.complete = False
        self.lasting = False
        """Whether the connection can serve another request; known when the answer is complete."""
        self.broken = False
        """Whether the server broke the protocol: nothing more is read of it."""
        self.failure: Exception | None = None
        self.parts: list[bytes] = []
        self.size = 0
        """Bytes in `parts`."""
        self.changed: asyncio.Future[None] | None = None
        self._head: bytearray | None = bytearray()
        """What has come of the head; None once it is complete, or has been mended."""
        self._bodiless = method == "HEAD"
        self._odd = False
        """Whether the head is none as it stands, and is mended once it is complete: nothing can follow the
        answer on its connection."""
        self._framed = False
        self._lengths = 0
        """How many ways the head has to say where the body ends."""
        self._aside = 0

    def feed(self, data: bytes) -> None:
        """Take what came.

        Bytes that come after a whole answer do it no harm, but nothing can follow them.
        """
        self.heard = True
        before = self.size
        if self._head is not None and not self.begun:
            self._head += data
        try:
            if not self.complete:
                self._parse(data)
                self._aside = 0 if self.size != before else self._aside + len(data)
                if self._aside <= MOST_HEAD or self.complete:
                    return
                found = f"a head of more than {MOST_HEAD:,} bytes"
            else:
                found = "more than an answer"
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            found = f"what is no HTTP ({error})"
        self.lasting = False
        self.broken = True
        if not self.complete:
            self.failure = httpx2.RemoteProtocolError(f"The server sent {found}.")

    def _parser(self) -> httptools.HttpResponseParser:
        parser = httptools.HttpResponseParser(self)
        # Forms that browsers and curl take too; a connection that saw both lengths is not used again.
        parser.set_dangerous_leniencies(
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        return parser

    def _parse(self, data: bytes) -> None:
        """Parse what came; a head that says one length twice is read as if it said it once."""
        if not self._odd or self._head is None:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserError as error:
                if self.begun or self._head is None or not _MENDABLE.search(str(error)):
                    raise
                self._odd = True
        if self._odd and self._head is not None and _BLANK in self._head:
            mended, self._head = _mended(bytes(self._head)), None
            self.headers.clear()
            self.reason = b""
            self.parser = self._parser()
            self.parser.feed_data(mended)
        if self.begun:
            self._head = None

    def end(self, lost: Exception | None) -> None:
        """The connection is gone: the end of a body that has no other, a break in any other answer."""
        if self.complete:
            return
        if self.begun and not self._framed and lost is None:
            self.complete = True
        elif self.failure is None:
            self.failure = (
                httpx2.ReadError(str(lost))
                if lost is not None
                else httpx2.RemoteProtocolError(
                    "The server hung up in the middle of its answer."
                    if self.begun
                    else "The server hung up without an answer."
                )
            )
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look."""
        if self.changed is not None and not self.changed.done():
            self.changed.set_result(None)

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request."""
        if self.complete:
            raise ValueError("a second answer")

    def on_status(self, status: bytes) -> None:
        """Take a part of the reason."""
        self.reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; trailers are nobody's."""
        if not self.begun:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """See what the body ends with."""
        self.status = self.parser.get_status_code()
        if 100 <= self.status < 200:
            return
        self.begun = True
        named = {name.lower() for name, _ in self.headers}
        self._lengths = len(named & {b"content-length", b"transfer-encoding"})
        self._framed = bool(self._lengths) or self.status in (204, 304)
        if self._bodiless:
            self.complete = True

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self.parts.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        """Note the end; that of an answer in between (RFC 9110, 15.2) is none."""
        if self.begun:
            self.complete = True
            self.lasting = self.parser.should_keep_alive() and self._lengths < 2 and not self._odd
        else:
            self.headers.clear()
            self.reason = b""


def _mended(head: bytes) -> bytes:
    """Return a head, and what came with it, with the length that it says several times said once (RFC 9110
    §8.6), and without blanks before a colon."""
    text, blank, body = head.partition(_BLANK)
    fields = [line.partition(b":") for line in text.split(b"\r\n")]
    fields = [(name.rstrip() if colon else name, colon, value) for name, colon, value in fields]
    told = [value for name, _, value in fields if name.lower() == _LENGTH]
    lengths = {length.strip() for value in told for length in value.split(b",")}
    if len(lengths) == 1:
        fields = [field for field in fields if field[0].lower() != _LENGTH]
        fields.append((_LENGTH, b": ", lengths.pop()))
    return b"\r\n".join(map(b"".join, fields)) + blank + body


class Connection(asyncio.Protocol):
    """A socket to one server. Carries one request at a time.

    Errors of the network and of the protocol are those of httpx2.
    """

    def __init__(self) -> None:
        self.open = False
        """Whether bytes can be sent."""
        self.expiry: asyncio.TimerHandle | None = None
        """What closes it if nobody takes it up again."""
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._paused = False

    def begin(self, method: str, request: bytes) -> Exchange:
        """Send a request's bytes and return its answer, which comes."""
        assert self._transport is not None, "the connection is made"
        self._exchange = Exchange(method)
        self._transport.write(request)
        return self._exchange

    async def head(self, exchange: Exchange) -> None:
        """Wait until the answer's head is there.

        Raises:
            httpx2.TransportError: there will be none.
        """
        while not exchange.begun:
            if exchange.failure is not None:
                raise exchange.failure
            await self._change(exchange)

    async def read(self, exchange: Exchange) -> bytes:
        """Return what has come of the body since the last time, at least a byte; nothing at its end.

        Raises:
            httpx2.TransportError: the answer broke off.
        """
        while not exchange.parts:
            if exchange.complete:
                return b""
            if exchange.failure is not None:
                raise exchange.failure
            await self._change(exchange)
        data = exchange.parts[0] if len(exchange.parts) == 1 else b"".join(exchange.parts)
        exchange.parts.clear()
        exchange.size = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    def release(self) -> bool:
        """End the exchange; return whether the connection can serve another. If not, it is closed."""
        exchange, self._exchange = self._exchange, None
        if self.open and exchange is not None and exchange.complete and exchange.lasting:
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Close now; what is not sent yet is dropped."""
        self.open = False
        if self.expiry is not None:
            self.expiry.cancel()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Parse what came; what nobody asked for ends the connection."""
        if (exchange := self._exchange) is None:
            self.abort()
            return
        exchange.feed(data)
        if exchange.broken:
            self.abort()
        elif exchange.size > MOST_BUFFERED and not self._paused and not exchange.complete:
            assert self._transport is not None
            self._paused = True
            self._transport.pause_reading()
        exchange.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the answer, if one is awaited."""
        self.open = False
        if self._exchange is not None:
            self._exchange.end(exc)

    @staticmethod
    async def _change(exchange: Exchange) -> None:
        exchange.changed = asyncio.get_running_loop().create_future()
        try:
            await exchange.changed
        finally:
            exchange.changed = None
