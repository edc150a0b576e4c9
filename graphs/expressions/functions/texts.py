"""Functions on text."""

from typing import Any

from graphs.expressions.bounded_evaluation import ITEM
from graphs.expressions.functions.arguments import Arguments, Function
from graphs.parsing.numbers import kind
from graphs.parsing.text import as_text

__all__ = ["TEXTS"]


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
    text = call.text(0)
    if len(call.values) == 1:
        words = text.split()
        call.spend(len(words) * ITEM)
        return words
    separator = call.text(1)
    if not separator:
        raise call.error("expected a separator, found an empty one")
    call.spend(text.count(separator) * ITEM)
    return text.split(separator)


def _lines(call: Arguments) -> list[str]:
    lines = call.text(0).splitlines()
    call.spend(len(lines) * ITEM)
    return lines


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


def _pad(call: Arguments) -> str:
    text, length, fill = as_text(call.values[0]), call.whole(1), call.text(2, " ")
    side = call.choice(3, ("end", "start", "both"))
    if len(fill) != 1:
        raise call.error(f"expected one character to fill up with, found {len(fill)}")
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
    Function("length(x)", "the number of characters, items or keys", 1, 1, _length),
    Function("lower(text)", "the text in lower case", 1, 1, lambda call: call.text(0).lower()),
    Function("upper(text)", "the text in upper case", 1, 1, lambda call: call.text(0).upper()),
    Function("title(text)", "the text with each word's first letter in upper case", 1, 1, _title),
    Function("trim(text)", "the text without white space around it", 1, 1, lambda call: call.text(0).strip()),
    Function("replace(text, old, new)", "the text with every `old` replaced", 3, 3, _replace),
    Function(
        "split(text, separator?)", "a list of the parts; of the words without a separator", 1, 2, _split
    ),
    Function("lines(text)", "a list of the lines", 1, 1, _lines),
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
    Function(
        "pad(x, length, fill?, side?)",
        "the text filled up to a length at its `end`, its `start` or `both`",
        2,
        4,
        _pad,
    ),
    Function("repeat(text, times)", "the text so many times", 2, 2, _repeat),
)
