"""Compression of answers: zstd or gzip, whichever the client takes.

Compressed are whole answers of text and JSON. Not compressed are streams, what a handler marks with
``secret``, and what is too short to gain anything.

The length of a compressed answer tells something of what is in it. Whoever can put text into it and see its
length on the network can guess at the rest (BREACH). So an answer that hands out a secret is sent as it is,
and every other gets a few random bytes more. See docs/decisions/0012-compression.md.
"""

import asyncio
import gzip
import io
import secrets
import struct
from collections.abc import Callable
from typing import Any, Literal

from litestar.types import HTTPScope, Message, Send

__all__ = ["Coding", "Compression", "coding_of"]

Coding = Literal["zstd", "gzip"]

KINDS = frozenset(
    {
        "application/json",
        "application/manifest+json",
        "application/openmetrics-text",
        "application/problem+json",
        "application/vnd.oai.openapi+json",
        "application/xml",
        "application/yaml",
        "image/svg+xml",
    }
)
"""Media types beside ``text/…`` that gain by it; ``text/event-stream`` must not wait in a compressor."""
PADDING = 100
"""Random bytes that an answer may get at most."""
SKIPPED = 0x184D2A50
"""Begins a frame that every reader of zstd skips (RFC 8878 §3.1.2)."""
AT_ONCE = 32_768
"""Bytes that are compressed in the event loop; more take a thread."""


class Compression:
    """Compresses what leaves, from so many bytes on."""

    def __init__(self, least: int) -> None:
        self._least = least

    def wrap(self, scope: HTTPScope, send: Send) -> Send:
        """Return a `send` that compresses the answer if its client takes that."""
        start: Message | None = None
        passes = False

        async def send_compressed(message: Message) -> None:
            nonlocal start, passes
            if passes:
                await send(message)
            elif message["type"] == "http.response.start":
                if scope["method"] != "HEAD" and _gains(message, scope):
                    start = message
                else:
                    passes = True
                    await send(message)
            else:
                assert start is not None, "an answer begins with its head"
                passes = True
                for each in await self._compressed(scope, start, message):
                    await send(each)

        return send_compressed

    async def _compressed(self, scope: HTTPScope, start: Any, body: Any) -> tuple[Any, Any]:
        content: bytes = body.get("body", b"")
        if body.get("more_body") or len(content) < self._least:
            return start, body
        headers = [*start["headers"], (b"vary", b"Accept-Encoding")]
        coding = coding_of(b",".join(value for name, value in scope["headers"] if name == b"accept-encoding"))
        if coding is not None:
            pack = PACKERS[coding]
            content = await asyncio.to_thread(pack, content) if len(content) > AT_ONCE else pack(content)
            headers = [each for each in headers if each[0].lower() != b"content-length"]
            headers += [
                (b"content-encoding", coding.encode()),
                (b"content-length", str(len(content)).encode()),
            ]
        return {**start, "headers": headers}, {**body, "body": content}


def coding_of(accepted: bytes) -> Coding | None:
    """Return how a client that sends this ``Accept-Encoding`` wants an answer; None for as it is.

    zstd comes before gzip where the client does not prefer one (RFC 9110 §12.5.3).
    """
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        try:
            weights[name] = next((float(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        except ValueError:
            weights[name] = 0.0
    found: Coding | None = None
    best = 0.0
    codings: tuple[Coding, ...] = ("zstd", "gzip")
    for coding in codings:
        weight = weights.get(coding, weights.get("*", 0.0))
        if weight > best:
            found, best = coding, weight
    return found


def _gains(start: Any, scope: HTTPScope) -> bool:
    """Say whether an answer may be compressed, by its head."""
    if start["status"] in (204, 206, 304):
        return False
    handler: Any = scope.get("route_handler")  # none where no route has been found
    if handler is not None and handler.opt.get("secret"):
        return False
    headers = {name.lower(): value for name, value in start["headers"]}
    if b"content-encoding" in headers or b"no-transform" in headers.get(b"cache-control", b""):
        return False
    if headers.get(b"etag", b"W/").startswith(b'"'):
        return False  # a strong tag speaks of these very bytes
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    return kind in KINDS or (kind.startswith("text/") and kind != "text/event-stream")


def _zstd(content: bytes) -> bytes:
    import zstandard  # most clients that are programs never ask for it

    padding = secrets.token_bytes(secrets.randbelow(PADDING))
    return struct.pack("<II", SKIPPED, len(padding)) + padding + zstandard.ZstdCompressor().compress(content)


def _gzip(content: bytes) -> bytes:
    """Return it with a file name of random length, which readers skip."""
    packed = io.BytesIO()
    name = "x" * secrets.randbelow(PADDING)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=5, fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


PACKERS: dict[Coding, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}
