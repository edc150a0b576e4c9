"""The journal: what is recorded is read back, followed and compacted without a gap or a double."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from graphs.conversation.messages import Attempt, ModelAnswer, Usage
from graphs.values.events import CallKey, Event
from persistence.journal.claims import ClaimLost
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.journal.stored_events import fold, join, pack, unfold, unpack
from persistence.runs.executions import ExecutionRow, Executions, NewExecution
from persistence.runs.resumption import open_recorder
from persistence.storage.database import Database
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import calls, executions, journal
from persistence.storage.tables.spending import usage

ANSWER = ModelAnswer(
    provider="demo",
    model="demo",
    content="Hello there",
    attempts=[
        Attempt(
            provider="demo", model="demo", status="completed", usage=Usage(input_tokens=3, output_tokens=2)
        )
    ],
)


async def begun(database: Database, session: str | None = "s") -> ExecutionRow:
    """Return a run that was accepted and begun."""
    new = NewExecution(
        workspace="w", flow_type="chatflow", session=session, input={"message": "Hi"}, options={}
    )
    return (await Executions(database).accept(new, "p", begin=True)).execution


async def opened(database: Database, log: Journal, row: ExecutionRow) -> JournalRecorder:
    return await open_recorder(database, log, row, interval=0.001)


def shape(events: Sequence[Event]) -> list[tuple[int, str, Any]]:
    return [(event.seq, event.type, event.data.get("content")) for event in events]


async def test_what_is_emitted_is_read_back_in_order_without_a_gap(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    recorder.emit("run.started")
    recorder.emit("message.started", node="llm")
    for word in ("Hello", " ", "there"):
        recorder.emit("message.delta", node="llm", content=word)
        await asyncio.sleep(0.002)
    await recorder.store(CallKey("task", 0, "hash"), ANSWER, node="llm")
    await recorder.finish("run.completed", "completed", output={"response": "Hello there"}, messages=2)
    events = await log.read(recorder.row.id)
    assert shape(events) == [
        (1, "run.created", None),
        (2, "run.started", None),
        (3, "message.started", None),
        (4, "message.delta", "Hello"),
        (5, "message.delta", " "),
        (6, "message.delta", "there"),
        (7, "message.completed", "Hello there"),
        (8, "usage", None),
        (9, "run.completed", None),
    ]
    assert {event.session_id for event in events} == {"s"}
    assert [event.visibility for event in events[6:]] == ["public", "owner", "public"]
    assert events[-1].data["usage"] == {
        "input_tokens": 3,
        "output_tokens": 2,
        "total_tokens": 5,
        "estimated": False,
    }


async def test_a_finished_run_updates_execution_session_and_ledger(database: Database) -> None:
    recorder = await opened(database, Journal(database), await begun(database))
    await recorder.store(CallKey("task", 0, "hash"), ANSWER, node="llm")
    recorder.book([Attempt(provider="demo", model="demo", status="cancelled", usage=Usage(7, 1))], node="llm")
    ended = await recorder.finish("run.completed", "completed", output={"response": "x"}, messages=2)
    stored = await Executions(database).get("w", recorder.row.id)
    assert stored == ended
    assert (ended.status, ended.output, ended.process_id) == ("completed", {"response": "x"}, None)

    def totals(connection: Any) -> tuple[Any, Any]:
        session = connection.execute(select(sessions.c.message_count, sessions.c.total_tokens)).one()
        spent = connection.execute(
            select(func.count(), func.sum(usage.c.input_tokens)).select_from(usage)
        ).one()
        return tuple(session), tuple(int(value) for value in spent)

    assert await database.read(totals) == ((2, 13), (2, 10))


async def test_followers_see_every_event_once_wherever_they_join(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))

    async def collect(after: int, *, of: Journal) -> list[int]:
        return [event.seq async for event in of.follow(recorder.row.id, after)]

    followers = [asyncio.create_task(collect(after, of=log)) for after in (0, 1, 40, 200)]
    other_process = asyncio.create_task(collect(5, of=Journal(database)))
    for number in range(300):
        recorder.emit("message.delta", node="llm", content=f"{number} ")
        if number % 50 == 0:
            followers.append(asyncio.create_task(collect(number, of=log)))
            await asyncio.sleep(0.01)
    await recorder.finish("run.completed", "completed")
    late = asyncio.create_task(collect(17, of=log))
    after = [0, 1, 40, 200, *range(0, 300, 50)]
    for begin, task in zip([*after, 5, 17], [*followers, other_process, late], strict=True):
        assert await task == list(range(begin + 1, 303)), begin


async def test_nothing_comes_behind_the_end_of_a_run(database: Database) -> None:
    recorder = await opened(database, Journal(database), await begun(database))
    ending = asyncio.create_task(recorder.finish("run.failed", "failed", error={"code": "limit_reached"}))
    await asyncio.sleep(0)
    recorder.emit("node.failed", node="late")
    ended = await ending
    await asyncio.sleep(0.05)
    wanted = select(func.max(journal.c.last_seq)).where(journal.c.execution_id == ended.id)
    assert await database.read(lambda connection: connection.scalar(wanted)) == ended.last_seq


async def test_a_follower_far_behind_reads_rows_and_catches_up(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    stream = log.follow(recorder.row.id)
    assert (await anext(stream)).seq == 1
    for number in range(3000):
        recorder.emit("message.delta", node="llm", content=str(number))
        if number % 500 == 0:
            await recorder.flush()
    await recorder.finish("run.completed", "completed")
    assert [event.seq async for event in stream] == list(range(2, 3003))


async def test_nothing_is_published_before_it_is_committed(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    seen: list[int] = []

    async def check() -> None:
        async for event in log.follow(recorder.row.id):
            seen.append(event.seq)
            stored = await Journal(database).read(recorder.row.id)
            assert stored[-1].seq >= event.seq

    follower = asyncio.create_task(check())
    for number in range(100):
        recorder.emit("message.delta", node="llm", content=str(number))
        await asyncio.sleep(0)
    await recorder.finish("run.completed", "completed")
    await follower
    assert seen == list(range(1, 103))


async def test_events_are_published_in_order_however_their_writes_are_gathered(database: Database) -> None:
    log = Journal(database)
    other, recorder = [await opened(database, log, await begun(database, session=None)) for _ in range(2)]
    told: list[int] = []
    log.watchers.append(
        lambda row, events: told.extend(one.seq for one in events if row.id == recorder.row.id)
    )

    async def act() -> None:
        recorder.emit("node.started", node="a")
        recorder.note(CallKey("t", 0, "h"), ANSWER)
        recorder.emit("node.completed", node="a")
        await recorder.flush()

    other.emit("node.started", node="a")
    await asyncio.gather(other.flush(), act())  # in one batch, in which the other's row is the first
    assert told == [2, 3]


async def test_deltas_cost_few_rows_and_compaction_fewer(database: Database) -> None:
    log = Journal(database)
    recorder = await open_recorder(database, log, await begun(database), interval=0.02)
    for number in range(400):
        recorder.emit("message.delta", node="llm", content=f"word{number} ")
        await asyncio.sleep(0.0005)
    await recorder.finish("run.completed", "completed")
    events = await log.read(recorder.row.id)
    rows = select(func.count()).select_from(journal)
    before = await database.read(lambda c: c.scalar(rows))
    assert before is not None
    assert before < 60
    await log.compact(recorder.row.id)
    assert await database.read(lambda c: c.scalar(rows)) == 1
    assert shape(await log.read(recorder.row.id)) == shape(events)
    assert shape(await log.read(recorder.row.id, 150)) == shape(events)[150:]


async def test_who_lost_the_claim_writes_nothing_more(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    recorder.emit("node.started", node="a")
    await recorder.flush()
    await database.write(lambda c: c.execute(update(executions).values(claim=executions.c.claim + 1)))
    recorder.emit("node.completed", node="a")
    with pytest.raises(ClaimLost):
        await recorder.flush()
    with pytest.raises(ClaimLost):
        await recorder.store(CallKey("t", 0, "h"), ANSWER)
    with pytest.raises(ClaimLost):
        await recorder.finish("run.completed", "completed")
    assert [event.type for event in await log.read(recorder.row.id)] == ["run.created", "node.started"]
    stored = await Executions(database).get("w", recorder.row.id)
    assert stored is not None
    assert stored.status == "running"


async def test_who_lost_the_claim_does_not_act_any_more(database: Database) -> None:
    recorder = await opened(database, Journal(database), await begun(database))
    await recorder.settled()
    await database.write(lambda c: c.execute(update(executions).values(claim=executions.c.claim + 1)))
    recorder.note(CallKey("t", 0, "h"), ANSWER)
    with pytest.raises(ClaimLost):
        await recorder.settled()
    with pytest.raises(ClaimLost):  # also when nothing more of it waits to be written
        await recorder.settled()
    recorder.close()
    with pytest.raises(ClaimLost):
        await recorder.settled()


async def test_long_results_lie_compressed_and_are_read_as_they_were(database: Database) -> None:
    row, log = await begun(database), Journal(database)
    long = msgspec.structs.replace(ANSWER, content="There is more to say. " * 100)
    recorder = await opened(database, log, row)
    await recorder.store(CallKey("short", 0, "h"), ANSWER, node="llm")
    await recorder.store(CallKey("long", 0, "h"), long, node="llm")
    stored = await database.read(lambda c: {one.task_id: one.result for one in c.execute(select(calls))})
    assert msgspec.json.decode(stored["short"], type=ModelAnswer) == ANSWER
    assert len(stored["long"]) < 500
    await database.write(lambda c: c.execute(update(executions).values(claim=executions.c.claim + 1)))
    again = await opened(database, log, msgspec.structs.replace(row, claim=row.claim + 1))
    assert await again.recall(CallKey("short", 0, "h"), ModelAnswer) == ANSWER
    assert await again.recall(CallKey("long", 0, "h"), ModelAnswer) == long


async def test_of_many_runs_that_are_written_together_the_one_that_lost_its_claim_is_left_out(
    database: Database,
) -> None:
    log = Journal(database)
    recorders = [await opened(database, log, await begun(database, session=None)) for _ in range(90)]
    lost = recorders[40]
    taken = update(executions).where(executions.c.id == lost.row.id).values(claim=executions.c.claim + 1)
    for words in (("one",), ("two", "three")):
        for place, recorder in enumerate(recorders):
            for word in words:
                recorder.emit("message.delta", node="llm", content=f"{word} {place}")
        ended = await asyncio.gather(*(each.flush() for each in recorders), return_exceptions=True)
        expected = [None if words == ("one",) or each is not lost else ClaimLost for each in recorders]
        assert [None if found is None else type(found) for found in ended] == expected
        if words == ("one",):
            await database.write(lambda c: c.execute(taken))
    for place, recorder in enumerate(recorders):
        found = [event.data["content"] for event in (await log.read(recorder.row.id))[1:]]
        assert (
            found == [f"{word} {place}" for word in ("one", "two", "three")][: 1 if recorder is lost else 3]
        )
        assert [event.seq for event in await log.read(recorder.row.id)] == [*range(1, len(found) + 2)]


async def test_two_who_compact_at_once_lose_nothing(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    for number in range(40):
        recorder.emit("message.delta", node="llm", content=str(number))
        await recorder.flush()
    await recorder.finish("run.completed", "completed")
    before = shape(await log.read(recorder.row.id))
    await asyncio.gather(*(Journal(database).compact(recorder.row.id) for _ in range(8)))
    assert shape(await log.read(recorder.row.id)) == before
    rows = select(func.count()).select_from(journal).where(journal.c.execution_id == recorder.row.id)
    assert await database.read(lambda c: c.scalar(rows)) == 1


async def test_many_busy_runs_share_the_writes_there_are(database: Database) -> None:
    log = Journal(database)
    recorder = await opened(database, log, await begun(database))
    clock = asyncio.get_running_loop().time

    async def turn() -> float:
        began = clock()
        await recorder.ready()
        return clock() - began

    assert min([await turn() for _ in range(5)]) < 0.01, "alone it is always its turn"
    others = [log.open(f"other-{number}", 0) for number in range(319)]
    await turn()
    assert min([await turn() for _ in range(5)]) > 0.04, "320 share 5,000 writes a second"
    side_by_side = await asyncio.gather(turn(), turn(), turn())
    assert max(side_by_side) - min(side_by_side) < 0.04, "calls side by side have their run's turn together"
    for number, live in enumerate(others):
        log.close(f"other-{number}", live)
    assert min([await turn() for _ in range(5)]) < 0.01


async def test_who_follows_a_run_as_it_begins_reads_no_row(database: Database) -> None:
    log = Journal(database)
    row = await begun(database)
    [created] = await log.read(row.id)
    recorder = await opened(database, log, row)
    await database.write(lambda c: c.execute(delete(journal)))
    async with contextlib.aclosing(log.follow(row.id)) as events:
        assert await anext(events) == created
    recorder.close()


async def test_what_a_run_has_cost_is_booked_also_when_another_process_has_taken_it(
    database: Database,
) -> None:
    recorder = await opened(database, Journal(database), await begun(database))
    await recorder.flush()
    await database.write(lambda c: c.execute(update(executions).values(claim=executions.c.claim + 1)))
    for number in range(2):
        with pytest.raises(ClaimLost):
            await recorder.store(CallKey("t", number, "h"), ANSWER)
    await database.write(lambda c: None)  # what was queued before is written by then

    def booked(connection: Any) -> tuple[int, int]:
        spent = select(func.count(), func.sum(usage.c.input_tokens)).select_from(usage)
        rows, tokens = connection.execute(spent).one()
        stored = connection.scalar(select(func.count()).select_from(calls))
        return rows, int(tokens) + int(stored)

    assert await database.read(booked) == (2, 3 + 3)


async def test_a_recovered_run_recalls_answers_and_takes_back_unfinished_text(database: Database) -> None:
    log = Journal(database)
    first = await opened(database, log, await begun(database))
    first.emit("message.started", node="a")
    first.emit("message.delta", node="a", content="Hello")
    await first.store(CallKey("task-a", 0, "hash-a"), ANSWER, node="a")
    first.emit("message.started", node="b")
    first.emit("message.delta", node="b", content="Hal")
    await first.flush()
    first.close()
    [row] = await Executions(database).adopt("q", lease=10)
    assert (row.claim, row.recoveries, row.status) == (2, 1, "running")
    second = await opened(database, log, row)
    assert await second.recall(CallKey("task-b", 0, "hash-b"), ModelAnswer) is None
    assert await second.recall(CallKey("task-a", 0, "hash-a"), ModelAnswer) == ANSWER
    assert await second.recall(CallKey("task-a", 0, "hash-a"), ModelAnswer) is None, (
        "an answer serves one call"
    )
    second.emit("message.started", node="b", attempt=2)
    await second.flush()
    assert [e.type for e in await log.read(row.id)][-2:] == ["message.reset", "message.started"]
    assert second.totals.input_tokens == 3


async def test_calls_side_by_side_are_matched_by_hash_then_by_number(database: Database) -> None:
    log = Journal(database)
    first = await opened(database, log, await begun(database))
    for number, (request, content) in enumerate([("x", "one"), ("y", "two"), ("x", "three")]):
        await first.store(
            CallKey("t", number, request), ModelAnswer(provider="p", model="m", content=content)
        )
    first.close()
    [row] = await Executions(database).adopt("q", lease=10)
    second = await opened(database, log, row)
    found = [
        await second.recall(CallKey("t", number, request), ModelAnswer)
        for number, request in enumerate(["y", "x", "x"])
    ]
    assert [answer and answer.content for answer in found] == ["two", "one", "three"]
    third = await opened(database, log, row)
    assert await third.recall(CallKey("t", 1, "other"), ModelAnswer) is None
    await third.flush()
    assert (await log.read(row.id))[-1].data["warning"] == "not_deterministic"


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["message.delta", "message.delta", "message.reasoning", "node.started", "custom"]),
        st.sampled_from(["a", "b"]),
        st.text(max_size=5),
        st.sampled_from(["public", "owner"]),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, st.booleans(), st.sets(st.integers(1, 29)))
def test_folding_loses_nothing(drawn: list[Any], compress: bool, ends: set[int]) -> None:
    events = [
        Event(
            seq=5 + index,
            type=kind,
            execution_id="e",
            session_id="s",
            node=node,
            ts=round(1795396678.552 + index * 0.007, 3),
            visibility=visibility,
            data={"content": text},
        )
        for index, (kind, node, text, visibility) in enumerate(drawn)
    ]
    assert list(unfold(unpack(pack(fold(events), compress=compress)), 5, "e", "s")) == events
    edges = [0, *sorted(end for end in ends if end < len(events)), len(events)]
    rows = [fold(events[start:end]) for start, end in itertools.pairwise(edges)]
    assert join(record for row in rows for record in row) == fold(events)


async def test_what_a_crash_cut_off_is_told_once_for_each_taking_up(database: Database) -> None:
    log = Journal(database)
    row = await begun(database)
    recorder = await opened(database, log, row)
    for node in ("llm", "decide", "done", "tool"):
        recorder.emit("node.started", node=node, path="each[0]" if node == "decide" else "")
    recorder.emit("message.started", node="llm")
    recorder.emit("message.delta", node="llm", content="Half an ")
    recorder.emit("message.delta", node="llm", content="answer")
    recorder.emit("node.completed", node="done")
    recorder.emit("tool.started", node="tool")
    await recorder.flush()
    recorder.close()
    [row] = await Executions(database).adopt("q", lease=10)
    recorder = await opened(database, log, row)
    assert recorder.interrupted(node="llm") == "Half an answer"
    assert recorder.interrupted(node="llm") is None
    assert recorder.interrupted(node="decide", path="each[0]") == ""
    assert [recorder.interrupted(node=node) for node in ("done", "tool", "decide")] == [None] * 3
