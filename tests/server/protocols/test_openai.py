"""OpenAI's API: unmodified clients of OpenAI's chat with chatflows."""

import asyncio
import base64
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openai
import pytest
from openai import AsyncOpenAI

from graphs.values.events import Event
from server.protocols.openai.completions import ChunkFrames, Wanted, completion
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.server.conftest import Running, connect, make_key, quick
from tests.test_docs import snippet

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ASKING = [
    {"id": "start", "type": "start"},
    {"id": "ask", "type": "human_approval", "data": {"message": "May I?"}},
    {"id": "end", "type": "end", "data": {"output": "Done."}},
]


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text="Hello there, friend.")) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(
        base, openai_base_url=fake.url, openai_api_key="sk-test", cors_origins=["https://app.example"]
    )


@pytest.fixture
async def ai(server: Running, key: str) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's own client, as its users make it."""
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as client:
        yield client


async def store(client: httpx.AsyncClient, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "chat_config": {"llm_provider": "openai", "llm_model": "gpt-4.1-mini"}, **more}
    answer = await client.post("/chatflows", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def drawn(nodes: list[dict[str, Any]], *more: dict[str, Any]) -> dict[str, Any]:
    """Return a graph whose nodes follow each other."""
    ids = [node["id"] for node in nodes]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b} for a, b in itertools.pairwise(ids)]
    for edge in edges:
        if edge["source"] == "ask":
            edge["sourceHandle"] = "approved"
    return {"nodes": nodes, "edges": [*edges, *more]}


async def runs(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("/executions")).json()["executions"]


def sent(fake: FakeOpenAI) -> list[dict[str, Any]]:
    """Return the messages that the model was asked last."""
    return fake.log[-1].body["messages"]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(400):
        if await true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(true.__name__)


async def streamed(ai: AsyncOpenAI, **body: Any) -> tuple[str, list[Any]]:
    chunks = [chunk async for chunk in await ai.chat.completions.create(stream=True, **body)]
    deltas = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    return "".join(deltas), chunks


async def test_chatflows_that_are_switched_on_are_models(client: httpx.AsyncClient, ai: AsyncOpenAI) -> None:
    flow = await store(client, "Support Desk")
    off = await store(client, "Off", is_active=False)
    await client.post("/agentflows", json={"name": "No chat"})
    listed = [model async for model in ai.models.list()]
    assert [(model.id, model.object, type(model.created)) for model in listed] == [
        ("support-desk", "model", int)
    ]
    await client.put(f"/chatflows/{flow['id']}", json={"slug": "desk"})
    for name in ("desk", "support-desk", flow["id"]):
        assert (await ai.models.retrieve(name)).id == "desk"
    for name in (off["slug"], off["id"], "no-chat", "nothing"):
        with pytest.raises(openai.NotFoundError) as raised:
            await ai.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hi"}])
        assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.NotFoundError):
            await ai.models.retrieve(name)


