"""Item keys: what each item of a list has under a key, where the key can be one of them.

An item that lacks the key counts as null. If no item has it and the items are numbers, or have a key of
almost that name, it is a mistake: the result would look right.
"""

import difflib
from typing import Any, cast

from graphs.expressions.functions.arguments import Arguments
from graphs.expressions.functions.paths import at_path
from graphs.parsing.numbers import kind

__all__ = ["by_key"]

_LOOKED_AT = 50
"""Items whose keys are told, and compared with the one that was meant."""
_MISSING: Any = object()


def by_key(items: list[Any], key: Any, call: Arguments, *, needed: bool = False) -> list[Any]:
    """Return what each item has under a key or at a path, null where it has nothing.

    Args:
        items: The items.
        key: A text, a number or a list of them.
        call: The call that asks.
        needed: Whether one item at least must have it.

    Raises:
        ExpressionError: the items have no keys, or only others.
    """
    found = [at_path(item, key, call, _MISSING) for item in items]
    if isinstance(key, str) and items and all(value is _MISSING for value in found):
        _judge_missing(items, key, call, needed=needed)
    return [None if value is _MISSING else value for value in found]


def _judge_missing(items: list[Any], key: str, call: Arguments, *, needed: bool) -> None:
    """Refuse a key that no item has, where items have none, another was meant or one is needed."""
    for item in items:
        if item is not None and not isinstance(item, dict) and not key.removeprefix("-").isdecimal():
            inner = "; flatten(list) makes one list of several" if isinstance(item, list) else ""
            raise call.error(f"expected objects with {key[:40]!r}, found {kind(item)}{inner}")
    names: dict[str, None] = {}
    for item in items[:_LOOKED_AT]:
        names |= dict.fromkeys(cast("dict[str, Any]", item or {}))
    call.steps(len(names))
    if call.name == "sort" and key in ("asc", "desc"):
        raise call.error(f"expected a key before the order: sort(list, 'key', {key!r})")
    near = difflib.get_close_matches(key[:40], [name[:40] for name in names], 1, 0.8)
    if near or (needed and names):
        hint = f"did you mean {near[0]!r}?" if near else f"they have {', '.join(map(repr, [*names][:12]))}"
        raise call.error(f"expected items with the key {key[:40]!r}, found none; {hint}")
