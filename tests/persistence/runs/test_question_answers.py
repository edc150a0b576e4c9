"""Questions of runs: parked without a process, answered exactly once, expired by the database's clock."""

import asyncio
import time

import msgspec
import pytest
from sqlalchemy import update

from graphs.conversation.messages import InputAnswer, InputRequest, ToolResult
from graphs.values.events import CallKey
from persistence.journal.journal import Journal
from persistence.journal.question_rows import InputRow
from persistence.journal.recorder import JournalRecorder
from persistence.recorded_calls.node_outcomes import drop_outcomes
from persistence.runs.executions import Executions, Idempotency, IdempotencyConflict, NewExecution, OnBusy
from persistence.runs.question_answers import Inputs, NotOpen
from persistence.runs.resumption import open_recorder
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.tables.runs import inputs

APPROVAL = InputRequest(kind="approval", message="Sure?")
TIMER = InputRequest(kind="timer", timeout_seconds=3600)
YES = InputAnswer("approve", comment="go", by="ada")


def new(session: str | None = None, on_busy: OnBusy = "wait") -> NewExecution:
    return NewExecution(
        workspace="w",
        flow_type="agentflow",
        flow_id="f",
        session=session,
        input={},
        options={},
        on_busy=on_busy,
    )


def key(number: int = 0, task: str = "task") -> CallKey:
    return CallKey(task, number, f"hash {number}", "input")


class Story:
    """One run over several processes."""

    def __init__(self, database: Database, row: ExecutionRow) -> None:
        self.database = database
        self.journal = Journal(database)
        self.executions = Executions(database)
        self.inputs = Inputs(database)
        self.row = row

    async def recorder(self) -> JournalRecorder:
        return await open_recorder(self.database, self.journal, self.row, interval=0)

    async def ask(self, *requests: InputRequest) -> None:
        """Come to these questions and rest, as a process does."""
        recorder = await self.recorder()
        recorder.emit("run.started")
        for number, request in enumerate(requests):
            assert await recorder.request(key(number), request, node=f"n{number}") is None
        self.row = await recorder.pause()

    async def go_on(self) -> JournalRecorder:
        """Begin the run that an answer has left to this process."""
        begun = await self.executions.begin(self.row.id, "p")
        assert begun is not None
        self.row = begun
        return await self.recorder()

    async def now(self) -> ExecutionRow:
        row = await self.executions.get("w", self.row.id)
        assert row is not None
        return row

    async def asked(self) -> list[InputRow]:
        """Return what `ask` asked, in its order: of one millisecond, either may be listed first."""
        return sorted(await self.inputs.of(self.row.id), key=lambda row: row.node)

    async def age(self, number: int = 0) -> None:
        """Let a question's time be up."""
        question = (await self.asked())[number]
        past = update(inputs).where(inputs.c.id == question.id).values(expires_at=time.time() - 1)
        await self.database.write(lambda connection: connection.execute(past))


@pytest.fixture
async def story(database: Database) -> Story:
    """A run that has begun in process p."""
    return Story(database, (await Executions(database).accept(new(), "p", begin=True)).execution)


async def test_a_run_that_waits_rests_without_a_process_and_is_not_adopted(story: Story) -> None:
    await story.ask(APPROVAL)
    assert (story.row.status, story.row.process_id) == ("waiting_approval", None)
    assert story.row.parked_at is not None
    assert await story.executions.adopt("q", lease=0) == []
    [question] = await story.inputs.of(story.row.id)
    assert (question.node, question.request, question.answer) == ("n0", APPROVAL, None)
    assert await story.inputs.open("w") == ([question], 1)
    assert await story.inputs.open("other") == ([], 0)


async def test_a_run_that_waits_for_time_alone_is_shown_as_running_and_rests_too(story: Story) -> None:
    await story.ask(TIMER)
    assert (story.row.status, story.row.process_id) == ("running", None)
    assert await story.executions.adopt("q", lease=0) == []
    assert (await story.inputs.open("w"))[1] == 0


