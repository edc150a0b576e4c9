"""Tools over HTTP: what there is, chats and flows that use them, stored agents, the operator's folder."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from graphs.tools import built_in_tools
from server.settings.sources import Settings
from tests.graphs.outbound.test_egress import reply, served
from tests.server.conftest import DEMO, Running, connect, make_key, parse_frames

SHOP = '''
"""Tools of a shop."""

from graphs.extend import tool


def order_status(number: int) -> dict[str, str]:
    """Tell where an order is."""
    return {"order": str(number), "status": "on its way"}


def unclear(number):
    """Tell nothing."""
'''


async def create(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def graph(type: str, **data: Any) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": "s", "type": "start"},
            {"id": "n", "type": type, "data": data},
            {"id": "e", "type": "end"},
        ],
        "edges": [{"id": "1", "source": "s", "target": "n"}, {"id": "2", "source": "n", "target": "e"}],
    }


async def execute(client: httpx.AsyncClient, flow: dict[str, Any], **input: Any) -> dict[str, Any]:
    answer = await client.post(f"/agentflows/{flow['id']}/execute", json={"input_data": input})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_chat_uses_tools_and_its_stream_shows_them(client: httpx.AsyncClient) -> None:
    config = DEMO | {"tools": ["calculator", "current_time"]}
    body = {"message": "What is 17 * (3 + 4), and what time is it?", "config": config, "session_id": "s"}
    frames = parse_frames((await client.post("/chatflow/chat/stream", json=body)).text)
    assert frames[0].event == "start"
    assert frames[-1].event == "done"
    tools = [json.loads(frame.data) for frame in frames if frame.event == "tool"]
    began = {tool["call_id"]: tool for tool in tools if tool["status"] == "running"}
    ended = {tool["call_id"]: tool for tool in tools if tool["status"] == "completed"}
    assert [tool["name"] for tool in began.values()] == ["calculator", "current_time"]
    assert began.keys() == ended.keys()
    reckoned = next(id for id, tool in began.items() if tool["name"] == "calculator")
    assert began[reckoned]["input"] == {"expression": "17 * (3 + 4)"}
    assert ended[reckoned]["output"] == 119
    text = "".join(json.loads(frame.data)["content"] for frame in frames if frame.event == "content")
    assert "'calculator' answered: 119" in text
    assert json.loads(frames[-1].data)["response"] == text
    history = (await client.get("/chatflow/sessions/s/history")).json()["messages"]
    assert [message["role"] for message in history] == ["user", "assistant"]
    assert history[1]["content"] == text
    again = await client.post("/chatflow/chat", json=body | {"message": "Thank you."})
    assert again.json()["success"] is True
    assert again.json()["message_count"] == 4


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_tool_that_is_not_there_is_refused_at_the_door(client: httpx.AsyncClient) -> None:
    chat = {"message": "Hello", "config": DEMO | {"tools": ["calculator", {"name": "calculater"}]}}
    refused = await client.post("/chatflow/chat", json=chat)
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == "/config/tools/1"
    assert "Did you mean 'calculator'?" in fault["message"]
    agent = await client.post("/agents", json={"name": "A", "tools": ["search"]})
    assert (agent.status_code, agent.json()["errors"][0]["pointer"]) == (422, "/tools/0")
    schema = await client.post("/agents", json={"name": "A", "output_schema": {"type": "nothing"}})
    assert (schema.status_code, schema.json()["errors"][0]["pointer"]) == (422, "/output_schema")
    drawn = graph("agent", tools=[{"name": "http_request", "base_url": "ftp://x/"}], **DEMO)
    flow = await client.post("/agentflows", json={"name": "F", "graph_definition": drawn})
    assert flow.status_code == 422
    assert flow.json()["errors"][0]["pointer"] == "/graph_definition/nodes/1/data/tools/0"


async def test_a_flow_runs_a_stored_agent_as_it_was_when_the_run_began(client: httpx.AsyncClient) -> None:
    agent = await create(
        client, "/agents", name="Reckoner", system_prompt="Reckon.", tools=["calculator"], max_tokens=50
    )
    drawn = graph("agent", agent_id=agent["id"], prompt="What is {{ input.sum }}?")
    flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
    ran = await execute(client, flow, sum="6 * 7")
    assert ran["status"] == "completed", ran
    assert "'calculator' answered: 42" in ran["output"]
    assert ran["token_usage"][0]["provider"] == "demo", "The server's default model stands in."
    await client.put(f"/agents/{agent['id']}", json={"tools": []})
    assert "calculator" not in (await execute(client, flow, sum="6 * 7"))["output"]
    await client.delete(f"/agents/{agent['id']}")
    gone = await client.post(f"/agentflows/{flow['id']}/execute", json={"input_data": {"sum": "1"}})
    assert gone.status_code == 422
    assert "there is no agent" in gone.json()["detail"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_tools_are_listed_with_those_of_the_operator(
    settings: Settings, start: Callable[[Settings], Running], tmp_path: Path
) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / "broken.py").write_text("import nothing_of_this_name")
    (folder / "_private.py").write_text("raise SystemExit(1)")
    server = start(msgspec.structs.replace(settings, tools_dir=str(folder)))
    async with connect(server, await make_key(settings, "default")) as client:
        listed = (await client.get("/tools")).json()
        tools = {tool["name"]: tool for tool in listed["tools"]}
        assert list(tools) == sorted({*built_in_tools(), "order_status"})
        assert tools["order_status"]["description"] == "Tell where an order is."
        assert tools["order_status"]["parameters"]["required"] == ["number"]
        assert tools["http_request"]["config"]["required"] == ["base_url"]
        faults = {fault["source"]: fault["message"] for fault in listed["faults"]}
        assert "No module named 'nothing_of_this_name'" in faults["broken.py"]
        assert faults["shop.py"] == "Parameter 'number' of 'unclear' has no annotation. Say what it takes."
        drawn = graph("tool", tool="order_status", arguments={"number": "{{ input.order }}"})
        flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
        ran = await execute(client, flow, order=17)
        assert ran["output"] == {"order": "17", "status": "on its way"}
        wrong = await execute(client, flow, order="seventeen")
        assert wrong["status"] == "failed"
        assert "/number: " in wrong["error"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_flow_asks_a_service_that_the_operator_has_opened(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    heard: list[tuple[str, dict[str, str], bytes]] = []

    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        heard.append((line, headers, body))
        if "/missing" in line:
            return reply(b"no such order", 404, content_type="text/plain")
        return reply(b'{"paid": true, "big": 123456789012345678901}', content_type="application/json")

    async with served(answer) as (port, _), served(answer) as (closed, _):
        server = start(msgspec.structs.replace(settings, egress_allow=[f"127.0.0.1:{port}"]))
        key = await make_key(settings, "default")

        async def ran(**data: Any) -> dict[str, Any]:
            async with connect(server, key) as client:
                flow = await create(
                    client, "/agentflows", name="F", graph_definition=graph("http_request", **data)
                )
                return await execute(client, flow, order="a/b?c", labels=["x", 1], token="t0psecret")

        at = f"http://127.0.0.1:{port}"
        found = await ran(url=f"{at}/orders/{{{{ input.order }}}}?x=1")
        assert found["output"]["body"] == {"paid": True, "big": "123456789012345678901"}
        assert heard[0][0] == "GET /orders/a%2Fb%3Fc?x=1 HTTP/1.1"
        assert "idempotency-key" not in heard[0][1]
        sent = await ran(
            url=f"{at}/orders",
            method="POST",
            headers={"Authorization": "Bearer {{ input.token }}"},
            query={"q": "a b"},
            body={"labels": "{{ input.labels }}", "text": "for {{ input.order }}"},
        )
        line, headers, body = heard[1]
        assert line == "POST /orders?q=a+b HTTP/1.1"
        assert json.loads(body) == {"labels": ["x", 1], "text": "for a/b?c"}
        assert headers["authorization"] == "Bearer t0psecret"
        assert headers["idempotency-key"].count(":") == 2
        missing = await ran(url=f"{at}/missing")
        assert (missing["status"], "The service answered 404: no such order" in missing["error"]) == (
            "failed",
            True,
        )
        assert (await ran(url=f"{at}/missing", fail_on_status=False))["output"]["status"] == 404
        count = len(heard)
        refused = await ran(url=f"http://127.0.0.1:{closed}/")
        assert "closed to flows" in refused["error"]
        own = await ran(url=f"http://127.0.0.1:{server.port}/health")
        assert own["status"] == "failed"
        assert len(heard) == count
        async with connect(server, key) as client:
            journal = (
                await client.get(f"/executions/{sent['execution_id']}/events", params={"follow": "false"})
            ).json()
        (started,) = [event for event in journal if event["type"] == "tool.started"]
        assert started["data"]["input"]["headers"] == {"Authorization": "…"}


async def test_an_approved_use_goes_on_where_it_waited(client: httpx.AsyncClient) -> None:
    drawn = graph("agent", tools=[{"name": "calculator", "approval": True}], prompt="What is 6 * 7?", **DEMO)
    flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
    waiting = await execute(client, flow)
    assert waiting["status"] == "waiting_approval", waiting
    (asked,) = (await client.get(f"/executions/{waiting['execution_id']}/inputs")).json()["inputs"]
    answer = await client.post(
        f"/executions/{waiting['execution_id']}/respond",
        json={"action": "edit", "value": {"expression": "6 * 8"}},
    )
    assert answer.status_code == 200, (answer.text, asked)
    ended: dict[str, Any] = {}
    for _ in range(200):
        ended = (await client.get(f"/executions/{waiting['execution_id']}")).json()
        if ended["status"] == "completed":
            break
        await asyncio.sleep(0.05)
    assert ended["status"] == "completed", ended
    assert "48" in str(ended["output_data"])
