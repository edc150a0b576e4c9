"""The tools that agents may call."""

import ast
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from langchain_core.tools import BaseTool, tool

__all__ = [
    "DECIMALS",
    "rounded",
    "total",
    "OPERATORS",
    "FUNCTIONS",
    "CONSTANTS",
    "power",
    "compute",
    "plain",
    "calculator",
    "current_time",
    "described",
]

DECIMALS = Context(prec=50)


def rounded(number: Decimal, digits: Decimal = Decimal(0)) -> Any:
    """Return a rounded number, a whole one without digits."""
    return round(number, int(digits) or None)


def total(numbers: list[Decimal]) -> Decimal:
    """Return the sum of numbers."""
    return sum(numbers, Decimal(0))


OPERATORS: dict[type[ast.AST], Callable[[Decimal, Decimal], Any]] = {
    ast.Add: DECIMALS.add,
    ast.Sub: DECIMALS.subtract,
    ast.Mult: DECIMALS.multiply,
    ast.Div: DECIMALS.divide,
    ast.Mod: lambda left, right: left - right * Decimal(math.floor(left / right)),
    ast.Pow: lambda left, right: power(left, right),
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
    "min": min,
    "round": rounded,
    "sqrt": DECIMALS.sqrt,
    "sum": total,
}
CONSTANTS = {"pi": Decimal(repr(math.pi)), "e": Decimal(repr(math.e))}


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """Return a power that is not too large to compute."""
    if base and abs(exponent) * abs(base.copy_abs().ln(DECIMALS)) > 700:
        raise ValueError("Expected a number within 64 bits, found a larger one.")
    return DECIMALS.power(base, exponent)


def compute(node: ast.AST) -> Any:
    """Return the value of a part of an arithmetic expression.

    Raises:
        ValueError: it is something else.
    """
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Decimal(repr(value))
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [compute(item) for item in items]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -compute(operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            return OPERATORS[type(operator)](compute(left), compute(right))
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return OPERATORS[type(operator)](compute(left), compute(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(compute, arguments))
        case _:
            raise ValueError(
                "Expected numbers with + - * / % ** and parentheses, and functions such as round."
            )


def plain(value: Any) -> Any:
    """Return a decimal as an integer where it is whole, otherwise as a float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


@tool
def calculator(expression: str) -> Any:
    """Compute an arithmetic expression exactly, in decimals. Use it for every calculation."""
    return plain(compute(ast.parse(expression.strip()[:4000], mode="eval").body))


@tool
def current_time(zone: str = "UTC") -> dict[str, str]:
    """Tell the date, the time and the day of the week as they are now, in a time zone."""
    now = datetime.now(UTC if zone == "UTC" else ZoneInfo(zone))
    return {"time": now.isoformat(timespec="seconds"), "zone": zone, "weekday": f"{now:%A}"}


def described(one: BaseTool, *, name: str = "", description: str = "") -> BaseTool:
    """Return a tool with another name or description for the model."""
    changes = {"name": name, "description": description}
    return one.model_copy(update={field: told for field, told in changes.items() if told})
