"""Limits of a run: set by a flow, by a request, for visitors, within those of the server."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key
from tests.server.embedding import owner_of, session_of

ASKS: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "each", "type": "iteration", "data": {"items": "range(4)", "max_concurrency": 1}},
        {
            "id": "ask",
            "type": "llm",
            "data": {"provider": "demo", "model": "demo", "prompt": "{{ loop.item }}", "history": False},
        },
        {"id": "end", "type": "end", "data": {"expression": "length(arrived)"}},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "each"},
        {"id": "2", "source": "each", "sourceHandle": "body", "target": "ask"},
        {"id": "3", "source": "ask", "target": "each"},
        {"id": "4", "source": "each", "sourceHandle": "done", "target": "end"},
    ],
}


@pytest.fixture
def few(settings: Settings) -> Settings:
    """Settings that allow ten model calls a run, and a visitor's run three."""
    return msgspec.structs.replace(settings, max_model_calls=10, embed_model_calls=3)


@pytest.fixture
async def limited(few: Settings, start: Callable[[Settings], Running]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with those settings."""
    async with connect(start(few), await make_key(few, "default")) as client:
        yield client


async def stored(client: httpx.AsyncClient, kind: str = "agentflows", **body: Any) -> str:
    answer = await client.post(f"/{kind}", json={"name": "Asks", "graph_definition": ASKS, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_flow_sets_limits_and_a_request_sets_others(limited: httpx.AsyncClient) -> None:
    id = await stored(limited, limits={"max_model_calls": 2})
    assert (await limited.get(f"/agentflows/{id}")).json()["limits"]["max_model_calls"] == 2
    held = (await limited.post(f"/agentflows/{id}/execute", json={})).json()
    assert (held["success"], held["error"].startswith("The run has used 2 of the 2 that")) == (False, True)
    more = {"limits": {"max_model_calls": 4}}
    assert (await limited.post(f"/agentflows/{id}/execute", json=more)).json()["output"] == 4
    changed = await limited.put(f"/agentflows/{id}", json={"limits": None})
    assert changed.json()["limits"] is None
    assert (await limited.post(f"/agentflows/{id}/execute", json={})).json()["output"] == 4


async def test_a_flow_that_is_taken_when_stored_is_not_refused_for_its_steps_when_it_runs(
    limited: httpx.AsyncClient,
) -> None:
    gathering = {
        "nodes": [
            {"id": "start", "type": "start", "data": {"variables": [{"name": "all", "reducer": "append"}]}},
            {"id": "each", "type": "loop", "data": {"items": "range(60)", "max_iterations": 1000}},
            {"id": "keep", "type": "variable", "data": {"set": {"all": "loop.item"}}},
            {"id": "end", "type": "end", "data": {"expression": "length(variables.all)"}},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "each"},
            {"id": "2", "source": "each", "sourceHandle": "body", "target": "keep"},
            {"id": "3", "source": "keep", "target": "each"},
            {"id": "4", "source": "each", "sourceHandle": "done", "target": "end"},
        ],
    }
    id = await stored(limited, graph_definition=gathering)
    ran = (await limited.post(f"/agentflows/{id}/execute", json={})).json()
    assert (ran["output"], ran["error"]) == (60, None)


async def test_limits_above_the_servers_are_refused_when_stored_and_when_asked(
    limited: httpx.AsyncClient,
) -> None:
    above = {"limits": {"max_model_calls": 11}}
    refused = await limited.post("/agentflows", json={"name": "Asks", "graph_definition": ASKS, **above})
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "/limits/max_model_calls")
    assert "this server allows 10 at most" in error["message"]
    id = await stored(limited)
    asked = await limited.post(f"/agentflows/{id}/execute", json=above)
    assert (asked.status_code, asked.json()["errors"][0]["pointer"]) == (422, "/limits/max_model_calls")
    chat = await limited.post("/chatflow/chat", json={"message": "Hi", **above})
    assert chat.status_code == 422
    misspelt = await limited.post(f"/agentflows/{id}/execute", json={"limits": {"max_calls": 1}})
    assert (misspelt.status_code, "max_calls" in misspelt.json()["detail"]) == (422, True)


async def test_a_flow_whose_limits_the_operator_lowered_below_runs_within_them(
    limited: httpx.AsyncClient, few: Settings, start: Callable[[Settings], Running]
) -> None:
    id = await stored(limited, limits={"max_model_calls": 9})
    less = msgspec.structs.replace(few, max_model_calls=1)
    async with connect(start(less), await make_key(less, "default")) as client:
        answer = (await client.post(f"/agentflows/{id}/execute", json={})).json()
    assert answer["error"].startswith("The run has used 1 of the 1 that max_model_calls allows")


async def test_a_visitors_run_has_fewer_model_calls_unless_its_chatflow_says_so(
    few: Settings, start: Callable[[Settings], Running]
) -> None:
    owner = await owner_of(start(few))
    try:
        for limits, succeeds in ((None, False), ({"max_model_calls": 5}, True)):
            id = await stored(owner.client, "chatflows", limits=limits)
            mine = await owner.client.post(f"/chatflow/workflows/{id}/chat", json={"message": "Hi"})
            assert mine.json()["success"], mine.text
            visitor = owner.visitor(await owner.embed(id))
            await session_of(visitor)
            answer = await visitor.post("/chat", json={"message": "Hi"})
            assert ((answer.json()["status"] == "completed"), limits) == (succeeds, limits), answer.text
    finally:
        await owner.close()
