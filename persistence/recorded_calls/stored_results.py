"""How the result of a call lies in its row: JSON, compressed where it is long.

What a model said stands in its answer and again in what its node gave. A row of SQLite that is longer than a
quarter of a page takes a whole page more, so most results are worth it.
"""

import zlib

__all__ = ["pack_result", "unpack_result"]

COMPRESS_FROM = 512
"""Bytes from which a result is compressed."""
_LEVEL = 1
"""The quickest: it already finds what stands there twice."""
_HEAD = b"x"
"""The first byte of what zlib has compressed; no JSON, and no JSON with references, begins with it."""


def pack_result(result: bytes) -> bytes:
    """Return the bytes of a row for JSON, with or without references to large values."""
    return zlib.compress(result, _LEVEL) if len(result) >= COMPRESS_FROM else result


def unpack_result(stored: bytes) -> bytes:
    """Return the JSON of a row, compressed or not."""
    return zlib.decompress(stored) if stored[:1] == _HEAD else stored
