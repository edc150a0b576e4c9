"""JSON as people and models write it: between words, in fences, with comments and a comma too many."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from graphs.parsing.text import MAX_DEPTH, TextError, clean

__all__ = ["json_values", "read_json", "tolerant_json"]

_MOST_STARTS = 40
"""Places in a text where JSON is looked for."""
_FENCE = re.compile(r"[ \t>]*+(`{3,}+|~{3,}+)([^`]*)")
"""A line that begins or ends a fence."""
_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)*", re.DOTALL)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_PYTHON = re.compile(
    r"""("[^"\\]*(?:\\.[^"\\]*)*")|'([^'\\]*(?:\\.[^'\\]*)*)'|\b(True|False|None)\b|["'].*""", re.DOTALL
)
"""Texts of JSON's, and what Python writes in another way: texts, and three words. A text that does not end is
passed over as a whole: its quotes are looked at once."""
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", re.ASCII)
_WORDS = {"True": "true", "False": "false", "None": "null"}


class _Broken(Exception):
    """The text is no JSON from here on."""


def read_json(text: str) -> Any:
    """Return the JSON value of a text: clean, the first one where it has several.

    Raises:
        ValueError: there is none; the message says what is wrong with the whole.
    """
    for value in json_values(text):
        return value
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None
    raise ValueError(f"nested deeper than {MAX_DEPTH} lists and objects")


def tolerant_json(text: str) -> Any:
    """Return the object or list that a text is, but for its form; None where it is cut, or has more.

    Python's way to write it counts too.
    """
    text = text.strip().removeprefix("json").removeprefix("JSON")
    for written in (text, _PYTHON.sub(_as_json, text)):
        found, value, end = _tolerant(written, 0)
        if found and _after_space(written, end) == len(written):
            return value
    return None


def _as_json(found: re.Match[str]) -> str:
    """Return a text or word of Python's as JSON has it."""
    if found[1] is not None:
        return found[1]
    if found[3] is not None:
        return _WORDS[found[3]]
    if found[2] is None:
        return found[0]
    inner = re.sub(r"\\(.)", lambda one: "'" if one[1] == "'" else one[0], found[2], flags=re.DOTALL)
    return '"' + re.sub(r'(\\.)|"', lambda one: one[1] or '\\"', inner, flags=re.DOTALL) + '"'


def json_values(text: str) -> Iterator[Any]:
    """Yield the JSON values of a text: the whole, else what is in its fences, else what is between its words.

    Numbers and words by themselves count only as the whole.
    """
    text = text.strip().lstrip("\ufeff").strip()
    found, value = _decoded(text)
    if found:
        yield value
        return
    found, value, end = _tolerant(text, 0)
    if found and _after_space(text, end) == len(text):
        yield value
        return
    fenced = False
    for fence in _fences(text):
        content = fence.strip().lstrip("\ufeff")
        found, value = _decoded(content)
        if not found:
            found, value, _ = _tolerant(content, 0)
        if found:
            fenced = True
            yield value
    if not fenced:
        yield from _between_words(text)


def _fences(text: str) -> Iterator[str]:
    """Yield what stands in the fences of a text, that of one without an end too."""
    mark, lines = "", list[str]()
    for line in text.split("\n"):
        begun = _FENCE.match(line)
        if not mark:
            mark = begun[1] if begun is not None and begun.end() == len(line) else ""
        elif begun is not None and begun[1].startswith(mark):
            yield "\n".join(lines)
            mark, lines = "", []
        else:
            lines.append(line)
    if mark:
        yield "\n".join(lines)


def _between_words(text: str) -> Iterator[Any]:
    at = 0
    for _ in range(_MOST_STARTS):
        starts = [start for start in (text.find("{", at), text.find("[", at)) if start >= 0]
        if not starts:
            return
        start = min(starts)
        found, value, end = _tolerant(text, start)
        if found:
            yield value
        at = end if found else start + 1


def _decoded(text: str) -> tuple[bool, Any]:
    try:
        return True, clean(msgspec.json.decode(text))
    except (msgspec.DecodeError, TextError, RecursionError, UnicodeEncodeError):
        return False, None


def _tolerant(text: str, start: int) -> tuple[bool, Any, int]:
    """Return whether an object or list begins at a place, its value and where it ends."""
    at = _after_space(text, start)
    if text[at : at + 1] not in ("{", "["):
        return False, None, start
    try:
        value, end = _value(text, at, 0)
        return True, clean(value), end
    except (_Broken, TextError):
        return False, None, start


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    match text[at : at + 1]:
        case "{" | "[" if depth == MAX_DEPTH:
            raise _Broken
        case "{":
            return _object(text, at + 1, depth + 1)
        case "[":
            return _list(text, at + 1, depth + 1)
        case '"':
            return _string(text, at)
        case _:
            plain = _PLAIN.match(text, at)
            if plain is None:
                raise _Broken
            try:
                return msgspec.json.decode(plain[0]), plain.end()
            except msgspec.DecodeError:
                raise _Broken from None


def _string(text: str, at: int) -> tuple[str, int]:
    found = _STRING.match(text, at)
    if found is None:
        raise _Broken
    try:
        # Models break lines within strings, which JSON writes as \n.
        return str(json.loads(found[0], strict=False)), found.end()
    except ValueError:
        raise _Broken from None


def _list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        at = _after_space(text, at)
        if text[at : at + 1] == "]":
            return items, at + 1
        item, at = _value(text, at, depth)
        items.append(item)
        at = _after_comma(text, at, "]")


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while True:
        at = _after_space(text, at)
        if text[at : at + 1] == "}":
            return fields, at + 1
        if text[at : at + 1] != '"':
            raise _Broken
        key, at = _string(text, at)
        at = _after_space(text, at)
        if text[at : at + 1] != ":":
            raise _Broken
        fields[key], at = _value(text, _after_space(text, at + 1), depth)
        at = _after_comma(text, at, "}")


def _after_comma(text: str, at: int, closing: str) -> int:
    at = _after_space(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] == closing:
        return at
    raise _Broken
