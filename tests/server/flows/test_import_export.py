"""Flows as files: everything that they refer to goes with them, secrets stay."""

import io
import json
import zipfile
from itertools import pairwise
from typing import Any

import httpx
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key


def graph(*middle: dict[str, Any]) -> dict[str, Any]:
    nodes = [{"id": "start", "type": "start"}, *middle, {"id": "end", "type": "end"}]
    edges = [
        {"id": str(number), "source": a["id"], "target": b["id"]}
        for number, (a, b) in enumerate(pairwise(nodes))
    ]
    return {"nodes": nodes, "edges": edges}


async def make(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def stored(client: httpx.AsyncClient) -> dict[str, str]:
    """Store a flow that names an agent, and a sub-flow that does too; return all ids."""
    agent = await make(
        client, "/agents", name="Writer", llm_provider="demo", llm_model="demo", tools=["calculator"]
    )
    inner = await make(
        client,
        "/agentflows",
        name="Inner",
        graph_definition=graph({"id": "a", "type": "agent", "data": {"agent_id": agent["id"]}}),
    )
    request = {
        "url": "https://bob:hunter2@api.example.com/v1?api_key=sk-query&q=1",
        "headers": {
            "Authorization": "Bearer sk-secret",
            "Accept": "text/plain",
            "X-Api-Key": "{{ input.key }}",
        },
    }
    outer = await make(
        client,
        "/agentflows",
        name="Outer flow!",
        tags=["x"],
        graph_definition=graph(
            {"id": "call", "type": "subflow", "data": {"flow_id": inner["id"], "input": {"message": "Hi"}}},
            {"id": "get", "type": "http_request", "data": request},
        ),
    )
    return {"agent": agent["id"], "inner": inner["id"], "outer": outer["id"]}


@pytest.mark.parametrize("format", ["json", "yaml"])
@pytest.mark.threat("L-01")
async def test_a_flow_goes_to_another_workspace_with_all_that_it_names_but_its_secrets(
    client: httpx.AsyncClient, settings: Settings, server: Running, format: str
) -> None:
    ids = await stored(client)
    exported = await client.get(f"/flows/{ids['outer']}/export", params={"format": format})
    assert exported.status_code == 200
    saved_as = f"attachment; filename=\"Outer-flow.{format}\"; filename*=UTF-8''Outer%20flow%21.{format}"
    assert exported.headers["content-disposition"] == saved_as
    for secret in ("hunter2", "sk-query", "sk-secret"):
        assert secret not in exported.text
    assert "{{ input.key }}" in exported.text
    async with connect(server, await make_key(settings, "another")) as other:
        kind = {"Content-Type": f"application/{format}"}
        dry = await other.post("/flows/import?dry_run=true", content=exported.content, headers=kind)
        assert (dry.status_code, dry.json()["imported"], dry.json()["id"]) == (200, False, None)
        assert (await other.get("/flows")).json()["total"] == 0
        files = {"file": (f"flow.{format}", exported.content)}
        done = (await other.post("/flows/import", files=files)).json()
        assert done["imported"] is True, done
        assert [(one["wanted"], one["name"], one["how"]) for one in done["agents"]] == [
            (ids["agent"], "Writer", "created")
        ]
        assert [(one["wanted"], one["name"], one["how"]) for one in done["flows"]] == [
            (ids["inner"], "Inner", "created")
        ]
        assert (done["models"], done["tools"]) == ([{"provider": "demo", "model": "demo"}], ["calculator"])
        assert len(done["secrets_removed"]) == 2
        new = (await other.get(f"/flows/{done['id']}")).json()
        called = new["graph_definition"]["nodes"][1]["data"]["flow_id"]
        assert called == done["flows"][0]["id"] != ids["inner"]
        inner = (await other.get(f"/flows/{called}")).json()
        assert inner["graph_definition"]["nodes"][1]["data"]["agent_id"] == done["agents"][0]["id"]
        assert (await other.get(f"/flows/{called}/validate")).json()["valid"] is True
        ran = (
            await other.post(f"/agentflows/{called}/execute", json={"input_data": {"message": "Hi"}})
        ).json()
        assert ran["status"] == "completed", ran


async def test_what_is_here_already_is_bound_and_a_flow_may_be_replaced(client: httpx.AsyncClient) -> None:
    ids = await stored(client)
    bundle = (await client.get(f"/flows/{ids['outer']}/export")).json()
    again = (await client.post("/flows/import", json=bundle)).json()
    assert [one["how"] for one in (*again["agents"], *again["flows"])] == ["existing", "existing"]
    assert again["id"] != ids["outer"]
    replaced = (await client.post("/flows/import", json=bundle, params={"replace": ids["outer"]})).json()
    assert (replaced["id"], replaced["version"]) == (ids["outer"], 2)
    gone = await client.post("/flows/import", json=bundle, params={"replace": ids["agent"]})
    assert gone.status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_is_missing_or_wrong_is_told_and_nothing_is_stored(client: httpx.AsyncClient) -> None:
    ids = await stored(client)
    bundle = (await client.get(f"/flows/{ids['outer']}/export")).json()
    before = (await client.get("/flows")).json()["total"]
    bundle["graph_definition"]["nodes"][1]["data"]["flow_id"] = "11111111-1111-4111-8111-111111111111"
    missing = (await client.post("/flows/import", json=bundle)).json()
    assert missing["imported"] is False
    assert [one["how"] for one in missing["flows"]] == ["missing", "existing"][:1]
    assert "neither in the file nor here" in missing["errors"][0]["message"]
    faulty = {
        "name": "Faulty",
        "graph_definition": graph({"id": "t", "type": "template", "data": {"template": "{% if input.x %}"}}),
    }
    told = (await client.post("/flows/import", json=faulty)).json()
    assert (told["imported"], told["errors"][0]["node"]) == (False, "t")
    assert (await client.get("/flows")).json()["total"] == before


REFUSED: list[tuple[bytes, str, int]] = [
    (b"a: &a [x, x]\nb: [*a, *a, *a]\n", "application/yaml", 400),
    (b"!!python/object/apply:os.system ['true']", "application/yaml", 400),
    (b"- 1\n", "application/yaml", 422),
    (b"[" * 100_000, "application/yaml", 400),
    (b"name: x\n---\nname: y\n", "application/yaml", 400),
    (b"name: " + b"1:" * 600_000 + b"1", "application/yaml", 413),
    (b"name: !!int '" + b"1:" * 100_000 + b"1'", "application/yaml", 400),
    (b"{", "application/json", 400),
    (b"", "application/json", 400),
    (json.dumps({"name": "x", "surprise": 1}).encode(), "application/json", 422),
    (json.dumps({"name": "x", "flow_type": "dream"}).encode(), "application/json", 422),
    (json.dumps({"name": "x", "includes": {"keys": {}}}).encode(), "application/json", 422),
    (
        json.dumps({"name": "x", "includes": {"agents": {"a": {"name": 5}}}}).encode(),
        "application/json",
        422,
    ),
]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_file_that_is_no_flow_is_refused_with_a_reason(client: httpx.AsyncClient) -> None:
    for content, kind, status in REFUSED:
        answer = await client.post("/flows/import", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, (content[:80], answer.text)
        assert answer.json()["detail"]
    answer = await client.post(
        "/flows/import", content=b"name: \x07", headers={"Content-Type": "application/yaml"}
    )
    assert answer.json()["detail"].startswith(
        "The body is no YAML that is read here: it has the character U+0007"
    )
    answer = await client.post("/flows/import", files={"file": ("mine.yaml", b"name: \x07")})
    assert answer.json()["detail"].startswith(
        "The file is no YAML that is read here: it has the character U+0007"
    )


async def test_a_flow_finds_its_knowledge_bases_by_name_in_another_workspace(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    base = await make(client, "/knowledge-bases", name="Handbook", embedding={"provider": "demo"})
    tool = {"name": "knowledge", "knowledge_bases": [base["id"]]}
    agent = await make(client, "/agents", name="Reader", llm_provider="demo", llm_model="demo", tools=[tool])
    middle = (
        {"id": "find", "type": "retrieve", "data": {"knowledge_bases": [base["id"], "Prices"], "query": "x"}},
        {"id": "a", "type": "agent", "data": {"agent_id": agent["id"]}},
    )
    flow = await make(client, "/agentflows", name="Search", graph_definition=graph(*middle))
    chat = await make(
        client,
        "/chatflows",
        name="Chat",
        chat_config={"llm_provider": "demo", "llm_model": "demo"},
        rag_config={"enabled": True, "knowledgebase_ids": [base["id"]]},
    )
    bundle = (await client.get(f"/flows/{flow['id']}/export")).json()
    assert bundle["includes"]["knowledge_bases"] == {base["id"]: {"name": "Handbook", "description": ""}}
    here = (await client.post("/flows/import", json=bundle)).json()
    assert [(one["wanted"], one["id"], one["how"]) for one in here["knowledge_bases"]] == [
        (base["id"], base["id"], "existing"),
        ("Prices", None, "missing"),
    ]
    async with connect(server, await make_key(settings, "another")) as other:
        unbound = (await other.post("/flows/import", json=bundle)).json()
        assert unbound["imported"], unbound
        assert [one["code"] for one in unbound["warnings"]] == ["missing_knowledge_base"] * 2
        assert "'Handbook'" in unbound["warnings"][0]["message"]
        stored = (await other.get(f"/flows/{unbound['id']}")).json()
        assert stored["graph_definition"]["nodes"][1]["data"]["knowledge_bases"] == ["Handbook", "Prices"]
        theirs = await make(other, "/knowledge-bases", name="Handbook", embedding={"provider": "demo"})
        bound = (await other.post("/flows/import", json=bundle)).json()
        stored = (await other.get(f"/flows/{bound['id']}")).json()
        assert stored["graph_definition"]["nodes"][1]["data"]["knowledge_bases"] == [theirs["id"], "Prices"]
        reader = (await other.get(f"/agents/{bound['agents'][0]['id']}")).json()
        assert reader["tools"][0]["knowledge_bases"] == [theirs["id"]]
        exported = await client.get(f"/flows/{chat['id']}/export", params={"format": "yaml"})
        kind = {"Content-Type": "application/yaml"}
        chatted = (await other.post("/flows/import", content=exported.content, headers=kind)).json()
        stored = (await other.get(f"/flows/{chatted['id']}")).json()
        assert stored["rag_config"]["knowledgebase_ids"] == [theirs["id"]]


async def test_a_flow_is_exported_as_plain_langgraph_or_refused_part_by_part(
    client: httpx.AsyncClient,
) -> None:
    asked = {"prompt": "{{ message }}", "provider": "openai", "model": "gpt-4.1-mini"}
    flow = await make(
        client,
        "/agentflows",
        name="Ask & tell",
        graph_definition=graph({"id": "ask", "type": "llm", "data": asked}),
    )
    exported = await client.get(f"/flows/{flow['id']}/export", params={"format": "langgraph"})
    assert (exported.status_code, exported.headers["content-type"]) == (200, "application/zip")
    assert 'filename="Ask-tell.zip"' in exported.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        names = archive.namelist()
        code = archive.read("ask_tell_flow/ask_tell_flow/graph.py").decode()
        needs = archive.read("ask_tell_flow/pyproject.toml").decode()
    assert {"ask_tell_flow/README.md", "ask_tell_flow/langgraph.json", "ask_tell_flow/.env.example"} <= {
        *names
    }
    assert "agenticrag" not in code + needs
    assert '"langgraph==' in needs
    assert '"langchain-openai==' in needs
    ids = await stored(client)
    for params, wanted in (
        ({}, [("call", "no_equal"), ("get", "no_equal")]),
        ({"model": "gpt"}, [(None, "bad_model")]),
    ):
        refused = await client.get(f"/flows/{ids['outer']}/export", params={"format": "langgraph", **params})
        assert refused.status_code == 422
        problem = refused.json()
        assert [(fault.get("node"), fault["code"]) for fault in problem["errors"]] == wanted, problem
    assert "Expected 'provider/model'" in problem["detail"]
