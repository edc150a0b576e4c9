"""Named locks: what is counted or looked at before it is written, by one transaction at a time.

PostgreSQL lets two servers read at the same moment what each then writes by. A row can be locked
(``SELECT … FOR UPDATE``); what has no row yet, and a number of rows, has a name instead.
"""

from sqlalchemy import Connection, text

__all__ = ["hold"]

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def hold(connection: Connection, name: str) -> None:
    """Wait for a name, and have it until the transaction ends. SQLite has one writer, who has all of them."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"name": name})
