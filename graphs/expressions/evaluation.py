"""Evaluation: the names, the work and the errors of one expression while it is evaluated."""

import math
from collections.abc import Mapping
from typing import Any

from graphs.node.node import NodeError
from graphs.values.text import MAX_DEPTH

__all__ = ["ITEM", "MAX_SIZE", "Evaluation", "ExpressionError", "MissingError", "kind", "look_up"]

MAX_SIZE = 1_000_000
"""Characters that the result of an expression may have, where an item counts as `ITEM` of them."""
ITEM = 16
"""What an item of a list or object costs, counted in characters."""

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

    def __init__(self, scope: Mapping[str, Any], source: str) -> None:
        self.scope = scope
        self.source = source
        self._left = _MAX_WORK

    def spend(self, amount: int, at: int) -> None:
        """Account for characters that are about to be read or written; an item counts as `ITEM`.

        Raises:
            ExpressionError: the evaluation has used up its share.
        """
        self._left -= amount
        if self._left < 0:
            raise self.error(
                f"Expected work on at most {_MAX_WORK:,} characters (an item counts as {ITEM}), found more",
                at,
            )

    def error(self, message: str, at: int) -> ExpressionError:
        """Return an error that points into the source."""
        return ExpressionError(message, source=self.source, position=at)

    def missing(self, message: str, at: int) -> MissingError:
        """Return an error for something that is not there."""
        return MissingError(message, source=self.source, position=at)

    def number(self, value: float, at: int) -> float:
        """Return a number that JSON and 64 bits can hold.

        Raises:
            ExpressionError: it is beyond them.
        """
        if -(2**63) <= value < 2**64 if isinstance(value, int) else math.isfinite(value):
            return value
        raise self.error("Expected a number within 64 bits, found a larger one", at)

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
                    total += ITEM * len(item)
                case dict():
                    total += ITEM * len(item) + sum(len(key) for key in item)
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
                pending.extend((child, depth + 1) for child in children)
        self.spend(total, at)
        return total


def kind(value: Any) -> str:
    """Return what people call this kind of value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def look_up(container: Any, key: Any, evaluation: Evaluation, at: int) -> Any:
    """Return what an object has under a key, or a list or text at an index.

    Raises:
        MissingError: nothing is there; the message names what is.
    """
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
        case _:
            raise evaluation.missing(f"Expected a key of {kind(container)}, found {str(key)[:80]!r}", at)
