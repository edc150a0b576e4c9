"""Versions of flows: lists, labels, drafts, publishing, differences, and runs of a version."""

from typing import Any

import httpx

from tests.server.conftest import API, Running

FLOWS = "/flows"


def graph(answer: str) -> dict[str, Any]:
    """Return a graph that gives out a text."""
    return {
        "nodes": [
            {"id": "start", "type": "start", "data": {}, "position": {"x": 0.0, "y": 0.0}},
            {"id": "end", "type": "end", "data": {"output": answer}},
        ],
        "edges": [{"id": "e1", "source": "start", "target": "end"}],
    }


async def made(client: httpx.AsyncClient, answer: str = "one") -> dict[str, Any]:
    """Store an agentflow and return it."""
    body = {"name": "Flow", "graph_definition": graph(answer)}
    response = await client.post("/agentflows", json=body)
    assert response.status_code == 201, response.text
    assert response.headers["etag"] == '"1"'
    return response.json()


async def changed(client: httpx.AsyncClient, id: str, answer: str, **headers: str) -> httpx.Response:
    """Give a flow another answer."""
    body = {"graph_definition": graph(answer)}
    return await client.put(f"/agentflows/{id}", json=body, headers=headers)


async def ran(client: httpx.AsyncClient, id: str, **query: str) -> Any:
    """Run a flow and return its output."""
    response = await client.post(f"/agentflows/{id}/execute", json={"input_data": {}}, params=query)
    assert response.status_code == 200, response.text
    return response.json()["output"]


async def test_versions_are_listed_read_run_and_restored(client: httpx.AsyncClient) -> None:
    id = (await made(client))["id"]
    await changed(client, id, "two")
    await changed(client, id, "three")
    first = (await client.get(f"{FLOWS}/{id}/versions", params={"limit": 2})).json()
    assert [one["version"] for one in first["versions"]] == [3, 2]
    assert first["versions"][0]["is_current"]
    assert first["total"] == 3
    assert not first["has_draft"]
    rest = await client.get(f"{FLOWS}/{id}/versions", params={"limit": 2, "after": first["next_cursor"]})
    assert [one["version"] for one in rest.json()["versions"]] == [1]
    old = (await client.get(f"{FLOWS}/{id}/versions/1")).json()
    assert old["version"] == 1
    assert old["graph_definition"]["nodes"][1]["data"]["output"] == "one"
    assert [await ran(client, id), await ran(client, id, version="1")] == ["three", "one"]
    restored = await client.post(f"{FLOWS}/{id}/versions/1/restore")
    assert restored.status_code == 200
    assert restored.json()["version"] == 4
    assert await ran(client, id) == "one"
    newest = (await client.get(f"{FLOWS}/{id}/versions")).json()["versions"][0]
    assert newest["notes"] == "Restored from version 1."
    missing = await client.get(f"{FLOWS}/{id}/versions/9")
    assert missing.status_code == 404
    assert "1 to 4" in missing.json()["detail"]


async def test_a_label_points_at_a_version_until_it_is_moved(client: httpx.AsyncClient) -> None:
    id = (await made(client))["id"]
    await changed(client, id, "two")
    put = await client.put(f"{FLOWS}/{id}/labels/production", json={"version": 1})
    assert put.json() == {"label": "production", "version": 1}
    assert await ran(client, id, version="production") == "one"
    await client.put(f"{FLOWS}/{id}/labels/production", json={"version": 2})
    assert await ran(client, id, version="production") == "two"
    for label in ("draft", "current", "Upper", "1st", "a" * 65):
        answer = await client.put(f"{FLOWS}/{id}/labels/{label}", json={"version": 1})
        assert answer.status_code == 422, label
    assert (await client.put(f"{FLOWS}/{id}/labels/staging", json={"version": 7})).status_code == 404
    assert (await client.delete(f"{FLOWS}/{id}/labels/production")).json()["deleted"]
    gone = await client.post(
        f"/agentflows/{id}/execute", json={"input_data": {}}, params={"version": "production"}
    )
    assert gone.status_code == 404
    assert "no label 'production'" in gone.json()["detail"]


