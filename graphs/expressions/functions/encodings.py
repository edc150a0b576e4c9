"""Functions that encode text and hash it."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from graphs.expressions.functions.arguments import Arguments, Function
from graphs.parsing.text import clean

__all__ = ["ENCODINGS"]

_HASHES: dict[str, Callable[[bytes], Any]] = {
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
}


def _url_encode(call: Arguments) -> str:
    text = call.text(0)
    call.room(3 * len(text.encode()))
    return quote(text, safe="")


def _base64_encode(call: Arguments) -> str:
    encoded = call.text(0).encode()
    call.room(4 * len(encoded) // 3)
    return base64.b64encode(encoded).decode()


def _base64_decode(call: Arguments, index: int = 0) -> str:
    text = "".join(call.text(index).split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return clean(base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise call.error(f"expected text in Base64, found {text[:40]!r}") from None


def _algorithm(call: Arguments, index: int) -> str:
    return call.choice(index, tuple(_HASHES))


def _hash(call: Arguments) -> str:
    call.spend(64)
    text, name = call.text(0), _algorithm(call, 1)
    return _HASHES[name](text.encode()).hexdigest()


def _uuid(call: Arguments) -> str:
    return str(UUID(bytes=call.clock().draw_bytes()[:16], version=4))


ENCODINGS: tuple[Function, ...] = (
    Function("url_encode(text)", "the text as a part of a URL", 1, 1, _url_encode, (Arguments.text,)),
    Function(
        "url_decode(text)",
        "what an encoded part of a URL says",
        1,
        1,
        lambda call: clean(unquote(call.text(0))),
        (Arguments.text,),
    ),
    Function("base64_encode(text)", "the text in Base64", 1, 1, _base64_encode, (Arguments.text,)),
    Function(
        "base64_decode(text)", "the text that Base64 stands for", 1, 1, _base64_decode, (_base64_decode,)
    ),
    Function(
        "hash(text, algorithm?)",
        "a hash in hex: `sha256`, `sha512`, `sha1` or `md5`",
        1,
        2,
        _hash,
        (Arguments.text, _algorithm),
    ),
    Function("uuid()", "a new random identifier", 0, 0, _uuid),
)
"""Functions that encode and hash."""
