"""Numbers: a number that is whole is taken where an integer is expected."""

from typing import Any, TypeVar, cast

import msgspec

__all__ = ["converted", "with_integers"]

T = TypeVar("T")


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
        case float() if value.is_integer() and abs(value) <= 2**53:
            return int(value)
        case list():
            return [with_integers(item) for item in cast("list[Any]", value)]
        case dict():
            return {key: with_integers(item) for key, item in cast("dict[str, Any]", value).items()}
        case _:
            return value
