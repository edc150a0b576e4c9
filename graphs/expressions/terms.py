"""Terms: what a parsed expression is made of, and what each of them evaluates to."""

from typing import Any

from msgspec import Struct

from graphs.expressions.evaluation import Evaluation, MissingError, kind, look_up
from graphs.expressions.functions import FUNCTIONS, Arguments
from graphs.expressions.operators import calculate, contains, equal, is_number, ordered

__all__ = [
    "Call",
    "Chain",
    "Choice",
    "Comparison",
    "Default",
    "Exists",
    "Literal",
    "Logic",
    "Lookup",
    "Name",
    "Negation",
    "NewList",
    "NewObject",
    "Term",
]


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
        return self.content


class Name(Term, frozen=True):
    """A name of the scope."""

    name: str

    def value(self, evaluation: Evaluation) -> Any:
        """Return what the scope has under this name."""
        if self.name not in evaluation.scope:
            known = ", ".join(evaluation.scope)
            raise evaluation.missing(f"There is no name {self.name!r}; there are {known}", self.at)
        return evaluation.scope[self.name]


class Lookup(Term, frozen=True):
    """Keys and indexes after a term: ``a.b["c"][0]``."""

    base: Term
    keys: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return what lies at the end of the keys."""
        found = self.base.value(evaluation)
        for key in self.keys:
            found = look_up(found, key.value(evaluation), evaluation, key.at)
        return found


class NewList(Term, frozen=True):
    """``[a, b]``."""

    items: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return the items' values."""
        return [item.value(evaluation) for item in self.items]


class NewObject(Term, frozen=True):
    """``{"a": b}``."""

    items: tuple[tuple[str, Term], ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return the items' values by key."""
        return {key: item.value(evaluation) for key, item in self.items}


class Negation(Term, frozen=True):
    """``-a`` or ``not a``."""

    operator: str
    operand: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the opposite."""
        operand = self.operand.value(evaluation)
        if self.operator == "not":
            return not operand
        if not is_number(operand):
            raise evaluation.error(f"Expected a number after '-', found {kind(operand)}", self.at)
        return evaluation.number(-operand, self.at)


class Logic(Term, frozen=True):
    """``a and b and c``, ``a or b or c``: the operand that decides."""

    operator: str
    operands: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return the first operand that decides, else the last; what follows is not evaluated."""
        result: Any = None
        for operand in self.operands:
            result = operand.value(evaluation)
            if bool(result) == (self.operator == "or"):
                break
        return result


class Choice(Term, frozen=True):
    """``a if condition else b``."""

    condition: Term
    then: Term
    otherwise: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return one of the two; the other is not evaluated."""
        return (self.then if self.condition.value(evaluation) else self.otherwise).value(evaluation)


class Comparison(Term, frozen=True):
    """``a < b``, ``a in b`` and the like."""

    operator: str
    left: Term
    right: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return whether it holds."""
        left, right = self.left.value(evaluation), self.right.value(evaluation)
        match self.operator:
            case "==":
                return equal(left, right, evaluation, self.at)
            case "!=":
                return not equal(left, right, evaluation, self.at)
            case "in":
                return contains(right, left, evaluation, self.at)
            case "not in":
                return not contains(right, left, evaluation, self.at)
            case _:
                return ordered(self.operator, left, right, evaluation, self.at)


class Chain(Term, frozen=True):
    """``a + b - c`` or ``a * b / c % d``, from left to right."""

    first: Term
    rest: tuple[tuple[str, int, Term], ...]
    """Operator, its position and the operand."""

    def value(self, evaluation: Evaluation) -> Any:
        """Return the result."""
        result = self.first.value(evaluation)
        for operator, at, term in self.rest:
            result = calculate(operator, result, term.value(evaluation), evaluation, at)
        return result


class Call(Term, frozen=True):
    """``function(a, b)``."""

    name: str
    arguments: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return what the function gives."""
        values = [argument.value(evaluation) for argument in self.arguments]
        return FUNCTIONS[self.name].apply(Arguments(self.name, values, evaluation, self.at))


class Default(Term, frozen=True):
    """``default(a, b)``."""

    wanted: Term
    otherwise: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the first, or the second where the first is missing or null."""
        try:
            found = self.wanted.value(evaluation)
        except MissingError:
            found = None
        return self.otherwise.value(evaluation) if found is None else found


class Exists(Term, frozen=True):
    """``exists(a)``."""

    wanted: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return whether it is there and not null."""
        try:
            return self.wanted.value(evaluation) is not None
        except MissingError:
            return False
