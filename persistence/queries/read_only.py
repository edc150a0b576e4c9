"""Read-only queries: one statement that cannot write, within limits of rows, bytes and time."""

import asyncio
import base64
import datetime
import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graphs.outbound.databases import Database, QueryError, Rows
from graphs.outbound.http_messages import EgressError

__all__ = ["ReadOnlyQueries"]

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}")
_READS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""All that a statement may do in SQLite; virtual tables of FTS and JSON are read like others."""
_UNSAFE = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""


class ReadOnlyQueries:
    """Asks PostgreSQL servers, and the SQLite files of one folder."""

    def __init__(self, folder: str, own: str = "") -> None:
        """Take the operator's folder (empty for none) and the URL of the server's own database."""
        self._folder = folder
        self._own = own

    async def run(self, database: Database, sql: str) -> Rows:
        """Return the rows of one statement.

        Raises:
            QueryError: the database may not be asked or does not answer, or the statement fails or writes.
        """
        if database.dialect == "postgresql":
            return await _postgresql(database, sql)
        file = await asyncio.to_thread(self._file, database.name)
        return await asyncio.to_thread(_sqlite, file, database, sql)

    def _file(self, name: str) -> Path:
        if not self._folder:
            raise QueryError(
                "This server offers no SQLite files. The operator may set AGENTICRAG_SQL_DIR to a folder.",
                code="no_database",
            )
        folder = Path(self._folder).resolve()
        file = (folder / name).resolve() if _FILE.fullmatch(name) else folder
        if not file.is_file() or file.parent != folder or self._own.endswith(str(file)):
            raise QueryError(f"There is no database {name[:80]!r}.", code="no_database")
        return file


def _sqlite(file: Path, database: Database, sql: str) -> Rows:
    end = time.monotonic() + database.seconds
    connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=database.seconds)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(1_000_000, database.bytes))
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        cursor = connection.execute(sql)
        return _rows([each[0] for each in cursor.description or ()], cursor, database)
    except (sqlite3.Error, sqlite3.Warning) as error:
        said = str(error).rstrip(".")
        if said == "interrupted":
            said = f"The query took longer than {database.seconds:g} seconds"
        elif "not authorized" in said or "authorization denied" in said or "prohibited" in said:
            said = "Only reading is allowed"
        raise QueryError(f"{said[:500]}.") from None
    finally:
        connection.close()


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_PRAGMA and first == "table_info":  # what `sql_schema` reads
        return sqlite3.SQLITE_OK
    if action not in _READS or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _UNSAFE):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


async def _postgresql(database: Database, sql: str) -> Rows:
    import asyncpg

    credential = database.credential
    try:
        _, targets = await database.egress.addresses(database.host, database.port, credential)
    except EgressError as error:
        raise QueryError(str(error), code=error.code) from None
    try:
        async with asyncio.timeout(database.seconds + 1):
            connect: Any = asyncpg.connect  # its stubs know no fractions of seconds
            connection: Any = await connect(
                host=str(targets[0]),  # what was looked at is what is connected to
                port=database.port,
                database=database.name,
                user=credential.field if credential else None,
                password=credential.secret if credential else "",
                ssl=database.tls,
                passfile="/dev/null",
                timeout=min(5.0, database.seconds),
                statement_cache_size=0,
                server_settings={
                    "default_transaction_read_only": "on",
                    "statement_timeout": str(int(database.seconds * 1000)),
                },
            )
            try:
                async with connection.transaction(readonly=True):
                    statement = await connection.prepare(sql)
                    columns = [each.name for each in statement.get_attributes()]
                    if not columns:  # it is not run at all
                        raise QueryError("Only reading is allowed: a statement that gives rows.")
                    found: list[Any] = []
                    async for row in statement.cursor(prefetch=50):
                        found.append(tuple(row))
                        if len(found) > database.rows:
                            break
                    return _rows(columns, found, database)
            finally:
                connection.terminate()
    except TimeoutError:
        raise QueryError(f"The database took longer than {database.seconds:g} seconds.") from None
    except asyncpg.QueryCanceledError:
        raise QueryError(f"The query took longer than {database.seconds:g} seconds.") from None
    except asyncpg.ReadOnlySQLTransactionError:
        raise QueryError("Only reading is allowed.") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise QueryError(f"The query failed: {str(error)[:500]}.") from None


def _rows(columns: list[str], found: Iterable[Sequence[Any]], database: Database) -> Rows:
    rows: list[list[Any]] = []
    size = 0
    for row in found:
        values = [_plain(value) for value in row]
        size += sum(len(str(value)) for value in values)
        if len(rows) == database.rows or size > database.bytes:
            return Rows(columns=columns, rows=rows, more=True)
        rows.append(values)
    return Rows(columns=columns, rows=rows)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.date() | datetime.time():
            return value.isoformat()
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return str(value)
