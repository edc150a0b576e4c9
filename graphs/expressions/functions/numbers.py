"""Functions on numbers."""

import math
import re
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from graphs.expressions.bounded_evaluation import DECIMALS
from graphs.expressions.functions.arguments import Arguments, Function
from graphs.expressions.functions.item_keys import by_key
from graphs.expressions.operators import calculate, power
from graphs.parsing.numbers import is_number, kind

__all__ = ["NUMBERS"]

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)


def _number(call: Arguments, index: int = 0) -> Any:
    value = call.values[index]
    match value:
        case bool():
            return int(value)
        case int() | float() | Decimal():
            return value
        case str() if _NUMBER.fullmatch(value[:80].strip()) and len(value) < 80:
            stripped = value.strip()
            is_whole = stripped.removeprefix("-").isdecimal()
            read = int(stripped) if is_whole else float(stripped)
            return call.evaluation.counted(call.evaluation.number(read, call.at))
        case str():
            raise call.error(f"expected a number, found {value[:40]!r}")
        case _:
            raise call.error(f"expected text or a number, found {kind(value)}")


def _digits(call: Arguments, index: int) -> int:
    digits = call.whole(index, 0)
    if not 0 <= digits <= 15:
        raise call.error(f"expected 0 to 15 digits, found {digits}")
    return digits


def _round(call: Arguments) -> Any:
    digits = _digits(call, 1)
    return call.evaluation.number(round(call.number(0), digits or None), call.at)


def _to_whole(rounded: Callable[[Any], int]) -> Callable[[Arguments], Any]:
    return lambda call: call.evaluation.number(rounded(call.number(0)), call.at)


def _power(call: Arguments) -> Any:
    return power(call.number(0), call.number(1), call.evaluation, call.at)


def _degree(call: Arguments, index: int) -> int:
    degree = call.whole(index, 2)
    if not 1 <= degree <= 1_000:
        raise call.error(f"expected a degree from 1 to 1,000, found {degree}")
    return degree


def _not_negative(call: Arguments, index: int) -> Any:
    value = call.number(index)
    if value < 0:
        raise call.error("expected a number of at least 0, found a negative one")
    return value


def _root(call: Arguments) -> Any:
    """Return a root: exact where it is a whole number."""
    degree = _degree(call, 1)
    value = call.number(0) if degree % 2 else _not_negative(call, 0)
    size = abs(value)
    try:
        if isinstance(size, Decimal):
            found = (
                DECIMALS.sqrt(size)
                if degree == 2
                else DECIMALS.power(size, DECIMALS.divide(Decimal(1), degree))
            )
            near = Decimal(round(found)) if found < 10**15 else found
        else:
            found = math.sqrt(size) if degree == 2 else float(size) ** (1 / degree)
            near = round(found) if found < 10**15 else found
        if near**degree == size:
            found = near
    except (DecimalException, OverflowError):
        raise call.error("expected a number within 64 bits, found a larger one") from None
    return call.evaluation.number(-found if value < 0 else found, call.at)


def _percent(call: Arguments) -> Any:
    hundred = calculate("*", call.number(0), 100, call.evaluation, call.at)
    return calculate("/", hundred, _whole_part(call, 1), call.evaluation, call.at)


def _whole_part(call: Arguments, index: int) -> Any:
    value = call.number(index)
    if value == 0:
        raise call.error("expected a whole other than 0 to take the part of")
    return value


def _numbers(call: Arguments) -> list[Any]:
    """Return the numbers of a list, or what its objects have under a key; null does not count."""
    items = call.list(0)
    call.steps(len(items))
    if call.given(1):
        items = by_key(items, call.key(1), call)
    items = [item for item in items if item is not None]
    if wrong := [item for item in items if not is_number(item)]:
        raise call.error(f"expected a list of numbers, found {kind(wrong[0])}")
    return [call.evaluation.counted(item) for item in items]


def _sum(call: Arguments) -> Any:
    numbers = _numbers(call)
    if call.evaluation.exact:
        return call.evaluation.number(sum((Decimal(number) for number in numbers), Decimal(0)), call.at)
    return call.evaluation.number(sum(numbers), call.at)


def _average(call: Arguments) -> Any:
    numbers = _numbers(call)
    return calculate("/", _sum(call), len(numbers), call.evaluation, call.at) if numbers else None


def _extreme(choose: Callable[..., Any]) -> Callable[[Arguments], Any]:
    def pick(call: Arguments) -> Any:
        keyed = len(call.values) == 2 and isinstance(call.values[0], list) and isinstance(call.values[1], str)
        if not keyed:
            return choose(call.alike())
        items = call.list(0)
        keys = by_key(items, call.values[1], call)
        known = [key for key in keys if key is not None]
        return items[keys.index(choose(call.alike(known)))] if known else None

    return pick


def _random(call: Arguments) -> Any:
    if not call.values:
        return call.clock().draw()
    low, high = (0, call.whole(0) - 1) if len(call.values) == 1 else (call.whole(0), call.whole(1))
    if not low <= high:
        raise call.error(f"expected a number that may be had, found none from {low} to {high}")
    return min(high, low + int(call.clock().draw() * (high - low + 1)))


NUMBERS: tuple[Function, ...] = (
    Function("number(x)", "a number from text, or 1 and 0 from true and false", 1, 1, _number, (_number,)),
    Function(
        "round(number, digits?)",
        "the nearest number; a whole one without digits. A half goes to the even neighbour: 2 for 2.5",
        1,
        2,
        _round,
        (Arguments.number, _digits),
    ),
    Function(
        "floor(number)", "the next whole number below", 1, 1, _to_whole(math.floor), (Arguments.number,)
    ),
    Function("ceil(number)", "the next whole number above", 1, 1, _to_whole(math.ceil), (Arguments.number,)),
    Function(
        "abs(number)",
        "the number without its sign",
        1,
        1,
        lambda call: abs(call.number(0)),
        (Arguments.number,),
    ),
    Function(
        "power(number, exponent)",
        "the same as `number ** exponent`",
        2,
        2,
        _power,
        (Arguments.number, Arguments.number),
    ),
    Function("sqrt(number)", "the square root", 1, 1, _root, (_not_negative,)),
    Function(
        "root(number, degree?)",
        "the root of a degree, by default the square root",
        1,
        2,
        _root,
        (Arguments.number, _degree),
    ),
    Function(
        "percent(part, all)",
        "how many hundredths of all a part is",
        2,
        2,
        _percent,
        (Arguments.number, _whole_part),
    ),
    Function(
        "min(…)",
        "the smallest of a list or of the arguments; `min(list, 'key')` the item with the smallest",
        1,
        1000,
        _extreme(min),
    ),
    Function(
        "max(…)",
        "the largest of a list or of the arguments; `max(list, 'key')` the item with the largest",
        1,
        1000,
        _extreme(max),
    ),
    Function(
        "sum(list, key?)",
        "the sum of numbers, or of what objects have under a key; null does not count",
        1,
        2,
        _sum,
        (Arguments.list, Arguments.key),
    ),
    Function(
        "average(list, key?)",
        "the mean of numbers; null where there are none",
        1,
        2,
        _average,
        (Arguments.list, Arguments.key),
    ),
    Function(
        "random() or random(n) or random(from, to)",
        "a number from 0 up to 1, a whole one below `n`, or one from the first to the last",
        0,
        2,
        _random,
        (Arguments.whole, Arguments.whole),
    ),
)
