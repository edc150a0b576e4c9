"""Values that would hold the event loop up: found by a bounded look, and encoded in pieces."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar, cast

import msgspec
from msgspec import Struct

__all__ = ["as_json", "heavy", "off_the_loop"]

ITEMS = 20_000
"""Items from which on a value is heavy: about a millisecond of work of any kind."""
CHARACTERS = 1_000_000
"""The same of its texts."""
MARK = "\x00"
"""Stands for what is heavy while the rest of a Struct is encoded; no field has it as its default."""

P = ParamSpec("P")
T = TypeVar("T")


def heavy(
    *values: Any, items: int = ITEMS, characters: int = CHARACTERS, known: Callable[[Any], Any] | None = None
) -> bool:
    """Say whether values together have many items or long texts. It takes a bounded time to find out.

    Args:
        values: JSON values, or Structs of such.
        items: How many items are many.
        characters: How many characters and bytes.
        known: Says of a list or an object that it counts as one item.
    """
    waiting: list[Any] = [*values]
    left = items - len(waiting)
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is str or kind is bytes:
            characters -= len(value)
            if characters < 0:
                return True
            continue
        if kind is list or kind is tuple:
            held: Any = value
        elif kind is dict:
            held = value.values()
        elif isinstance(value, Struct):
            held = [getattr(value, name) for name in value.__struct_fields__]
        else:
            continue
        if known is not None and known(value):
            continue
        left -= len(held)
        if left < 0:
            return True
        waiting.extend(held)
    return False


async def off_the_loop(given: Any, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `work` gives, in a thread if the value `given`, which it works on, is heavy."""
    return await asyncio.to_thread(work, *args, **kwargs) if heavy(given) else work(*args, **kwargs)


def as_json(value: Any, enc_hook: Callable[[Any], Any] | None = None) -> bytes:
    """Return JSON, encoded in pieces, between which other threads have their turn.

    Args:
        value: Any JSON value, or Structs of such.
        enc_hook: Makes builtins of what JSON does not have.
    """
    return b"".join(_pieces(value, msgspec.json.Encoder(enc_hook=enc_hook).encode))


def _pieces(value: Any, encode: Callable[[Any], bytes]) -> Iterator[bytes]:
    if not heavy(value):
        yield encode(value)
    elif type(value) is dict:
        for at, (key, item) in enumerate(cast("dict[Any, Any]", value).items()):
            yield b"{" if at == 0 else b","
            yield encode({key: None})[1:-5]
            yield from _pieces(item, encode)
        yield b"}"
    elif type(value) is list or type(value) is tuple:
        listed = cast("list[Any]", value)
        yield b"["
        for begin in range(0, len(listed), ITEMS):
            part = [*listed[begin : begin + ITEMS]]
            if begin:
                yield b","
            if not heavy(part):
                yield encode(part)[1:-1]
                continue
            for at, item in enumerate(part):
                if at:
                    yield b","
                yield from _pieces(item, encode)
        yield b"]"
    elif isinstance(value, Struct) and not value.__struct_config__.array_like:
        yield from _of_struct(value, encode)
    else:
        yield encode(value)


def _of_struct(value: Struct, encode: Callable[[Any], bytes]) -> Iterator[bytes]:
    """Give the pieces of a Struct: its encoding with a mark for what is heavy, which is then put in."""
    shown = dict(zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True))
    large = {name: item for name in shown if heavy(item := getattr(value, name))}
    light = encode(msgspec.structs.replace(value, **dict.fromkeys(large, MARK)))
    by_name = {shown[name]: item for name, item in large.items()}
    for at, (name, text) in enumerate(msgspec.json.decode(light, type=dict[str, msgspec.Raw]).items()):
        yield b"{" if at == 0 else b","
        yield encode(name) + b":"
        if name in by_name:
            yield from _pieces(by_name[name], encode)
        else:
            yield bytes(text)
    yield b"}"
