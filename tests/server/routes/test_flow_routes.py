"""Flows and agents: stored, listed, changed, checked, drawn and run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, parse_frames

GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start", "position": {"x": 0, "y": 0}, "data": {}},
        {"id": "greet", "type": "template", "data": {"template": "Hello {{ input.name }}!"}},
        {"id": "end", "type": "end", "data": {}},
    ],
    "edges": [
        {"id": "e1", "source": "start", "target": "greet"},
        {"id": "e2", "source": "greet", "target": "end"},
    ],
}


async def create(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_chatflow_is_given_back_as_it_was_stored(client: httpx.AsyncClient) -> None:
    body = {
        "name": "Support",
        "description": "Helps",
        "chat_config": {
            "llm_provider": "demo",
            "llm_model": "demo",
            "system_prompt": "Be brief.",
            "temperature": 0.1,
            "suggested_questions": ["Where is my order?"],
        },
        "memory_config": {"type": "summary", "max_messages": 4},
        "rag_config": {"enabled": False, "top_k": 3},
        "tags": ["b", "a"],
        "category": "service",
        "is_public": True,
    }
    created = await create(client, "/chatflows", **body)
    read = (await client.get(f"/chatflows/{created['id']}")).json()
    assert read == created == (await client.get(f"/flows/{created['id']}")).json()
    assert (read["flow_type"], read["version"], read["is_active"]) == ("chatflow", 1, True)
    for name in ("name", "description", "tags", "category", "is_public"):
        assert read[name] == body[name]
    assert "max_tokens" not in read["chat_config"], "what is not set is the model's own"
    assert read["chat_config"]["suggested_questions"] == ["Where is my order?"]
    assert read["created_at"].endswith("Z")


async def test_a_graph_definition_comes_back_unchanged(client: httpx.AsyncClient) -> None:
    created = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    nodes = created["graph_definition"]["nodes"]
    assert [node["id"] for node in nodes] == ["start", "greet", "end"]
    assert nodes[0]["position"] == {"x": 0, "y": 0}
    assert nodes[1]["data"] == {"template": "Hello {{ input.name }}!"}


async def test_a_change_leaves_the_rest_as_it_was_and_counts_versions(client: httpx.AsyncClient) -> None:
    created = await create(client, "/chatflows", name="One", tags=["x"], chat_config={"system_prompt": "Hi"})
    changed = (await client.put(f"/chatflows/{created['id']}", json={"name": "Two"})).json()
    assert (changed["name"], changed["tags"], changed["version"]) == ("Two", ["x"], 2)
    assert changed["chat_config"]["system_prompt"] == "Hi"
    assert (await client.get(f"/chatflows/{created['id']}")).json()["name"] == "Two"


async def test_a_deleted_flow_is_gone(client: httpx.AsyncClient) -> None:
    created = await create(client, "/chatflows", name="Short-lived")
    deleted = await client.delete(f"/chatflows/{created['id']}")
    assert deleted.json()["deleted"] is True
    for method, path in (("GET", "chatflows"), ("GET", "flows"), ("DELETE", "chatflows")):
        assert (await client.request(method, f"/{path}/{created['id']}")).status_code == 404
    assert (await client.get("/chatflows")).json()["total"] == 0


async def test_a_kind_is_found_under_its_own_address_only(client: httpx.AsyncClient) -> None:
    chatflow = await create(client, "/chatflows", name="C")
    agentflow = await create(client, "/agentflows", name="A", graph_definition=GRAPH)
    assert (await client.get(f"/agentflows/{chatflow['id']}")).status_code == 404
    assert (await client.delete(f"/chatflows/{agentflow['id']}")).status_code == 404
    both = (await client.get("/flows")).json()
    assert (both["total"], both["page"], both["page_size"]) == (2, 1, 20)
    only = (await client.get("/flows", params={"flow_type": "agentflow"})).json()
    assert [flow["id"] for flow in only["flows"]] == [agentflow["id"]]


async def test_lists_search_filter_sort_and_page(client: httpx.AsyncClient) -> None:
    for name, tags, category in (
        ("Alpha 100%", ["x"], "one"),
        ("beta", ["x", "y"], "two"),
        ("gamma_1", [], "two"),
    ):
        await create(client, "/chatflows", name=name, tags=tags, category=category)

    async def names(**query: Any) -> list[str]:
        answer = await client.get("/chatflows", params={"sort_by": "name", "sort_order": "asc", **query})
        return [flow["name"] for flow in answer.json()["flows"]]

    assert await names() == ["Alpha 100%", "beta", "gamma_1"]
    assert await names(search="%") == ["Alpha 100%"]
    assert await names(search="_") == ["gamma_1"]
    assert await names(search="BETA") == ["beta"]
    assert await names(tags="x,y") == ["beta"]
    assert await names(category="two") == ["beta", "gamma_1"]
    assert await names(page=2, page_size=2) == ["gamma_1"]
    assert await names(is_active="false") == []


async def test_a_flow_that_is_switched_off_does_not_run(client: httpx.AsyncClient) -> None:
    created = await create(client, "/chatflows", name="Off", is_active=False)
    answer = await client.post(f"/chatflow/workflows/{created['id']}/chat", json={"message": "Hi"})
    assert answer.status_code == 409
    assert "is_active" in answer.json()["detail"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_every_finding_of_a_refused_flow_names_node_and_place(client: httpx.AsyncClient) -> None:
    broken = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "t", "type": "template", "data": {"template": "{% if oops"}},
            {"id": "u", "type": "unheard"},
        ],
        "edges": [],
    }
    answer = await client.post("/agentflows", json={"name": "Broken", "graph_definition": broken})
    assert answer.status_code == 422
    faults = {fault["node"]: fault for fault in answer.json()["errors"]}
    assert faults["t"]["pointer"] == "/graph_definition/nodes/1/data/template"
    assert faults["u"]["pointer"] == "/graph_definition/nodes/2/type"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_stored_flow_is_checked_without_running(client: httpx.AsyncClient) -> None:
    flow = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    checked = (await client.get(f"/agentflows/{flow['id']}/validate")).json()
    assert checked == {"valid": True, "errors": [], "warnings": [], "speaks": []}
    chatflow = await create(client, "/chatflows", name="C")
    assert (await client.get(f"/chatflows/{chatflow['id']}/validate")).json()["valid"] is True


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_flow_is_drawn(client: httpx.AsyncClient) -> None:
    flow = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    chatflow = await create(client, "/chatflows", name="C")
    for each in (flow, chatflow):
        for format in ("mermaid", "dot", "json", "react-flow"):
            picture = await client.get(f"/flows/{each['id']}/graph", params={"format": format})
            assert picture.status_code == 200, format
            assert "start" in picture.text


async def test_an_agentflow_runs_and_answers(client: httpx.AsyncClient) -> None:
    flow = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    answer = await client.post(f"/agentflows/{flow['id']}/execute", json={"input_data": {"name": "Ada"}})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["success"], body["status"], body["output"]) == (True, "completed", "Hello Ada!")
    assert body["error"] is None
    assert body["token_usage"] == []
    listed = (await client.get(f"/agentflows/{flow['id']}/executions")).json()
    assert [each["id"] for each in listed["executions"]] == [body["execution_id"]]
    details = (await client.get(f"/agentflows/{flow['id']}/executions/{body['execution_id']}")).json()
    assert details["input_data"] == {"name": "Ada"}
    assert details["output_data"] == "Hello Ada!"
    nodes = details["execution_context"]["node_executions"]
    assert [(node["node_id"], node["node_type"], node["status"]) for node in nodes] == [
        ("start", "start", "completed"),
        ("greet", "template", "completed"),
        ("end", "end", "completed"),
    ]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_agentflow_streams_each_node_and_ends_with_done(client: httpx.AsyncClient) -> None:
    flow = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    url = f"/agentflows/{flow['id']}/execute/stream"
    frames = parse_frames((await client.post(url, json={"input_data": {"name": "Ada"}})).text)
    assert frames[-1].data == "[DONE]"
    assert frames[0].event == "start"
    assert frames[-2].event == "complete"
    assert json.loads(frames[0].data)["workflow_id"] == flow["id"]
    assert json.loads(frames[-2].data)["output"] == "Hello Ada!"
    states = [json.loads(frame.data)["node"] for frame in frames if frame.event == "node"]
    assert [(state["node_id"], state["status"]) for state in states] == [
        (node, status) for node in ("start", "greet", "end") for status in ("running", "completed")
    ]
    for number, frame in enumerate(frames):
        resumed = await client.post(url, json={}, headers={"Last-Event-ID": frame.id})
        assert resumed.status_code == (204 if frame is frames[-1] else 200)
        assert frames[: number + 1] + parse_frames(resumed.text) == frames


async def test_a_flow_is_started_in_the_background(client: httpx.AsyncClient) -> None:
    agentflow = await create(client, "/agentflows", name="Greeter", graph_definition=GRAPH)
    chatflow = await create(client, "/chatflows", name="C")
    for url, data in (
        (f"/flows/agentflows/{agentflow['id']}/execute", {"name": "Ada"}),
        (f"/flows/{agentflow['id']}/execute", {"name": "Ada"}),
        (f"/flows/{chatflow['id']}/execute", {"message": "Hi", "session_id": "background"}),
    ):
        headers = {"Idempotency-Key": url}
        started = await client.post(url, json={"input_data": data}, headers=headers)
        assert started.status_code == 202, started.text
        body = started.json()
        assert body["status"] == "pending"
        assert body["input_data"] == data
        follow = await client.get(f"/executions/{body['id']}/events")
        assert parse_frames(follow.text)[-1].event == "run.completed"
        again = await client.post(url, json={"input_data": data}, headers=headers)
        assert again.json() == body
        assert again.headers["idempotent-replayed"] == "true"
    refused = await client.post(f"/flows/{chatflow['id']}/execute", json={"input_data": {"text": "Hi"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/input_data/text"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_agentflow_without_a_graph_says_what_is_missing(client: httpx.AsyncClient) -> None:
    flow = await create(client, "/agentflows", name="Agents only", orchestration_type="parallel")
    answer = await client.post(f"/agentflows/{flow['id']}/execute", json={})
    assert answer.status_code == 409
    assert "graph_definition" in answer.json()["detail"]


async def test_agents_are_stored_changed_and_deleted(client: httpx.AsyncClient) -> None:
    agent = await create(client, "/agents", name="Writer", system_prompt="Write.", tools=["calculator"])
    assert agent["temperature"] == 0.7
    assert agent["output_schema"] is None
    changed = (await client.put(f"/agents/{agent['id']}", json={"temperature": 0.2})).json()
    assert (changed["temperature"], changed["system_prompt"]) == (0.2, "Write.")
    listed = (await client.get("/agents", params={"search": "writ"})).json()
    assert [each["id"] for each in listed["agents"]] == [agent["id"]]
    assert (await client.delete(f"/agents/{agent['id']}")).json()["deleted"] is True
    assert (await client.get(f"/agents/{agent['id']}")).status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_node_types_come_with_schema_and_examples(client: httpx.AsyncClient) -> None:
    body = (await client.get("/node-types")).json()
    types = {each["type"]: each for each in body["node_types"]}
    assert {"start", "end", "llm", "template", "condition", "switch", "loop", "merge"} <= types.keys()
    assert body["total"] == len(types)
    assert "template" in types["template"]["schema"]["properties"]
    assert types["llm"]["examples"]


@pytest.mark.threat("T-05")
async def test_an_open_way_out_is_told_where_flows_are_stored_checked_and_brought_in(
    client: httpx.AsyncClient,
) -> None:
    crm = {"name": "http_request", "alias": "crm", "base_url": "https://crm.example.com/", "credential": "x"}
    out = {"name": "http_request", "base_url": "https://out.example.com/", "methods": ["POST"]}
    config: dict[str, Any] = {"llm_provider": "demo", "llm_model": "demo", "tools": [crm, out]}

    def ways(answer: dict[str, Any]) -> list[tuple[str, str]]:
        found = [each for each in answer["warnings"] if each.get("code") == "open_way_out"]
        return [(each["node"], each.get("pointer", "")) for each in found]

    kim = await create(client, "/agents", name="Kim", tools=[crm, out])
    team = await create(client, "/agentflows", name="Team", agents=[{"name": "Kim", "agent_id": kim["id"]}])
    assert ways(team) == [("kim", "")]
    bundle = (await client.get(f"/flows/{team['id']}/export")).json()
    assert ways((await client.post("/flows/import?dry_run=true", json=bundle)).json()) == [("kim", "")]

    asks = await create(client, "/agents", name="Kim, careful", tools=[crm, out | {"approval": True}])
    careful = {"name": "Kim", "agent_id": asks["id"]}
    assert ways(await create(client, "/agentflows", name="Careful", agents=[careful])) == []

    chat = await create(client, "/chatflows", name="Chat", chat_config=config)
    assert len(ways(chat)) == 2
    checked = (await client.get(f"/chatflows/{chat['id']}/validate")).json()
    assert checked["valid"]
    assert ways(checked) == ways(chat)
    config["tools"] = [each | {"approval": True} for each in (crm, out)]
    changed = await client.put(f"/chatflows/{chat['id']}", json={"chat_config": config})
    assert ways(changed.json()) == []


MAIL = """
from graphs.extend import Touches, tool


