"""Decode errors in words: what msgspec says of a value that does not fit, as a sentence for people."""

import re
from collections.abc import Sequence

__all__ = ["in_words"]

_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "None": "null",
    "array": "a list",
    "object": "an object",
    "dict": "an object",
    "list": "a list",
}
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_KIND = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_LENGTH = re.compile(r"Expected `(\w+)` of length (>=|<=|==) (\d+)")
_BOUND = re.compile(r"Expected `(int|float)` (>=|<=|>|<) (\S+)")
_PATTERN = re.compile(r"Expected `str` matching regex (.*)", re.DOTALL)
_ENUM = re.compile(r"Invalid (?:enum )?value ('.*'|\S+)", re.DOTALL)
_SIZE = {">=": "at least", "<=": "at most", "==": "exactly"}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def in_words(text: str, *, where: str = "", known: Sequence[str] = ()) -> str:
    """Return msgspec's message, without its path, as a sentence.

    Args:
        text: The message: ``Expected `str`, got `int```.
        where: What it is about, as the sentence names it; empty for nothing.
        known: The fields that there are, for where one is unknown.
    """
    text = text.strip()
    if found := _UNKNOWN.fullmatch(text):
        from difflib import get_close_matches  # only for who mistyped

        near = get_close_matches(found[1], known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else f" It takes {', '.join(known)}." if known else ""
        return f"{where or 'It'} has the unknown field '{found[1]}'.{hint}"
    if found := _MISSING.fullmatch(text):
        return f"{where or 'It'} needs the field '{found[1]}'."
    said = f"{where}: " if where else ""
    if found := _KIND.fullmatch(text):
        return f"{said}Expected {_kinds(found[1])}, found {_kinds(found[2])}."
    if found := _LENGTH.fullmatch(text):
        kind, word, size = found.groups()
        if kind == "str" and (word, size) == (">=", "1"):
            return f"{said}Expected text, found an empty one."
        of = {"str": "characters", "array": "items"}.get(kind, "fields")
        return f"{said}Expected {_kinds(kind)} of {_SIZE[word]} {int(size):,} {of}."
    if found := _BOUND.fullmatch(text):
        return f"{said}Expected {_kinds(found[1])} of {_BOUNDS[found[2]]} {found[3]}."
    if found := _PATTERN.fullmatch(text):
        return f"{said}Expected text that matches {found[1]}."
    if found := _ENUM.fullmatch(text):
        return f"{said}{found[1]} is none of the values that it may have."
    return f"{said}{text.replace('`', chr(39))}."


def _kinds(text: str) -> str:
    words = [_KINDS.get(word.strip(), word.strip()) for word in text.split("|")]
    return " or ".join(dict.fromkeys(words))
