"""The sql_schema tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from graphs.tool.sql_source import SqlSource
from graphs.tool.tool_type import ToolContext, ToolError, ToolExample

__all__ = ["SqlSchema"]

_MOST = 5_000
"""Columns that are told."""
_TABLES = 500
"""Tables of SQLite that are told."""
_SQLITE = """
SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name
"""
_POSTGRESQL = """
SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name AS "table",
       column_name AS "column", data_type AS "type"
FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY table_schema, table_name, ordinal_position
"""


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tables."""

    table: Annotated[str, Meta(max_length=255, description="Name of one table. Empty: all tables.")] = ""


class SqlSchema(SqlSource, frozen=True, kw_only=True, tag="sql_schema"):
    """List the tables of a database with their columns and types."""

    arguments: ClassVar[type[Struct]] = Wanted
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(title="All tables", config={"dialect": "sqlite", "database": "shop.db"}, arguments={}),
    )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Return ``{"tables": {name: {column: type}}}``."""
        read = self._sqlite if self.dialect == "sqlite" else self._postgresql
        tables, more = await read(context)
        wanted = arguments.get("table", "")
        if wanted and wanted not in tables:
            raise ToolError(f"There is no table '{wanted}'. There are {', '.join(list(tables)[:100])}.")
        found: dict[str, Any] = {"tables": {wanted: tables[wanted]} if wanted else tables}
        return {**found, "more": True} if more else found

    async def _sqlite(self, context: ToolContext) -> tuple[dict[str, dict[str, str]], bool]:
        names = await self.asked(context, _SQLITE, rows=_TABLES)
        tables: dict[str, dict[str, str]] = {}
        for (name,) in names.rows:
            quoted = str(name).replace('"', '""')
            columns = await self.asked(context, f'PRAGMA table_info("{quoted}")', rows=_MOST)
            tables[name] = {row[1]: row[2] for row in columns.rows}
        return tables, names.more

    async def _postgresql(self, context: ToolContext) -> tuple[dict[str, dict[str, str]], bool]:
        rows = await self.asked(context, _POSTGRESQL, rows=_MOST)
        tables: dict[str, dict[str, str]] = {}
        for table, column, type in rows.rows:
            tables.setdefault(table, {})[column] = type
        return tables, rows.more
