"""The schema's revisions: what a database is at, what this program wants, and the way from one to the other.

Reading them needs no Alembic, so that a server with an up-to-date database never imports it.
"""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from graphs.node_execution.failpoints import reach
from persistence.storage.database import Database

__all__ = [
    "MigrationError",
    "current",
    "downgrade",
    "head",
    "is_current",
    "migrate",
    "revision",
    "revisions",
    "upgrade",
]

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_046_029_254_386_353_131  # any number that no other program takes as an advisory lock
NAMED = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)
PATIENCE = 120.0  # seconds to wait for another process that is migrating


class MigrationError(Exception):
    """The database is at a revision that this program cannot start from."""


@cache
def revisions() -> list[str]:
    """Return every revision, oldest first: each file in ``migrations/versions`` names the one before it."""
    after: dict[str, str] = {}
    for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"):
        named = dict(NAMED.findall(path.read_text("utf-8")))
        after[named.get("down_revision", "")] = named["revision"]
    chain: list[str] = []
    while (following := after.get(chain[-1] if chain else "")) is not None:
        chain.append(following)
    return chain


def head() -> str:
    """Return the newest revision: the one that this program needs."""
    return revisions()[-1]


async def revision(database: Database) -> str | None:
    """Return the revision of an open database; None where it has no tables yet."""
    return await database.read(_revision)


async def is_current(database: Database) -> bool:
    """Say whether an open database is at `head`."""
    return await revision(database) == head()


def current(url: str) -> str | None:
    """Return the revision of the database at `url`; None where it has no tables yet. Blocks."""
    parsed = make_url(url)
    if _is_sqlite(parsed) and not _file(parsed).exists():
        return None
    return _transact(parsed, _revision, lock=False)


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database at `url` up to a revision, in one transaction: all of it or nothing.

    Blocks; from a coroutine call it by `asyncio.to_thread`. Of several processes that do it at once, one
    works and the others wait for it.

    Raises:
        MigrationError: the database is newer than this program, or at a revision it does not know.
    """
    _migrate(url, "upgrade", to)


def downgrade(url: str, to: str) -> None:
    """Take the database at `url` back to an earlier revision, ``base`` for an empty one. Blocks.

    What only the newer schema could hold is lost.

    Raises:
        MigrationError: the database is at a revision that this program does not know.
    """
    _migrate(url, "downgrade", to)


def migrate(connection: Connection, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    """Migrate the database of a connection, within its transaction.

    Raises:
        MigrationError: the database is newer than this program, or at a revision it does not know.
    """
    from alembic import command
    from alembic.config import Config

    found = _revision(connection)
    if found is not None and found not in revisions():
        raise MigrationError(
            f"The database is at revision {found}; this program knows {revisions()[0]} to {head()}. "
            "A newer version wrote it: install that one, or restore a backup made before the update."
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(command, direction)(config, to)
    reach("during_migration")


def _migrate(url: str, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    parsed = make_url(url)
    if _is_sqlite(parsed):
        _prefer_wal(parsed)
    _transact(parsed, lambda connection: migrate(connection, direction, to), lock=True)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _transact(url: URL, work: Callable[[Connection], T], *, lock: bool) -> T:
    """Run `work` in one transaction that nobody else migrates beside."""
    if not _is_sqlite(url):
        return asyncio.run(_transact_postgresql(url, work, lock=lock))
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=NullPool,
        # No foreign keys here: Alembic alters a table by copying and dropping it, which would cascade.
        connect_args={"timeout": PATIENCE, "isolation_level": None},
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if lock else "BEGIN")
        try:
            result = work(connection)
            if lock and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise MigrationError(
                    f"The migration would leave {len(broken)} rows without the row they belong to."
                )
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
        return result


async def _transact_postgresql(url: URL, work: Callable[[Connection], T], *, lock: bool) -> T:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if lock:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _prefer_wal(url: URL) -> None:
    """Put a SQLite file into WAL mode; the busy time-out does not cover this, so try until it works."""
    patience = time.monotonic() + PATIENCE
    while True:
        connection = sqlite3.connect(_file(url), timeout=5)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _file(url: URL) -> Path:
    return Path(url.database or "")
