"""Operators of expressions, each bounded in what it reads and writes."""

from typing import Any

from graphs.expressions.evaluation import ITEM, MAX_SIZE, Evaluation, kind

__all__ = ["calculate", "contains", "equal", "is_number", "ordered"]

_COMPARE = 3 * ITEM


def is_number(value: Any) -> bool:
    """Return whether it is a number; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any, evaluation: Evaluation, at: int) -> bool:
    """Return whether two JSON values are equal; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    match left, right:
        case list(), list():
            evaluation.spend(_COMPARE * len(left), at)
            return len(left) == len(right) and all(
                equal(a, b, evaluation, at) for a, b in zip(left, right, strict=True)
            )
        case dict(), dict():
            evaluation.spend(_COMPARE * len(left), at)
            return left.keys() == right.keys() and all(equal(left[k], right[k], evaluation, at) for k in left)
        case str(), str():
            evaluation.spend(1 + len(left) // 16, at)
            return left == right
        case _:
            return left == right


def contains(container: Any, item: Any, evaluation: Evaluation, at: int) -> bool:
    """Return whether an item is in a list, a key in an object or text in text."""
    match container, item:
        case str(), str():
            evaluation.spend(len(container), at)
            return item in container
        case list(), _:
            evaluation.spend(_COMPARE * len(container), at)
            return any(equal(item, member, evaluation, at) for member in container)
        case dict(), str():
            return item in container
        case _:
            raise evaluation.error(
                f"'in' looks for text in text, a key in an object or an item in a list, found {kind(item)} "
                f"and {kind(container)}",
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
    """Return the result of ``+``, ``-``, ``*``, ``/`` or ``%``."""
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
            "number(…) and string(…) convert",
            at,
        )
    match operator:
        case "+":
            return evaluation.number(left + right, at)
        case "-":
            return evaluation.number(left - right, at)
        case "*":
            return evaluation.number(left * right, at)
        case _ if right == 0:
            raise evaluation.error(f"'{operator}' cannot divide by zero", at)
        case "/":
            return evaluation.number(left / right, at)
        case _:
            return evaluation.number(left % right, at)


def _make_room(size: int, evaluation: Evaluation, at: int) -> None:
    if size > MAX_SIZE:
        raise evaluation.error(
            f"Expected at most {MAX_SIZE:,} characters (an item counts as {ITEM}), found {size:,}", at
        )
    evaluation.spend(size, at)