async def test_an_answer_leaves_the_run_to_whoever_took_it_and_is_given_out_once_told(story: Story) -> None:
    await story.ask(APPROVAL)
    [question] = await story.inputs.of(story.row.id)
    answered = await story.inputs.respond(question, YES, "p")
    assert (answered.execution.status, answered.execution.process_id) == ("pending", "p")
    assert answered.input.answer == YES
    recorder = await story.go_on()
    assert (recorder.begun, recorder.paused, story.row.recoveries) == (1, True, 0)
    for _ in range(2):
        assert await recorder.request(key(), APPROVAL, node="n0") == YES
    await recorder.finish("run.completed", "completed")
    told = [event.type for event in await story.journal.read(story.row.id)]
    assert told == [
        "run.created", "run.started", "input.requested", "run.paused", "input.received", "run.completed",
    ]  # fmt: skip


async def test_exactly_one_of_twenty_answers_at_once_is_taken(story: Story) -> None:
    await story.ask(APPROVAL)
    [question] = await story.inputs.of(story.row.id)
    answers = [InputAnswer("approve", value=n) for n in range(20)]
    came = await asyncio.gather(
        *(story.inputs.respond(question, answer, "p") for answer in answers), return_exceptions=True
    )
    taken = [one for one in came if not isinstance(one, BaseException)]
    late = [one for one in came if isinstance(one, NotOpen)]
    assert (len(taken), len(late)) == (1, 19)
    assert all(one.row.answer == taken[0].input.answer for one in late)


async def test_an_answer_that_comes_before_the_run_rests_is_not_lost(story: Story) -> None:
    recorder = await story.recorder()
    await recorder.request(key(), APPROVAL)
    [question] = await story.inputs.of(story.row.id)
    answered = await story.inputs.respond(question, YES, "other")
    assert answered.execution.status == "running", "it is under way and sees to the answer itself"
    story.row = await recorder.pause()
    assert (story.row.status, story.row.process_id, story.row.parked_at) == ("pending", "p", None)
    assert await (await story.go_on()).request(key(), APPROVAL) == YES


async def test_a_cancel_that_comes_before_the_run_rests_is_not_lost(story: Story) -> None:
    recorder = await story.recorder()
    await recorder.request(key(), APPROVAL)
    await story.executions.request_cancel("w", story.row.id, "other")
    story.row = await recorder.pause()
    assert (story.row.status, story.row.cancel_requested) == ("pending", "cancel")


async def test_each_of_several_questions_is_answered_by_itself(story: Story) -> None:
    await story.ask(APPROVAL, APPROVAL)
    first, second = await story.asked()
    await story.inputs.respond(first, YES, "p")
    recorder = await story.go_on()
    assert await recorder.request(key(0), APPROVAL) == YES
    assert await recorder.request(key(1), APPROVAL) is None
    story.row = await recorder.pause()
    assert story.row.status == "waiting_approval"
    await story.inputs.respond(second, InputAnswer("reject"), "p")
    recorder = await story.go_on()
    assert await recorder.request(key(1), APPROVAL) == InputAnswer("reject")


async def test_time_answers_by_the_databases_clock_and_whoever_adopts_goes_on(story: Story) -> None:
    await story.ask(TIMER)
    assert await story.inputs.expire() == 0
    await story.age()
    [question] = await story.inputs.of(story.row.id)
    with pytest.raises(NotOpen):
        await story.inputs.respond(question, YES, "p")
    assert sorted(await asyncio.gather(*(story.inputs.expire() for _ in range(4)))) == [0, 0, 0, 1]
    [row] = await story.executions.adopt("q", lease=3600)
    assert (row.status, row.process_id, row.recoveries) == ("pending", "q", 0)
    story.row = row
    assert await (await story.go_on()).request(key(), TIMER) == InputAnswer("expired")


async def test_expiry_is_of_requests_own_length_or_time(story: Story) -> None:
    recorder = await story.recorder()
    await recorder.request(key(0), InputRequest(kind="approval", timeout_seconds=50))
    await recorder.request(key(1), InputRequest(kind="timer", expires_at=4e9))
    past = InputRequest(kind="timer", expires_at=1e9)
    assert await recorder.request(key(2), past) == InputAnswer("expired")
    # Asked in one millisecond, either may be listed first.
    first, second = sorted(await story.inputs.of(story.row.id), key=lambda row: row.request.kind)
    assert first.expires_at is not None
    assert abs(first.expires_at - first.requested_at - 50) < 0.001
    assert second.expires_at == 4e9


