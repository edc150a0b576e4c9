"""What expressions and templates of the flow compute with, on plain JSON values."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "text",
    "to_json",
    "message_text",
    "look_up",
    "is_there",
    "has_value",
    "default",
    "equal",
    "contains",
    "divide",
    "key_text",
    "pairs",
    "keys_of",
    "at_path",
    "join",
    "first",
    "last",
    "pluck",
    "zipped",
    "numbered",
    "flatten",
    "merged",
    "picked",
    "omitted",
    "ordered",
    "unique",
    "difference",
    "intersection",
    "count",
    "chunk",
    "numbers_of",
    "total",
    "average",
    "extreme",
    "number",
    "boolean",
    "kind",
    "title",
    "match",
    "find_all",
    "today",
    "now",
    "is_list",
]


def text(value: Any) -> str:
    """Return a value as text: strings as they are, None as nothing, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value)


def to_json(value: Any, indent: int = 0) -> str:
    """Return a value as JSON."""
    if indent:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def message_text(content: Any) -> str:
    """Return the text of a message's content: of its text parts where it has parts."""
    if isinstance(content, str):
        return content
    parts: list[Any] = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))


def look_up(container: Any, key: Any) -> Any:
    """Return what an object has under a key, or a list or text at an index."""
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    if isinstance(container, dict):
        return container[str(key)]
    return container[int(key)]


def is_there(wanted: Callable[[], Any]) -> bool:
    """Say whether a look-up finds something; None counts."""
    try:
        wanted()
    except (LookupError, TypeError, ValueError):
        return False
    return True


def has_value(wanted: Callable[[], Any]) -> bool:
    """Say whether a look-up finds something that is not None."""
    return is_there(wanted) and wanted() is not None


def default(wanted: Callable[[], Any], otherwise: Any) -> Any:
    """Return what a look-up finds, or something else where that is missing or None."""
    if has_value(wanted):
        return wanted()
    return otherwise() if callable(otherwise) else otherwise


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; True is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def contains(container: Any, item: Any) -> bool:
    """Return whether an item is in a list, a key in an object or text in text."""
    if isinstance(container, list):
        return any(equal(item, member) for member in container)
    return item in container


def divide(left: Any, right: Any) -> Any:
    """Return a quotient; a whole one as an integer."""
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    quotient = left / right
    return int(quotient) if quotient.is_integer() else quotient


def key_text(value: Any) -> str:
    """Return what an object has as a key for a text or a number."""
    return value if isinstance(value, str) else text(int(value) if value == int(value) else value)


def pairs(items: Any) -> list[Any]:
    """Return the items of a list, or the keys and values of an object."""
    return [[key, value] for key, value in items.items()] if isinstance(items, dict) else items


def keys_of(path: Any) -> list[Any]:
    """Return the keys of a path such as ``a.b[0]``."""
    if isinstance(path, str):
        found = re.findall(r"([^.\[\]]+)|\[(-?\d+)\]", path)
        return [name if name else int(index) for name, index in found]
    return [*path] if isinstance(path, list) else [path]


def at_path(value: Any, path: Any, otherwise: Any = None) -> Any:
    """Return what lies at a path, or something else where there is nothing."""
    if isinstance(path, str) and isinstance(value, dict) and path in value:
        return value[path]
    try:
        for key in keys_of(path):
            value = look_up(value, key)
    except (LookupError, TypeError, ValueError):
        return otherwise
    return value


def join(items: Iterable[Any], separator: str = "") -> str:
    """Return items as one text."""
    return separator.join(text(item) for item in items)


def first(items: list[Any]) -> Any:
    """Return the first item, None if there is none."""
    return items[0] if items else None


def last(items: list[Any]) -> Any:
    """Return the last item, None if there is none."""
    return items[-1] if items else None


def pluck(items: list[Any], key: Any, otherwise: Any = None) -> list[Any]:
    """Return what each item has under a key."""
    return [at_path(item, key, otherwise) for item in items]


def zipped(*lists: list[Any]) -> list[list[Any]]:
    """Return lists of the items at the same place, as long as all have some."""
    return [[*together] for together in zip(*lists, strict=False)]


def numbered(items: list[Any]) -> list[list[Any]]:
    """Return pairs of number and item."""
    return [[index, item] for index, item in enumerate(items)]


def flatten(items: list[Any], depth: int = 1) -> list[Any]:
    """Return a list with the items of its lists."""
    for _ in range(depth):
        items = [one for item in items for one in (item if isinstance(item, list) else [item])]
    return items


def merged(*objects: Any) -> dict[str, Any]:
    """Return one object; what a later one has counts."""
    several: Any = objects[0] if len(objects) == 1 and isinstance(objects[0], list) else objects
    return {key: value for one in several if one is not None for key, value in one.items()}


