"""Costs and budgets over HTTP."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.settings.sources import Settings
from tests.server.conftest import DEMO, Running, connect, make_key

COSTS = "/cost-tracking"


async def test_prices_are_set_listed_and_estimated_with(client: httpx.AsyncClient) -> None:
    listed = (await client.get(f"{COSTS}/pricing", params={"provider": "openai"})).json()
    assert listed["total"] == len(listed["pricing"]) > 50
    known = next(price for price in listed["pricing"] if price["model"] == "gpt-4.1-mini")
    assert known["source"].startswith("genai-prices")
    question = {"provider": "openai", "model": "mine", "input_tokens": 2000, "output_tokens": 1000}
    unknown = (await client.get(f"{COSTS}/estimate", params=question)).json()
    assert (unknown["cost_usd"], unknown["source"]) == (None, None)
    price = {"provider": "openai", "model": "mine", "input_price_per_1k": 0.5, "output_price_per_1k": 1.5}
    made = await client.post(f"{COSTS}/pricing", json=price)
    assert made.status_code == 201
    assert (made.json()["edited_by_operator"], made.json()["currency"]) == (True, "USD")
    assert (await client.get(f"{COSTS}/estimate", params=question)).json()["cost_usd"] == 2.5
    for wrong in ({"input_price_per_1k": -1}, {"currency": "EUR"}, {"valid_from": "soon"}, {"more": 1}):
        refused = await client.post(f"{COSTS}/pricing", json={**price, **wrong})
        assert refused.status_code == 422, refused.text
    local = {"provider": "ollama", "model": "any", "input_tokens": 5}
    assert (await client.get(f"{COSTS}/estimate", params=local)).json()["cost_usd"] == 0


async def test_only_the_first_workspace_sets_prices(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    model = {"provider": "openai", "model": "gpt-4.1-mini"}
    before = (await client.get(f"{COSTS}/pricing", params=model)).json()
    price = {**model, "input_price_per_1k": 0, "output_price_per_1k": 0}
    async with connect(server, await make_key(settings, "other")) as other:
        assert (await other.get("/audit")).status_code == 200, "an owner"
        refused = await other.post(f"{COSTS}/pricing", json=price)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert "'default'" in refused.json()["detail"]
        for each in (other, client):
            assert (await each.get(f"{COSTS}/pricing", params=model)).json() == before
    assert before["pricing"][0]["input_price_per_1k"] > 0


async def test_the_dashboard_is_the_sum_of_its_parts(client: httpx.AsyncClient) -> None:
    flow = {"name": "f", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
    flow_id = (await client.post("/chatflows", json=flow)).json()["id"]
    for message in ("one", "two"):
        await client.post(f"/chatflow/workflows/{flow_id}/chat", json={"message": message})
    await client.post("/chatflow/chat", json={"message": "three", "config": DEMO})
    record = {"provider": "openai", "model": "gpt-4.1-mini", "input_tokens": 1000, "output_tokens": 500}
    booked = await client.post(f"{COSTS}/record", json=record)
    assert booked.status_code == 201
    assert booked.json()["cost_usd"] == 0.0012
    await client.post(f"{COSTS}/record", json={**record, "model": "never-heard-of"})
    failed = {"provider": "openai", "model": "never-heard-of", "input_tokens": 0, "output_tokens": 0}
    await client.post(f"{COSTS}/record", json=failed)
    board = (await client.get(f"{COSTS}/dashboard")).json()
    summary = board["summary"]
    assert summary["request_count"] == 6
    assert summary["unpriced_requests"] in (1, 2)
    assert summary["total_cost_usd"] == 0.0012
    assert summary["total_tokens"] == summary["total_input_tokens"] + summary["total_output_tokens"]
    for part in ("by_model", "daily_usage"):
        for field in ("input_tokens", "output_tokens", "request_count", "unpriced_requests"):
            whole = {"input_tokens": "total_input_tokens", "output_tokens": "total_output_tokens"}
            assert sum(one[field] for one in board[part]) == summary[whole.get(field, field)]
    assert sum(one["percentage"] for one in board["by_model"]) == pytest.approx(100)
    unknown = next(one for one in board["by_model"] if one["model"] == "never-heard-of")
    assert unknown["cost_usd"] is None, "a request that used nothing makes no price known"
    records = board["recent_records"]
    assert len(records) == 6
    assert sum(one["input_tokens"] + one["output_tokens"] for one in records) == summary["total_tokens"]
    of_flow = (await client.get(f"{COSTS}/dashboard", params={"workflow_id": flow_id, "days": 1})).json()
    assert of_flow["summary"]["request_count"] == len(of_flow["recent_records"]) == 2
    assert (await client.get(f"{COSTS}/dashboard", params={"days": 0})).status_code == 422


async def test_spending_of_another_workspace_is_not_seen(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    await client.post("/chatflow/chat", json={"message": "mine", "config": DEMO})
    budget = await client.post("/budgets", json={"name": "b", "period": "day", "amount": 5})
    async with connect(server, await make_key(settings, "other")) as other:
        board = (await other.get(f"{COSTS}/dashboard")).json()
        assert board["summary"]["request_count"] == 0
        assert board["budget_status"] == []
        assert (await other.get("/budgets")).json()["total"] == 0
        assert (await other.get(f"/budgets/{budget.json()['id']}")).status_code == 404
        assert (await other.delete(f"/budgets/{budget.json()['id']}")).status_code == 404


async def test_a_budget_stops_runs_says_why_and_lets_them_go_on_when_it_is_raised(
    client: httpx.AsyncClient,
) -> None:
    flow = {"name": "f", "chat_config": {"llm_provider": "demo", "llm_model": "demo", "max_tokens": 50}}
    flow_id = (await client.post("/chatflows", json=flow)).json()["id"]
    wanted = {"name": "small", "scope": "flow", "scope_id": flow_id, "period": "day", "unit": "tokens"}
    made = (await client.post("/budgets", json={**wanted, "amount": 10})).json()
    assert (made["spent"], made["remaining"]) == (0, 10)
    chat = f"/chatflow/workflows/{flow_id}/chat"

    async def say() -> Any:
        return (await client.post(chat, json={"message": "Hello"})).json()

    refused = await say()
    assert refused["success"] is False
    assert "Budget 'small' allows 10 tokens a day" in refused["error"]
    path = f"/executions/{refused['execution_id']}/events"
    events = (await client.get(path, params={"follow": "false"})).json()
    assert [event["data"]["reason"] for event in events if event["type"] == "budget.refused"] == ["exhausted"]
    assert events[-1]["data"]["error"]["code"] == "budget"
    other = await client.post("/chatflow/chat", json={"message": "free", "config": DEMO})
    assert other.json()["success"] is True
    raised = await client.put(f"/budgets/{made['id']}", json={"amount": 1000, "name": "larger"})
    assert raised.json()["name"] == "larger"
    answered = await say()
    assert answered["success"] is True
    state = (await client.get(f"/budgets/{made['id']}")).json()
    assert (state["spent"], state["reserved"]) == (answered["usage"]["total_tokens"], 0)
    assert (await client.get(f"{COSTS}/dashboard")).json()["budget_status"][0]["id"] == made["id"]
    assert (await client.delete(f"/budgets/{made['id']}")).status_code == 200
    assert (await client.get(f"/budgets/{made['id']}")).status_code == 404


async def test_a_budget_of_a_key_counts_what_the_key_asks_for(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    from persistence.identity.api_keys import Keys
    from persistence.storage.database import open_database

    async with open_database(settings.database) as database:
        row, key = await Keys(database).create("default", "spender")
    wanted = {"name": "k", "scope": "key", "scope_id": row.id, "period": "month", "unit": "tokens"}
    made = (await client.post("/budgets", json={**wanted, "amount": 1e6})).json()
    async with connect(server, key) as spender:
        said = (await spender.post("/chatflow/chat", json={"message": "x", "config": DEMO})).json()
    await client.post("/chatflow/chat", json={"message": "x", "config": DEMO})
    assert (await client.get(f"/budgets/{made['id']}")).json()["spent"] == said["usage"]["total_tokens"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"amount": 0}, 422),
        ({"period": "year"}, 422),
        ({"scope": "flow", "scope_id": str(uuid4())}, 404),
        ({"scope": "key", "scope_id": "no-id"}, 404),
        ({"scope_id": "x"}, 422),
        ({"more": True}, 422),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_wrong_budget_is_refused_in_words(
    client: httpx.AsyncClient, wrong: dict[str, Any], status: int
) -> None:
    refused = await client.post("/budgets", json={"name": "b", "period": "day", "amount": 1, **wrong})
    assert refused.status_code == status
    assert refused.json()["detail"]