@tool(touches=Touches(private="the mailbox", way_out="mails to anybody", writes=True))
def send_mail(to: str, text: str) -> str:
    \"\"\"Send a mail.\"\"\"
    return "sent"
"""


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("T-05")
async def test_files_and_visitors_bring_words_of_others(
    settings: Settings, start: Callable[[Settings], Running], key: str, tmp_path: Path
) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "mail.py").write_text(MAIL)
    config = {"llm_provider": "demo", "llm_model": "demo", "tools": ["send_mail"]}
    async with connect(start(msgspec.structs.replace(settings, tools_dir=str(folder))), key) as client:
        alone = await create(client, "/chatflows", name="Team", chat_config=config)
        taking = config | {"uploads": {"max_files": 1}}
        files = await create(client, "/chatflows", name="Files", chat_config=taking)
        public = await create(client, "/chatflows", name="Public", chat_config=config, is_public=True)
    assert alone["warnings"] == []
    for flow, words in ((files, "files that are sent"), (public, "visitors write")):
        (warning,) = flow["warnings"]
        assert (warning["code"], words in warning["message"]) == ("open_way_out", True), warning


async def test_a_flow_has_a_slug_that_can_be_changed_and_goes_with_its_file(
    client: httpx.AsyncClient,
) -> None:
    first = (await client.post("/chatflows", json={"name": "Slug of a Flow"})).json()
    second = (await client.post("/agentflows", json={"name": "Slug of a flow"})).json()
    assert (first["slug"], second["slug"]) == ("slug-of-a-flow", "slug-of-a-flow-2")
    chosen = await client.post("/chatflows", json={"name": "N", "slug": "chosen-1"})
    assert (chosen.status_code, chosen.json()["slug"]) == (201, "chosen-1")
    taken = await client.post("/chatflows", json={"name": "N", "slug": "chosen-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    for bad in ("", "Upper", "a--b", "-a", "a b", "é", "a\n", "x" * 65, first["id"]):
        answer = await client.post("/chatflows", json={"name": "N", "slug": bad})
        assert (bad, answer.status_code) == (bad, 422)
    change = {"slug": "renamed-1"}
    changed = (await client.put(f"/agentflows/{second['id']}", json=change)).json()
    assert (changed["slug"], changed["name"]) == ("renamed-1", second["name"])
    kept = (await client.put(f"/agentflows/{second['id']}", json={"name": "Other"})).json()
    assert kept["slug"] == "renamed-1"
    alias = await client.put(f"/chatflows/{first['id']}", json={"slug": "slug-of-a-flow-2"})
    assert alias.status_code == 409
    file = (await client.get(f"/flows/{second['id']}/export")).json()
    assert file["slug"] == "renamed-1"
    again = (await client.post("/flows/import", json=file)).json()
    assert (await client.get(f"/flows/{again['id']}")).json()["slug"] == "renamed-1-2"
    over = (await client.post(f"/flows/import?replace={again['id']}", json={**file, "slug": "x-1"})).json()
    assert (await client.get(f"/flows/{over['id']}")).json()["slug"] == "renamed-1-2"
    listed = (await client.get("/flows", params={"search": "Slug of"})).json()["flows"]
    assert [flow["slug"] for flow in listed] == ["slug-of-a-flow"]
