"""Functions of expressions: a closed table, each bounded in what it reads and writes."""

from collections.abc import Mapping
from types import MappingProxyType

from graphs.expressions.functions.arguments import Arguments, Function
from graphs.expressions.functions.dates import DATES
from graphs.expressions.functions.encodings import ENCODINGS
from graphs.expressions.functions.json_values import JSON_VALUES
from graphs.expressions.functions.lists import LISTS
from graphs.expressions.functions.numbers import NUMBERS
from graphs.expressions.functions.objects import OBJECTS
from graphs.expressions.functions.patterns import PATTERNS
from graphs.expressions.functions.texts import TEXTS

__all__ = ["FUNCTIONS", "GROUPS", "READS_CLOCK", "Arguments", "Function"]

GROUPS: Mapping[str, tuple[Function, ...]] = MappingProxyType(
    {
        "Text": TEXTS,
        "Patterns": PATTERNS,
        "Numbers": NUMBERS,
        "Lists": LISTS,
        "Objects": OBJECTS,
        "Kinds and JSON": JSON_VALUES,
        "Dates and times": DATES,
        "Encodings": ENCODINGS,
    }
)
"""By what they are for."""

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {row.name: row for rows in GROUPS.values() for row in rows}
)
"""By name. ``default``, ``exists`` and ``has_value`` are grammar: they look before they fail."""

READS_CLOCK = frozenset({"now", "today", "random", "uuid"})
"""Functions whose result differs from run to run: a run reads its clock once a node run, and keeps it."""
