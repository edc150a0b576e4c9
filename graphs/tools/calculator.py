"""The calculator tool."""

import math
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs import expressions
from graphs.expressions import ExpressionError
from graphs.tool.tool import Tool, ToolContext, ToolError, ToolExample

__all__ = ["Calculator"]

_CONSTANTS = {"pi": math.pi, "e": math.e}


class Calculation(Struct, frozen=True, forbid_unknown_fields=True):
    """What to compute."""

    expression: Annotated[
        str,
        Meta(
            max_length=4000,
            description="Numbers with + - * / % and parentheses, comparisons, and functions such as round(x, "
            "digits), min, max, sum([…]), abs. There are pi and e.",
        ),
    ]


class Calculator(Tool, frozen=True, kw_only=True, tag="calculator"):
    """Compute an arithmetic expression exactly. Use it for every calculation."""

    arguments: ClassVar[type[Struct]] = Calculation
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(title="A product", arguments={"expression": "12 * (7 + 5)"}, result=144),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Compute it: there is nothing to look into but two constants."""
        try:
            return expressions.parse(arguments["expression"], names=tuple(_CONSTANTS)).evaluate(_CONSTANTS)
        except ExpressionError as error:
            raise ToolError(str(error)) from error
