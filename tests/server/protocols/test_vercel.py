"""Vercel's AI SDK: its chat, of two versions and unmodified, talks with chatflows."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from graphs.values.events import Event
from server.protocols.answer_parts import Stretch
from server.protocols.vercel.ui_stream import UiFrames
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.server.conftest import Running, make_key, quick
from tests.server.protocols.npm_clients import NpmClients
from tests.server.protocols.test_openai import drawn, runs, store, until

pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""

PAGE = Path(__file__).parents[3] / "docs" / "vercel.md"
(PROGRAM,) = re.findall(r"^```typescript\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
HELLO = "Hello there, friend."
SLOW = "One two three four five six."


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text=HELLO)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, openai_base_url=fake.url, openai_api_key="sk-test")


def speaking(prompt: str) -> dict[str, Any]:
    model = {"provider": "openai", "model": "m", "prompt": prompt, "reads_history": False}
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "llm", "type": "llm", "data": model},
        {"id": "end", "type": "end"},
    ]
    return drawn(nodes)


async def prepare(client: httpx.AsyncClient, fake: FakeOpenAI) -> None:
    """Store the flows that the program of the clients talks with."""
    chat = {"llm_provider": "openai", "llm_model": "m"}
    await store(client, "Kind")
    await store(client, "Counts", chat_config={**chat, "tools": ["calculator"], "system_prompt": "Count."})
    await store(client, "Slow", graph_definition=speaking("Slowly"))
    await store(client, "Broken", graph_definition=speaking("Break"))
    ask = {"id": "ask", "type": "human_approval", "data": {"message": "May I?"}}
    end = {"id": "end", "type": "end", "data": {"output": "Done."}}
    await store(client, "Asks", graph_definition=drawn([{"id": "start", "type": "start"}, ask, end]))
    call = ScriptedCall(name="calculator", arguments='{"expression": "6*7"}')
    fake.script(
        Reply(match="6*7?", text="", tool_calls=[call]),
        *(Reply(match="Slowly", text=SLOW, stall_at=2) for _ in range(2)),
        Reply(match="Break", status=401),
    )


@pytest.mark.parametrize("version", ["6", "7"])
async def test_the_chat_of_the_ai_sdk_talks_with_chatflows(
    server: Running,
    client: httpx.AsyncClient,
    key: str,
    fake: FakeOpenAI,
    npm_clients: NpmClients,
    version: str,
) -> None:
    await prepare(client, fake)
    told = await npm_clients.run(
        "ui.mjs", version, AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key, MODEL_URL=fake.url
    )
    found = json.loads(told)
    text, status, metadata = found["first"]
    assert (text, status) == (HELLO, "ready")
    assert metadata["sessionId"] == f"kind-{version}"
    assert metadata["usage"]["outputTokens"] > 0
    assert found["second"] == HELLO
    assert found["regenerated"] == [HELLO, 4]
    history = (await client.get(f"/chatflow/sessions/kind-{version}")).json()["messages"]
    assert [one["content"] for one in history] == ["Hi", HELLO, "Again", HELLO]
    assert ["dynamic-tool", "output-available"] in found["parts"]
    assert found["question"] == "May I?"
    assert "approve" in found["actions"]
    assert found["answered"].endswith("Done.")
    assert [one[:3] + one[4:] for one in found["approvals"]] == [
        ["approval-requested", "May I?", "output-available", 2],
        ["approval-requested", "May I?", "output-denied", 2],
    ]
    assert found["approvals"][0][3].endswith("Done.")
    assert found["resumed"] == [SLOW, SLOW, "ready"]
    assert found["idle"] == ["ready", [], 0]
    stop, after, cut = found["stopped"]
    assert (stop, after) == (204, "ready")
    assert cut
    assert SLOW.startswith(cut)
    assert cut != SLOW
    assert found["wrong"] == ["error", 1]
    [sentence] = found["nobody"][1]
    assert sentence.startswith("The API key")
    statuses = [one["status"] for one in await runs(client)]
    assert (statuses.count("cancelled"), statuses.count("failed")) == (1, 1)


async def test_the_program_of_the_page_works(
    server: Running, client: httpx.AsyncClient, key: str, npm_clients: NpmClients
) -> None:
    await store(client, "Kind")
    source = PROGRAM.replace("'@ai-sdk/react'", "'chat7'").replace("'ai'", "'ai7'")
    program = npm_clients.write("page.mts", source)
    told = await npm_clients.run(program, "kind", AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key)
    assert told == f"{HELLO}\n"


async def test_errors_are_short_texts_and_repeated_messages_one_run(
    server: Running, client: httpx.AsyncClient, key: str, settings: Settings
) -> None:
    await store(client, "Kind")
    known = {"Authorization": f"Bearer {key}"}
    message = {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    body = {"id": "c", "messages": [message], "trigger": "submit-message"}
    async with httpx.AsyncClient(base_url=server.url) as raw:
        answers = [await raw.post("/ai-sdk/kind", json=body, headers=known) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert answers[0].headers["x-vercel-ai-ui-message-stream"] == "v1"
        assert answers[0].text.endswith("data: [DONE]\n\n")
        assert len(await runs(client)) == 1
        foreign = {"Authorization": f"Bearer {await make_key(settings, 'elsewhere')}"}
        for method, path, headers, status in (
            ("POST", "/ai-sdk/none", known, 404),
            ("POST", "/ai-sdk/kind", foreign, 404),
            ("GET", "/ai-sdk/kind/c/stream", foreign, 404),
            ("POST", "/ai-sdk/kind/c/stop", foreign, 404),
            ("POST", "/ai-sdk/kind", {}, 401),
            ("POST", "/ai-sdk/kind", {"Authorization": "Bearer emb_visitor"}, 401),
        ):
            answer = await raw.request(method, path, json=body, headers=headers)
            assert answer.status_code == status, path
            assert answer.headers["content-type"].startswith("text/plain")
        empty = await raw.post("/ai-sdk/kind", json={**body, "messages": []}, headers=known)
        assert empty.status_code == 422


async def test_stop_also_ends_answers_that_wait_for_their_turn(
    server: Running, client: httpx.AsyncClient, key: str, fake: FakeOpenAI
) -> None:
    await store(client, "Slow", graph_definition=speaking("Slowly"))
    fake.default = Reply(text=SLOW, stall_at=2)
    headers = {"Authorization": f"Bearer {key}"}

    async def three_are_known() -> bool:
        return len(await runs(client)) == 3

    async with httpx.AsyncClient(base_url=server.url, headers=headers) as raw, asyncio.TaskGroup() as group:
        asked: list[asyncio.Task[httpx.Response]] = []
        for number in range(3):
            message = {"id": f"m{number}", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
            body = {"id": "c", "messages": [message]}
            asked.append(group.create_task(raw.post("/ai-sdk/slow", json=body)))
        await until(three_are_known)
        await fake.until(lambda: bool(fake.log) and fake.log[-1].deltas == 2)
        assert sorted(one["status"] for one in await runs(client)) == ["pending", "pending", "running"]
        assert (await raw.post("/ai-sdk/slow/c/stop")).status_code == 204
        assert [one["status"] for one in await runs(client)] == ["cancelled"] * 3
    for answer in asked:
        assert '"type":"abort"' in answer.result().text
    assert len(fake.log) == 1


def test_a_text_that_is_begun_anew_gets_an_id_of_its_own() -> None:
    told: list[tuple[str, dict[str, Any]]] = [
        ("run.created", {}),
        ("message.started", {}),
        ("message.delta", {"content": "ab"}),
        ("message.reset", {}),
        ("message.delta", {"content": "xy"}),
        ("run.completed", {"output": {"response": "xy"}}),
    ]
    id = "01a23288-8400-73b9-a73b-ea460dba5444"
    events = [
        msgspec.convert(
            {"execution_id": id, "ts": 1.5, "seq": seq, "type": type, "node": "llm", "data": data}, Event
        )
        for seq, (type, data) in enumerate(told, 1)
    ]
    frames = UiFrames(frozenset({"llm"}), Stretch(id))
    shown = [frame for event in events for frame in frames.frames(event)]
    values = [json.loads(frame[6:]) for frame in shown if b"[DONE]" not in frame]
    assert [one["type"] for one in values] == [
        "start",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "data-reset",
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
    ]
    assert values[5]["data"] == {"id": values[2]["id"]}
    assert values[6]["id"] != values[2]["id"]