@pytest.mark.parametrize("on_busy", ["interrupt", "rollback"])
async def test_a_newer_message_ends_a_waiting_run_of_its_session(database: Database, on_busy: OnBusy) -> None:
    store = Executions(database)
    story = Story(database, (await store.accept(new("s"), "p", begin=True)).execution)
    await story.ask(APPROVAL)
    newer = await store.accept(new("s", on_busy), "q", begin=True)
    assert (newer.displaced, newer.execution.status) == ((story.row.id,), "pending")
    left = await story.now()
    assert (left.status, left.process_id, left.cancel_requested) == ("pending", "q", on_busy)
    assert await store.begin(newer.execution.id, "q") is None, "the session is not free yet"
    taken = await store.take_pending(story.row.id, "q")
    assert taken is not None
    story.row = taken
    await (await story.recorder()).finish("run.cancelled", "cancelled")
    [question] = await story.inputs.of(story.row.id)
    assert question.answer == InputAnswer("withdrawn")
    assert await store.begin(newer.execution.id, "q") is not None


async def test_a_waiting_run_keeps_its_session(database: Database) -> None:
    store = Executions(database)
    story = Story(database, (await store.accept(new("s"), "p", begin=True)).execution)
    await story.ask(TIMER)
    waiting = await store.accept(new("s"), "p", begin=True)
    assert await store.begin(waiting.execution.id, "p") is None
    await story.age()
    await story.inputs.expire()
    assert await store.begin(waiting.execution.id, "p") is None, "the older one goes first"
    assert await store.begin(story.row.id, "p") is not None


async def test_an_idempotency_key_names_one_answer(story: Story) -> None:
    await story.ask(APPROVAL, APPROVAL)
    first, second = await story.asked()
    named = Idempotency("respond", "k", "body")
    done = await story.inputs.respond(first, YES, "p", idempotency=named)
    again = await story.inputs.respond(first, YES, "p", idempotency=named)
    assert (done.replayed, again.replayed, again.input) == (False, True, done.input)
    with pytest.raises(IdempotencyConflict):
        await story.inputs.respond(second, YES, "p", idempotency=Idempotency("respond", "k", "other"))


async def test_results_of_every_kind_come_back_after_a_pause_under_keys_of_any_length(story: Story) -> None:
    recorder, long = await story.recorder(), "task/" + "x" * 900
    for kind in ("tool", "intent", "node"):
        await recorder.store(CallKey(long, 0, "h", kind), ToolResult(content=kind))
    await recorder.request(key(), APPROVAL)
    story.row = await recorder.pause()
    [question] = await story.inputs.of(story.row.id)
    await story.inputs.respond(question, YES, "p")
    again = await story.go_on()
    for kind in ("node", "intent", "tool"):
        assert await again.recall(CallKey(long, 0, "h", kind), ToolResult) == ToolResult(content=kind)
    assert (again.known.count("tool"), again.known.count("model")) == (1, 0)


async def test_outcomes_are_kept_for_the_flow_and_the_workspace_until_their_time_is_up(
    database: Database, story: Story
) -> None:
    recorder = await story.recorder()
    await recorder.keep("a", b"1", 3600)
    await recorder.keep("a", b"2", 3600)
    await recorder.keep("old", b"3", -1)
    assert [await recorder.kept(name) for name in ("a", "old", "b")] == [b"2", None, None]
    for other in ({"workspace": "x"}, {"flow_id": "g"}):
        row = msgspec.structs.replace(
            (await Executions(database).accept(new(), "p", begin=True)).execution, **other
        )
        assert await (await open_recorder(database, story.journal, row, interval=0)).kept("a") is None
    now = time.time()
    assert await database.write(lambda connection: drop_outcomes(connection, now, 10)) == 1
    assert await recorder.kept("a") == b"2"


async def test_the_follower_of_a_waiting_run_stays_and_sees_how_it_goes_on(story: Story) -> None:
    await story.ask(APPROVAL)
    rests, ended = asyncio.Event(), asyncio.Event()

    async def follow() -> None:
        async for event in story.journal.follow(story.row.id):
            if event.type == "run.paused":
                rests.set()
            elif event.type == "run.completed":
                ended.set()

    follower = asyncio.create_task(follow())
    await asyncio.wait_for(rests.wait(), 10)
    [question] = await story.inputs.of(story.row.id)
    await story.inputs.respond(question, YES, "p")
    assert not follower.done()
    await (await story.go_on()).finish("run.completed", "completed")
    await asyncio.wait_for(follower, 10)
    assert ended.is_set()
