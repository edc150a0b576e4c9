"""The query_json tool."""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from graphs import expressions
from graphs.expressions import ExpressionError
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample

__all__ = ["QueryJson"]


class JsonQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What to look up."""

    data: Annotated[Any, Meta(description="A JSON value, or JSON as text.")]
    query: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4000,
            description="An expression over `data`, such as data.orders[0].total, "
            "pluck(data.orders, 'total'), sum(pluck(data.orders, 'total')), length(data.orders).",
        ),
    ]


class QueryJson(Tool, frozen=True, kw_only=True, tag="query_json"):
    """Look up or compute something in JSON data, with an expression."""

    arguments: ClassVar[type[Struct]] = JsonQuery
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="A sum",
            arguments={"data": {"orders": [{"n": 2}, {"n": 3}]}, "query": "sum(pluck(data.orders, 'n'))"},
            result=5,
        ),
        ToolExample(
            title="JSON as text", arguments={"data": '{"a": [1, 2]}', "query": "data.a[1]"}, result=2
        ),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Evaluate it."""
        data = arguments["data"]
        if isinstance(data, str):
            try:
                data = msgspec.json.decode(data)
            except msgspec.DecodeError as error:
                raise ToolError(f"'data' is no JSON: {error}.") from None
            except RecursionError:
                raise ToolError("'data' nests too deep to be read.") from None
        try:
            return expressions.parse(arguments["query"], names=("data",)).evaluate({"data": data})
        except ExpressionError as error:
            raise ToolError(str(error)) from error
