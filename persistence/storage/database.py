"""The database: one writer with group commit, readers beside it, the same on SQLite and PostgreSQL.

A piece of work is a plain function of a SQLAlchemy `Connection`. Writes queue up in the order they were
asked for; those that arrive while a transaction is on its way share the next one. A function that raises
takes nobody with it: the batch is rolled back and each function of it is run again in a transaction of its
own. It is also run again when a connection was lost. So a function does nothing but talk to the connection
it was given, and lets the database's errors pass.

A write that nobody waits for yet is written later: the next one carries it, in the order of the queue.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Any, Protocol, TypeVar, cast

from msgspec import Struct
from sqlalchemy import ClauseElement, Connection, Dialect, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from persistence.storage.dialects.sqlite import BUSY_TIMEOUT, SQLite
from persistence.storage.errors import StorageError, StorageFull
from persistence.storage.later_writes import EarlierFailed, LaterWrites
from persistence.storage.writer_thread import settle

__all__ = ["Database", "Statement", "open_database"]

T = TypeVar("T")
Work = Callable[[Connection], Any]

BATCH = 512
"""The most functions that share one transaction."""
LARGE = 32_768
"""Bytes from which on a value is stored once, where nothing else is said."""
AT_ONCE = 0.001
"""Seconds within which a read that begins has not waited."""
LATER = 0.05
"""Seconds that a later write waits at most for another one to carry it."""
PATIENCE = 10.0
"""Seconds during which a lost PostgreSQL connection is made anew before the work that needs it fails."""


class Engine(Protocol):
    """What a kind of database does: `SQLite` and `PostgreSQL`."""

    @property
    def dialect(self) -> Dialect: ...

    async def read(self, work: Callable[[Connection], T]) -> T: ...

    async def transact(self, works: list[Work]) -> list[Any]: ...

    def claim_room(self, connection: Connection) -> None: ...

    async def close(self) -> None: ...


class Statement:
    """A statement compiled once, for hot paths: SQLAlchemy's own way costs three times as much.

    Parameters and rows pass as the driver has them, so it is for text, numbers and bytes alone.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect))
        self._sql = str(compiled)
        names = tuple(compiled.positiontup or ())
        self._pick = itemgetter(*names) if len(names) > 1 else None
        self._names = names
        self._error = dialect.loaded_dbapi.Error
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def fetch(self, connection: Connection, **parameters: Any) -> list[Any]:
        """Return all rows, as tuples."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, self._values(parameters))
            return [*cursor.fetchall()]
        except self._error as error:
            raise self._wrapped(error) from error

    def execute(self, connection: Connection, *rows: Mapping[str, Any]) -> int:
        """Execute it for each row of parameters; return how many rows of a table one execution touched."""
        cursor = connection.connection.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(self._sql, self._values(rows[0]))
            else:
                cursor.executemany(self._sql, [self._values(row) for row in rows])
            return cursor.rowcount
        except self._error as error:
            raise self._wrapped(error) from error

    def execute_values(self, connection: Connection, values: Sequence[Any]) -> int:
        """Execute it once, its parameters in the statement's order; return how many rows it touched."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, values)
            return cursor.rowcount
        except self._error as error:
            raise self._wrapped(error) from error

    def _wrapped(self, error: Exception) -> Exception:
        """Return the error as SQLAlchemy has it, without the parameters."""
        return DBAPIError.instance(self._sql, None, error, self._error, hide_parameters=True)

    def _values(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**self._fixed, **given}
        return tuple([values[name] for name in self._names]) if self._pick is None else self._pick(values)


class _Rows(Struct, frozen=True):
    """Small writes that are done as one where several wait."""

    write: Callable[[Connection, list[Any]], None]
    rows: list[Any]

    def __call__(self, connection: Connection) -> None:
        self.write(connection, self.rows)


