"""Arguments: what a function of the grammar is given, taken by kind and accounted for."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar, cast

from msgspec import Struct

from graphs.expressions.bounded_evaluation import ITEM, MAX_SIZE, STEP, Evaluation, ExpressionError
from graphs.parsing.numbers import is_number, kind, whole
from graphs.values.clock import CLOCK, Clock

__all__ = ["Arguments", "Function"]

T = TypeVar("T")


class Function(Struct, frozen=True):
    """A function of the grammar."""

    usage: str
    """How it is written: ``slice(x, start, end?)``."""
    gives: str
    """What it gives, a phrase."""
    least: int
    most: int
    """Number of arguments; 1,000 stands for any."""
    apply: Callable[["Arguments"], Any]
    reads: tuple["Reader | None", ...] = ()
    """For each argument what fails where it cannot be taken, whatever the others are; None where all can. The
    last also counts for those after it where `usage` has ``…``."""

    def reader(self, index: int) -> "Reader | None":
        """Return what fails where an argument cannot be taken; None where all can."""
        if index >= len(self.reads) and (not self.reads or "…" not in self.usage):
            return None
        return self.reads[min(index, len(self.reads) - 1)]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.usage.partition("(")[0]


class Arguments:
    """The arguments of one call, taken by the kind that the function expects."""

    def __init__(self, name: str, values: list[Any], evaluation: Evaluation, at: int) -> None:
        self.name = name
        self.values = values
        self.evaluation = evaluation
        self.at = at

    def error(self, message: str) -> ExpressionError:
        """Return an error that names the function."""
        return self.evaluation.error(f"{self.name}(): {message}", self.at)

    def clock(self) -> Clock:
        """Return the clock of this evaluation.

        Raises:
            ExpressionError: there is none here.
        """
        clock = self.evaluation.scope.get(CLOCK)
        if not isinstance(clock, Clock):
            raise self.error("there is no clock here; ask for the time or for chance in a field of a node")
        return clock

    def given(self, index: int) -> bool:
        """Say whether there is an argument and it is not null."""
        return index < len(self.values) and self.values[index] is not None

    def take(self, index: int, expected: type[T], what: str, default: T | None = None) -> T:
        """Return an argument of the expected kind; reading it is accounted for."""
        if default is not None and not self.given(index):
            return default
        value = self.values[index]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise self.error(f"expected {what} as argument {index + 1}, found {kind(value)}")
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, list | dict):
            self.spend(ITEM * len(value))  # pyright: ignore[reportUnknownArgumentType]  # length of any container
        return value

    def text(self, index: int, default: str | None = None) -> str:
        """Return an argument that is text."""
        return self.take(index, str, "text", default)

    def list(self, index: int) -> list[Any]:
        """Return an argument that is a list."""
        return cast("list[Any]", self.take(index, list, "a list"))

    def object(self, index: int) -> dict[str, Any]:
        """Return an argument that is an object."""
        return cast("dict[str, Any]", self.take(index, dict, "an object"))

    def number(self, index: int) -> Any:
        """Return an argument that is a number, as the evaluation counts."""
        if not is_number(self.values[index]):
            raise self.error(f"expected a number as argument {index + 1}, found {kind(self.values[index])}")
        return self.evaluation.counted(self.values[index])

    def whole(self, index: int, default: int | None = None) -> int:
        """Return an argument that is a whole number: 2.0 is one."""
        if default is not None and not self.given(index):
            return default
        number = whole(self.values[index])
        if number is None:
            raise self.error(
                f"expected a whole number as argument {index + 1}, found {kind(self.values[index])}"
            )
        return number

    def choice(self, index: int, choices: tuple[str, ...]) -> str:
        """Return an argument that is one of some words, the first of them where it is left out."""
        word = self.text(index, choices[0])
        if word not in choices:
            raise self.error(
                f"expected {', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}, found {word[:40]!r}"
            )
        return word

    def sequence(self, index: int) -> "str | list[Any]":
        """Return an argument that is text or a list."""
        value = self.values[index]
        if not isinstance(value, str | list):
            raise self.error(f"expected text or a list, found {kind(value)}")
        return cast("str | list[Any]", value)

    def key(self, index: int) -> Any:
        """Return a path, or None where it is left out. A text may be a key that is no path."""
        value = self.values[index] if self.given(index) else None
        if not isinstance(value, str | list | None) and whole(value) is None:
            raise self.error(f"expected a path as text or as a list of keys, found {kind(value)}")
        return value

    def alike(self, items: "list[Any] | None" = None) -> "list[Any]":
        """Return the items of the only list, or the arguments, without null: all numbers or all texts."""
        if items is None:
            items = self.values
            if len(items) == 1 and isinstance(items[0], list):
                items = self.list(0)
        items = [item for item in items if item is not None]
        numbers = all(is_number(item) for item in items)
        if not items or not (numbers or all(isinstance(item, str) for item in items)):
            found = " and ".join(dict.fromkeys(map(kind, items[:20]))) or "none"
            objects = isinstance(items[0], dict) if items else False
            hint = f"; {self.name}(list, 'key') goes by a key" if objects else ""
            raise self.error(f"expected numbers only or texts only, at least one, found {found}{hint}")
        self.spend(STEP * len(items))
        if not numbers:
            self.spend(sum(len(item) for item in items))
            return items
        if not self.evaluation.exact:
            return items
        return [Decimal(self.evaluation.counted(item)) for item in items]

    def spend(self, amount: int) -> None:
        """Account for work."""
        self.evaluation.spend(amount, self.at)

    def steps(self, number: int) -> None:
        """Account for work on so many items."""
        self.evaluation.spend(STEP * number, self.at)

    def room(self, size: int) -> None:
        """Account for a result of this size.

        Raises:
            ExpressionError: too large.
        """
        if size > MAX_SIZE:
            raise self.error(f"expected a result of at most {MAX_SIZE:,} characters, found {size:,}")
        self.spend(size)


Reader = Callable[[Arguments, int], Any]
