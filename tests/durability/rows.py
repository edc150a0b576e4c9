"""Rows of the table of faults: what a test has injected, what it saw, and the table that is made of them."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, Literal, TypeVar

import msgspec
import pytest
from msgspec import Struct

import tests.durability

__all__ = ["Fault", "Row", "Tier", "fault", "joined", "known_faults", "table"]

Tier = Literal["ci", "full"]
Counts = int | Mapping[str, int]
Test = TypeVar("Test", bound=Callable[..., Any])


class Fault(Struct, frozen=True):
    """A row that the suite can write: declared on a test by `fault`."""

    id: str
    """``F-01``; several tests may share one."""
    title: str
    """What is done to the server, in a few words. With the id it names the row."""
    promise: str
    """What must be seen."""
    ci: Counts
    """How often it is done in CI, by kind of database where that matters."""
    full: Counts
    """How often it is done by ``make faults``."""

    def count(self, tier: Tier, database: str) -> int:
        """Return how often it is to be done."""
        counts = self.full if tier == "full" else self.ci
        return counts if isinstance(counts, int) else counts[database]


class Row(Struct, frozen=True):
    """What one test has seen of one fault."""

    id: str
    title: str
    promise: str
    database: str
    """``sqlite``, ``postgresql``, or empty where none was at stake."""
    tier: Tier
    seed: int
    count: int
    """How often the fault was injected."""
    added: dict[str, float] = {}
    """Figures that add up over the parts of a row: lost, repeated."""
    peaks: dict[str, float] = {}
    """Figures of which the largest counts: seconds to recover."""
    held: bool = True
    seconds: float = 0.0

    def figures(self) -> str:
        """Return what was seen as words."""
        seen = [*self.added.items(), *self.peaks.items()]
        return (
            ", ".join(f"{name.replace('_', ' ')} {_number(value)}" for name, value in seen) or "as promised"
        )


def fault(id: str, title: str, promise: str, *, ci: Counts, full: Counts) -> Callable[[Test], Test]:
    """Declare that a test writes a row; it takes the fixture ``trial``, which knows seed and count.

    Args:
        id: Of the row, ``F-01``.
        title: What is done to the server; with `id` the row's name, so tests that share both share a row.
        promise: What must be seen, with the numbers that are allowed.
        ci: How often the fault is injected in CI; a mapping where databases differ.
        full: How often by ``make faults``.
    """
    mark = pytest.mark.fault(Fault(id, title, promise, ci, full))

    def declare(test: Test) -> Test:
        return mark(test)

    return declare


def known_faults() -> list[Fault]:
    """Return every row that the suite can write, in order."""
    found: dict[tuple[str, str], Fault] = {}
    for module in pkgutil.iter_modules(tests.durability.__path__):
        if module.name.startswith("test_"):
            content = vars(importlib.import_module(f"tests.durability.{module.name}"))
            for value in content.values():
                marks = getattr(value, "pytestmark", []) if isinstance(value, FunctionType) else []
                for mark in marks:
                    if mark.name == "fault":
                        declared: Fault = mark.args[0]
                        found[declared.id, declared.title] = declared
    return [found[key] for key in sorted(found)]


def joined(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each fault and database, of what several tests saw of it, in order."""
    whole: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = (row.id, row.title, row.database)
        before = whole.get(key)
        if before is None:
            whole[key] = row
            continue
        whole[key] = msgspec.structs.replace(
            row,
            count=before.count + row.count,
            added={
                name: before.added.get(name, 0) + row.added.get(name, 0)
                for name in [*before.added, *row.added]
            },
            peaks={
                name: max(before.peaks.get(name, 0), row.peaks.get(name, 0))
                for name in [*before.peaks, *row.peaks]
            },
            held=before.held and row.held,
            seconds=before.seconds + row.seconds,
        )
    # SQLite before PostgreSQL.
    return sorted(whole.values(), key=lambda row: (row.id, row.title, row.database != "sqlite"))


def table(rows: Iterable[Row]) -> str:
    """Return rows as Markdown."""
    lines = [
        "| | what is done | what must be seen | database | seed | times | tier | seen | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "": "–"}
    lines += [
        f"| {row.id} | {row.title} | {row.promise} | {names[row.database]} | {row.seed} | {row.count:,} "
        f"| {row.tier} | {row.figures()} | {'held' if row.held else '**failed**'} |"
        for row in joined(rows)
    ]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
