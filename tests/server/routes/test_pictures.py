"""Pictures over HTTP: of flows, and of runs under way, waiting and ended."""

import xml.etree.ElementTree as ElementTree
from typing import Any

import httpx
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"label": "Ask <b>", "message": "Go on?"}},
        {"id": "break", "type": "transform", "data": {"expression": "number('x')"}},
        {"id": "end", "type": "end"},
        {"id": "no", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "break"},
        {"id": "3", "source": "ask", "sourceHandle": "rejected", "target": "no"},
        {"id": "4", "source": "break", "target": "end"},
    ],
}


async def create(client: httpx.AsyncClient, name: str, graph: dict[str, Any]) -> str:
    answer = await client.post("/agentflows", json={"name": name, "graph_definition": graph})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.threat("P-03")
async def test_a_flow_is_drawn_in_every_format_with_headers_that_let_nothing_run(
    client: httpx.AsyncClient,
) -> None:
    id = await create(client, '"/><script>alert(1)</script>', GRAPH)
    for format, kind in (
        ("mermaid", "text/plain; charset=utf-8"),
        ("dot", "text/vnd.graphviz; charset=utf-8"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
        ("json", "application/json"),
        ("react-flow", "application/json"),
    ):
        drawn = await client.get(f"/flows/{id}/graph", params={"format": format})
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, kind)
        assert drawn.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert drawn.headers["x-content-type-options"] == "nosniff"
        if format == "svg":
            ElementTree.fromstring(drawn.text)
            assert "<script" not in drawn.text
            assert "Ask &lt;b&gt;" in drawn.text
    assert (await client.get(f"/flows/{id}/graph", params={"format": "pdf"})).status_code == 422
    empty = (await client.post("/agentflows", json={"name": "Empty"})).json()["id"]
    assert (await client.get(f"/flows/{empty}/graph")).status_code == 409
    chat = (await client.post("/chatflows", json={"name": "Chat"})).json()["id"]
    assert (await client.get(f"/flows/{chat}/graph")).text.startswith("flowchart TD")


async def test_a_run_is_drawn_while_it_waits_and_when_it_has_failed(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    id = await create(client, "Approval", GRAPH)
    run = (await client.post(f"/agentflows/{id}/execute", json={})).json()
    assert run["status"] == "waiting_approval"
    url = f"/executions/{run['execution_id']}/graph"

    async def states() -> dict[str, str]:
        drawn = (await client.get(url, params={"format": "json"})).json()
        return {node["id"]: node["run"]["state"] for node in drawn["nodes"]}

    waiting = {"start": "completed", "ask": "waiting", "break": "pending", "end": "pending", "no": "pending"}
    assert await states() == waiting
    assert "waiting approval" in (await client.get(url)).text
    answered = await client.post(f"/executions/{run['execution_id']}/respond", json={"action": "approve"})
    assert answered.status_code < 300, answered.text
    events = await client.get(f"/executions/{run['execution_id']}/events")
    assert "run.failed" in events.text
    ended = {"start": "completed", "ask": "completed", "break": "failed", "end": "pending", "no": "skipped"}
    assert await states() == ended
    svg = (await client.get(url, params={"format": "svg"})).text
    assert "expected a number" in svg
    async with connect(server, await make_key(settings, "another")) as stranger:
        assert (await stranger.get(url)).status_code == 404
        assert (await stranger.get(f"/flows/{id}/graph")).status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_sub_flows_are_drawn_out_where_asked(client: httpx.AsyncClient) -> None:
    inner = await create(
        client,
        "Inner",
        {
            "nodes": [
                {"id": "start", "type": "start"},
                {"id": "say", "type": "template", "data": {"template": "Hello"}},
                {"id": "end", "type": "end"},
            ],
            "edges": [
                {"id": "1", "source": "start", "target": "say"},
                {"id": "2", "source": "say", "target": "end"},
            ],
        },
    )
    outer = await create(
        client,
        "Outer",
        {
            "nodes": [
                {"id": "start", "type": "start"},
                {"id": "call", "type": "subflow", "data": {"flow_id": inner}},
                {"id": "end", "type": "end"},
            ],
            "edges": [
                {"id": "1", "source": "start", "target": "call"},
                {"id": "2", "source": "call", "target": "end"},
            ],
        },
    )
    closed = (await client.get(f"/flows/{outer}/graph", params={"format": "json"})).json()
    assert [node["id"] for node in closed["nodes"]] == ["start", "call", "end"]
    query = {"format": "json", "expand": "true"}
    drawn = (await client.get(f"/flows/{outer}/graph", params=query)).json()
    assert {node["id"] for node in drawn["nodes"] if node["parent"] == "call"} == {
        "call/start",
        "call/say",
        "call/end",
    }
    run = (await client.post(f"/agentflows/{outer}/execute", json={})).json()
    assert run["status"] == "completed", run
    painted = (await client.get(f"/executions/{run['execution_id']}/graph", params=query)).json()
    states = {node["id"]: node["run"]["state"] for node in painted["nodes"]}
    assert set(states.values()) == {"completed"}, states


async def test_a_chat_that_names_no_model_is_drawn_without_one(client: httpx.AsyncClient) -> None:
    for chat_config, shown in (({}, False), ({"llm_provider": "openai", "llm_model": "gpt-x"}, True)):
        for tools in ([], ["calculator"]):
            body = {"name": "Chat", "chat_config": {**chat_config, "tools": tools}}
            id = (await client.post("/chatflows", json=body)).json()["id"]
            drawn = (await client.get(f"/flows/{id}/graph?format=svg")).text
            assert ("gpt-x" in drawn) == shown
            assert "llama3.3" not in drawn
