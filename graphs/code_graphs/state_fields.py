"""State fields: which fields of a graph's state hold what cannot be stored, found before it runs."""

import collections.abc
import types
import typing
from typing import Any, Literal, NewType, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from graphs.code_graphs.stored_values import StoredValues, type_name

__all__ = ["unstorable_field"]

_FREE = frozenset({Any, object, type(None), None})


def unstorable_field(schemas: collections.abc.Iterable[type], values: StoredValues) -> tuple[str, str] | None:
    """Return the first field that holds what cannot be stored, and the type; None where there is none.

    Args:
        schemas: The classes of a graph's state: typed dicts, dataclasses or pydantic models.
        values: What may be stored.
    """
    for schema in schemas:
        try:
            hints = get_type_hints(schema)
        except (NameError, TypeError):
            continue  # LangGraph has read it; values are checked when they are stored
        for field, hint in hints.items():
            if (found := _unstorable(hint, values, frozenset())) is not None:
                return f"{schema.__name__}.{field}", found
    return None


def _unstorable(hint: Any, values: StoredValues, within: frozenset[Any]) -> str | None:
    if hint in _FREE or isinstance(hint, (TypeVar, str, typing.ForwardRef)) or hint in within:
        return None
    if isinstance(hint, NewType):
        return _unstorable(hint.__supertype__, values, within)
    if is_typeddict(hint):
        hints = get_type_hints(hint)
        return next(
            (one for part in hints.values() if (one := _unstorable(part, values, within | {hint}))), None
        )
    origin = get_origin(hint)
    if origin is Literal:
        return None
    if origin in (typing.Union, types.UnionType, typing.Annotated) or _holds_others(origin):
        parts = get_args(hint)[:1] if origin is typing.Annotated else get_args(hint)
        return next(
            (one for part in parts if part is not ... and (one := _unstorable(part, values, within))), None
        )
    kind = origin or hint
    if not isinstance(kind, type) or _holds_others(kind):
        return None
    return None if values.holds(kind) else type_name(kind)


def _holds_others(kind: Any) -> bool:
    """Say whether a class is a collection, whose items are looked at."""
    return (
        isinstance(kind, type)
        and kind is not str
        and (kind.__module__ in ("collections.abc", "typing") or kind in (dict, list, tuple, set, frozenset))
        and kind is not collections.abc.Callable
    )
