"""The writer and its readers: order, group commit, faults, cancels, other processes."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Connection, bindparam, func, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from persistence.storage.database import Database, open_database
from persistence.storage.errors import StorageBusy, StorageFull, StorageUnavailable
from persistence.storage.tables.runs import processes


def add(connection: Connection, id: str, pid: int = 0) -> None:
    connection.execute(
        insert(processes).values(id=id, host="h", pid=pid, started_at=0.0, seen_at=time.monotonic())
    )


def ids(connection: Connection) -> list[str]:
    return [*connection.scalars(select(processes.c.id).order_by(processes.c.id))]


def in_order(connection: Connection) -> list[str]:
    return [*connection.scalars(select(processes.c.id).order_by(processes.c.seen_at))]


async def terminate_all(url: str) -> None:
    """End every connection to the database, as a restart of the server does."""
    parsed = make_url(url)
    admin = await asyncpg.connect(
        host=parsed.host, port=parsed.port, user=parsed.username, database="postgres"
    )
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", parsed.database
        )
    finally:
        await admin.close()


async def test_writes_take_effect_in_the_order_in_which_they_were_asked_for(database: Database) -> None:
    asked = [f"{number:04}" for number in range(1000)]
    await asyncio.gather(*(database.write(lambda c, id=id: add(c, id)) for id in asked))
    assert await database.read(in_order) == asked


async def test_each_write_sees_those_before_it(database: Database) -> None:
    counts = await asyncio.gather(
        *(
            database.write(
                lambda c, n=n: (add(c, str(n)), c.scalar(select(func.count()).select_from(processes)))[1]
            )
            for n in range(200)
        )
    )
    assert counts == [*range(1, 201)]


async def test_writes_that_wait_share_a_transaction(database: Database) -> None:
    def number(connection: Connection) -> object:
        return connection.scalar(text("SELECT pg_current_xact_id()::text"))

    def begun(connection: Connection) -> int:
        return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    if database.dialect == "postgresql":
        seen = await asyncio.gather(*(database.write(number) for _ in range(400)))
        assert len(set(seen)) <= 3
        return
    commits: list[int] = []
    stop = asyncio.Event()

    async def watch() -> None:  # a reader's data_version moves once for every commit of another connection
        while not stop.is_set():
            commits.append(await database.read(begun))

    watching = asyncio.ensure_future(watch())
    await asyncio.gather(*(database.write(lambda c, n=n: add(c, str(n))) for n in range(400)))
    stop.set()
    await watching
    assert len(set(commits)) <= 4


async def test_a_function_that_fails_takes_nobody_with_it(database: Database) -> None:
    def fail(connection: Connection) -> None:
        add(connection, "undone")
        raise LookupError("mine")

    results = await asyncio.gather(
        database.write(lambda c: add(c, "a")),
        database.write(fail),
        database.write(lambda c: add(c, "b")),
        database.write(lambda c: add(c, "a")),
        database.write(lambda c: add(c, "c")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [
        type(None),
        LookupError,
        type(None),
        IntegrityError,
        type(None),
    ]
    assert await database.read(ids) == ["a", "b", "c"]


async def test_an_error_message_does_not_tell_what_was_stored(database: Database) -> None:
    prepared = database.prepare(insert(processes))
    row = {"id": "a", "host": "CANARY", "pid": 1, "started_at": 0.0, "seen_at": 0.0}
    await database.write(lambda c: prepared.execute(c, row))
    with pytest.raises(IntegrityError) as raised:
        await database.write(lambda c: prepared.execute(c, row))
    assert "CANARY" not in str(raised.value)
    with pytest.raises(IntegrityError) as raised:
        await database.write(lambda c: c.execute(insert(processes).values(row)))
    assert "CANARY" not in str(raised.value)


async def test_a_prepared_statement_does_what_the_statement_does(database: Database) -> None:
    put = database.prepare(insert(processes))
    get = database.prepare(
        select(processes.c.id, processes.c.pid).where(
            processes.c.pid > bindparam("pid"), processes.c.host == "h"
        )
    )
    rows = [{"id": f"{n}", "host": "h", "pid": n, "started_at": 0.5, "seen_at": 1.5} for n in range(5)]
    await database.write(lambda c: put.execute(c, *rows))
    found = await database.read(lambda c: [tuple(row) for row in get.fetch(c, pid=2)])
    assert sorted(found) == [("3", 3), ("4", 4)]
    with pytest.raises(KeyError):
        await database.read(lambda c: get.fetch(c))


async def test_cancelling_does_not_take_a_write_back_nor_hurt_others(database: Database) -> None:
    first = database.write(lambda c: add(c, "first"))
    cancelled = asyncio.ensure_future(asyncio.wait_for(database.write(lambda c: add(c, "cancelled")), 60))
    last = database.write(lambda c: add(c, "last"))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(first, last)
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert await database.read(ids) == ["cancelled", "first", "last"]


async def test_cancelled_reads_give_their_connections_back(database_url: str) -> None:
    async with open_database(database_url, pool_size=2) as database:
        for delay in (0, 0.0005, 0.001, 0.002) * 25:
            reading = asyncio.ensure_future(database.read(ids))
            await asyncio.sleep(delay)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert await asyncio.wait_for(asyncio.gather(*(database.read(ids) for _ in range(8))), 10) == [[]] * 8


async def test_closing_commits_what_is_queued(database_url: str) -> None:
    async with open_database(database_url) as database:
        for number in range(600):
            database.write(lambda c, n=number: add(c, f"{n:03}"))
    with pytest.raises(RuntimeError, match="closed"):
        database.write(lambda c: add(c, "late"))
    async with open_database(database_url) as database:
        assert len(await database.read(ids)) == 600


async def test_closing_ends_also_when_it_is_cancelled(database_url: str) -> None:
    async def use() -> None:
        async with open_database(database_url) as database:
            database.write(lambda c: add(c, "kept"))
            await asyncio.sleep(60)

    using = asyncio.ensure_future(use())
    await asyncio.sleep(0.2)
    using.cancel()
    await asyncio.gather(using, return_exceptions=True)
    async with open_database(database_url) as database:
        assert await database.read(ids) == ["kept"]


async def test_processes_that_write_at_once_all_succeed(database_url: str) -> None:
    program = """