class Database:
    """Runs functions of a connection: `write` on the one writer, `read` beside it."""

    def __init__(self, engine: Engine, *, large_value_bytes: int = LARGE) -> None:
        self.large_value_bytes = large_value_bytes
        """Bytes from which on a value is stored once for all that hold it; 0 for never."""
        self.read_waited: Callable[[float], None] | None = None
        """Told how many seconds a read waited for a connection, if that was more than `AT_ONCE`."""
        self.later = LaterWrites(self._wake)
        """What was written later and is not committed yet."""
        self._engine = engine
        self._timer: asyncio.TimerHandle | None = None
        self._queue: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._write_forever(), name="database-writer")

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def prepare(self, statement: ClauseElement) -> Statement:
        """Compile a statement for this database."""
        return Statement(statement, self._engine.dialect)

    def write(self, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Queue a write now; the future is done when it is committed.

        The order of calls is the order of effects. Cancelling the future does not take the write back. The
        future fails with what `work` raised, or with a `StorageError`; then nothing of this write was done.
        """
        done = self._queued(work)
        self._wake()
        return done

    def write_later(self, owner: str, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Queue a write that the next one carries, or that is begun in `LATER` seconds; see `LaterWrites`."""
        done = self._queued(work)
        self.later.add(owner, done)
        if self._timer is None and not self._arrived.is_set():
            self._timer = asyncio.get_running_loop().call_later(LATER, self._wake)
        return done

    def write_row(
        self, write: Callable[[Connection, list[T]], None], row: T, *, later: str = ""
    ) -> "asyncio.Future[None]":
        """Queue a row; all that wait for the same `write` are given to it together. `later` names an owner.

        Between two statements a writer in a thread waits for its turn at the interpreter: a statement a row
        takes many times as long as one for all of them. They are written where the first of them stands in
        the queue, so a row may pass other writes than those of its own kind.
        """
        return self.write_later(later, _Rows(write, [row])) if later else self.write(_Rows(write, [row]))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function that only reads, beside the writer.

        On SQLite all of `work` sees one snapshot, on PostgreSQL each of its statements sees its own.
        Cancelling does not stop a `work` that has begun in a thread; it ends by itself.
        """
        if self.read_waited is None:
            return await self._engine.read(work)
        asked = began = time.perf_counter()

        def timed(connection: Connection) -> T:
            nonlocal began
            began = time.perf_counter()
            return work(connection)

        try:
            return await self._engine.read(timed)
        finally:
            if began - asked > AT_ONCE:
                self.read_waited(began - asked)

    async def step(self, work: Callable[[Connection], T]) -> T:
        """Run a function of one statement that writes, in a transaction of its own where that locks less.

        PostgreSQL keeps its row locked for that statement alone. SQLite has one writer, whose turn it waits
        for.
        """
        if self.dialect == "sqlite" or self._closing:
            return await self.write(work)
        return await self._engine.read(work)

    @property
    def waiting(self) -> int:
        """How many writes wait for their transaction."""
        return len(self._queue)

    async def has_room(self) -> bool:
        """Say whether there is room for more than a small write."""
        try:
            await self.write(self._engine.claim_room)
        except StorageFull:
            return False
        return True

    async def close(self) -> None:
        """Commit what is queued, then close every connection. Ends its work also when it is cancelled."""
        self._closing = True
        self._arrived.set()
        await asyncio.shield(asyncio.ensure_future(self._close()))

    def _queued(self, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        if self._closing:
            raise RuntimeError("The database is closed: nothing can be written any more.")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append((work, done))
        return done

    def _wake(self) -> None:
        """Have the queue written now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._arrived.set()

    async def _close(self) -> None:
        await asyncio.wait({self._task})
        await self._engine.close()

    async def _write_forever(self) -> None:
        try:
            while not self._closing or self._queue:
                await self._arrived.wait()
                self._arrived.clear()
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                if self._queue:
                    self._arrived.set()
                if batch:
                    await self._commit(batch)
                if self._closing:
                    self._arrived.set()
        finally:  # the loop is being torn down: nobody must wait for ever
            self._closing = True
            for _, done in self._queue:
                done.cancel()

    async def _commit(self, batch: list[tuple[Work, "asyncio.Future[Any]"]]) -> None:
        works = _gathered([work for work, _ in batch])
        try:
            results = await self._engine.transact([work for work, _ in works])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StorageError):
                for entry in batch:
                    await self._commit([entry])
                return
            failure = error.cause if isinstance(error, EarlierFailed) else error
            for _, done in batch:
                settle(done, None, failure)
            return
        found = zip(works, results, strict=True)
        given = {place: result for (_, places), result in found for place in places}
        for place in sorted(given):  # in the order of the queue, not of what was gathered
            settle(batch[place][1], given[place])


def _gathered(works: list[Work]) -> list[tuple[Work, list[int]]]:
    """Return what is to be run, and the places in `works` that each of it stands for."""
    gathered: list[tuple[Work, list[int]]] = []
    alike: dict[Any, tuple[_Rows, list[int]]] = {}
    for place, work in enumerate(works):
        if not isinstance(work, _Rows):
            gathered.append((work, [place]))
        elif (found := alike.get(work.write)) is not None:
            found[0].rows.extend(work.rows)
            found[1].append(place)
        else:
            # A list of its own: where the whole fails, each is written again by itself.
            alike[work.write] = _Rows(work.write, [*work.rows]), [place]
            gathered.append(alike[work.write])
    return gathered


@asynccontextmanager
async def open_database(
    url: str,
    *,
    synchronous: str = "NORMAL",
    pool_size: int = 8,
    busy_timeout: float = BUSY_TIMEOUT,
    patience: float = PATIENCE,
    large_value_bytes: int = LARGE,
) -> AsyncGenerator[Database]:
    """Open the database at a SQLAlchemy URL: ``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``.

    Args:
        url: Where the database is. It is not asked anything yet.
        synchronous: SQLite's pragma (https://sqlite.org/pragma.html#pragma_synchronous): ``NORMAL`` loses at
            most the last commits at a power cut and nothing at a killed process, ``FULL`` loses neither.
        pool_size: How many reads run at once.
        busy_timeout: Seconds that SQLite waits for another program's lock before `StorageBusy`.
        patience: Seconds that PostgreSQL, when lost, has to come back before `StorageUnavailable`.
        large_value_bytes: Bytes from which on a value is stored once for all that hold it; 0 for never.
    """
    parsed = make_url(url)
    engine: Engine
    match parsed.get_backend_name():
        case "sqlite":
            engine = SQLite(parsed, synchronous=synchronous, pool_size=pool_size, busy_timeout=busy_timeout)
        case "postgresql":
            # It brings SQLAlchemy's asyncio part, which SQLite does without.
            from persistence.storage.dialects.postgresql import PostgreSQL

            engine = PostgreSQL(parsed, pool_size=pool_size, patience=patience)
        case other:
            raise ValueError(
                f"The database URL begins with {other!r}; it must begin with "
                "'sqlite+aiosqlite' or 'postgresql+asyncpg'."
            )
    database = Database(engine, large_value_bytes=large_value_bytes)
    try:
        yield database
    finally:
        await database.close()
