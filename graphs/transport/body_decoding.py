"""BodyDecoder: the text in UTF-8 that a body is, whatever its server packed it with or wrote it in.

Requests ask for plain bytes. What comes is told by its first bytes: some gateways pack without saying so,
some say that they pack and do not, some pack twice.
"""

import codecs
import re
import zlib
from typing import Any, Literal

from graphs.model_api.provider_errors import bad_response

__all__ = ["BodyDecoder"]

_TEXT = re.compile(
    rb"[ \t\r\n\0\x1e\xef\xbb\xbf]*(?:data|even|retr|erro|DATA|Data|id:|:|<|\"|[{\[][\"'\s{}\[\]\d])"
)
"""How text begins that an answer or an error may be."""
_SNIFFED = 4
"""Bytes that tell what a body is."""
_ZLIB = (b"x\x01", b"x^", b"x\x9c", b"x\xda")
_MOST_LAYERS = 3
_MOST_FRAMES = 1000
_STEP = 64
"""Bytes of zstd that are unpacked at one go: one can be thousands of times as large unpacked."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_WIDE = re.compile(rb"[dDeE{\[:irIR]\0[^\0]\0|\0[dDeE{\[:irIR]\0[^\0]")
"""How a text in UTF-16 begins that has no mark."""
Packing = Literal["gzip", "zlib", "deflate", "zstd"]


class BodyDecoder:
    """Takes a body's bytes as they come, and gives them plain, up to a number of bytes."""

    def __init__(self, provider: str, most: int, *, encoding: str = "", content_type: str = "") -> None:
        """Take the values of ``Content-Encoding`` and ``Content-Type``."""
        self._provider = provider
        self._most = most
        self._said = encoding.strip().lower()
        self._packed: _Packed | None = None
        self._begun = False
        self._begin = b""
        """What has come, while it is too little to tell anything."""
        self._seen = False
        """Whether the plain bytes have begun."""
        self._wide: codecs.IncrementalDecoder | None = None
        charset = _CHARSET.search(content_type)
        self._lines = _Lines(charset[1], most) if charset and charset[1].lower() not in _UNICODE else None

    def feed(self, data: bytes) -> bytes:
        """Return what the bytes are, plain; nothing while it cannot be told.

        Raises:
            ModelError: they cannot be unpacked, or are too many.
        """
        if not self._begun:
            data = self._begin + data
            if len(data) < _SNIFFED:
                self._begin = data
                return b""
            self._start(data)
        if self._packed is not None:
            data = self._packed.feed(data)
        return self._read(data)

    def _read(self, data: bytes) -> bytes:
        """Return plain bytes in UTF-8."""
        if not self._seen and data:
            self._seen = True
            self._wide = _wide(data)
        if self._wide is not None:
            data = self._wide.decode(data).encode()
        return data if self._lines is None else self._lines.feed(data)

    def end(self) -> bytes:
        """Return what was held back: the body has ended."""
        begin, self._begin = (b"" if self._begun else self._begin), b""
        begin = self._read(self._packed.end() if self._packed is not None else begin)
        return begin if self._lines is None else begin + self._lines.end()

    def _start(self, data: bytes) -> None:
        """See what a body is from its first bytes."""
        self._begun = True
        if (
            (packing := _packing_of(data)) is None
            and not _TEXT.match(data)
            and self._said not in _PLAIN_CODINGS
        ):
            if "deflate" not in self._said:
                said = (
                    f"an answer packed as {self._said[:40]!r}, though it was asked not to; only gzip, "
                    "deflate and zstd are read. Turn compression off at the server, or at the proxy before it"
                )
                raise bad_response(self._provider, said)
            packing = "deflate"
        if packing is not None:
            self._packed = _Packed(self._provider, packing, self._most, _MOST_LAYERS)


_UNICODE = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"})
_PLAIN_CODINGS = frozenset({"", "identity", "none", "utf-8", "utf8", "aws-chunked"})
"""Values of ``Content-Encoding`` that mean none: some servers name the characters' encoding there."""


def _wide(begin: bytes) -> codecs.IncrementalDecoder | None:
    """Return what reads UTF-16, where a text begins as one."""
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    if _WIDE.match(begin):
        return codecs.getincrementaldecoder("utf-16-le" if begin[1] == 0 else "utf-16-be")("replace")
    return None


def _packing_of(data: bytes) -> Packing | None:
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    if data.startswith(b"(\xb5/\xfd"):
        return "zstd"
    return "zlib" if data.startswith(_ZLIB) else None


