"""A PostgreSQL database as a file, by PostgreSQL's own tools: ``pg_dump``'s custom format."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from graphs.engine.failpoints import reach
from persistence.storage.migrate import head, revisions
from persistence.upkeep.backup_result import BackupError, Restored

__all__ = ["dump", "load"]

T = TypeVar("T")

MAGIC = b"PGDMP"
CHUNK = 1_000_000


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

    Raises:
        BackupError: see `persistence.upkeep.backup.restore`.
    """
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise BackupError(f"'{file}' is no backup of a PostgreSQL database.")
    _check(file)
    tables, functions, servers = _ask(url, _present)
    if servers:
        raise BackupError(f"{servers} connections of servers are open to the database. Stop them first.")
    if tables and not force:
        raise BackupError("The database has tables already. With --force the backup takes their place.")
    before = [
        "SET client_min_messages = warning;",
        "SET lock_timeout = '5s';",  # what is in use after all is not waited for
        *(f'DROP TABLE IF EXISTS "{name}" CASCADE;' for name in tables),
        *(f"DROP FUNCTION IF EXISTS {name} CASCADE;" for name in functions),
        "",
    ]
    after = ["DELETE FROM public.processes;", _known_revision()]  # those of then do not live any more
    with tempfile.TemporaryFile() as said:
        writing = subprocess.Popen(
            [_tool("psql"), "--single-transaction", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"],
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        whole = False
        with contextlib.suppress(BrokenPipeError), writing:  # psql has ended, and says why
            assert writing.stdin is not None
            writing.stdin.write("\n".join(before).encode())
            writing.stdin.flush()
            whole = (
                subprocess.run([*_reading(), str(file)], stdout=writing.stdin, check=False).returncode == 0
            )
            # What a broken file began is undone by psql, which stops at the first error.
            writing.stdin.write("\n".join(after if whole else ["SELECT 1/0;"]).encode())
        if writing.returncode or not whole:
            said.seek(0)
            raise BackupError(f"The restore failed: {said.read().decode('utf-8', 'replace').strip()[-2000:]}")
    return Restored(_ask(url, _revision))


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


def _known_revision() -> str:
    """Return a statement that fails where the tables are newer than this program."""
    known = ", ".join(f"'{revision}'" for revision in revisions())
    return (
        "DO $$ BEGIN IF (SELECT version_num FROM public.alembic_version) NOT IN "  # noqa: S608  # our own names
        f"({known}) THEN RAISE EXCEPTION 'The backup is newer than this program, which knows revisions up to "
        f"{head()}. Restore it with the version that made it.'; END IF; END $$;"
    )


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


def _revision(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
