"""PostgreSQL: one connection that writes, a pool that reads, and what to do when a connection is lost.

A batch of writes that a lost connection took with it is run again, for the server undid it. If the connection
is lost while the commit is on its way nobody knows whether it was done: then the server is asked by the
transaction's id (``pg_xact_status``), so that nothing is done twice and nothing done is reported as failed.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from persistence.storage.errors import StorageBusy, StorageError, StorageFull, StorageUnavailable

__all__ = ["PostgreSQL"]

T = TypeVar("T")

# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOST = (
    "08",
    "57P01",
    "57P02",
    "57P03",
    "53300",
)  # connection, shutdown, crash, starting up, too many clients
AGAIN = ("40001", "40P01")  # serialization failure, deadlock: the transaction is undone and may be repeated
FULL = ("53100",)


class _Lost(Exception):
    """The connection went away, or the server undid the transaction; nothing of it is left."""


class PostgreSQL:
    """A PostgreSQL database."""

    def __init__(self, url: URL, *, pool_size: int, patience: float) -> None:
        def engine(size: int, **options: Any) -> AsyncEngine:
            return create_async_engine(
                url.set(drivername="postgresql+asyncpg"),
                pool_size=size,
                max_overflow=0,
                hide_parameters=True,
                connect_args={
                    "timeout": 5,
                    "command_timeout": 60,
                    # A process that is frozen or vanished within a transaction must not keep its runs from
                    # being taken over for longer than a lease.
                    "server_settings": {
                        "application_name": "agenticrag",
                        "jit": "off",
                        "idle_in_transaction_session_timeout": "10000",
                        "tcp_keepalives_idle": "30",
                        "tcp_keepalives_interval": "10",
                        "tcp_keepalives_count": "3",
                    },
                },
                **options,
            )

        self._patience = patience
        self._writers = engine(1)
        self._writer: AsyncConnection | None = None
        # Reads need no BEGIN and ROLLBACK around them; each statement sees a snapshot of its own anyway.
        self._readers = engine(pool_size, isolation_level="AUTOCOMMIT")
        self.dialect = self._readers.dialect

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a connection of the pool; again if the connection was lost."""

        async def attempt() -> T:
            try:
                async with self._readers.connect() as connection:
                    try:
                        return await connection.run_sync(work)
                    except Exception as error:
                        if isinstance(_translated(error), _Lost):
                            await connection.invalidate()
                        raise
            except Exception as error:
                if (translated := _translated(error)) is error:
                    raise
                raise translated from error

        return await self._patiently(attempt)

    async def transact(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        """Run `works` in one transaction; again if it was lost before it was committed."""

        async def attempt() -> list[Any]:
            ran: tuple[list[Any], str | None] | None = None
            try:
                async with self._writing() as connection:
                    await connection.begin()
                    ran = await connection.run_sync(_run, works)
                    await connection.commit()
                    return ran[0]
            except _Lost:
                if ran is None or ran[1] is None or not await self._committed(ran[1]):
                    raise
                return ran[0]

        return await self._patiently(attempt)

    def claim_room(self, connection: Connection) -> None:
        """Take some room and give it back; a server does not tell how much its disk has.

        Raises:
            DBAPIError: there is none.
        """
        connection.exec_driver_sql(
            "CREATE TEMPORARY TABLE agenticrag_room ON COMMIT DROP AS "
            "SELECT gen_random_uuid() FROM generate_series(1, 40000)"  # 2 MB
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._writer is not None:
            await self._writer.close()
        await self._readers.dispose()
        await self._writers.dispose()

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection]:
        """Give the one connection that writes, kept from one transaction to the next."""
        try:
            if self._writer is None:
                self._writer = await self._writers.connect()
            yield self._writer
        except BaseException as error:
            translated = _translated(error)
            if self._writer is not None:
                if not isinstance(translated, Exception) or isinstance(translated, _Lost):
                    connection, self._writer = self._writer, None
                    await connection.invalidate()
                    await connection.close()
                else:
                    await self._writer.rollback()
            if translated is error:
                raise
            raise translated from error

    async def _committed(self, transaction: str) -> bool:
        """Say what became of a transaction whose commit got no answer."""

        async def attempt() -> bool:
            async with self._writing() as connection:
                await connection.begin()
                status = (
                    await connection.exec_driver_sql("SELECT pg_xact_status($1::text::xid8)", (transaction,))
                ).scalar_one()
                await connection.commit()
            if status == "in progress":  # the server has not noticed yet that we are gone
                raise _Lost("the server has not ended a transaction whose connection broke")
            return status == "committed"

        return await self._patiently(attempt)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        pause = 0.02
        while True:
            try:
                return await attempt()
            except _Lost as lost:
                if loop.time() + pause > deadline:
                    raise StorageUnavailable(
                        f"PostgreSQL was lost and did not come back within {self._patience:g} s: {lost}. "
                        "See that the server runs and that AGENTICRAG_DATABASE_URL is right."
                    ) from lost
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)


def _run(connection: Connection, works: list[Callable[[Connection], Any]]) -> tuple[list[Any], str | None]:
    results = [work(connection) for work in works]
    transaction = connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()::text").scalar_one()
    return results, transaction


def _translated(error: BaseException) -> BaseException:
    """Return what an error means: `_Lost`, a `StorageError`, or itself where the statement is at fault."""
    if isinstance(error, (_Lost, StorageError)) or not isinstance(error, Exception):
        return error
    source = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(source, "sqlstate", None) or "")
    if isinstance(error, (OSError, TimeoutError)) or state.startswith(LOST) or state in AGAIN:
        return _Lost(str(source) or type(source).__name__)
    # asyncpg says of a prepared statement on a dead connection no more than this.
    if isinstance(error, DBAPIError) and (
        error.connection_invalidated or "connection is closed" in str(source)
    ):
        return _Lost(str(source))
    if isinstance(error, PoolTimeout):
        return StorageBusy("All connections to PostgreSQL are in use. Raise AGENTICRAG_DATABASE_POOL.")
    if state in FULL:
        return StorageFull("PostgreSQL has no room left. Free some disk space on its server.")
    return error
