"""Functions of expressions: a closed table, each bounded in what it reads and writes."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from graphs.expressions.evaluation import ITEM, MAX_SIZE, Evaluation, ExpressionError, kind, look_up
from graphs.expressions.operators import is_number
from graphs.values.text import TextError, as_text, clean

__all__ = ["FUNCTIONS", "Arguments", "Function"]

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_RANGE = 10_000

T = TypeVar("T")


class Function(Struct, frozen=True):
    """A function of the grammar."""

    usage: str
    """How it is written: ``slice(x, start, end?)``."""
    gives: str
    """What it gives, a phrase."""
    least: int
    most: int
    """Number of arguments; 1,000 stands for any."""
    apply: Callable[["Arguments"], Any]


class Arguments:
    """The arguments of one call, taken by the kind that the function expects."""

    def __init__(self, name: str, values: list[Any], evaluation: Evaluation, at: int) -> None:
        self.name = name
        self.values = values
        self.evaluation = evaluation
        self.at = at

    def error(self, message: str) -> ExpressionError:
        """Return an error that names the function."""
        return self.evaluation.error(f"{self.name}(): {message}", self.at)

    def take(self, index: int, expected: type[T], what: str, default: T | None = None) -> T:
        """Return an argument of the expected kind; reading it is accounted for."""
        if index >= len(self.values) and default is not None:
            return default
        value = self.values[index]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise self.error(f"expected {what} as argument {index + 1}, found {kind(value)}")
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, list | dict):
            self.spend(ITEM * len(value))  # pyright: ignore[reportUnknownArgumentType]  # length of any container
        return value

    def text(self, index: int, default: str | None = None) -> str:
        """Return an argument that is text."""
        return self.take(index, str, "text", default)

    def list(self, index: int) -> list[Any]:
        """Return an argument that is a list."""
        return self.take(index, list, "a list")

    def number(self, index: int) -> float:
        """Return an argument that is a number."""
        if not is_number(self.values[index]):
            raise self.error(f"expected a number as argument {index + 1}, found {kind(self.values[index])}")
        return self.values[index]

    def whole(self, index: int, default: int | None = None) -> int:
        """Return an argument that is a whole number."""
        return self.take(index, int, "a whole number", default)

    def alike(self) -> "list[Any]":
        """Return the items of the only list, or the arguments: all numbers or all texts."""
        items: list[Any] = self.values
        if len(items) == 1 and isinstance(items[0], list):
            items = self.list(0)
        numbers = all(is_number(item) for item in items)
        if not items or not (numbers or all(isinstance(item, str) for item in items)):
            raise self.error("expected numbers only or texts only, at least one")
        if not numbers:
            self.spend(sum(len(item) for item in items))
        return items

    def spend(self, amount: int) -> None:
        """Account for work."""
        self.evaluation.spend(amount, self.at)

    def room(self, size: int) -> None:
        """Account for a result of this size.

        Raises:
            ExpressionError: too large.
        """
        if size > MAX_SIZE:
            raise self.error(f"expected a result of at most {MAX_SIZE:,} characters, found {size:,}")
        self.spend(size)


def _length(call: Arguments) -> int:
    value = call.values[0]
    if isinstance(value, str | list | dict):
        return len(value)  # pyright: ignore[reportUnknownArgumentType]  # length of any container
    raise call.error(f"expected text, a list or an object, found {kind(value)}")


def _replace(call: Arguments) -> str:
    text, old, new = call.text(0), call.text(1), call.text(2)
    if not old:
        raise call.error("expected the text to look for, found an empty one")
    call.room(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _split(call: Arguments) -> list[str]:
    text, separator = call.text(0), call.text(1)
    if not separator:
        raise call.error("expected a separator, found an empty one")
    call.spend(text.count(separator) * ITEM)
    return text.split(separator)


def _join(call: Arguments) -> str:
    items, separator = call.list(0), call.text(1, "")
    call.evaluation.size(items, call.at)
    texts = [as_text(item) for item in items]
    call.room(sum(len(text) for text in texts) + len(separator) * len(texts))
    return separator.join(texts)


def _slice(call: Arguments) -> Any:
    value, start = call.values[0], call.whole(1)
    if not isinstance(value, str | list):
        raise call.error(f"expected text or a list, found {kind(value)}")
    end = call.whole(2, len(value))  # pyright: ignore[reportUnknownArgumentType]  # length of any list
    part: Any = value[start:end]
    call.spend(len(part) if isinstance(part, str) else ITEM * len(part))
    return part


def _string(call: Arguments) -> str:
    call.evaluation.size(call.values[0], call.at)
    return as_text(call.values[0])


def _json(call: Arguments) -> str:
    call.evaluation.size(call.values[0], call.at)
    return msgspec.json.encode(call.values[0]).decode()


def _parse_json(call: Arguments) -> Any:
    text = call.text(0)
    call.spend(len(text) * 3)
    try:
        return clean(msgspec.json.decode(text))
    except (msgspec.DecodeError, TextError, RecursionError) as error:
        raise call.error(f"expected JSON, found {text[:40]!r} ({error})") from None


def _number(call: Arguments) -> float:
    value = call.values[0]
    match value:
        case bool():
            return int(value)
        case int() | float():
            return value
        case str() if _NUMBER.fullmatch(value[:80].strip()) and len(value) < 80:
            stripped = value.strip()
            whole = stripped.removeprefix("-").isdecimal()
            return call.evaluation.number(int(stripped) if whole else float(stripped), call.at)
        case str():
            raise call.error(f"expected a number, found {value[:40]!r}")
        case _:
            raise call.error(f"expected text or a number, found {kind(value)}")


def _round(call: Arguments) -> float:
    digits = call.whole(1, 0)
    if not 0 <= digits <= 15:
        raise call.error(f"expected 0 to 15 digits, found {digits}")
    return call.evaluation.number(round(call.number(0), digits or None), call.at)


def _sum(call: Arguments) -> float:
    items = call.list(0)
    if not all(is_number(item) for item in items):
        raise call.error("expected a list of numbers")
    return call.evaluation.number(sum(items), call.at)


def _sort(call: Arguments) -> list[Any]:
    if not call.list(0):
        return []
    items = call.alike()
    call.spend(ITEM * len(items))
    return sorted(items)


def _range(call: Arguments) -> list[int]:
    start, end = (0, call.whole(0)) if len(call.values) == 1 else (call.whole(0), call.whole(1))
    if end - start > _MAX_RANGE:
        raise call.error(f"expected at most {_MAX_RANGE:,} numbers, found {end - start:,}")
    call.spend(ITEM * max(0, end - start))
    return list(range(start, end))


def _edge(index: int) -> Callable[[Arguments], Any]:
    def pick(call: Arguments) -> Any:
        items = call.list(0)
        return items[index] if items else None

    return pick


def _object(call: Arguments) -> dict[str, Any]:
    return call.take(0, dict, "an object")


def _pluck(call: Arguments) -> list[Any]:
    return [look_up(item, call.values[1], call.evaluation, call.at) for item in call.list(0)]


_TABLE: tuple[Function, ...] = (
    Function("length(x)", "the number of characters, items or keys", 1, 1, _length),
    Function("lower(text)", "the text in lower case", 1, 1, lambda call: call.text(0).lower()),
    Function("upper(text)", "the text in upper case", 1, 1, lambda call: call.text(0).upper()),
    Function("trim(text)", "the text without white space around it", 1, 1, lambda call: call.text(0).strip()),
    Function("replace(text, old, new)", "the text with every `old` replaced", 3, 3, _replace),
    Function("split(text, separator)", "a list of the parts", 2, 2, _split),
    Function("join(list, separator?)", "the items as one text", 1, 2, _join),
    Function(
        "starts_with(text, start)",
        "whether the text starts so",
        2,
        2,
        lambda call: call.text(0).startswith(call.text(1)),
    ),
    Function(
        "ends_with(text, end)",
        "whether the text ends so",
        2,
        2,
        lambda call: call.text(0).endswith(call.text(1)),
    ),
    Function("slice(x, start, end?)", "a part of a text or list; negative counts from the end", 2, 3, _slice),
    Function("string(x)", "text: itself, nothing for null, else JSON", 1, 1, _string),
    Function("number(x)", "a number from text, or 1 and 0 from true and false", 1, 1, _number),
    Function(
        "boolean(x)", "false for null, false, 0 and what is empty", 1, 1, lambda call: bool(call.values[0])
    ),
    Function("json(x)", "JSON text", 1, 1, _json),
    Function("parse_json(text)", "the value of JSON text", 1, 1, _parse_json),
    Function("kind(x)", "what it is: `a number`, `text`, …", 1, 1, lambda call: kind(call.values[0])),
    Function("round(number, digits?)", "the rounded number; a whole one without digits", 1, 2, _round),
    Function("abs(number)", "the number without its sign", 1, 1, lambda call: abs(call.number(0))),
    Function("min(…)", "the smallest of a list or of the arguments", 1, 1000, lambda call: min(call.alike())),
    Function("max(…)", "the largest of a list or of the arguments", 1, 1000, lambda call: max(call.alike())),
    Function("sum(list)", "the sum of numbers", 1, 1, _sum),
    Function("range(n) or range(start, end)", "whole numbers up to, without, the end", 1, 2, _range),
    Function("first(list)", "the first item, null if there is none", 1, 1, _edge(0)),
    Function("last(list)", "the last item, null if there is none", 1, 1, _edge(-1)),
    Function("sort(list)", "the numbers or texts in order", 1, 1, _sort),
    Function("pluck(list, key)", "of each object in the list what it has under the key", 2, 2, _pluck),
    Function("keys(object)", "a list of the keys", 1, 1, lambda call: [*_object(call)]),
    Function(
        "values(object)",
        "a list of the values",
        1,
        1,
        lambda call: [*_object(call).values()],
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({row.usage.partition("(")[0]: row for row in _TABLE})
"""By name. ``default(x, otherwise)`` and ``exists(x)`` are grammar: they look before they fail."""
