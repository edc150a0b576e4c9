"""Functions on text."""

from typing import Any

from graphs.expressions.bounded_evaluation import ITEM
from graphs.expressions.functions.arguments import Arguments, Function
from graphs.parsing.numbers import kind
from graphs.parsing.text import as_text

__all__ = ["TEXTS"]


def _sized(call: Arguments, index: int = 0) -> int:
    value = call.values[index]
    if isinstance(value, str | list | dict):
        return len(value)  # pyright: ignore[reportUnknownArgumentType]  # length of any container
    raise call.error(f"expected text, a list or an object, found {kind(value)}")


def _filled(call: Arguments, index: int) -> str:
    text = call.text(index)
    if not text:
        raise call.error(f"expected some text to look for as argument {index + 1}, found an empty one")
    return text


def _replace(call: Arguments) -> str:
    text, old, new = call.text(0), _filled(call, 1), call.text(2)
    call.room(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _split(call: Arguments) -> list[str]:
    text = call.text(0)
    if len(call.values) == 1:
        words = text.split()
        call.spend(len(words) * ITEM)
        return words
    separator = _filled(call, 1)
    call.spend(text.count(separator) * ITEM)
    return text.split(separator)


def _lines(call: Arguments) -> list[str]:
    lines = call.text(0).splitlines()
    call.spend(len(lines) * ITEM)
    return lines


def _separator(call: Arguments, index: int) -> str:
    return call.text(index, "")


def _join(call: Arguments) -> str:
    items, separator = call.list(0), _separator(call, 1)
    call.evaluation.size(items, call.at)
    texts = [as_text(item) for item in items]
    call.room(sum(len(text) for text in texts) + len(separator) * len(texts))
    return separator.join(texts)


def _end(call: Arguments, index: int) -> int | None:
    return call.whole(index) if call.given(index) else None


def _slice(call: Arguments) -> Any:
    value, start, end = call.sequence(0), call.whole(1), _end(call, 2)
    part: Any = value[start:end]
    call.spend(len(part) if isinstance(part, str) else ITEM * len(part))
    return part


def _fill(call: Arguments, index: int) -> str:
    fill = call.text(index, " ")
    if len(fill) != 1:
        raise call.error(f"expected one character to fill up with, found {len(fill)}")
    return fill


def _side(call: Arguments, index: int) -> str:
    return call.choice(index, ("end", "start", "both"))


def _pad(call: Arguments) -> str:
    text, length, fill = as_text(call.values[0]), call.whole(1), _fill(call, 2)
    side = _side(call, 3)
    call.room(max(length, len(text)))
    match side:
        case "start":
            return text.rjust(length, fill)
        case "both":
            return text.center(length, fill)
        case _:
            return text.ljust(length, fill)


def _repeat(call: Arguments) -> str:
    text, times = call.text(0), call.whole(1)
    call.room(len(text) * max(0, times))
    return text * times


def _title(call: Arguments) -> str:
    words = call.text(0).split(" ")
    return " ".join(word[:1].upper() + word[1:].lower() for word in words)


TEXTS: tuple[Function, ...] = (
    Function("length(x)", "the number of characters, items or keys", 1, 1, _sized, (_sized,)),
    Function(
        "lower(text)", "the text in lower case", 1, 1, lambda call: call.text(0).lower(), (Arguments.text,)
    ),
    Function(
        "upper(text)", "the text in upper case", 1, 1, lambda call: call.text(0).upper(), (Arguments.text,)
    ),
    Function(
        "title(text)", "the text with each word's first letter in upper case", 1, 1, _title, (Arguments.text,)
    ),
    Function(
        "trim(text)",
        "the text without white space around it",
        1,
        1,
        lambda call: call.text(0).strip(),
        (Arguments.text,),
    ),
    Function(
        "replace(text, old, new)",
        "the text with every `old` replaced",
        3,
        3,
        _replace,
        (Arguments.text, _filled, Arguments.text),
    ),
    Function(
        "split(text, separator?)",
        "a list of the parts; of the words without a separator",
        1,
        2,
        _split,
        (Arguments.text, _filled),
    ),
    Function("lines(text)", "a list of the lines", 1, 1, _lines, (Arguments.text,)),
    Function("join(list, separator?)", "the items as one text", 1, 2, _join, (Arguments.list, _separator)),
    Function(
        "starts_with(text, start)",
        "whether the text starts so",
        2,
        2,
        lambda call: call.text(0).startswith(call.text(1)),
        (Arguments.text, Arguments.text),
    ),
    Function(
        "ends_with(text, end)",
        "whether the text ends so",
        2,
        2,
        lambda call: call.text(0).endswith(call.text(1)),
        (Arguments.text, Arguments.text),
    ),
    Function(
        "slice(x, start, end?)",
        "a part of a text or list; negative counts from the end",
        2,
        3,
        _slice,
        (Arguments.sequence, Arguments.whole, _end),
    ),
    Function(
        "pad(x, length, fill?, side?)",
        "the text filled up to a length at its `end`, its `start` or `both`",
        2,
        4,
        _pad,
        (None, Arguments.whole, _fill, _side),
    ),
    Function(
        "repeat(text, times)", "the text so many times", 2, 2, _repeat, (Arguments.text, Arguments.whole)
    ),
)
