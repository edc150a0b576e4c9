"""Transport: the kept connections of a client of httpx2, for streams of many small chunks.

httpx2's own sets a time-out for every read and makes an event of every chunk, which was two fifths of what
a streamed chat cost (``docs/benchmarks.md``). This one hands over all that has arrived. It knows neither
proxies nor HTTP/2; who needs those takes httpx2's.
"""

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Sequence

import aiohappyeyeballs
import httpx2

from graphs.outbound.run_hops import hops_header
from graphs.outbound.trace_context import current_span
from graphs.transport.http_connection import Connection, Exchange

__all__ = ["StreamTransport"]

_REFUSED = re.compile(rb"[\x00\r\n]|^[ \t]|[ \t]$")
"""In a header's name or value: what could end it, or would be read as another (RFC 9110, 5.5)."""
_TARGET = re.compile(rb"[\x21-\x7e]+")
_STAGGER_SECONDS = 0.25
"""Before the next address of a host is tried beside the first (RFC 8305, section 5)."""

Origin = tuple[str, str, int, str]
"""Scheme, host, port, and the name that the certificate is to have."""


class StreamTransport(httpx2.AsyncBaseTransport):
    """Opens connections without a limit, and keeps `most_idle` of them for `idle_seconds`."""

    def __init__(self, *, trust_env: bool, most_idle: int = 100, idle_seconds: float = 15) -> None:
        self._trust_env = trust_env
        self._most_idle = most_idle
        self._idle_seconds = idle_seconds
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer as soon as its head is there.

        Raises:
            httpx2.TransportError: it cannot be sent, or is not answered.
        """
        sent = _written(request, b"".join([part async for part in _stream_of(request)]))
        waits: dict[str, float | None] = request.extensions.get("timeout", {})
        origin = _origin(request)
        connection = self._take(origin)
        exchange = None
        if connection is not None:
            # Some servers close what they seemed to keep, as llama.cpp's after a stream: nobody has read the
            # request then, and it goes over a new connection, as with curl.
            with contextlib.suppress(_Closed):
                exchange = await self._sent(connection, request.method, sent, waits.get("read"), kept=True)
        if connection is None or exchange is None:
            connection = await self._connect(origin, waits.get("connect"))
            exchange = await self._sent(connection, request.method, sent, waits.get("read"), kept=False)
        return httpx2.Response(
            exchange.status,
            headers=exchange.headers,
            stream=_Body(self, origin, connection, exchange, waits.get("read")),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": exchange.reason},
        )

    async def _sent(
        self, connection: Connection, method: str, sent: bytes, seconds: float | None, *, kept: bool
    ) -> Exchange:
        """Send a request's bytes and return its answer as soon as its head is there.

        Raises:
            _Closed: the connection was a kept one, and ended before a byte of the answer.
            httpx2.TransportError: it is not answered.
        """
        self._open.add(connection)
        exchange = connection.begin(method, sent)
        try:
            async with asyncio.timeout(seconds):
                await connection.head(exchange)
        except TimeoutError:
            self._discard(connection)
            raise httpx2.ReadTimeout("The server's answer did not begin in time.") from None
        except httpx2.TransportError as error:
            self._discard(connection)
            if kept and not exchange.heard:
                raise _Closed from error
            raise
        except BaseException:
            self._discard(connection)
            raise
        return exchange

    async def aclose(self) -> None:
        """Close every connection, also those in use."""
        self._idle.clear()
        while self._open:
            self._open.pop().abort()

    def done(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose answer was read whole; close any other."""
        if connection.release() and sum(map(len, self._idle.values())) < self._most_idle:
            self._idle.setdefault(origin, []).append(connection)
            loop = asyncio.get_running_loop()
            connection.expiry = loop.call_later(self._idle_seconds, self._expire, origin, connection)
        else:
            self._discard(connection)

    def _take(self, origin: Origin) -> Connection | None:
        """Return the connection that was used last, so that those in excess come of age."""
        while kept := self._idle.get(origin):
            connection = kept.pop()
            if connection.expiry is not None:
                connection.expiry.cancel()
            if connection.open:
                return connection
            self._open.discard(connection)
        return None

    def _expire(self, origin: Origin, connection: Connection) -> None:
        kept = self._idle[origin]
        kept.remove(connection)
        if not kept:
            del self._idle[origin]
        self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.abort()

    async def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        scheme, host, port, name = origin
        loop = asyncio.get_running_loop()
        found: socket.socket | None = None
        connection: Connection | None = None
        try:
            async with asyncio.timeout(seconds):
                found = await aiohappyeyeballs.start_connection(
                    await _addresses(host, port), happy_eyeballs_delay=_STAGGER_SECONDS, loop=loop
                )
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                tls = await self._tls() if scheme == "https" else None
                _, connection = await loop.create_connection(
                    Connection, sock=found, ssl=tls, server_hostname=name if tls else None
                )
                return connection
        except TimeoutError:
            raise httpx2.ConnectTimeout(f"{host}:{port} did not accept a connection in time.") from None
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        finally:
            if found is not None and connection is None:
                found.close()

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            # Reading the certificates of the authorities takes tens of milliseconds.
            self._context = await asyncio.to_thread(httpx2.create_ssl_context, trust_env=self._trust_env)
        return self._context


