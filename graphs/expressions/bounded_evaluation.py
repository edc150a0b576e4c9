"""Evaluation: the names, the work and the errors of one expression while it is evaluated."""

import math
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from graphs.expressions.long_work import SHORT, Lengthy
from graphs.parsing.numbers import kind
from graphs.parsing.text import MAX_DEPTH
from graphs.values.node_error import NodeError

__all__ = ["ITEM", "MAX_SIZE", "STEP", "Evaluation", "ExpressionError", "MissingError", "kind", "look_up"]

MAX_SIZE = 1_000_000
"""Characters that the result of an expression may have, where an item counts as `ITEM` of them."""
ITEM = 2
"""What an item of a list or object costs beside the text in it, counted in characters."""
STEP = 8
"""What it costs to compare, move or compute one item, counted in characters."""

DECIMALS = Context(prec=50)
"""How exact evaluations count."""

_MAX_WORK = 4_000_000


class ExpressionError(NodeError):
    """An expression or template cannot be parsed or evaluated."""

    def __init__(self, message: str, *, source: str = "", position: int = 0) -> None:
        around = source[max(0, position - 20) : position + 40]
        where = f" (at character {position + 1}, near {around!r})" if source else ""
        super().__init__(f"{message}{where}.", code="expression_failed")
        self.source = source
        self.position = position
        """0-based index of the character in `source`."""


class MissingError(ExpressionError):
    """A name, key or index that is not there; ``default(…)`` and ``exists(…)`` catch it."""


class Evaluation:
    """One evaluation: the names it may look up and the work it may still do."""

    def __init__(self, scope: Mapping[str, Any], source: str, *, exact: bool = False) -> None:
        self.scope = scope
        self.source = source
        self.exact = exact
        """Whether numbers are decimals instead of binary fractions: 0.1 + 0.2 is 0.3."""
        self.locals: dict[str, Any] = {}
        """What the ``for`` parts around the term that is evaluated have named."""
        short = SHORT.get()
        self._left = _MAX_WORK if short is None else short
        self._short = short is not None

    def spend(self, amount: int, at: int) -> None:
        """Account for characters that are about to be read or written.

        Raises:
            ExpressionError: the evaluation has used up its share.
        """
        self._left -= amount
        if self._left < 0:
            if self._short:
                raise Lengthy
            raise self.error(
                f"Expected work on at most {_MAX_WORK:,} characters (an item counts as {ITEM}, work on "
                f"one as {STEP}), found more; take a part of the list or compute in several nodes",
                at,
            )

    def error(self, message: str, at: int) -> ExpressionError:
        """Return an error that points into the source."""
        return ExpressionError(message, source=self.source, position=at)

    def missing(self, message: str, at: int) -> MissingError:
        """Return an error for something that is not there."""
        return MissingError(message, source=self.source, position=at)

    def number(self, value: Any, at: int) -> Any:
        """Return a number that JSON and 64 bits can hold.

        Raises:
            ExpressionError: it is beyond them.
        """
        if isinstance(value, int):
            fits = -(2**63) <= value < 2**64
        elif isinstance(value, Decimal):
            fits = value.is_finite() and abs(value) < Decimal("1e300")
        else:
            fits = math.isfinite(value)
        if fits:
            return value
        raise self.error("Expected a number within 64 bits, found a larger one", at)

    def counted(self, value: Any) -> Any:
        """Return a number as this evaluation counts: a decimal where it is exact."""
        if self.exact and isinstance(value, float):
            return Decimal(repr(value))
        return value

    def plain(self, value: Any) -> Any:
        """Return a value as JSON has it: integers and binary fractions for the decimals in it."""
        if not self.exact:
            return value
        match value:
            case Decimal():
                return (
                    int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
                )
            case list():
                return [self.plain(item) for item in value]
            case dict():
                return {key: self.plain(item) for key, item in value.items()}
            case _:
                return value

    def size(self, value: Any, at: int) -> int:
        """Return how large a value is, in characters.

        Raises:
            ExpressionError: larger than `MAX_SIZE`, or nested deeper than `MAX_DEPTH`.
        """
        total, pending = 0, [(value, 0)]
        while pending:
            item, depth = pending.pop()
            match item:
                case str():
                    total += len(item)
                case list():
                    total += ITEM * (1 + len(item))
                case dict():
                    total += ITEM * (1 + len(item)) + sum(len(key) for key in item)
                case _:
                    continue
            if total > MAX_SIZE or depth > MAX_DEPTH:
                raise self.error(
                    f"Expected a value of at most {MAX_SIZE:,} characters (an item counts as {ITEM}), nested "
                    f"at most {MAX_DEPTH} deep, found a larger one",
                    at,
                )
            if not isinstance(item, str):
                children = item.values() if isinstance(item, dict) else item
                pending.extend(
                    (child, depth + 1) for child in children if isinstance(child, str | list | dict)
                )
        self.spend(total, at)
        return total


def look_up(container: Any, key: Any, evaluation: Evaluation, at: int) -> Any:
    """Return what an object has under a key, or a list or text at an index.

    Raises:
        MissingError: nothing is there; the message names what is.
    """
    if isinstance(key, float | Decimal) and key == key // 1:
        key = int(key)
    match container, key:
        case dict(), str() | int():
            name = str(key)
            if name in container:
                return container[name]
            known = ", ".join(repr(name[:40]) for name in list(container)[:12]) or "none, it is empty"
            raise evaluation.missing(f"There is no key {name[:80]!r}; there are: {known}", at)
        case list() | str(), int() | str() if str(key).removeprefix("-").isdecimal() and len(str(key)) < 20:
            index = int(key)
            if -len(container) <= index < len(container):
                return container[index]
            raise evaluation.missing(f"There is no index {index}; the length is {len(container)}", at)
        case None, _:
            raise evaluation.missing(f"Expected an object with {str(key)[:80]!r}, found null", at)
        case list(), str() if key.isidentifier():
            way = f"pluck(list, {key[:40]!r}) gives that of each item"
            raise evaluation.missing(f"Expected an index of a list, found {key[:80]!r}; {way}", at)
        case _:
            raise evaluation.missing(f"Expected a key of {kind(container)}, found {str(key)[:80]!r}", at)
