"""ExecutionService: runs are owned by the server, one a session at a time, and end exactly once."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graphs.analysis.chatflow import ChatConfig, chat_graph
from graphs.conversation.messages import InputAnswer
from graphs.values.events import TERMINAL
from graphs.values.run_options import FlowLimits
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.runs.executions import Busy, ExecutionRow, Executions, OnBusy
from persistence.runs.question_answers import Inputs
from persistence.storage.database import Database, open_database
from persistence.storage.encryption import Cipher
from server.compilation.langgraph_engine import Engine
from server.compilation.tool_setup import ServerTools
from server.knowledge.open_knowledge import open_knowledge_tools
from server.limits.limit_stores import ProcessStore
from server.limits.rate_limits import Limits
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order
from server.settings.data_folder import encryption_keys
from server.settings.default_model import DefaultModel
from server.settings.sources import load_settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

DOCUMENT: dict[str, Any] = msgspec.to_builtins(
    {"graph_definition": chat_graph(ChatConfig(llm_provider="openai", llm_model="fake-model"))}
)


class Process:
    """What one server process has, without its HTTP."""

    def __init__(self, database: Database, url: str, folder: Path, **settings: Any) -> None:
        self.settings = load_settings(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "AGENTICRAG_DATA_DIR": str(folder)}, **settings
        )
        self.database = database
        self.journal = Journal(database)
        self.executions = Executions(database)
        knowledge = open_knowledge_tools(self.settings, database, AsyncExitStack())
        self.engine = Engine(
            self.settings,
            database,
            Flows(database),
            ServerTools(self.settings),
            DefaultModel(self.settings),
            Credentials(database, Cipher(*encryption_keys(self.settings))),
            Connections(database),
            knowledge.embedder,
            knowledge.reranking,
            knowledge.ingestion,
            knowledge.retriever,
        )
        limits = Limits(self.settings)
        limits.use(ProcessStore())
        self.service = ExecutionService(
            self.settings, database, self.journal, self.executions, self.engine, limits
        )

    async def say(
        self, message: str, session: str | None = "s", *, on_busy: OnBusy = "wait", **order: Any
    ) -> ExecutionRow:
        """Start a chat."""
        asked = Order(
            workspace="w",
            document=DOCUMENT,
            input={"message": message},
            session=session,
            on_busy=on_busy,
            **order,
        )
        return (await self.service.start(asked)).execution

    async def history(self, row: ExecutionRow) -> list[tuple[str, Any]]:
        """Return roles and contents of a session's messages."""
        return [(m["role"], m["content"]) for m in await self.engine.sessions.history(row.thread_id)]


@contextlib.asynccontextmanager
async def process(
    database: Database, fake: FakeOpenAI, folder: Path, **settings: Any
) -> AsyncGenerator[Process]:
    """Run a process and stop it in order."""
    running = Process(database, fake.url, folder, **settings)
    await running.service.open()
    try:
        yield running
    finally:
        await running.service.close()
        await running.engine.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    """A model that answers with what it is asked, ten milliseconds a word."""
    async with FakeOpenAI(Reply(echo=True, delay=0.01)) as running:
        yield running


@pytest.fixture
async def alone(database: Database, fake: FakeOpenAI, tmp_path: Path) -> AsyncIterator[Process]:
    """One process on a database of its own."""
    async with process(database, fake, tmp_path) as running:
        yield running


async def test_a_chat_keeps_its_history_and_its_events(alone: Process) -> None:
    first = await alone.service.wait((await alone.say("one two")).id)
    second = await alone.service.wait((await alone.say("three")).id)
    assert (first.status, second.status) == ("completed", "completed")
    assert first.output is not None
    assert first.output["response"] == "one two"
    assert await alone.history(second) == [
        ("user", "one two"),
        ("assistant", "one two"),
        ("user", "three"),
        ("assistant", "three"),
    ]
    events = [event async for event in alone.service.follow(second.id)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events if event.type in TERMINAL] == ["run.completed"]
    assert "".join(e.data["content"] for e in events if e.type == "message.delta") == "three"


