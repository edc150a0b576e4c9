"""Searching and sorting that give the same on SQLite and PostgreSQL, whatever the database's locale."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, func, or_

__all__ = ["SortOrder", "contains", "folded", "has", "has_tags", "order"]

SortOrder = Literal["asc", "desc"]


def folded(*texts: str) -> str:
    """Return what a search looks through: the texts without case, a line each, the one to sort by first."""
    return "\n".join(texts).casefold()


def contains(dialect: str, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    """Match where a folded column has `wanted` in it, literally: ``%`` and ``_`` are mere characters."""
    return has(dialect, column, wanted.casefold())


def has_tags(dialect: str, column: ColumnElement[str], tags: Iterable[str]) -> Sequence[ColumnElement[bool]]:
    """Match where a column that holds a JSON list of strings has all of `tags`."""
    conditions: list[ColumnElement[bool]] = []
    for tag in tags:
        # A quote within a string of the list stands behind a backslash, so this finds whole strings only.
        quoted = msgspec.json.encode(tag).decode()
        conditions.append(or_(has(dialect, column, f"[{quoted}"), has(dialect, column, f",{quoted}")))
    return conditions


def order(
    dialect: str, column: ColumnElement[Any], direction: SortOrder, *, text: bool
) -> ColumnElement[Any]:
    """Sort by a column; text by its code points."""
    if text and dialect == "postgresql":
        column = column.collate("C")
    return column.asc() if direction == "asc" else column.desc()


def has(dialect: str, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    """Match where a text has another in it, as it is written."""
    position = func.instr(column, wanted) if dialect == "sqlite" else func.strpos(column, wanted)
    return position > 0
