"""WebSockets over a restart: a client that was sent away, or cut off, goes on with its answer."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from server.sockets.closing import Closing
from tests.durability.conftest import Serve
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.dial import Dialled, dial

AGENT = "/ai-agent-chat/ws?session_id=restarted"
TEXT = " ".join(f"word{number}" for number in range(80))
CUT_OFF = 1006


@pytest.mark.parametrize(("database_kind", "ending"), [("sqlite", "stopped"), ("postgresql", "killed")])
async def test_a_restart_in_the_middle_of_an_answer_costs_no_word(
    ending: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(text=TEXT, delay=0.02)
    server = serve(AGENTICRAG_DRAIN_SECONDS="0.1", AGENTICRAG_LEASE_SECONDS="1")
    await server.create_key()
    await server.start()
    heard: list[dict[str, Any]] = []
    async with dial(server.url, AGENT, server.key) as socket:
        await socket.hear()
        config = {"provider": "openai", "model": "fake-model"}
        await socket.say(type="message", content="Count", config=config)
        heard += [await socket.hear() for _ in range(12)]
        if ending == "stopped":
            server.terminate()
        else:
            await server.kill()
        code = await _rest(socket, heard)
    assert code == (Closing.GOING_AWAY if ending == "stopped" else CUT_OFF)
    assert not any(frame["type"] == "message" for frame in heard), "it was over too soon"
    await server.ended()
    await server.start()
    async with dial(server.url, AGENT, server.key) as socket:
        await socket.hear()
        last = heard[-1]
        await socket.say(type="resume", execution_id=last["execution_id"], after=last["seq"])
        async with asyncio.timeout(60):
            heard += await socket.until("message", "error")
    assert heard[-1]["content"] == TEXT
    assert _said(heard) == TEXT


async def _rest(socket: Dialled, heard: list[dict[str, Any]]) -> int | None:
    """Hear what still comes, and return the code that the socket was closed with."""
    try:
        while True:
            heard.append(await socket.hear())
    except ConnectionClosed:
        return socket.connection.close_code


def _said(frames: list[dict[str, Any]]) -> str:
    """Return the text as a client has it: a reset begins it anew."""
    said = ""
    for frame in frames:
        if frame["type"] == "chunk":
            said += frame["content"]
        elif (frame["type"], frame["content"]) == ("status", "reset"):
            said = ""
    return said