class _Closed(Exception):
    """A kept connection was closed by the server before it answered."""


class _Body(httpx2.AsyncByteStream):
    """An answer's body; closed before its end, the connection is closed with it."""

    def __init__(
        self,
        transport: StreamTransport,
        origin: Origin,
        connection: Connection,
        exchange: Exchange,
        seconds: float | None,
    ) -> None:
        self._transport = transport
        self._origin = origin
        self._connection = connection
        self._exchange = exchange
        self._seconds = seconds

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        read, exchange = self._connection.read, self._exchange
        if self._seconds is None:
            while data := await read(exchange):
                yield data
            return
        try:
            while True:
                async with asyncio.timeout(self._seconds):
                    data = await read(exchange)
                if not data:
                    return
                yield data
        except TimeoutError:
            raise httpx2.ReadTimeout("The server fell silent in its answer.") from None

    async def aclose(self) -> None:
        self._transport.done(self._origin, self._connection)


def _origin(request: httpx2.Request) -> Origin:
    url = request.url
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    return url.scheme, host, port, str(request.extensions.get("sni_hostname") or host)


def _written(request: httpx2.Request, body: bytes) -> bytes:
    """Return a request's bytes.

    Raises:
        httpx2.LocalProtocolError: a part of its head could be read as something else.
    """
    target = request.url.raw_path
    lines = [request.method.encode("ascii") + b" " + target + b" HTTP/1.1"]
    sized = False
    for name, value in request.headers.raw:
        lower = name.lower()
        if lower == b"transfer-encoding":
            continue
        if _REFUSED.search(name) or _REFUSED.search(value):
            shown = name.decode("ascii", "replace")
            raise httpx2.LocalProtocolError(f"The header {shown!r} has a value that headers cannot have.")
        sized = sized or lower == b"content-length"
        lines.append(name + b": " + value)
    if not _TARGET.fullmatch(target):
        raise httpx2.LocalProtocolError("The path has characters that paths cannot have.")
    if span := current_span():
        lines.append(b"traceparent: " + span.encode("ascii"))
    lines += [f"{name}: {value}".encode("ascii") for name, value in hops_header().items()]
    if body and not sized:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def _stream_of(request: httpx2.Request) -> httpx2.AsyncByteStream:
    if not isinstance(request.stream, httpx2.AsyncByteStream):
        raise RuntimeError("A request of an asynchronous client has an asynchronous body.")
    return request.stream


async def _addresses(host: str, port: int) -> Sequence[aiohappyeyeballs.AddrInfoType]:  # pyright: ignore[reportUnknownParameterType]
    """Return what a host resolves to; what is an address already costs no thread."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        loop = asyncio.get_running_loop()
        return [*await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    family = socket.AF_INET6 if literal.version == 6 else socket.AF_INET
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
