"""Operations: the terms that compute with others."""

from typing import Any

from graphs.expressions.bounded_evaluation import Evaluation
from graphs.expressions.operators import calculate, contains, equal, ordered, power
from graphs.expressions.terms import Term
from graphs.parsing.numbers import is_number, kind

__all__ = ["Chain", "Choice", "Comparison", "Logic", "Negation", "Percent", "Power"]


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


class Power(Term, frozen=True):
    """``a ** b``."""

    base: Term
    exponent: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the result."""
        return power(self.base.value(evaluation), self.exponent.value(evaluation), evaluation, self.at)


class Percent(Term, frozen=True):
    """``a%``: a hundredth."""

    operand: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the hundredth."""
        return calculate("/", self.operand.value(evaluation), 100, evaluation, self.at)
