"""Databases of others: what may be asked of one, and who asks it. The drivers are handed in."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct

from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress

__all__ = ["Database", "Query", "QueryError", "Rows", "no_databases"]


class Database(Struct, frozen=True, kw_only=True):
    """A database and the limits of one query."""

    dialect: Literal["sqlite", "postgresql"]
    name: str
    """Of SQLite the file in the operator's folder, of PostgreSQL the database."""
    host: str = ""
    port: int = 5432
    tls: Literal["require", "prefer", "disable"] = "prefer"
    credential: Credential | None = None
    """User and password of PostgreSQL."""
    egress: Egress
    rows: int = 100
    bytes: int = 200_000
    """Of all values together, as text."""
    seconds: float = 10.0


class Rows(Struct, frozen=True, kw_only=True):
    """What a query gave."""

    columns: list[str]
    rows: list[list[Any]]
    """Plain JSON, in the order of the columns."""
    more: bool = False
    """Whether there are more rows than are here."""


class QueryError(Exception):
    """A query was not made or failed. The message says why."""

    def __init__(self, message: str, *, code: str = "query_failed") -> None:
        super().__init__(message)
        self.code = code
        """``query_failed``, ``no_database``, or the code of an `EgressError`."""


Query = Callable[[Database, str], Awaitable[Rows]]
"""From a database and one statement of SQL that only reads to its rows; raises `QueryError`."""


async def no_databases(database: Database, sql: str) -> Rows:
    """Refuse: there are no drivers here."""
    raise QueryError("Databases cannot be asked from here.", code="no_database")
