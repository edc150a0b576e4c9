"""Functions on kinds of values and on JSON."""

from typing import Any

import msgspec

from graphs.expressions.functions.arguments import Arguments, Function
from graphs.parsing.json_text import read_json
from graphs.parsing.numbers import kind, whole
from graphs.parsing.text import as_text

__all__ = ["JSON_VALUES"]

_FALSE = ("", "false", "no", "off", "0")
"""Texts that say no, in small letters."""


def _string(call: Arguments) -> str:
    call.evaluation.size(call.values[0], call.at)
    return as_text(call.values[0])


def _indent(call: Arguments, index: int) -> int:
    indent = call.whole(index, 0)
    if not 0 <= indent <= 8:
        raise call.error(f"expected an indentation of 0 to 8, found {indent}")
    return indent


def _json(call: Arguments) -> str:
    call.evaluation.size(call.values[0], call.at)
    indent = _indent(call, 1)
    encoded = msgspec.json.encode(call.values[0])
    text = (msgspec.json.format(encoded, indent=indent) if indent else encoded).decode()
    call.room(len(text))
    return text


def _parse_json(call: Arguments) -> Any:
    text = call.text(0)
    call.spend(200 + len(text) * 3)
    try:
        return read_json(text)
    except ValueError as error:
        if len(call.values) > 1:
            return call.values[1]
        raise call.error(f"expected JSON, found {text[:40]!r} ({error})") from None


def _integer(call: Arguments, index: int = 0) -> int:
    number = whole(call.number(index))
    if number is None:
        raise call.error("expected a whole number; round(…), floor(…) and ceil(…) make one")
    return number


def _boolean(call: Arguments) -> bool:
    value = call.values[0]
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)


JSON_VALUES: tuple[Function, ...] = (
    Function("string(x)", "text: itself, nothing for null, else JSON", 1, 1, _string),
    Function(
        "boolean(x)",
        "false for null, false, 0, what is empty, and the texts `false`, `no`, `off` and `0`",
        1,
        1,
        _boolean,
    ),
    Function(
        "integer(number)", "a number that is whole as an integer: 2 for 2.0", 1, 1, _integer, (_integer,)
    ),
    Function("kind(x)", "what it is: `a number`, `text`, …", 1, 1, lambda call: kind(call.values[0])),
    Function("json(x, indent?)", "JSON text", 1, 2, _json, (None, _indent)),
    Function(
        "parse_json(text, otherwise?)",
        "the value of JSON text, also where it stands in a fence or between words, has comments or a comma "
        "too many; `otherwise` where there is none",
        1,
        2,
        _parse_json,
        (Arguments.text,),
    ),
)
"""Functions on kinds and JSON."""
