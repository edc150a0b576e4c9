"""Comprehensions: lists and objects that are made of others, an item at a time."""

from collections.abc import Callable
from typing import Any, cast

from graphs.expressions.bounded_evaluation import ITEM, STEP, Evaluation
from graphs.expressions.terms import Term, key_text
from graphs.parsing.numbers import kind

__all__ = ["Filter", "For", "ListFrom", "ObjectFrom"]

_TOKEN = 2
"""What a token of a comprehension costs for each item."""


class For(Term, frozen=True):
    """``for a in b`` or ``for a, b in c``; of an object its keys, or with two names its keys and values."""

    names: tuple[str, ...]
    source: Term

    def each(self, evaluation: Evaluation, then: Callable[[], None], cost: int) -> None:
        """Name one item after the other and do what comes then."""
        items = self.source.value(evaluation)
        if isinstance(items, dict):
            fields = cast("dict[str, Any]", items)
            items = [[key, fields[key]] for key in fields] if len(self.names) == 2 else [*fields]
        if not isinstance(items, list):
            raise evaluation.error(f"Expected a list or an object after 'in', found {kind(items)}", self.at)
        seen, known = cast("list[Any]", items), evaluation.locals
        for item in seen:
            evaluation.spend(cost, self.at)
            evaluation.locals = known | self._named(item, evaluation)
            then()
        evaluation.locals = known

    def _named(self, item: Any, evaluation: Evaluation) -> dict[str, Any]:
        if len(self.names) == 1:
            return {self.names[0]: item}
        if not isinstance(item, list) or len(cast("list[Any]", item)) != len(self.names):
            raise evaluation.error(
                f"Expected items of {len(self.names)} for {', '.join(self.names)}, found {kind(item)}; "
                "items(object), enumerate(list) and zip(a, b) give pairs",
                self.at,
            )
        return dict(zip(self.names, cast("list[Any]", item), strict=True))


class Filter(Term, frozen=True):
    """``if a``."""

    condition: Term


class _Comprehension(Term, frozen=True):
    """What both kinds have."""

    clauses: tuple[For | Filter, ...]
    tokens: int
    """How long it is: what an item costs goes by this."""

    def walk(self, evaluation: Evaluation, found: Callable[[], None], place: int = 0) -> None:
        """Go through the items that pass, from the clause at `place` on."""
        if place == len(self.clauses):
            found()
            return
        match self.clauses[place]:
            case For() as each:
                cost = STEP + _TOKEN * self.tokens
                each.each(evaluation, lambda: self.walk(evaluation, found, place + 1), cost)
            case Filter(condition=condition):
                if condition.value(evaluation):
                    self.walk(evaluation, found, place + 1)


class ListFrom(_Comprehension, frozen=True):
    """``[a for b in c if d]``."""

    item: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the list."""
        made: list[Any] = []
        known = evaluation.locals
        try:
            self.walk(evaluation, lambda: made.append(self.item.value(evaluation)))
        finally:
            evaluation.locals = known
        evaluation.spend(ITEM * len(made), self.at)
        return made


class ObjectFrom(_Comprehension, frozen=True):
    """``{a: b for c in d if e}``; of two items with one key the later counts."""

    key: Term
    item: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the object."""
        made: dict[str, Any] = {}
        known = evaluation.locals

        def add() -> None:
            key = key_text(self.key.value(evaluation), evaluation, self.key.at)
            made[key] = self.item.value(evaluation)

        try:
            self.walk(evaluation, add)
        finally:
            evaluation.locals = known
        evaluation.spend(ITEM * len(made), self.at)
        return made
