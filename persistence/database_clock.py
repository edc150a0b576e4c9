"""The database's own clock: what several processes compare times by."""

from sqlalchemy import Connection, literal_column
from sqlalchemy.sql.elements import ColumnElement

__all__ = ["clock"]


def clock(connection: Connection) -> ColumnElement[float]:
    """Return the database's time now in Unix seconds, as an expression of a statement."""
    if connection.dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)")
    return literal_column("CAST(extract(epoch FROM clock_timestamp()) AS double precision)")