async def test_a_stale_change_is_refused_and_changes_nothing(client: httpx.AsyncClient) -> None:
    id = (await made(client))["id"]
    seen = (await client.get(f"/agentflows/{id}")).headers["etag"]
    assert (await changed(client, id, "two", **{"If-Match": seen})).status_code == 200
    stale = await changed(client, id, "three", **{"If-Match": seen})
    assert stale.status_code == 412
    assert stale.json()["code"] == "stale"
    assert stale.headers["etag"] == '"2"'
    assert await ran(client, id) == "two"
    assert (await changed(client, id, "x", **{"If-Match": "2"})).status_code == 400
    assert (await changed(client, id, "three", **{"If-Match": '"7", "2"'})).status_code == 200
    assert (await changed(client, id, "four", **{"If-Match": "*"})).status_code == 200


async def test_a_draft_may_be_incomplete_and_is_published_with_notes_and_labels(
    client: httpx.AsyncClient,
) -> None:
    id = (await made(client))["id"]
    assert (await client.get(f"{FLOWS}/{id}/draft")).status_code == 404
    assert (await client.post(f"{FLOWS}/{id}/publish", json={})).json()["code"] == "no_draft"
    broken = {"nodes": [{"id": "start", "type": "start", "data": {}}], "edges": []}
    draft = await client.put(f"{FLOWS}/{id}/draft", json={"graph_definition": broken})
    assert (draft.status_code, draft.headers.get("etag")) == (200, '"1"'), draft.text
    assert not draft.json()["check"]["valid"]
    assert draft.json()["check"]["errors"]
    assert await ran(client, id) == "one"
    refused = await client.post(f"{FLOWS}/{id}/publish", json={})
    assert refused.status_code == 422
    assert refused.json()["errors"]
    better = {"graph_definition": graph("two")}
    assert (await client.put(f"{FLOWS}/{id}/draft", json=better)).headers["etag"] == '"2"'
    late = await client.put(f"{FLOWS}/{id}/draft", json=better, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert await ran(client, id, version="draft") == "two"
    assert await ran(client, id) == "one"
    diff = (await client.get(f"{FLOWS}/{id}/diff", params={"from": "current", "to": "draft"})).json()
    assert diff["sentences"] == ["The node 'end' (end): 'data.output' changed from \"one\" to \"two\"."]
    body = {"notes": "Two is better.", "labels": ["production"]}
    published = await client.post(f"{FLOWS}/{id}/publish", json=body)
    assert published.status_code == 200
    assert published.json()["version"] == 2
    newest = (await client.get(f"{FLOWS}/{id}/versions")).json()
    assert newest["versions"][0]["notes"] == "Two is better."
    assert not newest["has_draft"]
    assert newest["versions"][0]["labels"] == ["production"]
    assert await ran(client, id) == "two"


async def test_a_draft_does_not_undo_what_others_changed(client: httpx.AsyncClient) -> None:
    id = (await made(client))["id"]
    await client.put(f"{FLOWS}/{id}/draft", json={"graph_definition": graph("mine")})
    await changed(client, id, "theirs")
    assert (await client.get(f"{FLOWS}/{id}/draft")).json()["is_behind"]
    refused = await client.post(f"{FLOWS}/{id}/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "behind")
    assert "from=1" in refused.json()["detail"]
    assert await ran(client, id) == "theirs"
    anyway = await client.post(f"{FLOWS}/{id}/publish", json={"based_on": 2})
    assert anyway.status_code == 200
    assert await ran(client, id) == "mine"


async def test_a_chat_answers_by_a_version_and_by_the_draft(client: httpx.AsyncClient) -> None:
    body = {"name": "Chat", "graph_definition": graph("old {{ input.message }}")}
    id = (await client.post("/chatflows", json=body)).json()["id"]
    await client.put(f"/chatflows/{id}", json={"graph_definition": graph("new")})
    await client.put(f"{FLOWS}/{id}/draft", json={"graph_definition": graph("drafted")})
    for version, expected in (("1", "old Hi"), ("current", "new"), ("draft", "drafted")):
        for path in (f"/chatflow/workflows/{id}/chat", f"/flows/chatflows/{id}/chat"):
            answer = await client.post(path, json={"message": "Hi"}, params={"version": version})
            assert answer.json()["response"] == expected, (path, answer.text)
    execution = answer.json()["execution_id"]
    assert (await client.get(f"/executions/{execution}")).json()["flow_version"] is None


async def test_embeds_sub_flows_and_doors_of_others_run_the_version_of_a_label(
    client: httpx.AsyncClient, server: Running
) -> None:
    body = {"name": "Shop", "description": "Answers.", "graph_definition": graph("one")}
    flow = (await client.post("/chatflows", json=body)).json()
    id, slug = flow["id"], flow["slug"]
    await client.put(f"/chatflows/{id}", json={"graph_definition": graph("two")})
    await client.put(f"{FLOWS}/{id}/labels/production", json={"version": 1})
    for model, answers in ((slug, "two"), (f"{slug}@production", "one"), (f"{slug}@2", "two")):
        wanted = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
        answer = await client.post(f"{server.url}/v1/chat/completions", json=wanted)
        assert answer.json()["choices"][0]["message"]["content"] == answers, model
        message = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
        chat = {"id": f"chat {model}", "messages": [message], "trigger": "submit-message"}
        streamed = await client.post(f"{server.url}/ai-sdk/{model}", json=chat)
        assert f'"{answers}"' in streamed.text, model
        call = {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": slug, "arguments": {"message": "Hi"}},
        }  # fmt: skip
        called = await client.post(
            f"{server.url}/mcp/{model}", json=call, headers={"Accept": "application/json"}
        )
        assert answers in called.text, (model, called.text)
    for missing in (f"{slug}@staging", f"{slug}@"):
        wanted = {"model": missing, "messages": [{"role": "user", "content": "Hi"}]}
        answer = await client.post(f"{server.url}/v1/chat/completions", json=wanted)
        assert answer.status_code == 404, missing

    outer = graph("{{ nodes.s }}")
    outer["nodes"].insert(1, {"id": "s", "type": "subflow", "data": {"flow_id": id, "version": "production"}})
    outer["edges"] = [
        {"id": "1", "source": "start", "target": "s"},
        {"id": "2", "source": "s", "target": "end"},
    ]
    team = (await client.post("/agentflows", json={"name": "Calls", "graph_definition": outer})).json()
    run = await client.post(f"/agentflows/{team['id']}/execute", json={"input_data": {"message": "Hi"}})
    assert run.json()["output"] == "one"
    attach = {"name": "A", "role": "r"}
    for tag, status in (('"9"', 412), ('"1"', 201)):
        added = await client.post(f"/agentflows/{team['id']}/agents", json=attach, headers={"If-Match": tag})
        assert added.status_code == status, added.text

    shown = {"chatflow_id": id, "allowed_domains": ["https://shop.example"]}
    refused = await client.post("/embed", json={**shown, "version": "staging"})
    assert refused.status_code == 404
    assert (await client.post("/embed", json={"chatflow_id": id, "version": "draft"})).status_code == 422
    embed = (await client.post("/embed", json={**shown, "version": "production"})).json()
    assert embed["version"] == "production"
    for version, answers in ((1, "one"), (2, "two")):
        await client.put(f"{FLOWS}/{id}/labels/production", json={"version": version})
        url = f"{API}/embed/public/{embed['embed_token']}/chat"
        async with httpx.AsyncClient(base_url=server.url, headers={"Origin": "https://shop.example"}) as page:
            said = await page.post(url, json={"message": "Hi"})
        assert said.json()["response"] == answers, said.text
