"""The Python SDK as its pages show it, and over a bad line."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agenticrag_client import (
    AgenticRAGClient,
    APIConfig,
    AsyncAgenticRAGClient,
    ConnectionFailed,
    StreamBroken,
    TimedOut,
)

from tests.durability.proxy import Proxy
from tests.sdk.python_package import Interpreter, run
from tests.server.conftest import Running, connect

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def flow(server: Running, key: str) -> str:
    """A stored flow that takes any input."""

    async def store() -> str:
        async with connect(server, key) as client:
            nodes = [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}]
            edges = [{"id": "a", "source": "start", "target": "end"}]
            stored = await client.post(
                "/agentflows", json={"name": "Echo", "graph_definition": {"nodes": nodes, "edges": edges}}
            )
            return stored.json()["id"]

    return asyncio.run(store())


@pytest.fixture
async def proxy(server: Running) -> AsyncIterator[Proxy]:
    """A bad line to the server."""
    async with Proxy("127.0.0.1", server.port) as proxy:
        yield proxy


@pytest.mark.parametrize(
    "page", ["tests/sdk/seed.md", "docs/from-the-report.md", "docs/sdk-python.md", "sdks/python/README.md"]
)
def test_the_examples_of_a_page_run(
    page: str, python: Interpreter, server: Running, key: str, flow: str
) -> None:
    text = "\n".join(FENCE.findall((ROOT / page).read_text("utf-8")))
    assert 'client.chatflows.chat("Hello!")' in text
    for written, real in (
        ("http://localhost:8000", server.url),
        ("your-api-key", key),
        ("workflow-id", flow),
    ):
        text = text.replace(written, real)
    run(python.executable, "-W", "error", "-c", text, cwd=python.executable.parent)


async def test_a_stream_over_a_line_that_is_cut_again_and_again_misses_nothing(
    proxy: Proxy, server: Running, key: str
) -> None:
    proxy.cut_after = 1500
    config = APIConfig(f"http://127.0.0.1:{proxy.port}", key, max_retries=8)
    async with AsyncAgenticRAGClient(config) as client:
        stream = client.chatflows.chat_stream("A long line, please.", session_id="cut")
        events = [event async for event in stream]
    said = "".join(event.content for event in events if event.type == "content")
    last = events[-1]
    assert last.type == "done"
    assert (events[0].type, said) == ("start", last.response)
    assert stream.reconnects > 2
    async with AsyncAgenticRAGClient(APIConfig(server.url, key)) as client:
        history = await client.sessions.get_history("cut")
        assert [message.role for message in history.messages] == ["user", "assistant"]
        whole = [event async for event in client.executions.stream(stream.execution_id)]
    assert whole == events


async def test_a_stream_goes_on_from_where_another_program_left_it(server: Running, key: str) -> None:
    async with AsyncAgenticRAGClient(APIConfig(server.url, key)) as client:
        async with client.chatflows.chat_stream("Hello!") as stream:
            first = [await stream.__anext__() for _ in range(4)]
        rest = [event async for event in client.executions.stream(stream.execution_id)]
        assert rest[:4] == first
        native = [event async for event in client.executions.follow(stream.execution_id, after="3")]
    assert native[0].seq == 4
    assert native[-1].type == "run.completed"


async def test_a_line_that_falls_silent_is_dead_after_a_while(proxy: Proxy, key: str) -> None:
    config = APIConfig(f"http://127.0.0.1:{proxy.port}", key, timeout=0.5, max_retries=1, stream_timeout=0.5)
    async with AsyncAgenticRAGClient(config) as client:
        stream = client.chatflows.chat_stream("Hello!")
        async for event in stream:
            assert event.type == "start"
            break
        proxy.silent = True
        with pytest.raises(StreamBroken) as raised:
            async for _ in stream:
                pass
        assert raised.value.last_event_id == stream.last_event_id
        with pytest.raises(TimedOut):
            await client.workflows.list()
        proxy.silent = False


def test_a_call_whose_answer_is_lost_starts_no_second_run(server: Running, key: str) -> None:
    async def call() -> None:
        async with Proxy("127.0.0.1", server.port) as proxy:
            proxy.cut_after = 40
            config = APIConfig(f"http://127.0.0.1:{proxy.port}", key, max_retries=4)
            async with AsyncAgenticRAGClient(config) as client:
                asked = asyncio.create_task(client.chatflows.chat("Once!", session_id="lost"))
                while proxy.connections < 2:  # noqa: ASYNC110 - an attribute of the proxy
                    await asyncio.sleep(0.01)
                proxy.cut_after = None
                assert (await asked).success

    asyncio.run(call())
    with AgenticRAGClient(APIConfig(server.url, key)) as client:
        assert client.executions.list(session_id="lost").total == 1
        assert client.sessions.get_history("lost").message_count == 2
    with AgenticRAGClient(APIConfig("http://127.0.0.1:9", key, max_retries=0)) as nowhere:
        with pytest.raises(ConnectionFailed):
            nowhere.workflows.list()


def test_a_call_that_is_slower_than_its_time_out_gets_the_answer_of_its_own_run(
    server: Running, key: str
) -> None:
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "sleep", "type": "delay", "data": {"seconds": 2.5}},
        {"id": "end", "type": "end"},
    ]
    edges = [
        {"id": "a", "source": "start", "target": "sleep"},
        {"id": "b", "source": "sleep", "target": "end"},
    ]
    with AgenticRAGClient(APIConfig(server.url, key)) as client:
        flow = client.agentflows.create("Slow", graph_definition={"nodes": nodes, "edges": edges})
        answer = client.agentflows.execute(flow.id, timeout=1, max_retries=20)
        assert answer.status == "completed"
        assert client.agentflows.list_executions(flow.id).total == 1
        with pytest.raises(TimedOut, match="goes on"):
            client.agentflows.execute(flow.id, timeout=0.4, max_retries=1, idempotency_key="slow")
        assert client.agentflows.execute(flow.id, idempotency_key="slow").status == "completed"
        assert client.agentflows.list_executions(flow.id).total == 2
