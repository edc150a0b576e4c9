"""The checkpointer under real graphs, on both databases: order, delta history, pruning, cancels."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.channels import DeltaChannel
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Overwrite, interrupt
from sqlalchemy import Connection, func, select

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.runs.executions import Executions, NewExecution
from persistence.storage.database import Database
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints


def extended(history: list[str], writes: Sequence[dict[str, list[str]]]) -> list[str]:
    return [*history, *(message for write in writes for message in write["add"])]


class State(TypedDict, total=False):
    """A session's state: a history that is stored as deltas, and what a run leaves behind."""

    messages: Annotated[list[str], DeltaChannel(extended, snapshot_frequency=50)]
    output: dict[str, Any]
    count: int


Graph = CompiledStateGraph[State, None, State, State]


async def answer(state: State) -> dict[str, Any]:
    heard = state.get("messages", [])[-1]
    return {"messages": {"add": [f"re: {heard}"]}, "output": {"answer": heard}}


async def note(state: State) -> dict[str, Any]:
    return {"count": len(state.get("messages", []))}


async def ask(state: State) -> dict[str, Any]:
    return {"messages": {"add": [str(interrupt({"question": "Really?"}))]}}


def chat(database: Database) -> Graph:
    graph = StateGraph(State)
    graph.add_node("answer", answer)
    graph.add_node("note", note)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", "note")
    graph.add_edge("note", END)
    return graph.compile(checkpointer=Checkpointer(database))


def run_of(run_id: str, thread_id: str = "t", **more: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "run_id": run_id, **more}}


def place(config: RunnableConfig) -> dict[str, Any]:
    return config.get("configurable", {})


async def turn(graph: Graph, config: RunnableConfig, text: str) -> None:
    said: Any = {"messages": {"add": [text]}}
    await graph.ainvoke(said, config, durability="sync")


async def history(graph: Graph, config: RunnableConfig) -> list[str]:
    state = await graph.aget_state(config)
    return state.values.get("messages", [])


async def rows(database: Database) -> tuple[int, int]:
    await database.later.settled(None)

    def work(connection: Connection) -> tuple[int, int]:
        first, second = (
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (checkpoints, checkpoint_writes)
        )
        return first, second

    return await database.read(work)


async def test_a_long_session_pruned_after_each_turn_keeps_its_history(database: Database) -> None:
    graph = chat(database)
    expected: list[str] = []
    most = 0
    for number in range(120):
        config = run_of(f"r{number}")
        await turn(graph, config, f"{number}")
        expected += [f"{number}", f"re: {number}"]
        await Checkpointer(database).aprune(["t"])
        if number % 10 == 0 or number > 110:
            assert await history(graph, config) == expected
        most = max(most, (await rows(database))[0])
    assert await history(chat(database), run_of("later")) == expected
    assert most <= 110, "a snapshot comes every 50 updates, each with at most two checkpoints between"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_200_turns_of_2_kb_fit_in_5_mb(database: Database) -> None:
    graph = chat(database)
    checkpointer = Checkpointer(database)
    graph.checkpointer = checkpointer
    tidied = 0
    for number in range(200):
        await turn(graph, run_of(f"r{number}"), f"{number} ".ljust(1000, "x"))
        tidied += await checkpointer.atidy("t")
    assert len(await history(graph, run_of("x"))) == 400
    assert tidied == 8, "a snapshot comes every 50 updates, two of which a turn makes"
    pages = await database.read(
        lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    )
    assert pages * 4096 <= 5_000_000


async def test_pruning_leaves_one_checkpoint_where_all_is_stored_in_it(database: Database) -> None:
    graph = chat(database)
    config = run_of("r")
    await turn(graph, config, "hello")
    await graph.aupdate_state(config, {"messages": Overwrite(["anew"])})
    await Checkpointer(database).aprune(["t"])
    assert await rows(database) == (1, 0)
    assert await history(graph, config) == ["anew"]


async def test_pruning_drops_the_writes_that_no_delta_channel_needs(database: Database) -> None:
    graph = chat(database)
    for text in ("one", "two"):
        await turn(graph, run_of(text), text)
    await Checkpointer(database).aprune(["t"])
    channels = await database.read(
        lambda connection: connection.scalars(select(checkpoint_writes.c.channel).distinct()).all()
    )
    assert channels == ["messages"]
    assert await history(graph, run_of("x")) == ["one", "re: one", "two", "re: two"]


async def test_an_overwrite_resets_the_history_that_later_turns_build_on(database: Database) -> None:
    graph = chat(database)
    for number in range(3):
        await turn(graph, run_of(f"r{number}"), f"{number}")
    await graph.aupdate_state(run_of("u"), {"messages": Overwrite(["short"])})
    await turn(graph, run_of("r3"), "3")
    assert await history(graph, run_of("x")) == ["short", "3", "re: 3"]


