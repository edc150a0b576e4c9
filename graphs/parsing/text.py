"""The one normaliser for text and JSON that comes in: what passes is stored alike by every database."""

import math
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import msgspec

from graphs.parsing.heavy_values import as_json

__all__ = ["MAX_DEPTH", "TextError", "as_text", "clean", "nesting"]

MAX_DEPTH = 64
"""How many lists and objects may lie in one another."""
_FLAT = 8
"""Levels of a value that the decoder copies."""

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_MAX_BITS = 4096
"""A longer integer is no number that anybody counts with; printing one costs time squared."""
_Place = tuple["_Place", str | int] | None
"""Where a value lies: within what, and under which key or number; None for the whole. Few are ever shown."""


class TextError(ValueError):
    """A value cannot be taken in. The message says where, what was found and what to do."""

    def __init__(self, message: str, *, pointer: str) -> None:
        super().__init__(f"{message} (at '{pointer or '/'}')")
        self.pointer = pointer
        """JSON Pointer (RFC 6901) of the refused part; empty for the whole value."""


def clean(value: Any) -> Any:
    """Return a JSON value that every database and the checkpointer can keep; the one given stays as it is.

    NUL and lone surrogates are taken out of all strings, keys too (of two keys that become the same, the
    later counts); a surrogate pair becomes its character; an integer beyond 64 bits becomes a string of
    its digits.

    Raises:
        TextError: nested deeper than `MAX_DEPTH`, a number that is not finite or has over 1,200 digits, or
            something that JSON does not have.
    """
    if type(value) is str:  # most of what is streamed
        return _string(value)
    if isinstance(value, dict | list) and value and (found := _plain(value)) is not None:
        return found
    # Recursion is safe: MAX_DEPTH bounds it, also for a value that contains itself.
    return _clean(value, None, 0)


def as_text(value: Any) -> str:
    """Return a JSON value as text for people and models: strings as they are, null as nothing, else JSON."""
    match value:
        case str():
            return value
        case None:
            return ""
        case _:
            return as_json(value).decode()


def nesting(value: Any, most: int) -> int:
    """Return how many lists and objects lie within one another; one more than `most` for any more."""
    if not isinstance(value, dict | list | tuple):
        return 0
    if most == 0:
        return 1
    inner: Any = value.values() if isinstance(value, dict) else value
    return 1 + max((nesting(item, most - 1) for item in inner), default=0)


@cache
def _decode_plain() -> Callable[[bytes], Any]:
    """Return a decoder of JSON of few levels."""
    number = Annotated[int, msgspec.Meta(ge=_SMALLEST, le=2**63 - 1)]
    kinds: Any = None | bool | number | float | str
    for _ in range(_FLAT):
        kinds = None | bool | number | float | str | list[kinds] | dict[str, kinds]
    return msgspec.json.Decoder(kinds).decode


def _plain(value: Any) -> Any:
    """Return a copy of a value that has nothing to clean, made by the decoder; None where it may have some.

    What JSON does not have comes back as something else than it was: it is no longer equal.
    """
    try:
        encoded = msgspec.json.encode(value)
        found = None if b"\\u0000" in encoded else _decode_plain()(encoded)
        return found if found is not None and found == value else None
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def _clean(value: Any, path: _Place, depth: int) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return _string(value)
        case int():
            return _integer(value, path)
        case float():
            if math.isfinite(value):
                return float(value)
            raise TextError(
                f"Expected a finite number, found {value}; send null or a string", pointer=_pointer(path)
            )
        case dict() | list() | tuple():
            if depth == MAX_DEPTH:
                raise TextError(
                    f"Expected at most {MAX_DEPTH} nested lists and objects, found more; flatten the value",
                    pointer=_pointer(path),
                )
            return _container(value, path, depth + 1)
        case _:
            raise TextError(f"Expected JSON, found a Python {type(value).__name__}", pointer=_pointer(path))


def _container(value: dict[Any, Any] | list[Any] | tuple[Any, ...], path: _Place, depth: int) -> Any:
    if not isinstance(value, dict):
        return [
            _string(item) if type(item) is str else _clean(item, (path, index), depth)
            for index, item in enumerate(value)
        ]
    cleaned: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TextError(
                f"Expected strings as keys, found a Python {type(key).__name__}", pointer=_pointer(path)
            )
        name = _string(key)
        cleaned[name] = _string(item) if type(item) is str else _clean(item, (path, name), depth)
    return cleaned


def _pointer(path: _Place) -> str:
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append("/" + str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(steps))


def _string(value: str) -> str:
    if "\0" in value:
        value = value.replace("\0", "")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return value if type(value) is str else str.__str__(value)


def _integer(value: int, path: _Place) -> int | str:
    if value.bit_length() > _MAX_BITS:
        raise TextError(
            "Expected a number of at most 1,200 digits, found a longer one", pointer=_pointer(path)
        )
    return int(value) if _SMALLEST <= value <= _LARGEST else str(value)
