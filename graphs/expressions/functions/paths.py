"""Paths: places within a value, ``a.b[0].c`` as text or ``["a", "b", 0, "c"]`` as a list."""

import re
from typing import Any, cast

from graphs.expressions.bounded_evaluation import STEP, MissingError, look_up
from graphs.expressions.functions.arguments import Arguments
from graphs.parsing.numbers import kind, whole

__all__ = ["at_path", "keys_of", "path_kind", "put_at"]

_PART = re.compile(r"\.?([^.\[\]]+)|\[(-?[0-9]{1,9})\]")
_MOST_PARTS = 64


def keys_of(path: Any, call: Arguments) -> list[str | int]:
    """Return the keys and indexes of a path.

    Raises:
        ExpressionError: it is none.
    """
    index = whole(path)
    call.spend(2 * STEP)
    if index is not None:
        return [index]
    if isinstance(path, str):
        call.spend(len(path))
        keys: list[str | int] = []
        at = 0
        while at < len(path) and (part := _PART.match(path, at)):
            keys.append(part[1] if part[2] is None else int(part[2]))
            at = part.end()
        if at < len(path) or not keys or keys[0] == "$" or (len(keys) > 1 and "*" in keys):
            raise call.error(f"expected a path such as 'a.b[0]', found {path[:40]!r}{_hint(path)}")
    elif isinstance(path, list):
        given = cast("list[Any]", path)
        keys = [key if isinstance(key, str) else _index(key, call) for key in given]
    else:
        raise call.error(f"expected a path as text or as a list of keys, found {kind(path)}")
    if len(keys) > _MOST_PARTS:
        raise call.error(f"expected a path of at most {_MOST_PARTS} parts, found {len(keys)}")
    return keys


def path_kind(call: Arguments, index: int) -> Any:
    """Return an argument that is a path or a key.

    Raises:
        ExpressionError: it is neither.
    """
    path = call.values[index]
    return path if isinstance(path, str) else keys_of(path, call)


def at_path(value: Any, path: Any, call: Arguments, otherwise: Any = None) -> Any:
    """Return what lies at a path, or something else where there is nothing."""
    if isinstance(path, str) and isinstance(value, dict) and path in value:
        return cast("dict[str, Any]", value)[path]
    try:
        for key in keys_of(path, call):
            call.spend(STEP)
            value = look_up(value, key, call.evaluation, call.at)
    except MissingError:
        return otherwise
    return value


def put_at(value: Any, keys: list[str | int], new: Any, call: Arguments) -> Any:
    """Return a value with another at a path; objects and lists that are missing on the way are made."""
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if value is None and key == 0 and isinstance(key, int):
        value = []
    if isinstance(value, list):
        items = cast("list[Any]", value)
        index = key if isinstance(key, int) else int(key) if key.isdecimal() and len(key) < 10 else None
        if index is None or not -len(items) <= index <= len(items):
            raise call.error(f"expected an index from 0 to {len(items)} in the path, found {str(key)[:40]!r}")
        call.spend(2 * len(items))
        if index == len(items):
            return [*items, put_at(None, rest, new, call)]
        return [*items[:index], put_at(items[index], rest, new, call), *items[index:][1:]]
    if value is not None and not isinstance(value, dict):
        raise call.error(
            f"expected an object or a list at {str(key)[:40]!r} of the path, found {kind(value)}"
        )
    fields = cast("dict[str, Any]", value or {})
    call.spend(2 * len(fields))
    return {**fields, str(key): put_at(fields.get(str(key)), rest, new, call)}


def _hint(path: str) -> str:
    """Return what to write in place of a path of JSONPath."""
    if "*" in path:
        return "; pluck(list, key) and [x.key for x in list] give that of each item"
    return "; a path begins with a key, without '$'" if path.startswith("$") else ""


def _index(key: Any, call: Arguments) -> int:
    index = whole(key)
    if index is None:
        raise call.error(f"expected texts and whole numbers in a path, found {kind(key)}")
    return index
