"""Operators of expressions, each bounded in what it reads and writes."""

import math
from decimal import Decimal, DecimalException
from typing import Any

from graphs.expressions.bounded_evaluation import DECIMALS, ITEM, MAX_SIZE, STEP, Evaluation
from graphs.parsing.numbers import is_number, kind, whole

__all__ = ["calculate", "contains", "equal", "ordered", "power"]


def equal(left: Any, right: Any, evaluation: Evaluation, at: int) -> bool:
    """Return whether two JSON values are equal; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    match left, right:
        case list(), list():
            evaluation.spend(STEP * len(left), at)
            return len(left) == len(right) and all(
                equal(a, b, evaluation, at) for a, b in zip(left, right, strict=True)
            )
        case dict(), dict():
            evaluation.spend(STEP * len(left), at)
            return left.keys() == right.keys() and all(equal(left[k], right[k], evaluation, at) for k in left)
        case str(), str():
            evaluation.spend(1 + len(left) // 16, at)
            return left == right
        case _:
            return evaluation.counted(left) == evaluation.counted(right)


def contains(container: Any, item: Any, evaluation: Evaluation, at: int) -> bool:
    """Return whether an item is in a list, a key in an object or text in text."""
    match container, item:
        case str(), str():
            evaluation.spend(len(container), at)
            return item in container
        case list(), _:
            evaluation.spend(STEP * len(container), at)
            return any(equal(item, member, evaluation, at) for member in container)
        case dict(), str():
            return item in container
        case _:
            raise evaluation.error(
                f"'in' looks for text in text, a key in an object or an item in a list, found {kind(item)} "
                f"and {kind(container)}" + ("; string(…) converts" if is_number(item) else ""),
                at,
            )


def ordered(operator: str, left: Any, right: Any, evaluation: Evaluation, at: int) -> bool:
    """Return whether ``<``, ``<=``, ``>`` or ``>=`` holds between two numbers or two texts."""
    if not ((is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))):
        raise evaluation.error(
            f"'{operator}' compares two numbers or two texts, found {kind(left)} and {kind(right)}; "
            "number(…) and string(…) convert",
            at,
        )
    left, right = evaluation.counted(left), evaluation.counted(right)
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def calculate(operator: str, left: Any, right: Any, evaluation: Evaluation, at: int) -> Any:
    """Return the result of ``+``, ``-``, ``*``, ``/`` or ``%``; a quotient that is whole is an integer."""
    if operator == "+":
        match left, right:
            case str(), str():
                _make_room(len(left) + len(right), evaluation, at)
                return left + right
            case list(), list():
                _make_room(ITEM * (len(left) + len(right)), evaluation, at)
                return [*left, *right]
            case _:
                pass
    if not (is_number(left) and is_number(right)):
        takes = "two numbers, two texts or two lists" if operator == "+" else "two numbers"
        raise evaluation.error(
            f"'{operator}' takes {takes}, found {kind(left)} and {kind(right)}; "
            f"{_instead(operator, left, right)}",
            at,
        )
    if operator in "/%" and right == 0:
        raise evaluation.error(f"'{operator}' cannot divide by zero", at)
    a, b = _alike(left, right, evaluation, divided=operator == "/")
    if isinstance(a, Decimal):
        return evaluation.number(_decimals(operator, a, b, evaluation, at), at)
    match operator:
        case "+":
            result = a + b
        case "-":
            result = a - b
        case "*":
            result = a * b
        case "/":
            result = a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b
            exact = whole(result)
            result = result if exact is None else exact
        case _:
            result = a % b
    return evaluation.number(result, at)


def _instead(operator: str, left: Any, right: Any) -> str:
    """Return what to write in place of operands that an operator does not take."""
    if operator == "+" and isinstance(left, dict) and isinstance(right, dict):
        return "merge(…) makes one object of two"
    if operator == "+" and isinstance(left, list) != isinstance(right, list):
        text = isinstance(left, str) or isinstance(right, str)
        return "'+ [x]' adds x to a list" + (", and join(list, ', ') makes text of one" if text else "")
    if operator != "+" and (isinstance(left, list | dict) or isinstance(right, list | dict)):
        return "[x.price * 2 for x in list] calculates with each item, and sum(list) adds them up"
    return "number(…) and string(…) convert"


def power(base: Any, exponent: Any, evaluation: Evaluation, at: int) -> Any:
    """Return a number to the power of another.

    Raises:
        ExpressionError: they are no numbers, or the result is none or too large.
    """
    if not (is_number(base) and is_number(exponent)):
        raise evaluation.error(f"'**' takes two numbers, found {kind(base)} and {kind(exponent)}", at)
    if base == 0 and exponent < 0:
        raise evaluation.error("'**' cannot divide by zero", at)
    if base < 0 and whole(exponent) is None:
        raise evaluation.error("'**' takes a whole exponent where the base is negative", at)
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and exponent * (abs(base).bit_length() - 1) > 64:
            return evaluation.number(math.inf, at)
        return evaluation.number(base**exponent, at)
    a, b = _alike(base, exponent, evaluation, divided=True)
    try:
        result = DECIMALS.power(a, b) if isinstance(a, Decimal) else float(a) ** float(b)
    except (DecimalException, OverflowError):
        result = math.inf
    return evaluation.number(result, at)


def _alike(left: Any, right: Any, evaluation: Evaluation, *, divided: bool) -> tuple[Any, Any]:
    """Return two numbers in the form in which they are counted together."""
    if not evaluation.exact or (isinstance(left, int) and isinstance(right, int) and not divided):
        return left, right
    return Decimal(evaluation.counted(left)), Decimal(evaluation.counted(right))


def _decimals(operator: str, left: Decimal, right: Decimal, evaluation: Evaluation, at: int) -> Decimal:
    try:
        match operator:
            case "+":
                return DECIMALS.add(left, right)
            case "-":
                return DECIMALS.subtract(left, right)
            case "*":
                return DECIMALS.multiply(left, right)
            case "/":
                return DECIMALS.divide(left, right)
            case _:
                rest = DECIMALS.remainder(left, right)
                # As everywhere else in the grammar the rest has the sign of the divisor.
                return rest + right if rest and (rest < 0) != (right < 0) else rest
    except DecimalException:
        raise evaluation.error("Expected a number within 64 bits, found a larger one", at) from None


def _make_room(size: int, evaluation: Evaluation, at: int) -> None:
    if size > MAX_SIZE:
        raise evaluation.error(
            f"Expected at most {MAX_SIZE:,} characters (an item counts as {ITEM}), found {size:,}", at
        )
    evaluation.spend(size, at)
