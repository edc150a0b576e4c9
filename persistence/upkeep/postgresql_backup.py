"""A PostgreSQL database as a file, by PostgreSQL's own tools: ``pg_dump``'s custom format.

Its rows are put back, and its tables made anew: a file can hold commands that a restore would run.
"""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from asyncpg import PostgresError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from graphs.node_execution.failpoints import reach
from persistence.storage.migrate import head, migrate, revisions
from persistence.upkeep.backup_result import BackupError, Restored

__all__ = ["dump", "load"]

T = TypeVar("T")

MAGIC = b"PGDMP"
CHUNK = 1_000_000
COPY = re.compile(rb'COPY public\."?(\w+)"? \(([^)\n]++)\) FROM stdin;\n')
"""How `pg_restore` begins the rows of a table."""
END = b"\\.\n"
"""How it ends them."""


def dump(url: URL, target: Path) -> None:
    """Write a database to a file as it stands at this moment; it goes on being written to meanwhile.

    Raises:
        BackupError: a tool is missing or failed.
    """
    process = subprocess.Popen(
        [_tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password"],
        env=_environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, target.open("wb") as file:
        while chunk := process.stdout.read(CHUNK):
            file.write(chunk)
            reach("during_export")
        said = process.stderr.read().decode("utf-8", "replace")
        file.flush()
        os.fsync(file.fileno())
    if process.returncode:
        raise BackupError(f"pg_dump failed: {said.strip()}")
    _check(target)


def load(url: URL, file: Path, *, force: bool) -> Restored:
    """Make a database what a file says, in one transaction.

    The tables are made by this program's own migrations; of the file, rows of these tables are read and
    nothing else. What else it holds is never run: functions, triggers, views, rules, commands of a shell.

    Raises:
        BackupError: see `persistence.upkeep.backup.restore`.
    """
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise BackupError(f"'{file}' is no backup of a PostgreSQL database.")
    _check(file)
    revision = _revision_of(file)
    tables, functions, servers = _ask(url, _present)
    if servers:
        raise BackupError(f"{servers} connections of servers are open to the database. Stop them first.")
    if tables and not force:
        raise BackupError("The database has tables already. With --force the backup takes their place.")
    before = [
        "SET LOCAL client_min_messages = warning",
        "SET LOCAL lock_timeout = '5s'",  # what is in use after all is not waited for
        *(f"DROP TABLE IF EXISTS {_quoted(name)} CASCADE" for name in tables),
        *(f"DROP FUNCTION IF EXISTS {name} CASCADE" for name in functions),
    ]
    from sqlalchemy.exc import DBAPIError

    try:
        asyncio.run(_put_in(url, file, revision, before))
    except (DBAPIError, PostgresError) as error:
        raise BackupError(f"The restore failed: {str(error)[:2000]}") from error
    return Restored(revision)


async def _put_in(url: URL, file: Path, revision: str, before: list[str]) -> None:
    """Make the tables of a revision and put the rows of a file into them, in one transaction."""
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            for statement in before:
                await connection.exec_driver_sql(statement)
            await connection.run_sync(lambda made: migrate(made, "upgrade", revision))
            tables, keys = await connection.run_sync(_made)
            # Rows come table by table, in any order, with counts that triggers would make a second time.
            later = [f"{key} DEFERRABLE INITIALLY DEFERRED" for key in keys]
            for statement in (
                *(f'ALTER TABLE "{name}" DISABLE TRIGGER USER' for name in tables),
                *later,
                f"TRUNCATE {', '.join(map(_quoted, tables))}",  # migrations lay rows down too
            ):
                await connection.exec_driver_sql(statement)
            driver: Any = (await connection.get_raw_connection()).driver_connection
            with _rows(file) as reader:
                for table, columns in reader:
                    if table in tables:
                        await driver.copy_to_table(table, source=reader.rows(), columns=columns)
            for statement in (
                "SET CONSTRAINTS ALL IMMEDIATE",
                *(f"{key} NOT DEFERRABLE" for key in keys),
                *(f'ALTER TABLE "{name}" ENABLE TRIGGER USER' for name in tables),
                "DELETE FROM processes",  # those of then do not live any more
                *await connection.run_sync(_sequences),
            ):
                await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()


class _Reader:
    """The rows of a backup: iterating gives tables with their columns, `rows` those of the table at hand."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines
        self._within = False

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each table; rows that nobody took are passed over."""
        for line in self._lines:
            if self._within:
                self._within = line != END
            elif found := COPY.fullmatch(line):
                self._within = True
                yield found[1].decode(), [_plain(name) for name in found[2].decode().split(", ")]

    async def rows(self) -> AsyncIterator[bytes]:
        """Yield the rows of the table at hand, many at once."""
        gathered, size = list[bytes](), 0
        for line in self._lines:
            if line == END:
                break
            gathered.append(line)
            size += len(line)
            if size > CHUNK:
                yield b"".join(gathered)
                gathered, size = [], 0
        self._within = False
        yield b"".join(gathered)


@contextlib.contextmanager
def _rows(file: Path, *options: str) -> Generator[_Reader]:
    """Read the rows of a backup.

    Raises:
        BackupError: it could not be read to its end.
    """
    with subprocess.Popen(
        [*_reading(), "--data-only", *options, str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as reading:
        assert reading.stdout is not None
        try:
            yield _Reader(reading.stdout)
            for _ in reading.stdout:
                pass  # what follows the last table
        except BaseException:
            reading.kill()
            raise
    if reading.returncode:
        raise BackupError(f"'{file}' cannot be read to its end.")


def _revision_of(file: Path) -> str:
    """Return the revision of the tables in a backup."""

    async def read() -> bytes:
        with _rows(file, "--table=alembic_version") as reader:
            for table, _ in reader:
                if table == "alembic_version":
                    return b"".join([rows async for rows in reader.rows()])
            return b""

    found = asyncio.run(read()).decode("utf-8", "replace").strip()
    if found not in revisions():
        raise BackupError(
            f"'{file}' is at revision {found or 'nothing'}, and this program knows {revisions()[0]} to "
            f"{head()}. Restore it with the version that made it."
        )
    return found


def _check(file: Path) -> None:
    """Read a backup to its end."""
    done = subprocess.run(
        [*_reading(), str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise BackupError(f"'{file}' cannot be read: {done.stderr.decode('utf-8', 'replace').strip()}")


def _reading() -> list[str]:
    """Return the command that prints a backup, whose name follows, as SQL."""
    return [_tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-"]


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"The program '{name}' is not installed here, and a PostgreSQL database is backed up by its own "
            "tools. Install them (Debian: apt install postgresql-client), or back it up on its own server."
        )
    return found


def _environment(url: URL) -> Mapping[str, str]:
    """Return what PostgreSQL's tools connect by; a password never stands in a command line."""
    said = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {**os.environ, **{name: value for name, value in said.items() if value}}


def _ask(url: URL, work: Callable[[Connection], T]) -> T:
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask() -> T:
        engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def _present(connection: Connection) -> tuple[list[str], list[str], int]:
    """Return the tables and functions that are there, and how many connections of servers."""
    functions = connection.scalars(
        text(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
        )
    )
    servers = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'agenticrag'"
        )
    )
    return inspect(connection).get_table_names(), [*functions], int(servers or 0)


def _made(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the tables that the migrations made, and how a statement begins that alters each foreign key."""
    found = inspect(connection)
    tables = found.get_table_names()
    keys = [
        f'ALTER TABLE "{table}" ALTER CONSTRAINT "{key["name"]}"'
        for table in tables
        for key in found.get_foreign_keys(table)
    ]
    return tables, keys


def _sequences(connection: Connection) -> list[str]:
    """Return statements that let each sequence go on behind the largest number that is there."""
    found = connection.execute(
        text(
            "SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname) "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped "
            "AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL"
        )
    )
    return [
        f'SELECT setval(\'{sequence}\', coalesce(max("{column}"), 0) + 1, false) FROM "{table}"'  # noqa: S608  # our own names
        for table, column, sequence in found
    ]


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _plain(name: str) -> str:
    return name.removeprefix('"').removesuffix('"')
