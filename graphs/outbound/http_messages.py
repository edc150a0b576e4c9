"""HTTP requests and responses as values, and the rules of the operator for them."""

import zlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from graphs.outbound.credentials import Credential

__all__ = ["EgressError", "EgressRules", "Inbound", "Outbound", "Unpacking"]


_STEP = 65_536


class EgressError(Exception):
    """A request was not made, or gave no answer. The message says why and, where one can, what to do."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
        """``bad_url``, ``bad_header``, ``egress_blocked``, ``timeout``, ``network``, ``too_large``,
        ``too_many_redirects``, ``bad_response``, or the code of a `CredentialError`."""


class EgressRules(Struct, frozen=True, kw_only=True):
    """What the operator allows."""

    allow: tuple[str, ...] = ()
    """``host:port`` pairs that may be private addresses."""
    own: tuple[str, ...] = ()
    """``host:port`` of this server, its database and its Redis: closed, whatever `allow` says."""
    seconds: float = 30.0
    """For a request with all its redirects."""
    max_bytes: int = 10 * 1024 * 1024
    """Of an answer's body, unpacked."""
    max_redirects: int = 5


class Outbound(Struct, frozen=True, kw_only=True):
    """A request. Its ``repr`` has no header values and no query: they may be secret."""

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""
    seconds: float | None = None
    """A shorter time than the operator's."""
    max_bytes: int | None = None
    """A smaller answer than the operator's."""
    stay: bool = False
    """Refuse redirects to another origin: a model chose the path, and must not choose the host by it."""
    credential: Credential | None = None
    """Added to the request on its way out, where it may go to that host; never sent on to another origin."""

    def __repr__(self) -> str:
        """Name it without secrets."""
        return f"Outbound({self.method} {self.url.partition('?')[0][:200]!r})"


class Inbound(Struct, frozen=True, kw_only=True):
    """An answer, unpacked."""

    status: int
    headers: dict[str, str]
    """Names in lower case; values of a repeated one joined by commas."""
    content: bytes
    url: str
    """Where the answer came from in the end, without its query."""


class Unpacking:
    """A body while it arrives, unpacked no further than it may be long."""

    def __init__(self, encoding: str, most: int, address: str) -> None:
        self.parts: list[bytes] = []
        self._most = most
        self._size = 0
        self._address = address
        self._inflate: Any = None
        match encoding.strip().lower():
            case "" | "identity":
                pass
            case "gzip" | "x-gzip" | "deflate":
                self._inflate = zlib.decompressobj(wbits=47)
            case other:
                raise EgressError(
                    f"{address} packs its answer with {other[:40]!r}; gzip and deflate are understood.",
                    code="bad_response",
                )

    def feed(self, chunk: bytes) -> None:
        """Take what arrived.

        Raises:
            EgressError: it is more than allowed, or not what the header says.
        """
        if self._inflate is None:
            self._keep(chunk)
            return
        while chunk:  # a little at a time: what is too much is never there all at once
            try:
                unpacked = self._inflate.decompress(chunk, _STEP)
            except zlib.error:
                raise EgressError(
                    f"{self._address} says that its answer is packed, and it is not.",
                    code="bad_response",
                ) from None
            if self._inflate.unused_data:  # zlib would keep what comes after the end, without end
                raise EgressError(
                    f"{self._address} goes on after the end of its packed answer.", code="bad_response"
                )
            self._keep(unpacked)
            chunk = self._inflate.unconsumed_tail

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._most:
            raise EgressError(
                f"{self._address} answers with more than {self._most:,} bytes.",
                code="too_large",
            )
        self.parts.append(chunk)
