"""The database's own clock: what several processes compare times by."""

from collections.abc import Mapping

from sqlalchemy import Connection, literal_column
from sqlalchemy.sql.elements import ColumnElement

__all__ = ["CLOCKS", "clock"]

CLOCKS: Mapping[str, str] = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}
"""The SQL of each database for its time now in Unix seconds."""


def clock(connection: Connection) -> ColumnElement[float]:
    """Return the database's time now in Unix seconds, as an expression of a statement."""
    return literal_column(CLOCKS[connection.dialect.name])
