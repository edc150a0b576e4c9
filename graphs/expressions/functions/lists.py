"""Functions on lists."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from graphs.expressions.bounded_evaluation import ITEM
from graphs.expressions.functions.arguments import Arguments, Function
from graphs.expressions.functions.item_keys import by_key
from graphs.expressions.functions.paths import at_path, path_kind
from graphs.expressions.operators import equal
from graphs.parsing.numbers import is_number, kind, whole

__all__ = ["LISTS"]

_MAX_RANGE = 100_000


def _step(call: Arguments, index: int) -> int:
    step = call.whole(index, 1)
    if step == 0:
        raise call.error("expected a step other than 0")
    return step


def _range(call: Arguments) -> list[int]:
    start, end = (0, call.whole(0)) if len(call.values) == 1 else (call.whole(0), call.whole(1))
    step = _step(call, 2)
    numbers = range(start, end, step)
    # len() of a range has bounds of its own.
    count = max(0, (end - start + step - (1 if step > 0 else -1)) // step)
    if count > _MAX_RANGE:
        raise call.error(f"expected at most {_MAX_RANGE:,} numbers, found {count:,}")
    call.spend(ITEM * count)
    return list(numbers)


def _edge(index: int) -> Callable[[Arguments], Any]:
    def pick(call: Arguments) -> Any:
        items = call.list(0)
        return items[index] if items else None

    return pick


def _count(call: Arguments) -> int:
    items = call.list(0)
    if len(call.values) == 1:
        return len(items)
    call.steps(len(items))
    return sum(equal(item, call.values[1], call.evaluation, call.at) for item in items)


def _order(call: Arguments, index: int) -> str:
    return call.choice(index, ("asc", "desc"))


def _sort(call: Arguments) -> list[Any]:
    """Return items in order, those without anything to go by last."""
    items = call.list(0)
    key, order = call.key(1), _order(call, 2)
    if len(call.values) == 2 and key in ("asc", "desc") and not any(isinstance(item, dict) for item in items):
        key, order = None, str(key)
    call.steps(2 * len(items))
    keyed = [*zip(items if key is None else by_key(items, key, call), items, strict=True)]
    known = [pair for pair in keyed if pair[0] is not None]
    if known:
        call.alike([pair[0] for pair in known])
    known.sort(key=lambda pair: call.evaluation.counted(pair[0]), reverse=order == "desc")
    return [item for _, item in known] + [item for by, item in keyed if by is None]


def _reverse(call: Arguments) -> Any:
    items = call.sequence(0)
    call.spend(len(items) if isinstance(items, str) else ITEM * len(items))
    return items[::-1]


def identity(value: Any, call: Arguments) -> Any:
    """Return something hashable that is the same for values that are equal."""
    if value is None or isinstance(value, bool | str):
        return (type(value), value)
    if is_number(value):
        return (float, call.evaluation.counted(value))
    call.evaluation.size(value, call.at)
    call.steps(1)
    return msgspec.json.encode(_alike(value), order="sorted")


def _alike(value: Any) -> Any:
    """Return a value in which numbers that are equal are the same."""
    match value:
        case float():
            number = whole(value)
            return value if number is None else number
        case list():
            return [_alike(item) for item in cast("list[Any]", value)]
        case dict():
            return {key: _alike(item) for key, item in cast("dict[str, Any]", value).items()}
        case _:
            return value


def _identified(call: Arguments, index: int) -> list[tuple[Any, Any]]:
    items = call.list(index)
    call.steps(len(items))
    return [(identity(item, call), item) for item in items]


def _unique(call: Arguments) -> list[Any]:
    items = call.list(0)
    call.steps(len(items))
    keys = by_key(items, call.key(1), call, needed=True) if call.given(1) else items
    found: dict[Any, Any] = {}
    for key, item in zip(keys, items, strict=True):
        found.setdefault(identity(key, call), item)
    return [*found.values()]


def _difference(call: Arguments) -> list[Any]:
    others = {key for key, _ in _identified(call, 1)}
    return [item for key, item in _identified(call, 0) if key not in others]


def _intersection(call: Arguments) -> list[Any]:
    others = {key for key, _ in _identified(call, 1)}
    return [item for key, item in _identified(call, 0) if key in others]


def _depth(call: Arguments, index: int) -> int:
    depth = call.whole(index, 1)
    if depth < 0:
        raise call.error(f"expected a depth of at least 0, found {depth}")
    return depth


def _flatten(call: Arguments) -> list[Any]:
    items, depth = call.list(0), _depth(call, 1)
    for _ in range(min(depth, 64)):
        if not any(isinstance(item, list) for item in items):
            break
        flat: list[Any] = []
        for item in items:
            inner = cast("list[Any]", item) if isinstance(item, list) else [item]
            call.spend(ITEM * (1 + len(inner)))
            flat += inner
        items = flat
    return items


def _group(call: Arguments) -> dict[str, list[Any]]:
    items = call.list(0)
    call.steps(len(items))
    groups: dict[str, list[Any]] = {}
    for by, item in zip(by_key(items, call.values[1], call), items, strict=True):
        if not isinstance(by, str | int | float | None):
            raise call.error(f"expected text or numbers to group by, found {kind(by)}")
        number = whole(by)
        name = by if isinstance(by, str) else msgspec.json.encode(by if number is None else number).decode()
        groups.setdefault(name, []).append(item)
    return groups


def _zip(call: Arguments) -> list[list[Any]]:
    lists = [call.list(index) for index in range(len(call.values))]
    call.steps(min(len(items) for items in lists))
    return [[*together] for together in zip(*lists, strict=False)]


def _enumerate(call: Arguments) -> list[list[Any]]:
    items = call.list(0)
    call.steps(len(items))
    return [[index, item] for index, item in enumerate(items)]


def _size(call: Arguments, index: int) -> int:
    size = call.whole(index)
    if size < 1:
        raise call.error(f"expected parts of at least 1, found {size}")
    return size


def _chunk(call: Arguments) -> list[Any]:
    parts: Any = call.sequence(0)
    size = _size(call, 1)
    call.spend(ITEM * len(parts) + len(parts))
    return [parts[at : at + size] for at in range(0, len(parts), size)]


def _pluck(call: Arguments) -> list[Any]:
    items = call.list(0)
    call.steps(len(items))
    if len(call.values) == 2:
        return by_key(items, call.values[1], call)
    return [at_path(item, call.values[1], call, call.values[2]) for item in items]


LISTS: tuple[Function, ...] = (
    Function(
        "range(n) or range(start, end, step?)",
        "whole numbers up to, without, the end",
        1,
        3,
        _range,
        (Arguments.whole, Arguments.whole, _step),
    ),
    Function("first(list)", "the first item, null if there is none", 1, 1, _edge(0), (Arguments.list,)),
    Function("last(list)", "the last item, null if there is none", 1, 1, _edge(-1), (Arguments.list,)),
    Function(
        "count(list, x?)", "the number of items, or of those that are `x`", 1, 2, _count, (Arguments.list,)
    ),
    Function(
        "any(list)", "whether an item counts as true", 1, 1, lambda call: any(call.list(0)), (Arguments.list,)
    ),
    Function(
        "all(list)",
        "whether all items count as true",
        1,
        1,
        lambda call: all(call.list(0)),
        (Arguments.list,),
    ),
    Function(
        "sort(list, key?, order?)",
        "numbers, texts, or objects by a key in order, `asc` or `desc`; those without come last",
        1,
        3,
        _sort,
        (Arguments.list, Arguments.key, _order),
    ),
    Function("reverse(x)", "a list or text from its end", 1, 1, _reverse, (Arguments.sequence,)),
    Function(
        "unique(list, key?)",
        "the items, of equal ones (by a key) the first",
        1,
        2,
        _unique,
        (Arguments.list, Arguments.key),
    ),
    Function(
        "difference(list, other)",
        "the items that the other list has not",
        2,
        2,
        _difference,
        (Arguments.list, Arguments.list),
    ),
    Function(
        "intersection(list, other)",
        "the items that the other list has too",
        2,
        2,
        _intersection,
        (Arguments.list, Arguments.list),
    ),
    Function(
        "flatten(list, depth?)",
        "a list with the items of its lists; `depth` times, by default once",
        1,
        2,
        _flatten,
        (Arguments.list, _depth),
    ),
    Function(
        "group(list, key)",
        "an object: by what objects have under a key, lists of them",
        2,
        2,
        _group,
        (Arguments.list, path_kind),
    ),
    Function(
        "zip(list, other, …)",
        "lists of the items at the same place, as long as all have some",
        1,
        20,
        _zip,
        (Arguments.list,),
    ),
    Function("enumerate(list)", "pairs of number and item", 1, 1, _enumerate, (Arguments.list,)),
    Function(
        "chunk(x, size)", "a text or list in parts of a size", 2, 2, _chunk, (Arguments.sequence, _size)
    ),
    Function(
        "pluck(list, key, otherwise?)",
        "of each object in the list what it has under the key, else null or `otherwise`",
        2,
        3,
        _pluck,
        (Arguments.list, path_kind),
    ),
)
"""Functions on lists."""