import asyncio, sys
from persistence.storage.database import open_database
from sqlalchemy import insert
from persistence.storage.tables.runs import processes

async def main(url, name):
    async with open_database(url) as database:
        for number in range(100):
            row = dict(id=f"{name}-{number}", host="h", pid=0, started_at=0.0, seen_at=0.0)
            await database.write(lambda c: c.execute(insert(processes).values(row)))

asyncio.run(main(*sys.argv[1:]))
"""
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, database_url, name, stderr=subprocess.PIPE
        )
        for name in ("a", "b", "c")
    ]
    for process in running:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    async with open_database(database_url) as database:
        assert len(await database.read(ids)) == 300


def hold_lock(file: Path, taken: threading.Event, release: threading.Event) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    taken.set()
    release.wait(30)
    connection.execute("ROLLBACK")
    connection.close()


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    file = tmp_path / "locked.db"
    file.write_bytes(sqlite_template.read_bytes())
    return file


async def test_a_writer_waits_for_another_programs_lock(sqlite_file: Path) -> None:
    taken, release = threading.Event(), threading.Event()
    holding = asyncio.ensure_future(asyncio.to_thread(hold_lock, sqlite_file, taken, release))
    await asyncio.to_thread(taken.wait)
    async with open_database(f"sqlite+aiosqlite:///{sqlite_file}") as database:
        writes = [database.write(lambda c, n=n: add(c, str(n))) for n in range(5)]
        await asyncio.sleep(3)
        assert not any(write.done() for write in writes)
        assert await database.read(ids) == []  # readers do not wait
        release.set()
        await asyncio.gather(*writes)
        assert len(await database.read(ids)) == 5
    await holding


async def test_a_lock_that_is_held_too_long_is_said_to_be_and_writing_goes_on_after_it(
    sqlite_file: Path,
) -> None:
    taken, release = threading.Event(), threading.Event()
    holding = asyncio.ensure_future(asyncio.to_thread(hold_lock, sqlite_file, taken, release))
    await asyncio.to_thread(taken.wait)
    async with open_database(f"sqlite+aiosqlite:///{sqlite_file}", busy_timeout=0.3) as database:
        writes = [database.write(lambda c, n=n: add(c, str(n))) for n in range(50)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert {type(result) for result in results} == {StorageBusy}
        release.set()
        await holding
        await database.write(lambda c: add(c, "after"))
        assert await database.read(ids) == ["after"]


async def test_a_full_disk_is_said_to_be_and_reading_goes_on(sqlite_file: Path) -> None:
    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the file's present size
        for number in range(2000):
            add(connection, f"{number}" * 10)

    async with open_database(f"sqlite+aiosqlite:///{sqlite_file}") as database:
        with pytest.raises(StorageFull, match="no room left"):
            await database.write(fill)
        assert await database.read(ids) == []
        await database.write(lambda c: add(c, "after"))  # on a new connection, without the limit


async def test_a_file_that_cannot_be_opened_is_said_to_be(tmp_path: Path) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such.db'}") as database:
        with pytest.raises(StorageUnavailable, match="writable"):
            await database.read(ids)
        with pytest.raises(StorageUnavailable, match="writable"):
            await database.write(lambda c: add(c, "x"))


def test_a_url_of_another_kind_is_refused() -> None:
    async def use() -> None:
        async with open_database("mysql://x/y"):
            raise AssertionError("not reached")

    with pytest.raises(ValueError, match="must begin with"):
        asyncio.run(use())


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_lost_connections_are_made_anew_and_nothing_is_lost_or_doubled(database_url: str) -> None:
    async with open_database(database_url) as database:
        await database.read(ids)
        for number in range(60):
            writes = [database.write(lambda c, n=f"{number:03}-{part}": add(c, n)) for part in range(3)]
            if number % 10 == 5:
                await terminate_all(database_url)
            await asyncio.gather(*writes)
        assert len(await database.read(ids)) == 180


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_batch_that_was_lost_half_way_is_run_again(database_url: str) -> None:
    runs = 0

    def lose_the_first(connection: Connection) -> None:
        nonlocal runs
        runs += 1
        add(connection, "once")
        if runs == 1:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    async with open_database(database_url) as database:
        await database.write(lose_the_first)
        assert runs == 2
        assert await database.read(ids) == ["once"]


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_commit_whose_answer_was_lost_is_not_done_twice(database_url: str) -> None:
    """A proxy cuts the connection when the server has committed and before the client hears of it."""
    parsed = make_url(database_url)
    cut = asyncio.Event()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(parsed.host, parsed.port)

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
            while data := await source.read(65536):
                if answers and cut.is_set() and b"COMMIT" in data:
                    cut.clear()  # the server has committed; the client will never hear of it
                    break
                sink.write(data)
                await sink.drain()
            for end in (writer, upstream[1]):
                end.close()

        await asyncio.gather(
            copy(reader, upstream[1], answers=False),
            copy(upstream[0], writer, answers=True),
            return_exceptions=True,
        )

    runs = 0

    def once(connection: Connection) -> str:
        nonlocal runs
        runs += 1
        add(connection, "once")
        cut.set()
        return "result"

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with proxy:
        port = proxy.sockets[0].getsockname()[1]
        async with open_database(parsed.set(port=port).render_as_string(hide_password=False)) as database:
            await database.write(lambda c: None)
            assert await database.write(once) == "result"
            assert runs == 1
            assert not cut.is_set()
            assert await database.read(ids) == ["once"]


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_server_that_does_not_come_back_is_said_to_be_gone(database_url: str) -> None:
    nowhere = make_url(database_url).set(port=1)
    async with open_database(nowhere.render_as_string(), patience=0.3) as database:
        with pytest.raises(StorageUnavailable, match=r"did not come back within 0\.3 s"):
            await database.read(ids)
        with pytest.raises(StorageUnavailable, match="AGENTICRAG_DATABASE_URL"):
            await database.write(lambda c: add(c, "x"))


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_reads_do_not_starve_the_writer(database_url: str) -> None:
    async with open_database(database_url, pool_size=2) as database:
        slow = [
            asyncio.ensure_future(database.read(lambda c: c.execute(text("SELECT pg_sleep(1)")).all()))
            for _ in range(6)
        ]
        await asyncio.sleep(0.05)
        await asyncio.wait_for(database.write(lambda c: add(c, "x")), 0.9)
        await asyncio.gather(*slow)


async def test_a_statement_at_fault_is_not_taken_for_the_databases(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.write(lambda c: c.exec_driver_sql("SELECT * FROM nothing"))
    with pytest.raises(DBAPIError):
        await database.read(lambda c: c.exec_driver_sql("SELECT * FROM nothing"))
    await database.write(lambda c: add(c, "after"))
    assert await database.read(ids) == ["after"]


async def test_what_was_written_later_is_carried_in_order_or_begun_by_itself(database: Database) -> None:
    database.write_later("run", lambda c: add(c, "1"))
    database.write_later("run", lambda c: add(c, "2"))
    await database.write(lambda c: add(c, "3"))
    assert database.later.count("run") == 0
    assert await database.read(in_order) == ["1", "2", "3"]
    await asyncio.wait_for(database.write_later("run", lambda c: add(c, "4")), 5)
    assert await database.read(ids) == ["1", "2", "3", "4"]


async def test_what_follows_a_later_write_that_failed_is_not_made_until_it_is_forgotten(
    database: Database,
) -> None:
    def after(connection: Connection, id: str) -> None:
        database.later.check("run")
        add(connection, id)

    def refused(connection: Connection) -> None:
        raise StorageFull("no room")

    database.write_later("run", refused)
    with pytest.raises(StorageFull):
        await database.write(lambda c: after(c, "same transaction"))
    with pytest.raises(StorageFull):
        await database.write(lambda c: after(c, "the next one"))
    await database.write(lambda c: add(c, "of another"))
    database.later.forget("run")
    await database.write(lambda c: after(c, "anew"))
    assert await database.read(ids) == ["anew", "of another"]


async def test_a_later_write_that_fails_when_it_is_forgotten_keeps_nobody_from_writing(
    database: Database,
) -> None:
    def refused(connection: Connection) -> None:
        raise StorageFull("no room")

    failing = database.write_later("run", refused)
    database.later.forget("run")
    assert database.later.count("run") == 1  # who reads still waits for it
    with pytest.raises(StorageFull):
        await failing
    await database.write(lambda c: database.later.check("run"))
    assert database.later.count("run") == 0
