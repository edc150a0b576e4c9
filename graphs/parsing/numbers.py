"""Kinds of JSON values, and numbers: one that is whole is taken where an integer is expected."""

from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec

__all__ = ["converted", "is_number", "kind", "whole", "with_integers"]

T = TypeVar("T")

_EXACT_FLOATS = 2**53
"""Up to here a float that is whole is the integer that it shows."""


def kind(value: Any) -> str:
    """Return what people call this kind of value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def is_number(value: Any) -> bool:
    """Return whether it is a number; a boolean is none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def whole(value: Any) -> int | None:
    """Return a number that is whole as an integer; None for any other value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOATS:
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 2**64 and value == int(value):
        return int(value)
    return None


def converted(value: Any, type: type[T]) -> T:
    """Return a JSON value as a type; a number that is whole is taken for an integer.

    Raises:
        msgspec.ValidationError: it does not fit.
    """
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        if "`float`" not in str(error):
            raise
        return msgspec.convert(with_integers(value), type)


def with_integers(value: Any) -> Any:
    """Return a JSON value in which numbers that are whole are integers: 5 for 5.0."""
    match value:
        case float() if value.is_integer() and abs(value) <= _EXACT_FLOATS:
            return int(value)
        case list():
            return [with_integers(item) for item in cast("list[Any]", value)]
        case dict():
            return {key: with_integers(item) for key, item in cast("dict[str, Any]", value).items()}
        case _:
            return value
