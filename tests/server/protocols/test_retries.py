"""Retries: a client that sends a request again gets the run of the first one, over every door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import msgspec
import openai
import pytest
from openai import AsyncOpenAI

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import API, Running, quick
from tests.server.protocols.test_openai import runs, store, until

HELLO = "Hello there, friend."


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text=HELLO)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(
        base, openai_base_url=fake.url, openai_api_key="sk-test", retry_grace_seconds=4
    )


class Cut(httpx2.AsyncHTTPTransport):
    """A network that loses the answers to the first requests, after the server has begun their runs."""

    def __init__(self, times: int, fake: FakeOpenAI) -> None:
        super().__init__()
        self.left = times
        self.sent = 0
        self._fake = fake

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent += 1
        if not self.left:
            return await super().handle_async_request(request)
        self.left -= 1
        before = len(self._fake.log)
        sending = asyncio.ensure_future(super().handle_async_request(request))
        if self.sent == 1:
            await self._fake.until(lambda: len(self._fake.log) > before)
        else:
            await asyncio.sleep(0.2)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        raise httpx2.ReadError("The connection is gone.", request=request)


async def test_two_retries_of_openais_client_are_one_run(
    server: Running, client: httpx.AsyncClient, key: str, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    chat: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
    fake.default = Reply(text=HELLO, delay=0.7)

    def connected(times: int) -> tuple[Cut, AsyncOpenAI]:
        cut = Cut(times, fake)
        http = httpx2.AsyncClient(transport=cut, timeout=60)
        return cut, AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, http_client=http)

    cut, ai = connected(2)
    async with ai:
        answer = await ai.chat.completions.create(**chat)
        assert (answer.choices[0].message.content, cut.sent) == (HELLO, 3)
        assert answer.id == f"chatcmpl-{(await runs(client))[0]['id']}"
        assert len(await runs(client)) == 1
        fake.default = Reply(text=HELLO, delay=0.1)
        assert (
            await ai.chat.completions.create(**chat)
        ).id != answer.id  # the same words are another request
    cut, ai = connected(1)
    async with ai:
        response = await ai.responses.create(model="kind", input="Hi", conversation=None)
        assert (response.output_text, cut.sent) == (HELLO, 2)
    assert [one["status"] for one in await runs(client)] == ["completed"] * 3
    assert len(fake.log) == 3


async def test_a_run_is_cancelled_where_no_retry_comes_and_a_late_retry_begins_anew(
    server: Running, client: httpx.AsyncClient, key: str, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    fake.default = Reply(text=HELLO, delay=3)
    chat: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    headers = {"Authorization": f"Bearer {key}"}

    async def ended() -> bool:
        return [one["status"] for one in await runs(client)] == ["cancelled"]

    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as raw:
        first = {"x-stainless-retry-count": "0"}
        async with raw.stream("POST", "/v1/chat/completions", json=chat, headers=first) as answer:
            assert answer.status_code == 200
        await until(ended)
        fake.default = Reply(text=HELLO)
        again = await raw.post("/v1/chat/completions", json=chat, headers={"x-stainless-retry-count": "1"})
        assert "idempotent-replayed" not in again.headers
        assert again.text.endswith("data: [DONE]\n\n")
        twice = await raw.post("/v1/chat/completions", json=chat, headers={"x-stainless-retry-count": "2"})
        assert (twice.headers["idempotent-replayed"], twice.text) == ("true", again.text)
    assert len(await runs(client)) == 2


async def test_the_key_says_what_a_closed_connection_means_on_every_door(
    server: Running, client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    flow = await store(client, "Kind", description="Kind.")
    fake.default = Reply(text=HELLO, delay=1)
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "chat": ("/v1/chat/completions", {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}),
        "response": ("/v1/responses", {"model": "kind", "input": "Hi", "stream": True}),
        "ui": (
            "/ai-sdk/kind",
            {"id": "c", "messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]},
        ),
        "mcp": (
            "/mcp",
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "kind", "arguments": {"message": "Hi"}},
            },
        ),
        "native": (f"{API}/chatflow/workflows/{flow['id']}/chat", {"message": "Hi"}),
        "stream": (f"{API}/chatflow/workflows/{flow['id']}/chat/stream", {"message": "Hi"}),
        "run": (f"{API}/workflows/{flow['id']}/execute/stream", {"input_data": {"message": "Hi"}}),
    }
    for on_disconnect, header, status in (
        ("cancel", {}, "cancelled"),
        ("continue", {}, "completed"),
        ("continue", {"X-AgenticRAG-On-Disconnect": "cancel"}, "cancelled"),
    ):
        before = len(await runs(client))
        made = (await client.post("/keys", json={"name": "k", "on_disconnect": on_disconnect})).json()
        headers = {"Authorization": f"Bearer {made['key']}", **header}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as raw:
            log = len(fake.log)
            asked["ui"][1]["id"] = f"{on_disconnect}{len(header)}"  # a session has one owner
            sending = [asyncio.ensure_future(raw.post(path, json=body)) for path, body in asked.values()]
            await fake.until(lambda log=log: len(fake.log) == log + len(asked))
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

            async def ended(before: int = before) -> bool:
                new = (await runs(client))[: -before or None]
                return {one["status"] for one in new} == {status}  # noqa: B023

            await until(ended)
            wrong = {"X-AgenticRAG-On-Disconnect": "stop"}
            path, body = asked["ui"]
            assert (await raw.post(path, json=body, headers=wrong)).status_code == 422


async def test_a_key_makes_repeated_calls_one_run_over_mcp_and_the_ai_sdk(
    server: Running, client: httpx.AsyncClient, key: str
) -> None:
    await store(client, "Kind", description="Kind.")
    end = {"id": "end", "type": "end", "data": {"output": "Done."}}
    edges = [{"id": "1", "source": "start", "target": "end"}]
    graph = {"nodes": [{"id": "start", "type": "start"}, end], "edges": edges}
    team = {"name": "Team", "description": "Team.", "graph_definition": graph}
    assert (await client.post("/agentflows", json=team)).status_code == 201

    def call(name: str, once: str, **arguments: Any) -> dict[str, Any]:
        meta = {"agenticrag/idempotency_key": once}
        params = {"name": name, "arguments": arguments, "_meta": meta}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as raw:
        for body in (call("kind", "a", message="Hi"), call("team", "a")):
            answers = [(await raw.post("/mcp", json=body)).json() for _ in range(2)]
            assert answers[0] == answers[1]
            assert "result" in answers[0]
        other = (await raw.post("/mcp", json=call("kind", "a", message="Other"))).json()
        assert "different" in str(other) or "another" in str(other)
        long = (await raw.post("/mcp", json=call("kind", "x" * 256, message="Hi"))).json()
        assert long["error"]["code"] == -32602
        body = {"id": "c", "messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}
        once = {"Idempotency-Key": "once"}
        first, again = [await raw.post("/ai-sdk/kind", json=body, headers=once) for _ in range(2)]
        assert first.content == again.content
    assert len(await runs(client)) == 3


async def test_what_no_retry_mends_says_so(
    server: Running, client: httpx.AsyncClient, key: str, fake: FakeOpenAI
) -> None:
    await store(client, "Kind")
    budget = {"name": "none", "scope": "workspace", "period": "day", "unit": "tokens", "amount": 1}
    assert (await client.post("/budgets", json=budget)).status_code == 201
    asked: dict[str, Any] = {"model": "kind", "messages": [{"role": "user", "content": "Hi"}]}
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as ai:
        with pytest.raises(openai.RateLimitError) as raised:
            await ai.chat.completions.create(**asked)
    assert raised.value.code == "insufficient_quota"
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert len(await runs(client)) == 1