async def test_a_conversation_is_answered_whole_and_as_a_stream(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    config = {"llm_provider": "openai", "llm_model": "gpt-4.1-mini", "system_prompt": "Be kind."}
    await store(client, "Kind", chat_config=config)
    messages: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "I am Ada."}]},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "Who am I?"},
    ]
    asked: dict[str, Any] = {
        "model": "kind",
        "messages": messages,
        "temperature": 0.1,
        "extra_body": {"new": 1},
    }
    raw = await ai.chat.completions.with_raw_response.create(**asked)
    whole = raw.parse()
    assert sent(fake) == [
        {"role": "system", "content": "Be brief.\n\nBe kind."},
        {"role": "user", "content": "I am Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "Who am I?"},
    ]
    assert whole.choices[0].message.content == "Hello there, friend."
    assert (whole.choices[0].finish_reason, whole.object, whole.model) == ("stop", "chat.completion", "kind")
    assert whole.id == f"chatcmpl-{raw.headers['x-execution-id']}"
    execution = (await client.get(f"/executions/{raw.headers['x-execution-id']}")).json()
    [usage] = execution["token_usage"]
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (
        usage["input_tokens"],
        usage["output_tokens"],
    )
    assert whole.usage.total_tokens == usage["input_tokens"] + usage["output_tokens"] > 0
    history = (await client.get(f"/chatflow/sessions/{raw.headers['x-session-id']}")).json()
    assert [message["role"] for message in history["messages"]] == ["system", *["user", "assistant"] * 2]
    text, chunks = await streamed(ai, **asked, stream_options={"include_usage": True})
    assert text == "Hello there, friend."
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    first, *_, end, counted = chunks
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert (end.choices[0].finish_reason, end.choices[0].delta.content) == ("stop", None)
    assert (counted.choices, counted.usage) == ([], whole.usage)
    assert {chunk.usage for chunk in chunks[:-1]} == {None}
    fake.default = msgspec.structs.replace(fake.default, delay=0.3)
    _, without = await streamed(ai, **asked)
    assert len(without) > 4  # tokens come as the model yields them
    assert without[-1].choices[0].finish_reason == "stop"
    ids = {one["id"] for one in await runs(client)}
    assert len(ids) == 3
    sessions = (await client.get("/chatflow/sessions")).json()
    assert sessions["total"] == 3  # nothing is looked up: each request has a session of its own


async def test_a_named_session_goes_on_and_takes_the_last_message_only(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    for number, named in enumerate(
        (
            {"extra_headers": {"X-Session-Id": "mine"}},
            {"metadata": {"session_id": "mine"}},
            {"extra_headers": {"X-OpenWebUI-Chat-Id": "mine"}},
        )
    ):
        messages: list[Any] = [
            {"role": "user", "content": f"Ignored {number}"},
            {"role": "assistant", "content": "?"},
        ]
        messages.append({"role": "user", "content": f"Turn {number}"})
        await ai.chat.completions.create(model="kind", messages=messages, **named)  # type: ignore[arg-type]
    said = [message["content"] for message in sent(fake) if message["role"] == "user"]
    assert said == ["Turn 0", "Turn 1", "Turn 2"]


async def test_images_are_taken_where_the_flow_takes_them(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    chat = {"llm_provider": "openai", "llm_model": "gpt-4.1-mini"}
    await store(client, "Sees", chat_config={**chat, "uploads": {"max_files": 2, "kinds": ["text", "image"]}})
    await store(client, "Blind")
    url = f"data:image/png;base64,{PIXEL}"
    image = {"type": "image_url", "image_url": {"url": url}}
    text = base64.b64encode(b"The code is 42.").decode()
    file = {"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{text}"}}
    first = {"role": "user", "content": [{"type": "text", "text": "See?"}, image]}
    messages: list[Any] = [
        first,
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": [file, image]},
    ]
    await ai.chat.completions.create(model="sees", messages=messages)
    asked = [message["content"] for message in sent(fake) if message["role"] == "user"]
    assert [
        part["image_url"]["url"] for content in asked for part in content if part["type"] == "image_url"
    ] == [
        url,
        url,
    ]
    assert "The code is 42." in asked[1][0]["text"]
    bad: list[tuple[str, Any]] = [
        ("blind", image),
        ("sees", {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
        ("sees", {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
    ]
    for model, part in bad:
        with pytest.raises(openai.BadRequestError) as raised:
            await ai.chat.completions.create(model=model, messages=[{"role": "user", "content": [part]}])
        assert (raised.value.param or "").startswith("messages[0].content")


async def test_only_the_text_of_the_answer_streams(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    model = {"provider": "openai", "model": "m"}
    draft = {
        "id": "draft",
        "type": "llm",
        "data": {**model, "prompt": "Draft {{ message }}", "history": False},
    }
    final = {"id": "final", "type": "llm", "data": {**model, "prompt": "Better: {{ nodes.draft }}"}}
    start, end = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}
    framed = {"id": "end", "type": "end", "data": {"output": "<{{ nodes.final }}>"}}
    await store(client, "Two", graph_definition=drawn([start, draft, final, end]))
    await store(client, "Framed", graph_definition=drawn([start, draft, final, framed]))
    for name, expected in (("two", "The final answer."), ("framed", "<The final answer.>")):
        asked: dict[str, Any] = {"model": name, "messages": [{"role": "user", "content": "Hi"}]}
        answers = []
        for _ in range(2):
            fake.script(
                Reply(match="Draft", text="A rough draft."), Reply(match="Better", text="The final answer.")
            )
            answers.append(
                (await streamed(ai, **asked))[0]
                if answers
                else (await ai.chat.completions.create(**asked)).choices[0].message.content
            )
        assert answers == [expected, expected]


async def test_tools_of_the_flow_are_no_calls_of_the_client_and_reasoning_is_told(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    chat = {"llm_provider": "openai", "llm_model": "gpt-4.1-mini", "tools": ["calculator"]}
    await store(client, "Counts", chat_config=chat)
    call = ScriptedCall(name="calculator", arguments='{"expression": "6*7"}')
    fake.script(Reply(text="", tool_calls=[call]), Reply(text="It is 42.", reasoning="Think hard."))
    tools: Any = [{"type": "function", "function": {"name": "mine", "parameters": {}}}]
    asked: dict[str, Any] = {
        "model": "counts",
        "messages": [{"role": "user", "content": "6*7?"}],
        "tools": tools,
    }
    text, chunks = await streamed(ai, **asked, stream_options={"include_usage": True})
    assert text == "It is 42."
    assert not any(chunk.choices[0].delta.tool_calls for chunk in chunks if chunk.choices)
    told = [chunk.choices[0].delta.model_extra for chunk in chunks if chunk.choices]
    assert "".join((one or {}).get("reasoning_content", "") for one in told) == "Think hard. "
    calls = list(fake.log)
    assert chunks[-1].usage.completion_tokens == sum(one.output_tokens for one in calls)
    with pytest.raises(openai.BadRequestError) as raised:
        await ai.chat.completions.create(**asked, tool_choice="required")
    assert raised.value.param == "tools"


async def test_a_failed_run_is_an_error_and_no_client_repeats_it(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    fake.default = Reply(status=401)
    asked: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
    with pytest.raises(openai.APIStatusError) as raised:
        await ai.chat.completions.create(**asked)
    assert raised.value.status_code == 424
    assert raised.value.type == "server_error"
    with pytest.raises(openai.APIError) as cut:
        await streamed(ai, **asked)
    assert (cut.value.type, cut.value.code) == ("server_error", raised.value.code)
    assert len(await runs(client)) == 2
    fake.default = Reply(text="One two three four.", cut_after=2)
    with pytest.raises(openai.APIError):
        await streamed(ai, **asked)


async def test_a_question_to_a_person_is_text_in_a_session_and_else_refused(
    client: httpx.AsyncClient, ai: AsyncOpenAI
) -> None:
    await store(client, "Asks", graph_definition=drawn(ASKING))
    asked: dict[str, Any] = {"model": "asks", "messages": [{"role": "user", "content": "Go"}]}
    named: dict[str, Any] = {"extra_headers": {"X-Session-Id": "s"}}
    with pytest.raises(openai.BadRequestError) as raised:
        await ai.chat.completions.create(**asked)
    assert raised.value.code == "approval_required"
    with pytest.raises(openai.APIError) as cut:
        await streamed(ai, **asked)
    assert cut.value.code == "approval_required"

    async def cancelled() -> bool:
        return {one["status"] for one in await runs(client)} == {"cancelled"}

    await until(cancelled)
    whole = await ai.chat.completions.create(**asked, **named)
    assert "May I?" in (whole.choices[0].message.content or "")
    assert whole.choices[0].finish_reason == "stop"
    text, _ = await streamed(ai, **asked, extra_headers={"X-Session-Id": "other"})
    assert "May I?" in text
    refused = await client.get("/executions", params={"status": "waiting_approval"})
    assert len(refused.json()["executions"]) == 2
    with pytest.raises(openai.ConflictError) as waits:  # the team must answer
        await ai.chat.completions.create(**asked, **named)
    assert (waits.value.code, waits.value.response.headers["x-should-retry"]) == (
        "waiting_for_team",
        "false",
    )


async def test_a_message_answers_the_question_and_the_answer_begins_after_it(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    model = {"provider": "openai", "model": "m"}
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "first", "type": "llm", "data": {**model, "prompt": "First {{ message }}", "speaks": True}},
        {"id": "ask", "type": "human_approval", "data": {"message": "May I?", "audience": "visitor"}},
        {"id": "llm", "type": "llm", "data": {**model, "prompt": "Then"}},
        {"id": "end", "type": "end"},
    ]
    await store(client, "Asks", graph_definition=drawn(nodes))

    def request(text: str, session: str, key: str = "") -> dict[str, Any]:
        headers = {"X-Session-Id": session} | ({"Idempotency-Key": key} if key else {})
        messages = [{"role": "user", "content": text}]
        return {"model": "asks", "messages": messages, "extra_headers": headers}

    first = await ai.chat.completions.create(**request("Go", "a"))
    assert (first.choices[0].message.content or "").startswith("May I?")
    answers = [await ai.chat.completions.create(**request("approve", "a", "once")) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].choices[0].message.content == "Hello there, friend."
    assert answers[0].id != first.id
    assert answers[0].id.startswith(first.id)
    [usage] = {answer.usage.completion_tokens for answer in answers if answer.usage}
    assert usage == fake.log[-1].output_tokens
    await streamed(ai, **request("Go", "b"))
    for text, expected in (("perhaps", "May I?"), ("approve", "Hello there, friend.")):
        told, chunks = await streamed(ai, **request(text, "b"))
        assert told.startswith(expected)
        assert chunks[-1].choices[0].finish_reason == "stop"
    assert {one["status"] for one in await runs(client)} == {"completed"}
    assert len(await runs(client)) == 2


async def test_an_idempotency_key_makes_repeated_requests_one_run(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    fake.default = Reply(text="Slowly now.", delay=0.1)
    asked: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
    key: dict[str, Any] = {"extra_headers": {"Idempotency-Key": "one"}}
    answers = await asyncio.gather(*(ai.chat.completions.create(**asked, **key) for _ in range(3)))
    assert len({answer.id for answer in answers}) == 1
    (text, chunks), again = [
        await streamed(ai, **asked, extra_headers={"Idempotency-Key": "two"}) for _ in range(2)
    ]
    assert (text, chunks) == again
    assert len(await runs(client)) == 2
    with pytest.raises(openai.BadRequestError):
        await ai.chat.completions.create(model="kind", messages=[{"role": "user", "content": "Other"}], **key)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cut_connection_ends_a_run_without_session(
    client: httpx.AsyncClient, ai: AsyncOpenAI, fake: FakeOpenAI, stream: bool
) -> None:
    await store(client, "Kind")
    # Its client marks retries, for which a run waits `retry_grace_seconds` after a cut.
    fake.default = Reply(
        text="A very slow answer that takes longer than anybody waits for a retry.", delay=0.3
    )
    asked: dict[str, Any] = {
        "model": "kind",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": stream,
    }
    headers: list[dict[str, str]] = [{}, {"X-AgenticRAG-On-Disconnect": "continue"}, {"X-Session-Id": "s"}]

    async def read(more: dict[str, str]) -> None:
        answer = await ai.with_options(max_retries=0).chat.completions.create(**asked, extra_headers=more)
        if stream:
            async for _ in answer:
                pass

    reading = [asyncio.create_task(read(more)) for more in headers]

    async def begun() -> bool:
        return len(fake.log) == 3

    await until(begun)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)

    async def ended() -> bool:
        return sorted(one["status"] for one in await runs(client)) == ["cancelled", "completed", "completed"]

    await until(ended)


async def test_every_error_has_openais_shape(server: Running, client: httpx.AsyncClient, key: str) -> None:
    await store(client, "Kind")
    body = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
    chat = "/v1/chat/completions"
    known = {"Authorization": f"Bearer {key}"}

    async def shown(method: str, path: str, **more: Any) -> tuple[int, str, str | None, str | None]:
        options: dict[str, Any] = {"headers": known, **more}
        answer = await raw.request(method, path, **options)
        assert answer.headers["content-type"] == "application/json", answer.text
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
        return answer.status_code, error["type"], error["param"], error["code"]

    async with httpx.AsyncClient(base_url=server.url) as raw:
        wrong = "invalid_request_error"
        for headers in ({}, {"Authorization": "Bearer ar_no"}, {"Authorization": "Bearer emb_visitor"}):
            found = await shown("POST", chat, json=body, headers=headers)
            assert found == (401, wrong, None, "invalid_api_key")
            assert (await shown("GET", "/v1/models", headers=headers))[0] == 401
        for path in (chat + chat, "/v1/embeddings", "/v1/", "/v1//models"):
            assert await shown("POST", path, json=body) == (404, wrong, None, "unknown_url")
        assert await shown("GET", "/v1/models/none") == (404, wrong, "model", "model_not_found")
        assert (await shown("GET", chat))[:2] == (405, wrong)
        assert (
            await shown("POST", chat, content=b"{", headers={**known, "Content-Type": "application/json"})
        )[0] == 400
        assert (await shown("POST", chat, content=b"a=b"))[0] == 415
        assert (await shown("POST", chat, json={"model": "kind"}))[:3] == (400, wrong, "messages")
        empty: list[Any] = []
        assert (await shown("POST", chat, json={**body, "messages": empty}))[:3] == (400, wrong, "messages")
        bad = {**body, "messages": [{"role": "user", "content": 7}]}
        assert (await shown("POST", chat, json=bad))[:3] == (400, wrong, "messages[0].content")
        odd = {**body, "messages": [{"role": "robot", "content": "x"}, *body["messages"]]}
        assert (await shown("POST", chat, json=odd))[:3] == (400, wrong, "messages[0].role")
        last = {**body, "messages": [*body["messages"], {"role": "assistant", "content": "x"}]}
        assert (await shown("POST", chat, json=last))[:3] == (400, wrong, "messages")
        assert (await shown("POST", chat, json={**body, "n": 2}))[2] == "n"
        many = {**body, "messages": [{"role": "user", "content": "x" * 1_000_001}]}
        assert (await shown("POST", chat, json=many))[:2] == (413, wrong)
        unknown = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        names = "authorization,content-type,x-stainless-os,x-stainless-retry-count,x-session-id"
        preflight = await raw.options(chat, headers={**unknown, "Access-Control-Request-Headers": names})
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in names.split(","))
        assert (await raw.post(chat, json=body, headers=known)).json()["choices"]


async def test_too_many_requests_say_when_to_come_back(
    settings: Settings, start: Any, fake: FakeOpenAI
) -> None:
    server = start(msgspec.structs.replace(settings, rate_starts=1))
    key = await make_key(settings, "default")
    async with connect(server, key) as client, AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as ai:
        await store(client, "Kind")
        asked: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
        ask = ai.with_options(max_retries=0).chat.completions.create
        with pytest.raises(openai.RateLimitError) as raised:
            await asyncio.gather(*(ask(**asked) for _ in range(4)))
        assert raised.value.code == "rate_limit_exceeded"
        assert int(raised.value.response.headers["retry-after"]) > 0


async def test_the_program_of_the_page_works(
    server: Running, client: httpx.AsyncClient, key: str, tmp_path: Path
) -> None:
    await store(client, "Kind")
    (program := tmp_path / "chat.py").write_text(snippet("docs/openai.md"), encoding="utf-8")
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        "kind",
        env={**os.environ, "AGENTICRAG_URL": server.url, "AGENTICRAG_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await running.communicate()
    assert told.decode() == "['kind']\nHello there, friend.\nHello there, friend."


def events(*told: tuple[str, dict[str, Any]]) -> list[Event]:
    told_by = {"execution_id": "e", "ts": 1.5}
    return [
        msgspec.convert(
            {**told_by, "seq": seq, "type": type, "node": "llm" if "message" in type else "", "data": data},
            Event,
        )
        for seq, (type, data) in enumerate(told, 1)
    ]


def said(journal: list[Event]) -> tuple[str, str | None]:
    """Return the text of a stream, and its error code."""
    frames = ChunkFrames(Wanted(model="m", answering=frozenset({"llm"})))
    shown = [part for event in journal for _, part in frames.frames(event)]
    again = ChunkFrames(Wanted(model="m", answering=frozenset({"llm"})))
    assert shown == [part for event in journal for _, part in again.frames(event)]
    assert frames.ended
    payloads = [part.removeprefix(b"data: ").strip() for part in shown]
    values = [json.loads(one) for one in payloads if one != b"[DONE]"]
    text = "".join(one["choices"][0]["delta"].get("content", "") for one in values if "choices" in one)
    error = next((one["error"]["code"] for one in values if "error" in one), None)
    assert (payloads[-1] == b"[DONE]") == (error is None)
    return text, error


START = [("run.created", {}), ("message.started", {})]


def delta(text: str) -> tuple[str, dict[str, Any]]:
    return "message.delta", {"content": text}


def completed(text: str) -> tuple[str, dict[str, Any]]:
    return "run.completed", {"output": {"response": text}}


RESET = ("message.reset", {})


@pytest.mark.parametrize(
    ("told", "text", "error"),
    [
        ([delta("ab"), delta("c"), completed("abc")], "abc", None),
        ([delta("ab"), RESET, delta("a"), delta("bcd"), completed("abcd")], "abcd", None),
        ([delta("ab"), RESET, START[1], delta("abc"), completed("abc")], "abc", None),
        ([delta("ab"), RESET, delta("a"), RESET, delta("abc"), completed("abc")], "abc", None),
        ([delta("ab"), RESET, delta("x"), completed("x")], "ab", "message_reset"),
        ([delta("ab"), RESET, delta("a"), completed("a")], "ab", "message_reset"),
        ([RESET, delta("x"), completed("x")], "x", None),
        ([delta("ab"), RESET, completed("other")], "ab", "message_reset"),
        ([completed("all of it")], "all of it", None),
        ([delta("One."), START[1], delta("Two."), completed("Two.")], "One.\n\nTwo.", None),
        (
            [delta("ab"), ("run.failed", {"error": {"code": "timeout", "message": "Too slow."}})],
            "ab",
            "timeout",
        ),
    ],
)
def test_what_cannot_be_taken_back_is_gone_on_with_or_an_error(
    told: list[tuple[str, dict[str, Any]]], text: str, error: str | None
) -> None:
    journal = events(*START, *told)
    assert said(journal) == (text, error)
    if error is None:
        whole = completion(journal, Wanted(model="m", answering=frozenset({"llm"})))
        assert text.endswith(whole["choices"][0]["message"]["content"])
