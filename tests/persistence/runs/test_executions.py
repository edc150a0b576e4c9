"""Executions: accepted once, begun in order, one active a session, adopted when their process is gone."""

import asyncio

import pytest

from persistence.journal.journal import Journal
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.runs.executions import (
    Busy,
    ExecutionRow,
    Executions,
    Idempotency,
    IdempotencyConflict,
    NewExecution,
    OnBusy,
    TooManyRuns,
)
from persistence.runs.resumption import open_recorder
from persistence.storage.database import Database
from persistence.storage.ids import new_id


def new(
    session: str | None = "s",
    *,
    on_busy: OnBusy = "wait",
    idempotency: Idempotency | None = None,
    workspace: str = "w",
) -> NewExecution:
    return NewExecution(
        workspace=workspace,
        flow_type="chatflow",
        session=session,
        title="Hi",
        input={"message": "Hi"},
        options={"limits": {}},
        on_busy=on_busy,
        idempotency=idempotency,
    )


async def ended(database: Database, row: ExecutionRow) -> ExecutionRow:
    recorder = await open_recorder(database, Journal(database), row, interval=0)
    return await recorder.finish("run.completed", "completed", output={"response": "x"})


def test_ids_are_uuids_of_version_seven_that_sort_by_time() -> None:
    ids = [new_id() for _ in range(3)]
    assert all(one[14] == "7" and one[19] in "89ab" and len(one) == 36 for one in ids)


async def test_an_accepted_run_stands_in_the_database_with_its_first_event(database: Database) -> None:
    store = Executions(database)
    accepted = await store.accept(new(), "p", begin=True)
    row = await store.get("w", accepted.execution.id)
    assert row is not None
    assert row == accepted.execution
    assert (row.status, row.claim, row.session, row.memory, row.input) == (
        "running",
        1,
        "s",
        {},
        {"message": "Hi"},
    )
    assert row.thread_id == row.session_id != "s", "the caller's name is never LangGraph's thread id"
    assert [e.type for e in await Journal(database).read(row.id)] == ["run.created"]
    assert await store.get("other", row.id) is None


async def test_runs_of_a_session_begin_one_at_a_time_in_the_order_they_came(database: Database) -> None:
    store = Executions(database)
    rows = [(await store.accept(new(), "p", begin=True)).execution for _ in range(3)]
    assert [row.status for row in rows] == ["running", "pending", "pending"]
    assert await store.begin(rows[1].id, "p") is None, "the first still runs"
    await ended(database, rows[0])
    assert await store.begin(rows[2].id, "p") is None, "the second comes first"
    second = await store.begin(rows[1].id, "p")
    assert second is not None
    await ended(database, second)
    assert await store.begin(rows[2].id, "p") is not None


async def test_a_hundred_messages_at_once_keep_one_run_active(database: Database) -> None:
    store = Executions(database)
    accepted = await asyncio.gather(*(store.accept(new(), "p", begin=True) for _ in range(100)))
    assert sorted(a.execution.position for a in accepted) == list(range(1, 101))
    assert [a.execution.status for a in accepted].count("running") == 1
    elsewhere = await store.accept(new("another"), "p", begin=True)
    assert elsewhere.execution.status == "running"


async def test_a_busy_session_refuses_or_displaces_as_the_request_says(database: Database) -> None:
    store = Executions(database)
    first = (await store.accept(new(), "p", begin=True)).execution
    with pytest.raises(Busy):
        await store.accept(new(on_busy="refuse"), "p", begin=True)
    assert (await ExecutionLists(database).page("w", Wanted()))[1] == 1
    second = await store.accept(new(on_busy="interrupt"), "p", begin=True)
    assert second.displaced == (first.id,)
    assert second.execution.status == "pending"
    assert await store.cancels("p") == {first.id: "interrupt"}
    assert (await store.accept(new("free", on_busy="refuse"), "p", begin=True)).execution.status == "running"


