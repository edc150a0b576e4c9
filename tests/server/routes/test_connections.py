"""Connections: named model addresses of a workspace, and flows, agents and chats that go by them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.graphs.providers.wire_shapes import chunk, counted, finish
from tests.runtimes.anthropic_server import events, text_block
from tests.runtimes.wire_server import Asked, Part, WireServer, refused, sse
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.embedding import chain

SECRET = "sk-of-the-workspace-0123456789"
OPERATOR = "sk-of-the-operator-0123456789"
VERSION = "2024-10-21"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"provider": "local"}, "/provider"),
    ({"base_url": "ftp://x"}, "/base_url"),
    ({"base_url": "https://user:pass@example.com"}, "/base_url"),
    ({"profile": "no-such"}, "/profile"),
    ({"headers": {"Authorization": "Bearer x"}}, "/headers"),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, "/headers"),
    ({"defaults": {"extra_body": {"messages": []}}}, "/defaults/extra_body"),
    ({"defaults": {"temperature": 9}}, "/defaults/temperature"),
    ({"defaults": {"nonsense": 1}}, "/defaults"),
    ({"name": "no blanks"}, "/name"),
]


def _answers(asked: Asked) -> Sequence[Part]:
    if asked.path.endswith("/v1/messages"):
        return [events(text_block("Claude"))]
    if "/openai/deployments/" in asked.path:
        return [_azure(asked)]
    if asked.body["messages"][-1]["content"] == "Be silent":
        return [0.4]
    return [sse(chunk({"content": "Hello"}), finish(), counted())]


def _azure(asked: Asked) -> bytes:
    """What a deployment of Azure's refuses: another path, no version, a bearer's key, the old limit."""
    if asked.path != f"/openai/deployments/gpt/chat/completions?api-version={VERSION}":
        return refused("Resource not found", 404, code="404")
    if asked.headers.get("api-key") != SECRET or "authorization" in asked.headers:
        return refused(
            "Access denied due to invalid subscription key or wrong API endpoint.", 401, code="401"
        )
    if "max_tokens" in asked.body:
        return refused(
            "Unsupported parameter: 'max_tokens'.", param="max_tokens", code="unsupported_parameter"
        )
    if asked.body["messages"][-1]["content"] == "Something bad":
        return refused(
            "The response was filtered due to the prompt triggering the policy.", code="content_filter"
        )
    return sse(chunk({"content": "Azure"}), finish(), counted())


class Place:
    """A server whose operator allows the wire's address, and a client of an owner."""

    def __init__(self, running: Running, client: httpx.AsyncClient, wire: WireServer) -> None:
        self.running = running
        self.client = client
        self.wire = wire
        self.host = wire.url.removeprefix("http://").removesuffix("/v1")

    async def make(self, name: str, **values: Any) -> dict[str, Any]:
        """Store a connection and return it."""
        body = {"name": name, "provider": "openai", "base_url": self.wire.url, **values}
        answer = await self.client.post("/connections", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def credential(self, name: str, host: str) -> None:
        """Store a provider's key."""
        body = {"name": name, "kind": "provider_key", "hosts": [host], "secret": SECRET}
        answer = await self.client.post("/credentials", json=body)
        assert answer.status_code == 201, answer.text

    async def chat(self, connection: str, message: str = "Hi", **config: Any) -> dict[str, Any]:
        """Chat by a connection."""
        body = {"message": message, "config": {"connection": connection, "model": "gpt", **config}}
        answer = await self.client.post("/chatflow/chat", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, start: Callable[[Settings], Running]
) -> AsyncIterator[Place]:
    async with WireServer(_answers) as wire:
        settings = msgspec.structs.replace(
            quick(new_database("sqlite", request, tmp_path), tmp_path),
            egress_allow=[wire.url.removeprefix("http://").removesuffix("/v1")],
            openai_api_key=OPERATOR,
            model_attempts=1,
        )
        running = await asyncio.to_thread(start, settings)
        async with connect(running, await make_key(settings, WORKSPACE)) as client:
            yield Place(running, client, wire)


async def test_a_connection_is_stored_changed_and_deleted(place: Place) -> None:
    made = await place.make("mine", defaults={"temperature": 0.2}, headers={"X-Team": "blue"})
    again = {"name": "mine", "provider": "openai"}
    assert (await place.client.post("/connections", json=again)).json()["code"] == "name_taken"
    url = f"/connections/{made['id']}"
    changed = await place.client.put(url, json={"profile": "vllm", "name": "ours"})
    assert changed.status_code == 200, changed.text
    listed = (await place.client.get("/connections")).json()
    assert listed["total"] == 1
    assert listed["connections"][0] == (await place.client.get(url)).json() == changed.json()
    told = changed.json()
    assert (told["name"], told["profile"], told["defaults"]) == ("ours", "vllm", {"temperature": 0.2})
    assert (await place.client.delete(url)).json()["deleted"]
    assert (await place.client.get(url)).status_code == 404


async def test_a_flow_is_warned_of_a_connection_that_is_gone(place: Place) -> None:
    made = await place.make("mine")
    named = {"connection": "mine", "model": "gpt"}
    drawn = chain([("llm", "ask", named)])
    stored = (await place.client.post("/chatflows", json={"name": "D", "graph_definition": drawn})).json()
    settings = {"chat_config": {"connection": "mine", "llm_model": "gpt"}}
    plain = (await place.client.post("/chatflows", json={"name": "C", **settings})).json()
    assert (stored["warnings"], plain["warnings"]) == ([], [])
    await place.client.delete(f"/connections/{made['id']}")
    for flow, node, pointer in (
        (stored["id"], "ask", "/graph_definition/nodes/1/data/connection"),
        (plain["id"], None, ""),
    ):
        checked = (await place.client.get(f"/chatflows/{flow}/validate")).json()
        assert checked["valid"], "it may be stored again before the next run"
        (warning,) = checked["warnings"]
        assert (warning["code"], warning.get("node"), warning.get("pointer", "")) == (
            "unknown_connection",
            node,
            pointer,
        )
        assert "no connection 'mine' here. Store one" in warning["message"]
    run = (await place.client.post(f"/chatflow/workflows/{stored['id']}/chat", json={"message": "Hi"})).json()
    assert (run["success"], run["error_code"]) == (False, "no_connection")


async def test_what_no_request_could_go_by_is_refused(place: Place) -> None:
    for wrong, pointer in WRONG:
        answer = await place.client.post("/connections", json={"name": "mine", "provider": "openai"} | wrong)
        assert answer.status_code in (400, 422), answer.text
        assert pointer in answer.text


async def test_chats_flows_and_agents_go_by_a_connection(place: Place) -> None:
    await place.credential("key", place.host)
    defaults = {"temperature": 0.2, "max_tokens": 50, "extra_body": {"a": 1}}
    await place.make("mine", credential="key", headers={"X-Team": "blue"}, defaults=defaults)
    assert (await place.chat("mine", temperature=0.9))["response"] == "Hello"
    sent = place.wire.log[-1]
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["x-team"] == "blue"
    assert (sent.body["temperature"], sent.body["max_tokens"], sent.body["a"]) == (0.9, 50, 1)
    node = {"connection": "mine", "model": "gpt", "prompt": "Hello"}
    flow = await place.client.post(
        "/agentflows", json={"name": "f", "graph_definition": chain([("llm", "answer", node)])}
    )
    assert flow.status_code == 201, flow.text
    ran = await place.client.post(f"/agentflows/{flow.json()['id']}/execute", json={})
    assert ran.json()["success"], ran.text
    stored = await place.client.post(
        "/chatflows", json={"name": "c", "chat_config": {"connection": "mine", "llm_model": "gpt"}}
    )
    answer = await place.client.post(f"/flows/chatflows/{stored.json()['id']}/chat", json={"message": "Hi"})
    assert answer.json()["response"] == "Hello", answer.text
    agent = {"name": "a", "connection": "mine", "llm_model": "gpt"}
    made = (await place.client.post("/agents", json=agent)).json()
    graph = chain([("agent", "answer", {"agent_id": made["id"], "prompt": "Hi"})])
    flow = await place.client.post("/agentflows", json={"name": "g", "graph_definition": graph})
    ran = await place.client.post(f"/agentflows/{flow.json()['id']}/execute", json={})
    assert ran.json()["success"], ran.text
    assert len(place.wire.log) == 4
    assert SECRET not in ran.text + (await place.client.get("/connections")).text
    told = await place.client.get(f"/executions/{ran.json()['execution_id']}/events?follow=false")
    assert SECRET not in told.text


async def test_calls_by_a_connection_cost_what_it_says(place: Place) -> None:
    prices = {
        "gpt": {"input_price_per_1k": 1, "output_price_per_1k": 2},
        "*": {"input_price_per_1k": 0, "output_price_per_1k": 100},
    }
    made = await place.make("mine", prices=prices)
    assert made["prices"] == prices
    budget = {"name": "b", "scope": "workspace", "period": "day", "unit": "usd", "amount": 50}
    assert (await place.client.post("/budgets", json=budget)).status_code == 201

    async def cost(**config: Any) -> float:
        answer = await place.chat("mine", max_tokens=5, **config)
        assert answer["success"], answer
        board = (await place.client.get("/cost-tracking/dashboard")).json()
        return board["recent_records"][0]["cost_usd"]

    assert await cost() == pytest.approx((10 * 1 + 5 * 2) / 1000)
    assert await cost(model="gpt-2030-01-01") == pytest.approx((10 * 1 + 5 * 2) / 1000)
    assert await cost(model="another") == pytest.approx(5 * 100 / 1000)
    change = {"prices": {"gpt": {"input_price_per_1k": 10, "output_price_per_1k": 2}}}
    changed = await place.client.put(f"/connections/{made['id']}", json=change)
    assert [*changed.json()["prices"]] == ["gpt"]
    assert await cost() == pytest.approx((10 * 10 + 5 * 2) / 1000)
    wrong = {"prices": {"gpt": {"input_price_per_1k": -1, "output_price_per_1k": 2}}}
    assert (await place.client.put(f"/connections/{made['id']}", json=wrong)).status_code in (400, 422)


async def test_a_connection_has_time_outs_of_its_own(place: Place) -> None:
    await place.make("slow", defaults={"model_first_token_seconds": 0.2})
    told = await place.chat("slow", message="Be silent")
    assert (told["success"], told["error_code"]) == (False, "timeout_first_token")
    assert "model_first_token_seconds, set for this model" in told["error"]
    assert "tried once" in told["error"]
    await asyncio.sleep(0.4)


async def test_a_changed_connection_counts_from_the_next_request(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Secret: the-operators")
    made = await place.make("mine")
    assert (await place.chat("mine"))["response"] == "Hello"
    root = place.wire.url.removesuffix("/v1")
    change = {"provider": "anthropic", "base_url": root}
    await place.client.put(f"/connections/{made['id']}", json=change)
    assert (await place.chat("mine"))["response"] == "Claude"
    assert "x-secret" not in place.wire.log[-1].headers
    await place.client.delete(f"/connections/{made['id']}")
    gone = await place.chat("mine")
    assert (gone["success"], gone["error_code"]) == (False, "no_connection")


async def test_the_operators_key_and_headers_stay_with_the_operators_address(place: Place) -> None:
    await place.make("mine")
    await place.chat("mine")
    assert OPERATOR not in json.dumps(place.wire.log[-1].headers)
    await place.credential("elsewhere", "api.example.com")
    await place.make("other", credential="elsewhere")
    refused_ = await place.chat("other")
    assert "may not go to" in refused_["error"]
    assert len(place.wire.log) == 1


async def test_the_rules_of_the_egress_hold_for_a_workspaces_address(place: Place) -> None:
    urls = ("http://127.0.0.1:9/v1", "http://169.254.169.254/v1", "http://[::1]:8000/v1")
    for number, url in enumerate(urls):
        for provider in ("openai", "anthropic", "ollama"):
            await place.make(f"inside-{number}-{provider}", base_url=url, provider=provider)
            answer = await place.chat(f"inside-{number}-{provider}")
            assert (answer["success"], answer["error_code"]) == (False, "egress_blocked"), answer
    assert not place.wire.log


async def test_a_deployment_of_azures_is_reached(place: Place) -> None:
    await place.credential("azure", place.host)
    root = place.wire.url.removesuffix("/v1")
    url = f"{root}/openai/deployments/gpt?api-version={VERSION}"
    await place.make("azure", base_url=url, credential="azure", profile="azure")
    answer = await place.chat("azure", max_tokens=20)
    assert (answer["success"], answer["response"]) == (True, "Azure"), answer
    assert len(place.wire.log) == 1, "the profile knows, nothing has to be learned"
    assert place.wire.log[-1].body["max_completion_tokens"] == 20
    filtered = await place.chat("azure", message="Something bad")
    assert (filtered["success"], filtered["error_code"]) == (False, "content_filter")


async def test_a_chat_of_its_own_config_needs_the_permission(place: Place) -> None:
    await place.make("mine")
    made = await place.client.post("/keys", json={"name": "runner", "role": "runner"})
    async with connect(place.running, made.json()["key"]) as runner:
        body = {"message": "Hi", "config": {"connection": "mine", "model": "gpt"}}
        answer = await runner.post("/chatflow/chat", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await runner.get("/connections")).status_code == 403


async def test_models_are_listed_with_abilities_and_prices(place: Place) -> None:
    listed = (await place.client.get("/models")).json()["models"]
    demo = next(one for one in listed if one["provider"] == "demo")
    assert demo["model"] == "demo"
    assert demo["abilities"] == {"tools": True, "images": False, "json_schema": False, "reasoning": False}
    assert demo["price"]["input_price_per_1k"] == 0