async def test_messages_on_one_session_wait_their_turn_in_order(alone: Process) -> None:
    rows = [await alone.say(f"message {number}") for number in range(20)]
    ended = await asyncio.gather(*(alone.service.wait(row.id) for row in rows))
    assert {row.status for row in ended} == {"completed"}
    history = await alone.history(rows[0])
    assert [content for role, content in history if role == "user"] == [f"message {n}" for n in range(20)]
    assert [role for role, _ in history] == ["user", "assistant"] * 20


async def test_a_busy_session_refuses_when_asked_to(alone: Process) -> None:
    row = await alone.say("a b c d e f g h")
    with pytest.raises(Busy):
        await alone.say("now", on_busy="refuse")
    assert (await alone.service.wait(row.id)).status == "completed"


@pytest.mark.parametrize("on_busy", ["interrupt", "rollback"])
async def test_a_newer_message_displaces_the_run_and_is_answered(alone: Process, on_busy: OnBusy) -> None:
    before = await alone.service.wait((await alone.say("before")).id)
    slow = await alone.say("slow " * 200)
    await _heard(alone, slow)
    newer = await alone.say("newer", on_busy=on_busy)
    ended = await asyncio.gather(alone.service.wait(slow.id), alone.service.wait(newer.id))
    assert [row.status for row in ended] == ["cancelled", "completed"]
    users = [content for role, content in await alone.history(before) if role == "user"]
    kept = ["before", "slow " * 200, "newer"] if on_busy == "interrupt" else ["before", "newer"]
    assert users == kept


async def test_cancel_closes_the_models_connection_and_books_what_was_used(
    alone: Process, fake: FakeOpenAI
) -> None:
    row = await alone.say("word " * 300)
    await _heard(alone, row)
    begun = time.monotonic()
    ended = await alone.service.cancel("w", row.id)
    assert ended is not None
    assert ended.status == "cancelled"
    await fake.until(lambda: fake.log[-1].end == "peer_closed")
    closed = fake.log[-1].ended
    assert closed is not None
    assert closed - begun < 0.25
    last = [event async for event in alone.service.follow(row.id)][-1]
    assert last.type == "run.cancelled"
    assert last.data["usage"]["output_tokens"] > 0
    assert last.data["usage"]["estimated"]
    after = await alone.service.wait((await alone.say("and on")).id)
    assert after.output is not None
    # The turn that was cut off has no answer: its question and the next are one message to the model.
    assert after.output["response"].endswith("and on")


async def test_a_waiting_run_can_be_cancelled_before_it_begins(alone: Process) -> None:
    first = await alone.say("a b c d e f g h i j")
    second = await alone.say("never")
    cancelled = await alone.service.cancel("w", second.id)
    assert cancelled is not None
    assert cancelled.status == "cancelled"
    assert (await alone.service.wait(first.id)).status == "completed"
    assert "never" not in [content for _, content in await alone.history(first)]


async def test_a_run_of_another_workspace_cannot_be_cancelled(alone: Process) -> None:
    row = await alone.say("a b c")
    assert await alone.service.cancel("other", row.id) is None
    assert (await alone.service.wait(row.id)).status == "completed"


async def test_who_follows_may_leave_and_come_back_anywhere(alone: Process) -> None:
    row = await alone.say("one two three four five")
    whole = [event async for event in alone.service.follow(row.id)]
    for cut in range(len(whole)):
        rest = [event async for event in alone.service.follow(row.id, after=cut)]
        assert rest == whole[cut:]


async def test_a_stopping_process_hands_its_runs_to_the_next(
    database_url: str, fake: FakeOpenAI, tmp_path: Path
) -> None:
    async with open_database(database_url) as database:
        async with process(database, fake, tmp_path, drain_seconds=0) as first:
            row = await first.say("word " * 100)
            waiting = await first.say("second")
            await _heard(first, row)
        async with process(database, fake, tmp_path) as second:
            ended = [await second.service.wait(one.id) for one in (row, waiting)]
            assert [one.status for one in ended] == ["completed", "completed"]
            assert [one.recoveries for one in ended] == [0, 0]
            events = [event.type for event in await second.journal.read(row.id)]
            assert "run.resumed" in events
            assert "message.reset" in events
            assert [content for role, content in await second.history(row) if role == "user"] == [
                "word " * 100,
                "second",
            ]