def picked(fields: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Return an object with some of its keys only."""
    return {name: fields[name] for name in flatten([*names]) if name in fields}


def omitted(fields: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Return an object without some of its keys."""
    left_out = flatten([*names])
    return {name: value for name, value in fields.items() if name not in left_out}


def ordered(items: list[Any], key: Any = None, order: str = "asc") -> list[Any]:
    """Return items in order, by a key where one is given; those without it come last."""
    if key in ("asc", "desc") and not any(isinstance(item, dict) for item in items):
        key, order = None, key
    keyed = [(item if key is None else at_path(item, key), item) for item in items]
    known = sorted(
        (pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=order == "desc"
    )
    return [item for _, item in known] + [item for by, item in keyed if by is None]


def unique(items: list[Any], key: Any = None) -> list[Any]:
    """Return the items, of equal ones (by a key) the first."""
    found: list[tuple[Any, Any]] = []
    for item in items:
        by = item if key is None else at_path(item, key)
        if not any(equal(by, other) for other, _ in found):
            found.append((by, item))
    return [item for _, item in found]


def difference(items: list[Any], others: list[Any]) -> list[Any]:
    """Return the items that the other list has not."""
    return [item for item in items if not contains(others, item)]


def intersection(items: list[Any], others: list[Any]) -> list[Any]:
    """Return the items that the other list has too."""
    return [item for item in items if contains(others, item)]


def count(items: list[Any], wanted: Any) -> int:
    """Return how many items are equal to a value."""
    return sum(equal(item, wanted) for item in items)


def chunk(value: Any, size: int) -> list[Any]:
    """Return a text or list in parts of a size."""
    return [value[at : at + size] for at in range(0, len(value), size)]


def numbers_of(items: list[Any], key: Any = None) -> list[Any]:
    """Return the numbers of a list, or what its objects have under a key; None does not count."""
    found = items if key is None else pluck(items, key)
    return [item for item in found if item is not None]


def total(items: list[Any], key: Any = None) -> Any:
    """Return the sum of numbers."""
    return sum(numbers_of(items, key))


def average(items: list[Any], key: Any = None) -> Any:
    """Return the average of numbers, None without any."""
    numbers = numbers_of(items, key)
    return divide(sum(numbers), len(numbers)) if numbers else None


def extreme(choose: Callable[..., Any], *values: Any) -> Any:
    """Return the smallest or greatest of values, or the item of a list that has it under a key."""
    if len(values) == 2 and isinstance(values[0], list) and isinstance(values[1], str):
        keys = pluck(values[0], values[1])
        known = [key for key in keys if key is not None]
        return values[0][keys.index(choose(known))] if known else None
    return choose(values[0] if len(values) == 1 and isinstance(values[0], list) else values)


def number(value: Any) -> Any:
    """Return a number from text, or 1 and 0 from True and False."""
    if isinstance(value, str):
        stripped = value.strip()
        return int(stripped) if stripped.removeprefix("-").isdecimal() else float(stripped)
    return int(value) if isinstance(value, bool) else value


def boolean(value: Any) -> bool:
    """Return whether a value counts as true; texts that say no do not."""
    return bool(value) and text(value).strip().lower() not in ("", "false", "no", "off", "0")


def kind(value: Any) -> str:
    """Return what people call this kind of value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def title(value: str) -> str:
    """Return a text with each word's first letter in upper case."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in value.split(" "))


def match(value: str, pattern: str) -> dict[str, Any] | None:
    """Return the first match of a pattern, None where there is none."""
    found = re.search(pattern, value)
    if found is None:
        return None
    groups, named = [*found.groups()], found.groupdict()
    return {"text": found[0], "start": found.start(), "end": found.end(), "groups": groups, "named": named}


def find_all(value: str, pattern: str) -> list[Any]:
    """Return all matches of a pattern, or what their groups hold."""
    found = [(one[0], [*one.groups()]) for one in re.finditer(pattern, value)]
    return [whole if not groups else groups[0] if len(groups) == 1 else groups for whole, groups in found]


def today() -> str:
    """Return the date of today, in UTC."""
    return datetime.now(UTC).date().isoformat()


def now() -> str:
    """Return the time as it is now, in UTC."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def is_list(value: Any, most: int) -> list[Any]:
    """Return a list that a loop goes through.

    Raises:
        ValueError: it is none, or longer than it may be.
    """
    if not isinstance(value, list):
        raise ValueError(f"Expected a list to go through, found {kind(value)}.")
    if len(value) > most:
        raise ValueError(f"Expected a list of at most {most} items, found {len(value)}.")
    return value
