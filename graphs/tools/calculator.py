"""The calculator tool."""

import math
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs import expressions
from graphs.expressions import ExpressionError
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample

__all__ = ["Calculator"]

_CONSTANTS = {"pi": math.pi, "e": math.e}


class Calculation(Struct, frozen=True, forbid_unknown_fields=True):
    """What to compute."""

    expression: Annotated[
        str,
        Meta(
            max_length=4000,
            description="Numbers with + - * / % ** and parentheses, 20% for a fifth, comparisons, and "
            "functions such as round(x, digits), sqrt, min, max, sum([…]), abs, floor. There are pi and e.",
        ),
    ]


class Calculator(Tool, frozen=True, kw_only=True, tag="calculator"):
    """Compute an arithmetic expression exactly, in decimals. Use it for every calculation."""

    arguments: ClassVar[type[Struct]] = Calculation
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(title="A product", arguments={"expression": "12 * (7 + 5)"}, result=144),
        ToolExample(title="Decimals", arguments={"expression": "0.1 + 0.2"}, result=0.3),
        ToolExample(title="A power", arguments={"expression": "2 ** 10"}, result=1024),
        ToolExample(title="A rest", arguments={"expression": "7 % 3"}, result=1),
        ToolExample(title="A share", arguments={"expression": "20% * 50"}, result=10),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Compute it: there is nothing to look into but two constants."""
        try:
            return _computed(arguments["expression"])
        except ExpressionError as error:
            raise ToolError(str(error)) from error

    @staticmethod
    def fault(source: str) -> str:
        """Return why an expression cannot be computed; empty where it can."""
        try:
            _computed(source)
        except ExpressionError as error:
            return str(error)
        return ""


def _computed(source: str) -> Any:
    return expressions.parse(source, names=tuple(_CONSTANTS)).evaluate(_CONSTANTS, exact=True)
