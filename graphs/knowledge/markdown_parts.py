"""Parts of a Markdown text: its sections with the headings above them, and its tables."""

import re
from collections.abc import Iterator

from msgspec import Struct

__all__ = ["Section", "Table", "sections_of", "tables_of"]

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r":?-+:?")
"""A cell of the line between a table's header and its rows."""
_LONGEST_HEADING = 200


class Section(Struct, frozen=True):
    """A part of a text from a heading to the next."""

    start: int
    end: int
    body: int = 0
    """Offset after the heading's own line."""
    heading: tuple[str, ...] = ()
    has_parts: bool = False
    """Whether the next heading is below its own."""


class Table(Struct, frozen=True):
    """A table: its header starts at `start`, its rows at `body`."""

    start: int
    body: int
    end: int


def sections_of(text: str) -> list[Section]:
    """Return the sections of a text, in order; together they are the whole of it."""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    start = body = 0
    for at, line in _lines_outside_fences(text):
        if (found := _HEADING.fullmatch(line.rstrip())) is None:
            continue
        depth, name = len(found[1]), found[2].rstrip("#").strip() or found[2]
        if at > start:
            above = bool(path) and path[-1][0] < depth
            sections.append(Section(start, at, body, tuple(name for _, name in path), above))
        while path and path[-1][0] >= depth:
            path.pop()
        path.append((depth, name[:_LONGEST_HEADING]))
        start, body = at, at + len(line)
    return [*sections, Section(start, len(text), body, tuple(name for _, name in path))]


def tables_of(text: str) -> list[Table]:
    """Return the tables of a text, in order."""
    tables: list[Table] = []
    before: tuple[int, str] | None = None
    table: tuple[int, int] | None = None
    for at, line in _lines_outside_fences(text):
        if table is not None:
            if "|" in line:
                continue
            tables.append(Table(*table, at))
            table = None
        bare = line.rstrip()
        if before is not None and "|" in bare and "|" in before[1] and _is_rule(bare):
            table = (before[0], at + len(line))
        before = (at, bare)
    return [*tables, Table(*table, len(text))] if table is not None else tables


def _is_rule(line: str) -> bool:
    cells = line.strip().removeprefix("|").removesuffix("|").split("|")
    return all(_RULE.fullmatch(cell.strip()) for cell in cells)


def _lines_outside_fences(text: str) -> Iterator[tuple[int, str]]:
    """Yield offset and text of each line that is not within a fenced block of code."""
    at, fence = 0, ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence:
            if found is not None and found[1].startswith(fence):
                fence = ""
        elif found is not None:
            fence = found[1]
        else:
            yield at, line
        at += len(line)