async def test_a_fork_sees_its_own_ancestors_only(database: Database) -> None:
    graph = chat(database)
    for number in range(3):
        await turn(graph, run_of(f"r{number}"), f"{number}")
    ends = [s async for s in graph.aget_state_history(run_of("x")) if not s.next]
    assert [len(state.values["messages"]) for state in ends] == [6, 4, 2]
    forked: RunnableConfig = {"configurable": {**place(ends[-1].config), "run_id": "fork"}}
    await turn(graph, forked, "other")
    assert await history(graph, run_of("x")) == ["0", "re: 0", "other", "re: other"]
    assert await history(graph, ends[0].config) == ["0", "re: 0", "1", "re: 1", "2", "re: 2"]


async def test_deleting_a_run_rolls_its_session_back(database: Database) -> None:
    graph = chat(database)
    for number in range(3):
        await turn(graph, run_of(f"r{number}"), f"{number}")
    before = await rows(database)
    await turn(graph, run_of("r3"), "3")
    await Checkpointer(database).adelete_for_runs(["r3"])
    assert await rows(database) == before
    assert await history(graph, run_of("x")) == ["0", "re: 0", "1", "re: 1", "2", "re: 2"]
    await turn(graph, run_of("r4"), "4")
    assert (await history(graph, run_of("x")))[-4:] == ["2", "re: 2", "4", "re: 4"]


async def test_a_run_can_be_rolled_back_though_its_thread_was_pruned_meanwhile(database: Database) -> None:
    graph = chat(database)
    checkpointer = Checkpointer(database)
    await turn(graph, run_of("r0"), "0")
    accepted = await Executions(database).accept(
        NewExecution(workspace="w", flow_type="chatflow", session="s", input={}, options={}), "p", begin=True
    )
    run_id, thread_id = accepted.execution.id, accepted.execution.thread_id
    await checkpointer.acopy_thread("t", thread_id)
    running = run_of(run_id, thread_id)
    await turn(graph, running, "1")
    await graph.aupdate_state(running, {"messages": Overwrite(["stored whole"])})
    await checkpointer.aprune([thread_id])
    assert await history(graph, running) == ["stored whole"]
    await checkpointer.adelete_for_runs([run_id])
    assert await history(graph, running) == ["0", "re: 0"]


async def test_a_copied_thread_lives_its_own_life(database: Database) -> None:
    graph = chat(database)
    for number in range(2):
        await turn(graph, run_of(f"r{number}"), f"{number}")
    await Checkpointer(database).acopy_thread("t", "copy")
    await turn(graph, run_of("r2", "copy"), "2")
    assert await history(graph, run_of("x")) == ["0", "re: 0", "1", "re: 1"]
    assert await history(graph, run_of("x", "copy")) == ["0", "re: 0", "1", "re: 1", "2", "re: 2"]


async def test_a_run_that_waits_for_a_person_survives_pruning(database: Database) -> None:
    graph = StateGraph(State)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    compiled = graph.compile(checkpointer=Checkpointer(database))
    await turn(compiled, run_of("r"), "go")
    await Checkpointer(database).aprune(["t"])
    state = await compiled.aget_state(run_of("r"))
    assert [item.value for item in state.interrupts] == [{"question": "Really?"}]
    await compiled.ainvoke(Command(resume="yes"), run_of("r"), durability="sync")
    assert await history(compiled, run_of("r")) == ["go", "yes"]


async def test_delta_history_is_the_same_as_langgraphs_own_walk(database: Database) -> None:
    graph = chat(database)
    for number in range(30):
        await turn(graph, run_of(f"r{number}"), f"{number}")
    checkpointer = Checkpointer(database)
    slow = super(Checkpointer, checkpointer).aget_delta_channel_history
    channels = ["messages", "output", "nothing"]
    config: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    assert await checkpointer.aget_delta_channel_history(config=config, channels=channels) == await slow(
        config=config, channels=channels
    )
    async for state in graph.aget_state_history(config, limit=20):
        assert await checkpointer.aget_delta_channel_history(
            config=state.config, channels=channels
        ) == await slow(config=state.config, channels=channels)
    missing: RunnableConfig = {"configurable": {"thread_id": "none", "checkpoint_ns": ""}}
    assert await checkpointer.aget_delta_channel_history(config=missing, channels=["messages"]) == {
        "messages": {"writes": []}
    }


async def test_writes_are_given_in_the_order_in_which_tasks_are_applied(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})
    tasks = [("~b, 1", "1"), ("~a, 2", "9"), ("", "5"), ("~a, 10", "3")]
    for path, task_id in tasks:
        await checkpointer.aput_writes(config, [("c", f"{path} {n}") for n in range(12)], task_id, path)
    found = await checkpointer.aget_tuple(config)
    assert found is not None
    expected = [f"{path} {n}" for path, _ in sorted(tasks) for n in range(12)]
    assert [value for _, _, value in found.pending_writes or []] == expected


