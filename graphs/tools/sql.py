"""The sql tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs.tool.sql_source import SqlSource
from graphs.tool.tool_type import ToolContext, ToolExample

__all__ = ["Sql"]


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """What to read."""

    query: Annotated[
        str,
        Meta(min_length=1, max_length=20_000, description="One SELECT statement. Only reading is allowed."),
    ]


class Sql(SqlSource, frozen=True, kw_only=True, tag="sql"):
    """Read a database with one SQL statement. Look up its tables with the tool sql_schema first."""

    arguments: ClassVar[type[Struct]] = Statement
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="Orders of a customer",
            config={"dialect": "sqlite", "database": "shop.db"},
            arguments={"query": "SELECT id, total FROM orders WHERE customer = 'Ada' ORDER BY id"},
        ),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Ask, and return ``{"columns", "rows"}``, with ``more`` where rows are left out."""
        rows = await self.asked(context, arguments["query"])
        found: dict[str, Any] = {"columns": rows.columns, "rows": rows.rows}
        return {**found, "more": True} if rows.more else found
