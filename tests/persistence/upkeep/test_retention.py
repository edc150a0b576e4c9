"""Retention, on both databases."""

import time
import uuid
from typing import Any

from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy import insert, select

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.storage.database import Database
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import calls, executions, idempotency_keys, journal, processes
from persistence.storage.tables.spending import usage
from persistence.upkeep.retention import Policy, Pruned, prune

DAY = 86_400.0


async def add_execution(database: Database, id: str, **values: Any) -> None:
    row: dict[str, Any] = {
        "id": id,
        "workspace": "w",
        "flow_type": "chatflow",
        "thread_id": id,
        "status": "completed",
        "input": "{}",
        "options": "{}",
        "position": 0,
        "claim": 1,
        "recoveries": 0,
        "last_seq": 1,
        "cancel_requested": "",
        "created_at": 0.0,
        "completed_at": time.time(),
    }

    async def put(table: Any, **of: Any) -> None:
        await database.write(lambda connection: connection.execute(insert(table).values(**of)))

    await put(executions, **{**row, **values})
    await put(journal, execution_id=id, seq=1, last_seq=1, body=b"[]")
    call = {"task_id": "t", "kind": "model", "number": 0, "request_hash": "h", "result": b"{}"}
    await put(calls, execution_id=id, **call, created_at=0.0)
    await put(
        usage,
        execution_id=id,
        workspace="w",
        node="n",
        provider="p",
        model="m",
        status="completed",
        input_tokens=1,
        output_tokens=1,
        cached_input_tokens=0,
        reasoning_tokens=0,
        estimated=False,
        duration_ms=1.0,
        created_at=0.0,
    )


async def add_session(database: Database, id: str, last_activity_at: float) -> None:
    made = insert(sessions).values(
        id=id,
        workspace="w",
        name=id,
        title="",
        memory="{}",
        status="active",
        message_count=0,
        total_tokens=0,
        created_at=0.0,
        last_activity_at=last_activity_at,
    )
    await database.write(lambda connection: connection.execute(made))


async def add_checkpoints(database: Database, thread_id: str, number: int) -> None:
    checkpointer = Checkpointer(database)
    config: Any = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    for _ in range(number):
        config = await checkpointer.aput(config, empty_checkpoint(), {}, {})


async def column(database: Database, wanted: Any) -> list[Any]:
    return await database.read(lambda connection: [*connection.scalars(select(wanted).order_by(wanted))])


async def test_journals_and_calls_of_long_ended_executions_go_and_their_rows_stay(database: Database) -> None:
    now = time.time()
    for number in range(7):
        await add_execution(database, f"old{number}", completed_at=now - 31 * DAY - number)
    await add_execution(database, "young", completed_at=now - 29 * DAY)
    await add_execution(database, "running", status="running", completed_at=None)
    pruned = await prune(database, Policy(step=3))
    assert pruned.journals == 7
    assert await column(database, journal.c.execution_id) == ["running", "young"]
    assert await column(database, calls.c.execution_id) == ["running", "young"]
    assert len(await column(database, executions.c.id)) == 9
    assert len(await column(database, usage.c.id)) == 9
    assert await prune(database, Policy(step=3)) == Pruned(0, 0, 0, 0, 0, 0)


async def test_the_state_of_runs_without_a_session_goes_with_their_journal(database: Database) -> None:
    now = time.time()
    await add_session(database, "s", now)
    await add_execution(database, "alone", completed_at=now - 31 * DAY)
    await add_execution(database, "in-s", completed_at=now - 31 * DAY, session_id="s", thread_id="s")
    await add_checkpoints(database, "alone", 2)
    await add_checkpoints(database, "s", 2)
    await prune(database)
    assert await column(database, checkpoints.c.thread_id) == ["s", "s"]


async def test_idle_sessions_keep_their_latest_state_only(database: Database) -> None:
    now = time.time()
    for name, active, status in [
        ("idle", now - 7200, "completed"),
        ("fresh", now, "completed"),
        ("waiting", now - 7200, "waiting_approval"),
    ]:
        await add_session(database, name, active)
        await add_execution(database, f"run-{name}", session_id=name, thread_id=name, status=status)
        await add_checkpoints(database, name, 4)
    await add_checkpoints(database, "stray", 4)
    assert (await prune(database, Policy(step=1))).threads == 2
    left = await column(database, checkpoints.c.thread_id)
    assert left == ["fresh"] * 4 + ["idle"] + ["stray"] + ["waiting"] * 4


async def test_idempotency_keys_and_dead_processes_are_forgotten(database: Database) -> None:
    now = time.time()
    for key, age in [("old", 25 * 3600), ("young", 23 * 3600)]:
        made = insert(idempotency_keys).values(
            workspace="w", route="r", key=key, body_hash="h", created_at=now - age
        )
        await database.write(lambda connection, made=made: connection.execute(made))
    for name, age in [("dead", 7200), ("owner", 7200), ("alive", 5)]:
        seen = insert(processes).values(id=name, host="h", pid=1, started_at=0.0, seen_at=now - age)
        await database.write(lambda connection, seen=seen: connection.execute(seen))
    await add_execution(database, str(uuid.uuid4()), status="running", completed_at=None, process_id="owner")
    assert await prune(database) == Pruned(
        idempotency_keys=1, journals=0, outcomes=0, threads=0, values=0, processes=1
    )
    assert await column(database, idempotency_keys.c.key) == ["young"]
    assert await column(database, processes.c.id) == ["alive", "owner"]
