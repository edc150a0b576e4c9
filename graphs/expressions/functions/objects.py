"""Functions on objects, and on places within values."""

from typing import Any, cast

from graphs.expressions.bounded_evaluation import ITEM
from graphs.expressions.functions.arguments import Arguments, Function
from graphs.expressions.functions.paths import at_path, keys_of, path_kind, put_at
from graphs.parsing.numbers import kind

__all__ = ["OBJECTS"]


def _items(call: Arguments) -> list[list[Any]]:
    fields = call.object(0)
    call.steps(len(fields))
    return [[key, value] for key, value in fields.items()]


def _merge(call: Arguments) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    values = call.values
    if len(values) == 1 and isinstance(values[0], list):
        values = call.list(0)
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            raise call.error(f"expected objects only, found {kind(value)}")
        fields = cast("dict[str, Any]", value)
        call.spend(ITEM * (1 + len(fields)))
        merged |= fields
    return merged


def _get(call: Arguments) -> Any:
    return at_path(call.values[0], call.values[1], call, call.values[2] if len(call.values) > 2 else None)


def _keys(call: Arguments, index: int) -> list[str | int]:
    return keys_of(call.values[index], call)


def _set(call: Arguments) -> Any:
    return put_at(call.values[0], _keys(call, 1), call.values[2], call)


def _names(call: Arguments) -> list[str]:
    given: list[Any] = []
    for index, value in enumerate(call.values[1:], 1):
        given += call.list(index) if isinstance(value, list) else [value]
    if wrong := [name for name in given if not isinstance(name, str)]:
        raise call.error(f"expected keys as text, found {kind(wrong[0])}")
    return given


def _pick(call: Arguments) -> dict[str, Any]:
    fields = call.object(0)
    return {name: fields[name] for name in _names(call) if name in fields}


def _omit(call: Arguments) -> dict[str, Any]:
    left_out = set(_names(call))
    return {name: value for name, value in call.object(0).items() if name not in left_out}


def _paths(call: Arguments) -> list[dict[str, Any]]:
    """Return the places of all that is neither list nor object, in order."""
    call.evaluation.size(call.values[0], call.at)
    found: list[dict[str, Any]] = []
    waiting: list[tuple[list[str | int], Any]] = [([], call.values[0])]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            children: list[Any] = [*cast("dict[str, Any]", value).items()]
        elif isinstance(value, list):
            children = [*enumerate(cast("list[Any]", value))]
        else:
            call.steps(1 + len(path) // 8)
            found.append({"path": path, "value": value})
            continue
        waiting += [([*path, key], child) for key, child in reversed(children)]
    return found


OBJECTS: tuple[Function, ...] = (
    Function("keys(object)", "a list of the keys", 1, 1, lambda call: [*call.object(0)], (Arguments.object,)),
    Function(
        "values(object)",
        "a list of the values",
        1,
        1,
        lambda call: [*call.object(0).values()],
        (Arguments.object,),
    ),
    Function("items(object)", "a list of pairs of key and value", 1, 1, _items, (Arguments.object,)),
    Function("merge(object, other, …)", "one object; what a later one has counts", 1, 100, _merge),
    Function("pick(object, keys)", "the object with these keys only", 2, 100, _pick, (Arguments.object,)),
    Function("omit(object, keys)", "the object without these keys", 2, 100, _omit, (Arguments.object,)),
    Function(
        "get(x, path, otherwise?)",
        "what lies at a path such as `'a.b[0]'` or `['a', 'b', 0]`, else null or `otherwise`",
        2,
        3,
        _get,
        (None, path_kind),
    ),
    Function(
        "set(x, path, value)", "a copy of `x` with another value at the path", 3, 3, _set, (None, _keys)
    ),
    Function(
        "paths(x)",
        "a list of `{path, value}` of everything in `x` that is neither a list nor an object",
        1,
        1,
        _paths,
    ),
)
"""Functions on objects."""