class _Packed:
    """Unpacks one layer, and what is packed within it."""

    def __init__(self, provider: str, packing: Packing, most: int, layers: int) -> None:
        self._provider = provider
        self._packing: Packing = packing
        self._left = most
        self._layers = layers
        self._frames = _MOST_FRAMES
        self._unpacker = _unpacker(packing)
        self._inner: _Packed | None = None
        self._raw = False
        """Whether anything has been unpacked."""
        self._begun = False
        """Whether it is known what has been unpacked: plain bytes, or another layer."""
        self._begin = b""
        """What has been unpacked, while it is too little to tell."""

    def feed(self, data: bytes) -> bytes:
        """Return the bytes, unpacked.

        Raises:
            ModelError: they cannot be unpacked, or are too many.
        """
        found = self._unpacked(data)
        if len(found) > self._left:
            raise bad_response(self._provider, "more than this server takes as one answer")
        self._left -= len(found)
        self._raw = self._raw or bool(found)
        if not self._begun:
            found = self._begin + found
            if len(found) < _SNIFFED:
                self._begin = found
                return b""
            self._begun = True
            inner = _packing_of(found) if self._layers else None
            self._inner = inner and _Packed(self._provider, inner, self._left, self._layers - 1)
        return self._inner.feed(found) if self._inner is not None else found

    def end(self) -> bytes:
        """Return what was held back: the body has ended."""
        if self._inner is not None:
            return self._inner.end()
        return b"" if self._begun else self._begin

    def _unpacked(self, data: bytes) -> bytes:
        most = self._left + 1
        try:
            found = self._once(data, most)
        except zlib.error as error:
            if self._raw or self._packing != "zlib":
                raise self._broken(error) from None
            # "deflate" without the header that it should have may begin like one with it.
            self._packing, self._unpacker = "deflate", _unpacker("deflate")
            try:
                found = self._once(data, most)
            except zlib.error:
                raise self._broken(error) from None
        return found

    def _once(self, data: bytes, most: int) -> bytes:
        """Unpack: a body may be several packed ones in a row (RFC 1952 §2.2, RFC 8878 §3.1)."""
        found = self._unpacker.decompress(data, most)
        while self._unpacker.eof and self._frames and len(found) < most:
            rest = self._unpacker.unused_data
            if _packing_of(rest) != self._packing:
                break
            self._frames -= 1
            self._unpacker = _unpacker(self._packing)
            found += self._unpacker.decompress(rest, most - len(found))
        return found

    def _broken(self, error: Exception) -> Exception:
        return bad_response(self._provider, f"an answer that cannot be unpacked ({error})")


def _unpacker(packing: Packing) -> Any:
    match packing:
        case "gzip" | "zlib":
            return zlib.decompressobj(wbits=47)  # both headers are told apart
        case "deflate":
            return zlib.decompressobj(wbits=-15)
        case "zstd":
            return _Zstd()


class _Zstd:
    """zstd with a bound on what comes out, in the form of `zlib`'s."""

    def __init__(self) -> None:
        from zstandard import ZstdDecompressor

        self._unpacker = ZstdDecompressor().decompressobj()
        self.eof = False
        self.unused_data = b""

    def decompress(self, data: bytes, most: int) -> bytes:
        """Return the bytes, unpacked; more than `most` where there are more."""
        from zstandard import ZstdError

        if self.eof:
            # As zlib does: the beginning of another frame may come in parts.
            self.unused_data += data
            return b""
        parts: list[bytes] = []
        size = 0
        try:
            for at in range(0, len(data), _STEP):
                part = self._unpacker.decompress(data[at : at + _STEP])
                parts.append(part)
                size += len(part)
                if self._unpacker.eof:
                    self.eof, self.unused_data = True, self._unpacker.unused_data + data[at + _STEP :]
                    break
                if size > most:
                    break
        except ZstdError as error:
            raise zlib.error(str(error)) from None
        return b"".join(parts)


class _Lines:
    """Lines in a character encoding of which the server speaks: those that are no UTF-8 are in it."""

    def __init__(self, charset: str, most: int) -> None:
        try:
            self._charset = codecs.lookup(charset).name
        except LookupError:
            self._charset = "utf-8"
        self._most = most
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return the lines that are complete by now, in UTF-8."""
        if not self._held and data.isascii():
            return data
        data = self._held + data
        end = len(data) if len(data) > self._most else data.rfind(b"\n") + 1
        self._held = data[end:]
        return b"".join(map(self._recoded, data[:end].splitlines(keepends=True)))

    def end(self) -> bytes:
        """Return what is left."""
        held, self._held = self._held, b""
        return self._recoded(held)

    def _recoded(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            return line.decode(self._charset, "replace").encode()
        return line
