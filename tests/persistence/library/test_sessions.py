"""Sessions and what hangs on them, on both databases."""

import asyncio

from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy import func, select

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.library.sessions import Sessions
from persistence.runs.executions import Executions, Idempotency, NewExecution
from persistence.storage.database import Database
from persistence.storage.tables import metadata
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints
from persistence.storage.tables.runs import executions, idempotency_keys, journal


async def count(database: Database, *names: str) -> dict[str, int]:
    tables = [metadata.tables[name] for name in names]
    return await database.read(
        lambda connection: {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        }
    )


async def fill(database: Database, thread_id: str) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput(
        {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}, empty_checkpoint(), {}, {}
    )
    await checkpointer.aput_writes(config, [("messages", ["hello"])], "task", "path")
    assert await checkpointer.aget_tuple(config) is not None


async def test_a_session_is_made_once_under_its_name(database: Database) -> None:
    sessions = Sessions(database)
    made = await asyncio.gather(*(sessions.create("w", "chat 1", "flow", f"Title {n}") for n in range(5)))
    assert len({row.id for row in made}) == 1
    assert await sessions.get("w", "chat 1") == made[0]
    assert made[0].title == "Title 0"
    assert made[0].name == "chat 1"
    assert made[0].id != "chat 1"
    assert await sessions.get("other", "chat 1") is None
    theirs = await sessions.create("other", "chat 1")
    assert theirs.id != made[0].id


async def test_sessions_are_listed_by_flow_and_page(database: Database) -> None:
    sessions = Sessions(database)
    for number in range(5):
        await sessions.create("w", f"s{number}", "even" if number % 2 == 0 else "odd")
    await sessions.create("other", "x", "even")
    rows, total = await sessions.list("w", limit=2, offset=1)
    assert ([row.name for row in rows], total) == (["s3", "s2"], 5)
    rows, total = await sessions.list("w", flow_id="even")
    assert ([row.name for row in rows], total) == (["s4", "s2", "s0"], 3)


async def test_memory_settings_are_the_sessions_own(database: Database) -> None:
    sessions = Sessions(database)
    await sessions.create("w", "s")
    changed = await sessions.set_memory(
        "w", "s", {"strategy": "summary", "memory_config": {"max_messages": 4}}
    )
    assert changed is not None
    assert changed.memory == {"strategy": "summary", "memory_config": {"max_messages": 4}}
    assert await sessions.get("w", "s") == changed
    assert await sessions.set_memory("other", "s", {}) is None


async def test_clearing_a_session_empties_its_history_and_keeps_it(database: Database) -> None:
    sessions = Sessions(database)
    row = await sessions.create("w", "s")
    other = await sessions.create("w", "t")
    await fill(database, row.id)
    await fill(database, other.id)
    assert await sessions.clear("other", "s") is None
    assert await sessions.clear("w", "s") == row
    checkpointer = Checkpointer(database)
    assert await checkpointer.aget_tuple({"configurable": {"thread_id": row.id}}) is None
    assert await checkpointer.aget_tuple({"configurable": {"thread_id": other.id}}) is not None


async def test_deleting_a_session_deletes_all_that_hangs_on_it(database: Database) -> None:
    sessions = Sessions(database)
    for name in ("s", "t"):
        accepted = await Executions(database).accept(
            NewExecution(
                workspace="w",
                flow_type="chatflow",
                session=name,
                input={"message": "hi"},
                options={},
                idempotency=Idempotency("route", name, "hash"),
            ),
            "process",
            begin=True,
        )
        await fill(database, accepted.execution.thread_id)
    names = [t.name for t in (checkpoints, checkpoint_writes, executions, journal, idempotency_keys)]
    assert await count(database, *names) == dict.fromkeys(names, 2)
    assert not await sessions.delete("other", "s")
    assert await sessions.delete("w", "s")
    assert not await sessions.delete("w", "s")
    assert await count(database, *names) == dict.fromkeys(names, 1)
    assert await sessions.get("w", "s") is None
    assert await sessions.get("w", "t") is not None