async def test_a_checkpoint_never_stands_before_the_writes_it_follows(database: Database) -> None:
    """The first reader who sees the checkpoint sees the writes of the step before it."""
    checkpointer = Checkpointer(database)
    other = Checkpointer(database)  # does not know what the first has queued
    config = await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})
    for number in range(50):
        following = empty_checkpoint()
        writing = [
            asyncio.ensure_future(checkpointer.aput_writes(config, [("c", number)], f"{task}", "~p"))
            for task in range(4)
        ]
        putting = asyncio.ensure_future(checkpointer.aput(config, following, {}, {}))
        while True:
            seen = await other.aget_tuple({"configurable": {"thread_id": "t"}})
            assert seen is not None
            if seen.checkpoint["id"] == following["id"]:
                assert seen.parent_config is not None
                before = await other.aget_tuple(seen.parent_config)
                assert before is not None
                assert [value for _, _, value in before.pending_writes or []] == [number] * 4
                break
        await asyncio.gather(*writing)
        config = await putting


async def test_what_was_written_is_read_at_once(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})
    for number in range(20):
        await checkpointer.aput_writes(config, [("c", number)], f"{number:02}", "~p")
        found = await checkpointer.aget_tuple(config)
        assert found is not None
        assert [value for _, _, value in found.pending_writes or []] == [*range(number + 1)]


async def test_writes_that_failed_alone_are_stored_with_their_checkpoint(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})

    def locked(connection: Connection) -> None:
        """Take the place of the task's row, so that storing it fails until this is undone."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON checkpoint_writes "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            connection.exec_driver_sql(
                "ALTER TABLE checkpoint_writes ADD CONSTRAINT refuse CHECK (false) NOT VALID"
            )

    def unlocked(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER refuse")
        else:
            connection.exec_driver_sql("ALTER TABLE checkpoint_writes DROP CONSTRAINT refuse")

    await database.write(locked)
    await checkpointer.aput_writes(config, [("c", "kept")], "task", "~p")
    await database.write(unlocked)
    found = await checkpointer.aget_tuple(config)
    assert found is not None
    assert found.pending_writes == []
    await checkpointer.aput(config, empty_checkpoint(), {}, {})
    found = await checkpointer.aget_tuple(config)
    assert found is not None
    assert found.pending_writes == [("task", "c", "kept")]


async def test_a_thousand_cancelled_calls_leave_no_transaction_and_no_lock(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})
    delays = itertools.cycle([0, 0, 0.0001, 0.0003, 0.001])
    for number in range(1000):
        call = (
            checkpointer.aput(config, empty_checkpoint(), {}, {})
            if number % 2
            else checkpointer.aput_writes(config, [("__error__", number)], f"{number}", "~p")
        )
        task = asyncio.ensure_future(call)
        await asyncio.sleep(next(delays))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(checkpointer.aput(config, empty_checkpoint(), {}, {}), 5)
    if database.dialect == "postgresql":
        idle = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        assert await database.read(lambda connection: connection.exec_driver_sql(idle).scalar()) == 0


async def test_a_list_that_is_not_read_to_its_end_blocks_nobody(database: Database) -> None:
    checkpointer = Checkpointer(database)
    for _ in range(3):
        await checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {})
    unfinished = checkpointer.alist({"configurable": {"thread_id": "t"}})
    assert await anext(unfinished) is not None
    await asyncio.wait_for(checkpointer.aput(run_of("r"), empty_checkpoint(), {}, {}), 5)
    await asyncio.wait_for(checkpointer.adelete_thread("t"), 5)
    assert len([item async for item in unfinished]) == 2


async def test_nothing_of_a_config_is_stored_but_the_run(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config: RunnableConfig = {
        "configurable": {"thread_id": "t", "api_key": "CANARY", "run_id": "r"},
        "metadata": {"header": "CANARY"},
    }
    stored = await checkpointer.aput(config, empty_checkpoint(), {"source": "input"}, {})
    found = await checkpointer.aget_tuple(stored)
    assert found is not None
    assert found.metadata == {"source": "input", "run_id": "r"}


async def test_the_blocking_methods_refuse_with_a_sentence(database: Database) -> None:
    checkpointer = Checkpointer(database)
    with pytest.raises(NotImplementedError, match="asynchronous only: use"):
        checkpointer.get_tuple(run_of("r"))
    with pytest.raises(NotImplementedError, match="asynchronous only: use"):
        chat(database).get_state(run_of("r"))
    with pytest.raises(ValueError, match="'keep_latest' or 'delete'"):
        await checkpointer.aprune(["t"], strategy="some")
