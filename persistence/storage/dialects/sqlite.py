"""SQLite: blocking connections in threads, one hop a piece of work: one writer, several readers."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from persistence.storage.clock import SteadyClock
from persistence.storage.errors import StorageBusy, StorageError, StorageFull, StorageUnavailable
from persistence.storage.writer_thread import WriterThread

__all__ = ["BUSY_TIMEOUT", "SQLite", "told_as_storage_errors"]

T = TypeVar("T")

ENOUGH = 2_000_000
"""Bytes of free disk from which writing goes on after there was no room."""
BUSY_TIMEOUT = 10.0
"""Seconds that a writer waits for another program's lock."""


class SQLite:
    """A SQLite file: WAL, one connection that writes, a few that read, each kept by a thread of its own."""

    def __init__(self, url: URL, *, synchronous: str, pool_size: int, busy_timeout: float) -> None:
        self._folder = Path(url.database or "").absolute().parent
        # NullPool: the threads keep the connections; closing one closes it.
        self._engine = create_engine(
            url.set(drivername="sqlite+pysqlite"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "isolation_level": None},
        )
        steady = SteadyClock()
        _prepare(self._engine, synchronous, busy_timeout, steady)
        self._writer = _Thread(self._engine, "BEGIN IMMEDIATE", steady.begin)
        self._readers = [_Thread(self._engine, "BEGIN") for _ in range(pool_size)]
        self._writing = WriterThread("sqlite-writer")
        self._reading = ThreadPoolExecutor(pool_size, "sqlite-reader")
        self.dialect = self._engine.dialect

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._read, work)

    async def transact(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        """Run `works` in one transaction."""

        def together(connection: Connection) -> list[Any]:
            return [work(connection) for work in works]

        return await self._writing.run(partial(self._writer.run, together))

    def claim_room(self, connection: Connection) -> None:
        """Raise `StorageFull` if the file's disk has little room."""
        if shutil.disk_usage(self._folder).free < ENOUGH:
            raise StorageFull("There is little room left for the SQLite file. Free some disk space.")

    async def close(self) -> None:
        """Wait for what runs, then close every connection."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _read(self, work: Callable[[Connection], T]) -> T:
        reader = self._readers.pop()  # never empty: there are as many as threads
        try:
            return reader.run(work)
        finally:
            self._readers.append(reader)

    def _close(self) -> None:
        self._reading.shutdown()
        self._writing.close()
        for thread in (*self._readers, self._writer):
            thread.close()
        self._engine.dispose()


class _Thread:
    """A connection and how its transactions begin.

    SQLAlchemy sees one long transaction; the real ones are begun and ended at the driver, at a tenth of the
    price.
    """

    def __init__(self, engine: Engine, begin: str, opened: Callable[[Any], None] | None = None) -> None:
        self._engine = engine
        self._begin = begin
        self._opened = opened
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                if self._opened is not None:
                    self._opened(self._connection.connection.dbapi_connection)
                self._connection.begin()
            connection = self._connection
            driver: sqlite3.Connection = connection.connection.driver_connection  # pyright: ignore[reportAssignmentType]: pysqlite's is one
            driver.execute(self._begin)
            try:
                result = work(connection)
                driver.execute("COMMIT")
                return result
            except BaseException:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise
        except (DBAPIError, sqlite3.Error) as error:
            translated = _storage_error(error)
            if translated is None:
                raise
            self.close()
            raise translated from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _storage_error(error: DBAPIError | sqlite3.Error) -> StorageError | None:
    """Translate what SQLite says of itself (https://sqlite.org/rescode.html); None: the statement's fault."""
    source = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(source, "sqlite_errorcode", None) or 0
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # the index of the write-ahead log could not grow
        code = sqlite3.SQLITE_FULL
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageBusy(
                "Another program keeps the SQLite file locked. Find it (lsof FILE) or try again later."
            )
        case sqlite3.SQLITE_FULL:
            return StorageFull("There is no room left for the SQLite file. Free some disk space.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StorageUnavailable(
                f"The SQLite file is damaged: {source}. Stop the server and restore a backup: "
                "agenticrag db restore FILE"
            )
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY:
            return StorageUnavailable(
                f"The SQLite file cannot be used: {source}. See that it and its directory are writable."
            )
        case _:
            return None


@contextmanager
def told_as_storage_errors() -> Generator[None]:
    """Raise errors of drivers, as those of a migration, as `StorageError`: with what to do."""
    try:
        yield
    except DBAPIError as error:
        raise (_storage_error(error) or StorageUnavailable(str(error.orig))) from error


def _prepare(engine: Engine, synchronous: str, busy_timeout: float, steady: SteadyClock) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]: SQLAlchemy calls it
        for pragma in (
            f"busy_timeout = {int(busy_timeout * 1000)}",
            "journal_mode = WAL",
            "foreign_keys = ON",
            f"synchronous = {synchronous}",
            "temp_store = MEMORY",
            "cache_size = -8000",
            "wal_autocheckpoint = 4000",  # pages: those that are written often are copied less often
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        steady.give(connection)
