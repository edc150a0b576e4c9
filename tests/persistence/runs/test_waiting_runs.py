"""Runs that wait for workers: who begins which, in which order, and how many of a workspace."""

import asyncio
from collections import Counter

from persistence.runs.executions import Executions, NewExecution
from persistence.runs.waiting_runs import Place, WaitingRuns
from persistence.storage.database import Database

HERE = Place("default", "w")


async def wait(store: Executions, workspace: str = "w", session: str | None = None, **more: object) -> str:
    new = NewExecution(
        workspace=workspace,
        flow_type="chatflow",
        session=session,
        input={},
        options={},
        **{"queue": "default", **more},  # pyright: ignore[reportArgumentType]
    )
    return (await store.accept(new, "server", begin=False)).execution.id


async def test_a_run_that_waits_is_begun_once_whoever_asks(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    ids = [await wait(store) for _ in range(20)]
    taken = await asyncio.gather(*(waiting.take(f"p{number % 4}", HERE, limit=2) for number in range(20)))
    begun = [row for rows in taken for row in rows]
    assert sorted(row.id for row in begun) == sorted(ids)
    assert {(row.status, row.claim) for row in begun} == {("running", 1)}
    assert await waiting.take("p", HERE, limit=5) == []
    assert await waiting.places(["default"]) == []


async def test_runs_of_a_session_begin_one_after_the_other_in_their_order(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    first, second = [await wait(store, session="s") for _ in range(2)]
    later = await wait(store, session="t")
    assert [row.id for row in await waiting.take("p", HERE, limit=5)] == [first, later]
    assert await waiting.take("q", HERE, limit=5) == [], "the session is busy"
    assert await waiting.places(["default"], workspace="w") == [HERE], f"{second} waits still"


async def test_what_somebody_waits_for_begins_before_what_leaves_room(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    behind = await wait(store, priority=10)
    soon = await wait(store)
    assert [row.id for row in await waiting.take("p", HERE, limit=5, below=10)] == [soon]
    assert [row.id for row in await waiting.take("p", HERE, limit=5)] == [behind]


async def test_a_worker_takes_from_its_queues_alone(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    slow = await wait(store, queue="slow")
    usual = await wait(store)
    assert await waiting.places(["slow"]) == [Place("slow", "w")]
    assert [row.id for row in await waiting.take("p", Place("slow", "w"), limit=5)] == [slow]
    assert [row.id for row in await waiting.take("p", HERE, limit=5)] == [usual]


async def test_a_cap_holds_over_all_workers(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    for workspace in ("w", "v"):
        for _ in range(6):
            await wait(store, workspace)
    asked = [
        waiting.take(f"p{number}", Place("default", workspace), limit=2, most_running=3)
        for number in range(4)
        for workspace in ("w", "v")
    ]
    begun = Counter(row.workspace for rows in await asyncio.gather(*asked) for row in rows)
    assert begun == {"w": 3, "v": 3}


async def test_workers_take_over_what_ran_and_leave_what_waited_to_a_turn(database: Database) -> None:
    store, waiting = Executions(database), WaitingRuns(database)
    await store.beat("worker", "elsewhere", 1)
    ran, other = await wait(store), await wait(store, queue="slow")
    assert [row.id for row in await waiting.take("dead", HERE, limit=1)] == [ran]
    assert [row.id for row in await waiting.take("dead", Place("slow", "w"), limit=1)] == [other]
    inline = await wait(store, queue=None)
    adopted = await store.adopt("worker", lease=60, queues=["default"])
    assert [(row.id, row.recoveries, row.claim) for row in adopted] == [(ran, 1, 2)]
    assert [row.id for row in await waiting.take("worker", HERE, limit=5)] == [inline]
