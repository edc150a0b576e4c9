"""The database: one writer with group commit, readers beside it, the same on SQLite and PostgreSQL.

A piece of work is a plain function of a SQLAlchemy `Connection`. Writes queue up in the order they were
asked for and share one transaction every few milliseconds. A function that raises takes nobody with it: the batch
is rolled back and each function of it is run again in a transaction of its own, so a function must not do
anything but talk to the connection it was given.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

__all__ = ["Database", "open_database"]

T = TypeVar("T")
Work = Callable[[Connection], Any]

BATCH = 512
"""The most functions that share one transaction."""


class Database:
    """Runs functions of a connection: `write` on the one writer, `read` on a pool of readers."""

    def __init__(self, readers: AsyncEngine, writer: Engine | None) -> None:
        self._readers = readers
        self._writer = writer  # SQLite: a blocking engine in a thread of its own; else the pool serves
        self._thread = ThreadPoolExecutor(1, "sqlite-writer") if writer is not None else None
        self._queue: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._write_forever(), name="database-writer")

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._readers.dialect.name

    def write(self, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Queue a write now; the future is done when it is committed.

        The order of calls is the order of effects. Cancelling the future does not take the write back.
        """
        if self._closing:
            raise RuntimeError("The database is closed: nothing can be written any more.")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append((work, done))
        self._arrived.set()
        return done

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function that only reads, on a connection of the pool."""
        async with self._readers.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """Commit what is queued, then close every connection."""
        self._closing = True
        self._arrived.set()
        await self._task
        if self._writer is not None and self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.dispose)
            self._thread.shutdown()
        await self._readers.dispose()

    async def _write_forever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                await self._commit(batch)
            if self._closing:
                return

    async def _commit(self, batch: list[tuple[Work, "asyncio.Future[Any]"]]) -> None:
        try:
            results = await self._transact([work for work, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0][1], error=error)
                return
            for entry in batch:
                await self._commit([entry])
            return
        for (_, done), result in zip(batch, results, strict=True):
            _settle(done, result)

    async def _transact(self, works: list[Work]) -> list[Any]:
        if self._writer is None:
            async with self._readers.begin() as connection:
                return await connection.run_sync(lambda sync: [work(sync) for work in works])
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _transact_here, self._writer, works)


def _transact_here(engine: Engine, works: list[Work]) -> list[Any]:
    with engine.begin() as connection:
        return [work(connection) for work in works]


def _settle(done: "asyncio.Future[Any]", result: Any = None, *, error: Exception | None = None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


@asynccontextmanager
async def open_database(url: str, *, synchronous: str = "NORMAL", pool_size: int = 8) -> AsyncIterator[Database]:
    """Open the database at a SQLAlchemy URL: ``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``.

    `synchronous` is SQLite's pragma (https://sqlite.org/pragma.html#pragma_synchronous): ``NORMAL`` loses at most
    the last commits at a power cut and nothing at a killed process, ``FULL`` loses neither.
    """
    parsed = make_url(url)
    readers = create_async_engine(parsed, pool_size=pool_size, max_overflow=0, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    writer = None
    if parsed.get_backend_name() == "sqlite":
        writer = create_engine(parsed.set(drivername="sqlite+pysqlite"), pool_size=1, max_overflow=0)
        for engine in (readers.sync_engine, writer):
            _prepare_sqlite(engine, synchronous, writes=engine is writer)
    database = Database(readers, writer)
    try:
        yield database
    finally:
        await database.close()


def _prepare_sqlite(engine: Engine, synchronous: str, *, writes: bool) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]: called by SQLAlchemy
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "busy_timeout = 10000",
            "foreign_keys = ON",
            f"synchronous = {synchronous}",
            "temp_store = MEMORY",
            "cache_size = -8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]: called by SQLAlchemy
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