async def test_the_same_idempotency_key_is_the_same_run(database: Database) -> None:
    store = Executions(database)
    same = Idempotency("POST /chat", "key", "hash")
    results = await asyncio.gather(*(store.accept(new(idempotency=same), "p", begin=True) for _ in range(20)))
    assert len({result.execution.id for result in results}) == 1
    assert sorted(result.replayed for result in results) == [False] + [True] * 19
    with pytest.raises(IdempotencyConflict):
        await store.accept(new(idempotency=Idempotency("POST /chat", "key", "other")), "p", begin=True)
    elsewhere = await store.accept(new(idempotency=same, workspace="v"), "p", begin=True)
    assert not elsewhere.replayed, "another workspace's key is another key"


async def test_runs_of_a_silent_process_are_adopted_with_a_new_claim(database: Database) -> None:
    store = Executions(database)
    await store.beat("p", "host", 1)
    row = (await store.accept(new(), "p", begin=True)).execution
    waiting = (await store.accept(new(), "p", begin=True)).execution
    await store.beat("q", "host", 2)
    assert await store.adopt("q", lease=60) == [], "p lives"
    await store.bury(["p"])
    adopted = await store.adopt("q", lease=60)
    assert [(a.id, a.status, a.claim, a.recoveries, a.process_id) for a in adopted] == [
        (row.id, "running", 2, 1, "q"),
        (waiting.id, "pending", 1, 0, "q"),
    ]
    assert await store.adopt("r", lease=60) == []


async def test_a_process_that_was_kept_from_saying_that_it_lives_takes_nothing_over(
    database: Database,
) -> None:
    store = Executions(database)
    await store.beat("p", "host", 1)
    await store.beat("q", "host", 2)
    await store.accept(new(), "p", begin=True)
    await store.accept(new("other"), "q", begin=True)
    await asyncio.sleep(1.1)  # as a lock on the whole database makes both wait
    assert await store.adopt("p", lease=1) == [], "neither its own runs nor another's"
    await store.beat("p", "host", 1)
    assert [row.process_id for row in await store.adopt("p", lease=1)] == ["p"], "q is silent still"


async def test_a_run_handed_back_is_adopted_without_costing_a_recovery(database: Database) -> None:
    store = Executions(database)
    await store.beat("p", "host", 1)
    row = (await store.accept(new(), "p", begin=True)).execution
    await store.hand_back([row])
    [adopted] = await store.adopt("p", lease=60)
    assert (adopted.recoveries, adopted.claim) == (0, 3)


async def test_cancel_is_asked_once_and_only_in_the_own_workspace(database: Database) -> None:
    store = Executions(database)
    row = (await store.accept(new(), "p", begin=True)).execution
    assert await store.request_cancel("other", row.id, "p") is None
    asked = await store.request_cancel("w", row.id, "p")
    assert asked is not None
    assert asked.cancel_requested == "cancel"
    await ended(database, row)
    late = await store.request_cancel("w", row.id, "p")
    assert late is not None
    assert late.status == "completed"


async def test_a_pending_run_that_was_cancelled_never_begins(database: Database) -> None:
    store = Executions(database)
    first = (await store.accept(new(), "p", begin=True)).execution
    second = (await store.accept(new(), "p", begin=True)).execution
    await store.request_cancel("w", second.id, "p")
    await ended(database, first)
    assert await store.begin(second.id, "p") is None
    assert await store.take_pending(second.id, "p") is not None


async def test_lists_are_scoped_filtered_and_counted(database: Database) -> None:
    store, lists = Executions(database), ExecutionLists(database)
    for session in ("a", "b", "a"):
        row = (await store.accept(new(session), "p", begin=True)).execution
        if session == "b":
            await ended(database, row)
    rows, total = await lists.page("w", Wanted(session="a"), limit=1)
    assert (len(rows), total) == (1, 2)
    assert [row.session for row in (await lists.page("w", Wanted(status="completed")))[0]] == ["b"]
    assert await lists.page("other", Wanted()) == ([], 0)


async def test_of_a_large_limit_of_open_runs_a_process_lets_in_a_hundredth_more_at_most(
    database: Database,
) -> None:
    stores = [Executions(database, max_open=200), Executions(database, max_open=200)]

    async def start(number: int) -> bool:
        try:
            await stores[number % 2].accept(new(None), "p", begin=False)
        except TooManyRuns:
            return False
        return True

    first = await start(0)
    accepted = first + sum(await asyncio.gather(*(start(number) for number in range(1, 240))))
    assert 200 <= accepted <= 204