async def test_a_run_whose_own_key_died_with_its_process_says_so(
    database: Database, fake: FakeOpenAI, tmp_path: Path
) -> None:
    async with process(database, fake, tmp_path, drain_seconds=0) as first:
        row = await first.say("word " * 100, api_key="sk-mine")
        await _heard(first, row)
    async with process(database, fake, tmp_path) as second:
        ended = await second.service.wait(row.id)
        assert ended.error is not None
        assert (ended.status, ended.error["code"]) == ("failed", "api_key_gone")


async def test_a_run_that_ends_with_its_process_again_and_again_is_given_up(
    database: Database, fake: FakeOpenAI, tmp_path: Path
) -> None:
    dead = Executions(database)
    async with process(database, fake, tmp_path, max_recoveries=2) as running:
        pass
    row = (await running.executions.accept(_accepted("never ends"), "gone-0", begin=True)).execution
    for turn in range(1, 4):
        [row] = await dead.adopt(f"gone-{turn}", lease=60)
    async with process(database, fake, tmp_path, max_recoveries=2) as last:
        ended = await last.service.wait(row.id)
        assert ended.error is not None
        assert (ended.status, ended.error["code"]) == ("failed", "recovery_exhausted")
        assert (await last.service.wait((await last.say("free again")).id)).status == "completed"


async def test_caps_end_a_run_with_a_sentence(alone: Process) -> None:
    row = await alone.say("word " * 300, limits=FlowLimits(max_seconds=0.3))
    ended = await alone.service.wait(row.id)
    assert ended.status == "timeout"
    assert ended.error is not None
    assert ended.error["code"] == "timeout"


async def test_two_hundred_turns_of_two_kilobytes_stay_small(
    fake: FakeOpenAI, tmp_path: Path, sqlite_template: Path
) -> None:
    file = tmp_path / "turns.db"
    shutil.copy(sqlite_template, file)
    fake.default = Reply(text="a" * 1000)
    async with open_database(f"sqlite+aiosqlite:///{file}") as database:
        async with process(database, fake, tmp_path) as running:
            row = await running.say("first")
            for turn in range(200):
                row = await running.say(f"{turn:04} " + "q" * 995)
                assert (await running.service.wait(row.id)).status == "completed"
            assert len(await running.history(row)) == 402
            async with asyncio.timeout(30):  # what has ended is made small soon after
                while await _stored(database) > 5_000_000:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)


async def _stored(database: Database) -> int:
    """Return how many bytes of a database on SQLite are in use."""
    pages, size = await database.read(
        lambda c: c.exec_driver_sql(
            "SELECT (SELECT page_count FROM pragma_page_count) - freelist_count, page_size "
            "FROM pragma_freelist_count, pragma_page_size"
        ).one()
    )
    return pages * size


async def _heard(running: Process, row: ExecutionRow) -> None:
    """Return when the run has said something."""
    async for event in running.service.follow(row.id):
        if event.type == "message.delta":
            return


def _accepted(message: str) -> Any:
    from persistence.runs.executions import NewExecution

    return NewExecution(
        workspace="w",
        flow_type="chatflow",
        session="s",
        document=DOCUMENT,
        input={"message": message},
        options={"limits": {}},
    )


async def test_an_answer_that_was_taken_and_left_lying_is_found(
    database: Database, fake: FakeOpenAI, tmp_path: Path
) -> None:
    """No connection was free to take the run up, or the request was gone: the process finds it by itself."""
    graph = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "ask", "type": "human_approval", "data": {"message": "Go on?"}},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "ask"},
            {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "end"},
        ],
    }
    async with process(database, fake, tmp_path, lease_seconds=0.5) as running:
        order = Order(
            workspace="w", flow_type="agentflow", document={"graph_definition": graph}, input={"n": 1}
        )
        row = await running.service.wait((await running.service.start(order)).execution.id)
        assert row.status == "waiting_approval"
        inputs = Inputs(database)
        (question,) = await inputs.of(row.id)
        left = await inputs.respond(question, InputAnswer("approve"), running.service.process_id)
        assert left.execution.status == "pending"
        async with asyncio.timeout(20):
            ended = await running.service.wait(row.id)
        assert (ended.status, ended.recoveries) == ("completed", 0)
