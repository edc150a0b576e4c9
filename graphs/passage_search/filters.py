"""Filters: conditions on the metadata of documents, checked before anything is scored."""

from collections.abc import Callable, Mapping
from typing import Any, cast

__all__ = ["FILTER_OPERATORS", "FilterError", "Matches", "read_filters"]

Matches = Callable[[Mapping[str, Any]], bool]
_MOST = 50
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda found, wanted: found > wanted,
    "gte": lambda found, wanted: found >= wanted,
    "lt": lambda found, wanted: found < wanted,
    "lte": lambda found, wanted: found <= wanted,
}
FILTER_OPERATORS = ("eq", "ne", "in", "not_in", *_ORDERED, "contains", "exists")


class FilterError(ValueError):
    """A filter cannot be read; the message says what was expected."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def read_filters(filters: Mapping[str, Any]) -> Matches:
    """Return a test of a document's metadata: every condition must hold.

    A value must be equal; of a list any may be. An object names operators: ``eq``, ``ne``, ``in``,
    ``not_in``, ``gt``, ``gte``, ``lt``, ``lte`` (numbers with numbers, texts with texts), ``contains`` (a
    part of a text, an item of a list) and ``exists``. Metadata that is a list matches where one of its items
    does.

    Raises:
        FilterError: an operator is not known or its value is of a wrong kind.
    """
    if len(filters) > _MOST:
        raise FilterError(f"Expected at most {_MOST} filters, found {len(filters)}.", "")
    tests = [
        (field, _test(field, operator, value))
        for field, condition in filters.items()
        for operator, value in _conditions(condition).items()
    ]
    return lambda metadata: all(test(metadata.get(field)) for field, test in tests)


def _conditions(condition: Any) -> dict[str, Any]:
    if isinstance(condition, dict):
        return cast("dict[str, Any]", condition)
    return {"in" if isinstance(condition, list) else "eq": condition}


def _test(field: str, operator: str, wanted: Any) -> Callable[[Any], bool]:
    if operator in ("in", "not_in"):
        if not isinstance(wanted, list):
            raise FilterError(f"{field}.{operator}: expected a list, found {wanted!r}.", field)
        options = cast("list[Any]", wanted)
        if operator == "in":
            return lambda found: any(_equal(item, option) for item in _items(found) for option in options)
        return lambda found: not any(_equal(item, option) for item in _items(found) for option in options)
    match operator:
        case "eq":
            return lambda found: any(_equal(item, wanted) for item in _items(found))
        case "ne":
            return lambda found: not any(_equal(item, wanted) for item in _items(found))
        case "contains":
            return lambda found: _contains(found, wanted)
        case "exists":
            if not isinstance(wanted, bool):
                raise FilterError(f"{field}.exists: expected true or false, found {wanted!r}.", field)
            return lambda found: (found is not None) == wanted
        case "gt" | "gte" | "lt" | "lte":
            if isinstance(wanted, bool) or not isinstance(wanted, int | float | str):
                raise FilterError(
                    f"{field}.{operator}: expected a number or a text, found {wanted!r}.", field
                )
            compare = _ORDERED[operator]
            return lambda found: any(
                _comparable(item, wanted) and compare(item, wanted) for item in _items(found)
            )
        case _:
            raise FilterError(
                f"{field}: expected one of {', '.join(FILTER_OPERATORS)}, found {operator!r}.", field
            )


def _items(found: Any) -> list[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _equal(found: Any, wanted: Any) -> bool:
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _comparable(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool):
        return False
    numbers = isinstance(found, int | float) and isinstance(wanted, int | float)
    return numbers or (isinstance(found, str) and isinstance(wanted, str))


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, str):
        return isinstance(wanted, str) and wanted in found
    return isinstance(found, list) and any(_equal(item, wanted) for item in cast("list[Any]", found))
