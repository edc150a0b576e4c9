"""StreamLines: the lines of a stream of bytes, whatever ends them, and bytes that a server packed unasked."""

import zlib

from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider_errors import bad_response

__all__ = ["StreamLines", "Unpacker"]

_BOM = b"\xef\xbb\xbf"


class StreamLines:
    """Cuts bytes into lines at LF, CR LF or CR, and drops a byte order mark at the start."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        """The parts of the line that has no end yet: joined once, when it has one."""
        self._begun = False
        self._after_cr = False

    @property
    def idle(self) -> bool:
        """Whether what comes next begins a line."""
        return self._begun and not self._parts and not self._after_cr

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete by now, without their ends."""
        if not self._begun:
            data = b"".join((*self._parts, data))
            self._parts.clear()
            if len(data) < 3 and _BOM.startswith(data):
                self._parts.append(data)
                return []
            self._begun = True
            data = data.removeprefix(_BOM)
        if self._after_cr or b"\r" in data:
            data = self._plain(data)
        if b"\n" not in data:
            if data:
                self._parts.append(data)
            return []
        lines = data.split(b"\n")
        if self._parts:
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts.clear()
        if rest := lines.pop():
            self._parts.append(rest)
        return lines

    def end(self) -> bytes:
        """Return the last line, which had no end."""
        rest = b"".join(self._parts)
        self._parts.clear()
        return rest

    def _plain(self, data: bytes) -> bytes:
        """Return the bytes with LF as the only end of a line. A CR LF may come in two parts."""
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if data.endswith(b"\r"):
            self._after_cr = True
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


_PLAIN = (b"d", b"e", b":", b"{", b"[", b"i", b"r", b"\n")
"""What text begins with that an answer may be; no gzip begins so."""


class Unpacker:
    """Unpacks a body that came as gzip or deflate, up to a number of bytes."""

    def __init__(self, provider: str, encoding: str, most: int) -> None:
        """Take the value of ``Content-Encoding``.

        Raises:
            ModelError: it is neither gzip nor deflate nor none.
        """
        self._provider = provider
        self._left = most
        self._zlib = None
        self._raw = False
        self._gzip = "gzip" in encoding
        self._members = 1000
        self._unsaid = False
        """Whether nobody has said that it is packed, and nothing of it has come."""
        match encoding.strip().lower():
            case "" | "identity" | "none" | "utf-8" | "utf8" | "aws-chunked":
                # Some servers name the characters' encoding there.
                self._unsaid = True
            case "gzip" | "x-gzip" | "deflate":
                self._zlib = zlib.decompressobj(wbits=47)  # both headers are told apart
            case other:
                raise bad_response(
                    provider, f"an answer packed as {other[:40]!r}, though it was asked not to"
                )

    def feed(self, data: bytes) -> bytes:
        """Return what the bytes are, unpacked.

        Raises:
            ModelError: they cannot be unpacked, or are too many.
        """
        if not data:
            return data
        if self._unsaid:
            self._unsaid = False
            if data.startswith(b"\x1f\x8b"):
                # Packed, and nobody said so: no text begins like this.
                self._zlib, self._gzip = zlib.decompressobj(wbits=47), True
        if self._zlib is None:
            return data
        if not self._raw and self._gzip and data[:1] in _PLAIN:
            # A gateway has unpacked it, and says that it is packed.
            self._zlib = None
            return data
        try:
            found = self._zlib.decompress(data, self._left + 1)
            while self._zlib.eof and self._members and len(found) <= self._left:
                # A body may be several packed ones in a row (RFC 1952 §2.2).
                rest = self._zlib.unused_data
                if not rest.startswith(b"\x1f"):
                    break
                self._members -= 1
                self._zlib = zlib.decompressobj(wbits=47)
                found += self._zlib.decompress(rest, self._left + 1 - len(found))
        except zlib.error as error:
            if self._raw:
                raise self._broken(error) from None
            # "deflate" without the header that it should have.
            self._zlib = zlib.decompressobj(wbits=-15)
            try:
                found = self._zlib.decompress(data, self._left + 1)
            except zlib.error:
                raise self._broken(error) from None
        self._raw = True
        self._left -= len(found)
        if self._left < 0:
            raise bad_response(self._provider, "more than this server takes as one answer")
        return found

    def _broken(self, error: zlib.error) -> ModelError:
        return bad_response(self._provider, f"an answer that cannot be unpacked ({error})")
