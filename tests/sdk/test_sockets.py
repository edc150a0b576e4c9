"""Chats over WebSockets by the Python SDK, against a live server and over a line that is cut."""

import asyncio
import logging
import threading
import traceback
import uuid

import pytest
from agenticrag_client import (
    AgenticRAGClient,
    APIConfig,
    APIConnectionError,
    AsyncAgenticRAGClient,
    AuthenticationError,
    NotFoundError,
)
from agenticrag_client.async_sockets import AsyncChatSocket

from tests.durability.proxy import Proxy
from tests.server.conftest import DEMO, Running

SLOW = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "sleep", "type": "delay", "data": {"seconds": 30}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "sleep"},
        {"id": "b", "source": "sleep", "target": "end"},
    ],
}
LONG = " ".join(f"word{number}" for number in range(120))


@pytest.fixture(scope="module")
def flow(server: Running, key: str) -> str:
    """A stored chatflow that answers with what it was told."""
    with AgenticRAGClient(base_url=server.url, api_key=key) as client:
        return client.chatflows.create("Talk", chat_config={"llm_provider": "demo", "llm_model": "demo"}).id


async def all_of(chat: AsyncChatSocket) -> list[str]:
    """Return the types of the frames of an answer."""
    return [frame["type"] async for frame in chat]


def test_a_chat_is_said_and_answered_frame_by_frame(server: Running, key: str, flow: str) -> None:
    with AgenticRAGClient(base_url=server.url, api_key=key) as client:
        with client.sockets.chat(flow, session_id="of-sockets") as chat:
            assert chat.session_id == "of-sockets"
            for message in ("Hello!", "And again"):
                chat.send(message)
                frames = list(chat)
                assert [frames[0]["type"], frames[-1]["type"]] == ["started", "response"]
                said = "".join(frame["content"] for frame in frames if frame["type"] == "chunk")
                assert said == frames[-1]["response"]
            chat.command({"type": "ping"})
            assert chat.receive()["type"] == "pong"
        assert client.sessions.get_history("of-sockets").message_count == 4
        with client.sockets.agent_chat() as chat:
            chat.send("Hello!", config=DEMO)
            assert [frame["type"] for frame in chat][-1] == "message"
            assert chat.session_id


def test_a_refused_chat_says_why(server: Running, key: str, flow: str) -> None:
    stranger = AgenticRAGClient(base_url=server.url, api_key="ar_wrong")
    with pytest.raises(AuthenticationError):
        stranger.sockets.chat(flow)
    with AgenticRAGClient(base_url=server.url, api_key=key) as client, pytest.raises(NotFoundError):
        client.sockets.chat(uuid.uuid4())
    nowhere = AgenticRAGClient(base_url="http://127.0.0.1:9", api_key=key)
    with pytest.raises(APIConnectionError) as raised:
        nowhere.sockets.chat(flow)
    assert key not in str(raised.value)


def test_neither_a_traceback_with_variables_nor_a_log_line_shows_the_key(
    server: Running, key: str, flow: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = AgenticRAGClient(base_url=server.url, api_key=key, default_headers={"X-Other": "of-the-caller"})
    with client.sockets.chat(flow) as chat:
        chat.send("Hello!")
        assert list(chat)
    nowhere = client.with_options(base_url="http://127.0.0.1:9")
    with pytest.raises(APIConnectionError) as raised:
        nowhere.sockets.chat(flow)
    stack = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    frames = [frame for frame in "".join(stack.format()).split("File ") if "test_sockets.py" not in frame]
    assert "headers = {" in "".join(frames)
    assert key not in "".join(frames)
    assert "of-the-caller" not in "".join(frames)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("websockets")]
    assert lines  # those of `uvicorn` are the server's, which is in this process too
    assert key not in "".join(lines)


def test_closing_a_chat_from_another_thread_ends_the_reading(server: Running, key: str) -> None:
    with AgenticRAGClient(base_url=server.url, api_key=key) as client:
        slow = client.chatflows.create("Slow", graph_definition=SLOW).id
        with client.sockets.chat(slow) as chat:
            chat.send("Hello!")
            assert next(iter(chat))["type"] == "started"
            threading.Timer(0.2, chat.close).start()
            assert "response" not in [frame["type"] for frame in chat]


async def test_closing_a_chat_from_another_task_ends_the_reading(server: Running, key: str) -> None:
    async with AsyncAgenticRAGClient(base_url=server.url, api_key=key) as client:
        slow = (await client.chatflows.create("Slow", graph_definition=SLOW)).id
        async with await client.sockets.chat(slow) as chat:
            await chat.send("Hello!")
            reading = asyncio.create_task(all_of(chat))
            await asyncio.sleep(0.2)
            await chat.close()
            assert "response" not in await reading


async def test_a_cut_line_loses_no_frame(server: Running, key: str, flow: str) -> None:
    async with Proxy("127.0.0.1", server.port) as proxy:
        config = APIConfig(f"http://127.0.0.1:{proxy.port}", key)
        async with AsyncAgenticRAGClient(config) as client:
            async with await client.sockets.chat(flow) as chat:
                proxy.cut_after = 1500
                await chat.send(LONG)
                frames = [frame async for frame in chat]
                assert chat.reconnects >= 1
    said = "".join(frame["content"] for frame in frames if frame["type"] == "chunk")
    assert said == frames[-1]["response"]
    seqs = [frame["seq"] for frame in frames]
    assert seqs == sorted(set(seqs))


async def test_many_chats_go_on_side_by_side(server: Running, key: str, flow: str) -> None:
    async with AsyncAgenticRAGClient(base_url=server.url, api_key=key) as client:

        async def talk(number: int) -> str:
            async with await client.sockets.chat(flow) as chat:
                await chat.send(f"Number {number}")
                return [frame async for frame in chat][-1]["response"]

        assert len(await asyncio.gather(*(talk(number) for number in range(5)))) == 5
