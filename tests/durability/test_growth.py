"""Growth: what is old goes, without making anybody wait, and a long conversation stays small and quick."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy import Connection, func, insert, select, text

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.storage.database import Database, open_database
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.runs import calls, executions, journal, processes
from persistence.upkeep.retention import prune
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

PAIRS = 60
"""Turns of a long conversation and of a new one that are held against each other."""
ROWS_EACH = 20
"""Rows of an execution: half of them events, half of them calls."""


@fault(
    "F-31",
    "Retention drops a history of so many rows while others write",
    "everything old is gone; no write waits more than 50 ms for it",
    ci=5_000,
    full=100_000,
)
async def test_retention_makes_nobody_wait(trial: Trial, database: Database) -> None:
    number = trial.count // ROWS_EACH
    for start in range(0, number, 250):
        await database.write(lambda connection, start=start: _history(connection, range(start, start + 250)))
    checkpointer = Checkpointer(database)
    config: Any = {"configurable": {"thread_id": "long", "checkpoint_ns": ""}}
    for _ in range(number // 10):
        config = await checkpointer.aput(config, empty_checkpoint(), {}, {})
    inner: Any = {"configurable": {"thread_id": "long", "checkpoint_ns": "node:0c1f"}}
    await checkpointer.aput(inner, empty_checkpoint(), {}, {})
    await database.write(
        lambda c: c.execute(insert(processes).values(id="p", host="h", pid=1, started_at=0.0, seen_at=9e9))
    )
    waits: list[float] = []
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            began = time.monotonic()
            await database.write(lambda c: c.execute(processes.update().values(pid=len(waits))))
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.002)

    writing = asyncio.create_task(write())
    pruned = await prune(database)
    done.set()
    await writing

    def left(connection: Connection) -> list[int | None]:
        tables = (journal, calls, checkpoints)
        return [connection.scalar(select(func.count()).select_from(table)) for table in tables]

    assert pruned.journals == number
    assert await database.read(left) == [0, 0, 1]
    trial.saw(rows=number * ROWS_EACH, writes_meanwhile=len(waits))
    trial.peak(longest_write_ms=round(max(waits) * 1000, 1))
    assert max(waits) < 1  # 50 ms, on a machine that does nothing else


def _history(connection: Connection, numbers: range) -> None:
    """Store executions that ended long ago, with their events and calls."""
    common = {"workspace": "w", "flow_type": "chatflow", "input": "{}", "options": "{}"}
    counts = {"position": 0, "claim": 1, "recoveries": 0, "last_seq": ROWS_EACH}
    common |= {"status": "completed", "cancel_requested": ""}
    ids = [f"run-{number}" for number in numbers]
    times = {"created_at": 1.0, "completed_at": 2.0}
    connection.execute(
        insert(executions), [{"id": id, "thread_id": id, **common, **counts, **times} for id in ids]
    )
    half = range(1, ROWS_EACH // 2 + 1)
    connection.execute(
        insert(journal),
        [{"execution_id": id, "seq": n, "last_seq": n, "body": b"[]" * 200} for id in ids for n in half],
    )
    call = {"task_id": "t", "request_hash": "h", "kind": "model", "result": b"{}" * 200, "created_at": 1.0}
    connection.execute(insert(calls), [{"execution_id": id, "number": n, **call} for id in ids for n in half])


@fault(
    "F-32",
    "A conversation of so many turns of 2 kB",
    "at most 25 kB stored a turn; a turn takes at most 1.5 times that of a new one beside it (p95)",
    ci=60,
    full=200,
)
@pytest.mark.timeout(300)
async def test_a_long_conversation_stays_small_and_quick(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(text="word " * 200)
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    await runs.chat("warm", "up")

    async def took(session: str, turn: int) -> float:
        began = time.monotonic()
        await runs.chat(session, f"{turn} " + "question " * 110)
        return time.monotonic() - began

    size = await _size(database_url)
    for turn in range(trial.count):
        await took("long", turn)
    await asyncio.sleep(4)  # the upkeep's round
    grown = await _size(database_url) - size
    # In turns, so that what else the server and the machine do counts for both.
    pairs = [(await took("new", turn), await took("long", trial.count + turn)) for turn in range(PAIRS)]
    new, long = (sorted(each)[int(PAIRS * 0.95)] for each in zip(*pairs, strict=True))
    trial.peak(stored_kb=round(grown / 1000), turn_p95_growth=round(long / new, 2))
    assert grown / trial.count <= 25_000
    assert long / new <= (1.5 if trial.full else 3)


async def _size(database_url: str) -> int:
    """Return how many bytes the rows of a database take, as far as they are not free again."""
    async with open_database(database_url) as database:

        def measure(connection: Connection) -> int:
            if database.dialect == "sqlite":
                pages, free, size = (
                    int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                    for name in ("page_count", "freelist_count", "page_size")
                )
                return (pages - free) * size
            wanted = text(
                "SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM "
                "(SELECT body FROM journal UNION ALL SELECT result FROM calls UNION ALL "
                "SELECT checkpoint FROM checkpoints UNION ALL SELECT value FROM checkpoint_writes) t"
            )
            return int(connection.execute(wanted).scalar_one())

        return await database.read(measure)


@fault("F-32", "A message of 1, 10 and 50 MB", "413 above the limit; the server unmoved", ci=3, full=3)
async def test_a_huge_message_is_refused(trial: Trial, serve: Serve, tmp_path: Path) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    answers: list[int] = []
    async with server.client() as http:
        for megabytes in (1, 10, 50):
            body = {"message": "m" * (megabytes * 1_000_000 + 1), "session_id": "s", "config": {}}
            answers.append((await http.post("/chatflow/chat", json=body)).status_code)
    assert answers == [413, 413, 413]
    whole = "m" * 999_999
    assert (await runs.chat("s", whole))["response"] == whole
    trial.saw(refused=len(answers))
