"""Decode errors in words: what msgspec says of a value that does not fit, as a sentence for people."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["in_words", "known_at"]

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
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_SIZE = {">=": "at least", "<=": "at most", "==": "exactly"}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def in_words(
    text: str, *, where: str = "", known: Sequence[str] = (), instead: str = "", value: Any = msgspec.UNSET
) -> str:
    """Return msgspec's message, without its path, as a sentence.

    Args:
        text: The message: ``Expected `str`, got `int```.
        where: What it is about, as the sentence names it; empty for nothing.
        known: The fields, or the values, that there are, for where one is unknown: `known_at`.
        instead: What an unknown field is called here, where no known one is near.
        value: What does not fit. Its size is told, and no text of it but numbers in quotes.
    """
    text = text.strip()
    if found := _UNKNOWN.fullmatch(text):
        hint = _hint(found[1], known, "It takes", all=False, instead=instead)
        return f"{where or 'It'} has the unknown field '{found[1]}'.{hint}"
    if found := _MISSING.fullmatch(text):
        return f"{where or 'It'} needs the field '{found[1]}'."
    said = f"{where}: " if where else ""
    if found := _KIND.fullmatch(text):
        return f"{said}Expected {_kinds(found[1])}, found {_kinds(found[2])}.{_unquoted(found[1], value)}"
    if found := _LENGTH.fullmatch(text):
        kind, word, size = found.groups()
        if kind == "str" and (word, size) == (">=", "1"):
            return f"{said}Expected text, found an empty one."
        of = {"str": "characters", "array": "items"}.get(kind, "fields")
        long = f", found {len(value):,}" if isinstance(value, str | list | dict) else ""
        return f"{said}Expected {_kinds(kind)} of {_SIZE[word]} {int(size):,} {of}{long}."
    if found := _BOUND.fullmatch(text):
        size = f", found {value}" if isinstance(value, int | float) else ""
        return (
            f"{said}Expected {_kinds(found[1])} of {_BOUNDS[found[2]]} {found[3].removesuffix('.0')}{size}."
        )
    if found := _PATTERN.fullmatch(text):
        return f"{said}Expected text that matches {found[1]}."
    if found := _ENUM.fullmatch(text):
        hint = _hint(found[1].strip("'"), known, "It may be")
        return f"{said}{found[1]} is none of the values that it may have.{hint}"
    return f"{said}{text.replace('`', chr(39)).removesuffix('.')}."


def _kinds(text: str) -> str:
    words = [_KINDS.get(word.strip(), word.strip()) for word in text.split("|")]
    return " or ".join(dict.fromkeys(words))


def _unquoted(expected: str, value: Any) -> str:
    """Return what to do about a number, or true or false, that stands in quotes; empty for anything else."""
    if not isinstance(value, str):
        return ""
    numbers, booleans = "int" in expected or "float" in expected, "bool" in expected
    if (numbers and _NUMBER.fullmatch(value)) or (booleans and value in ("true", "false")):
        return f" Write {value} without quotes."
    return ""


def _hint(found: str, known: Sequence[str], otherwise: str, *, all: bool = True, instead: str = "") -> str:
    """Return which of the known ones is meant, and all of them where none is, or where they are few."""
    from difflib import get_close_matches  # only for who mistyped

    near = get_close_matches(found, known, n=1, cutoff=0.65) or ([instead] if instead else [])
    there = f" {otherwise} {', '.join(known)}." if known else ""
    return f" Did you mean '{near[0]}'?" + (there if all and len(known) <= _FEW else "") if near else there


_FEW = 12
"""So many known ones are listed also where one is near."""


def known_at(kind: Any, steps: Sequence[str]) -> list[str]:
    """Return what there is at a place in a type: the fields of its objects, or the values that it may have.

    Args:
        kind: The type.
        steps: Names of fields, and indexes or ``...`` where items of lists and objects are meant.
    """
    try:
        found = [inspect.type_info(kind)]
    except TypeError:
        return []  # not a type that decodes
    for step in steps:
        found = [inner for one in found for inner in _inside(one, step)]
    return [*dict.fromkeys(name for one in found for name in _names(one))]


def _inside(kind: Any, step: str) -> Iterator[Any]:
    match kind:
        case inspect.Metadata():
            yield from _inside(kind.type, step)
        case inspect.UnionType():
            for option in kind.types:
                yield from _inside(option, step)
        case inspect.StructType():
            yield from (field.type for field in kind.fields if field.encode_name == step)
            if kind.tag_field == step and kind.tag is not None:
                yield inspect.LiteralType((kind.tag,))
        case inspect.ListType() | inspect.VarTupleType():
            yield kind.item_type
        case inspect.DictType():
            yield kind.value_type
        case _:
            pass


def _names(kind: Any) -> Iterator[str]:
    match kind:
        case inspect.Metadata():
            yield from _names(kind.type)
        case inspect.UnionType():
            for option in kind.types:
                yield from _names(option)
        case inspect.StructType():
            yield from (field.encode_name for field in kind.fields)
        case inspect.LiteralType():
            yield from map(str, kind.values)
        case inspect.EnumType():
            yield from (str(member.value) for member in kind.cls)
        case _:
            pass
