"""Places in the order of a list: a page that begins after one misses nothing and repeats nothing.

That holds whatever was added or deleted before it meanwhile.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, tuple_
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.dialects.text_search import SortOrder

__all__ = ["SORTED_CHARACTERS", "after", "sorted_text"]

SORTED_CHARACTERS = 200
"""Of a text that rows are sorted by so many characters count, so that a place in their order stays short."""


def sorted_text(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return what of a text rows are sorted by."""
    return func.substr(column, 1, SORTED_CHARACTERS)


def after(
    dialect: str, keys: Sequence[tuple[ColumnElement[Any], bool]], place: Sequence[Any], direction: SortOrder
) -> ColumnElement[bool]:
    """Match the rows that come after a place in an order.

    Args:
        dialect: Of the database.
        keys: The columns of the order, and whether each is a text that sorts by its code points.
        place: Their values in the last row that was seen.
        direction: Of all of them.
    """
    columns = [
        column.collate("C") if is_text and dialect == "postgresql" else column for column, is_text in keys
    ]
    here, there = tuple_(*columns), tuple_(*place)
    return here > there if direction == "asc" else here < there
