"""Terms: the values, look-ups, lists and objects that an expression is made of."""

from typing import Any

from msgspec import Struct

from graphs.expressions.bounded_evaluation import Evaluation, look_up
from graphs.parsing.numbers import is_number, kind, whole
from graphs.parsing.text import as_text

__all__ = ["Literal", "Local", "Lookup", "Name", "NewList", "NewObject", "Slice", "Term", "key_text"]


class Term(Struct, frozen=True):
    """A part of an expression."""

    at: int
    """Index of its first character in the source, or of its operator."""

    def value(self, evaluation: Evaluation) -> Any:
        """Return what the term stands for, plain JSON.

        Raises:
            ExpressionError: it stands for nothing.
        """
        raise NotImplementedError


class Literal(Term, frozen=True):
    """A value written down."""

    content: Any

    def value(self, evaluation: Evaluation) -> Any:
        """Return the value itself."""
        return evaluation.counted(self.content)


class Name(Term, frozen=True):
    """A name of the scope."""

    name: str

    def value(self, evaluation: Evaluation) -> Any:
        """Return what the scope has under this name."""
        if self.name not in evaluation.scope:
            known = ", ".join(name for name in evaluation.scope if not name.startswith("__"))
            raise evaluation.missing(f"There is no name {self.name!r}; there are {known}", self.at)
        return evaluation.counted(evaluation.scope[self.name])


class Local(Term, frozen=True):
    """A name that a ``for`` around it has given to an item."""

    name: str

    def value(self, evaluation: Evaluation) -> Any:
        """Return the item."""
        return evaluation.counted(evaluation.locals[self.name])


class Lookup(Term, frozen=True):
    """Keys and indexes after a term: ``a.b["c"][0]``."""

    base: Term
    keys: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return what lies at the end of the keys."""
        found = self.base.value(evaluation)
        for key in self.keys:
            found = look_up(found, key.value(evaluation), evaluation, key.at)
        return evaluation.counted(found)


class Slice(Term, frozen=True):
    """``a[start:end:step]``; a part that is left out is None."""

    base: Term
    start: Term | None
    end: Term | None
    step: Term | None

    def value(self, evaluation: Evaluation) -> Any:
        """Return the part of a text or list."""
        found = self.base.value(evaluation)
        if not isinstance(found, str | list):
            raise evaluation.error(f"Expected text or a list before '[…:…]', found {kind(found)}", self.at)
        start, end, step = (self._bound(part, evaluation) for part in (self.start, self.end, self.step))
        if step == 0:
            raise evaluation.error("Expected a step other than 0", self.at)
        part: Any = found[start:end:step]
        evaluation.spend(len(part), self.at)
        return part

    def _bound(self, part: Term | None, evaluation: Evaluation) -> int | None:
        value = None if part is None else part.value(evaluation)
        if value is None:
            return None
        number = whole(value)
        if number is None:
            raise evaluation.error(f"Expected whole numbers in '[…:…]', found {kind(value)}", self.at)
        return number


class NewList(Term, frozen=True):
    """``[a, b]``."""

    items: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return the items' values."""
        return [item.value(evaluation) for item in self.items]


class NewObject(Term, frozen=True):
    """``{"a": b}`` or, with a key that is computed, ``{[a]: b}``."""

    items: tuple[tuple[str | Term, Term], ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return the items' values by key."""
        return {
            key if isinstance(key, str) else key_text(key.value(evaluation), evaluation, key.at): item.value(
                evaluation
            )
            for key, item in self.items
        }


def key_text(value: Any, evaluation: Evaluation, at: int) -> str:
    """Return what an object has as a key for a value.

    Raises:
        ExpressionError: it is neither text nor a number.
    """
    if isinstance(value, str):
        evaluation.spend(len(value), at)
        return value
    if not is_number(value):
        raise evaluation.error(f"Expected text or a number as a key, found {kind(value)}", at)
    number = whole(value)
    return as_text(float(value) if number is None else number)
