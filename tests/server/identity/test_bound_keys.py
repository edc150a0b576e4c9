"""Keys of one flow: they chat with it and read its runs, over every door, and reach nothing else."""

import json
import re
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from server.app import create_app
from server.settings.sources import Settings
from tests.server.conftest import API, DEMO, Running, connect, make_key

GRAPH = {
    "nodes": [{"id": "start", "type": "start"}, {"id": "end", "type": "end", "data": {"output": "Secret."}}],
    "edges": [{"id": "1", "source": "start", "target": "end"}],
}


def operations() -> list[tuple[str, str, bool]]:
    """Return method, path and whether a handler looks itself at the flow, of all that need a key."""
    found: list[tuple[str, str, bool]] = []
    for route in create_app(Settings()).routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                if handler.opt.get("needs"):
                    found += [(method, route.path, handler.opt["bound"]) for method in handler.http_methods]
    return found


def mcp(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.threat("I-01")
async def test_a_key_of_one_flow_reaches_that_flow_alone(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as owner:

        async def store(path: str, **body: Any) -> dict[str, Any]:
            answer = await owner.post(path, json=body)
            assert answer.status_code < 300, answer.text
            return answer.json()

        config = {"llm_provider": DEMO["provider"], "llm_model": DEMO["model"]}
        mine = await store("/chatflows", name="Bound", description="Mine.", chat_config=config)
        other = await store("/chatflows", name="Unbound", description="Other.", chat_config=config)
        team = await store("/agentflows", name="Team", description="Runs.", graph_definition=GRAPH)
        hello = {"message": "Hello"}
        foreign = await store(f"/chatflow/workflows/{other['id']}/chat", **hello, session_id="theirs")
        theirs = await store(f"/agentflows/{team['id']}/execute", input_data={})
        by_owner = await store(f"/chatflow/workflows/{mine['id']}/chat", **hello, session_id="by-owner")
        made = await store("/keys", name="one", role="owner", flow_id=mine["id"], on_disconnect="cancel")
        assert (made["flow_id"], made["on_disconnect"]) == (mine["id"], "cancel")
        missing = await owner.post("/keys", json={"name": "x", "flow_id": made["id"]})
        assert missing.status_code == 404

    headers = {"Authorization": f"Bearer {made['key']}"}
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as key:
        for execution in (foreign["execution_id"], theirs["execution_id"]):
            ids = {
                "execution_id": execution,
                "workflow_id": other["id"],
                "flow_id": other["id"],
                "session_id": "theirs",
            }
            for method, path, bound in operations():
                if bound:
                    continue
                place = re.sub(r"\{(\w+):\w+\}", lambda name, ids=ids: ids.get(name[1], "1"), path)
                answer = await key.request(method, place, json={} if method != "GET" else None)
                by_session = "{session_id" in path  # whose body is read before the session is looked up
                refused = (403, 404, 400, 415, 422) if by_session else (403, 404)
                assert answer.status_code in refused, (method, place, answer.text)
                assert "Secret" not in answer.text

        chat = f"{API}/chatflow/workflows/{{}}/chat"
        body = {"messages": [{"role": "user", "content": "Hello"}]}
        ui = {"id": "c", "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}]}
        agent = {"runId": "r", "messages": [{"id": "u", "role": "user", "content": "Hi"}]}
        for flow, works in ((mine, True), (other, False), (team, False)):
            slug = flow["slug"]
            answers = [
                await key.post(chat.format(flow["id"]), json=hello),
                await key.post(f"{API}/chatflow/chat", json={**hello, "workflow_id": flow["id"]}),
                await key.post(f"{API}/workflows/{flow['id']}/execute", json={"input_data": hello}),
                await key.post("/v1/chat/completions", json={**body, "model": slug}),
                await key.post("/v1/responses", json={"model": slug, "input": "Hello"}),
                await key.get(f"/v1/models/{slug}"),
                await key.post(f"/ai-sdk/{slug}", json={**ui, "id": f"c-{slug}"}),
                await key.post(f"/ag-ui/{slug}", json={**agent, "threadId": f"t-{slug}"}),
                await key.get(f"/langgraph/assistants/{slug}"),
                await key.post("/langgraph/runs/wait", json={"assistant_id": slug, "input": "Hello"}),
            ]
            assert [answer.status_code < 300 for answer in answers] == [works] * len(answers), slug
            for path in ("/mcp", f"/mcp/{slug}"):
                called = await key.post(path, json=mcp("tools/call", name=slug, arguments=hello))
                assert ("result" in called.json()) == works, (path, slug)
            listed = await key.get(f"{API}/flows/{flow['id']}")
            assert (listed.status_code == 200) == works
        assert (await key.post(f"{API}/chatflow/chat", json=hello)).status_code == 403
        tools = (await key.post("/mcp", json=mcp("tools/list"))).json()["result"]["tools"]
        assert {tool["name"] for tool in tools} == {"bound", "execution_status", "execution_respond"}
        assert [each["id"] for each in (await key.get("/v1/models")).json()["data"]] == ["bound"]
        status = {"name": "execution_status", "arguments": {"execution_id": theirs["execution_id"]}}
        assert "error" in (await key.post("/mcp", json=mcp("tools/call", **status))).json()
        place = {"Last-Event-ID": f"{theirs['execution_id']}:1"}
        stream = await key.post(
            f"{API}/chatflow/workflows/{mine['id']}/chat/stream", json=hello, headers=place
        )
        assert stream.status_code == 404
        assert "Secret" not in stream.text

        # Its sessions are its own, also where somebody else used the same flow.
        assert (await key.get(f"{API}/chatflow/sessions/by-owner")).status_code == 404
        assert (await key.get(f"{API}/executions/{by_owner['execution_id']}")).status_code == 404
        taken = await key.post(chat.format(mine["id"]), json={**hello, "session_id": "by-owner"})
        assert taken.status_code == 404
        own = (await key.post(chat.format(mine["id"]), json={**hello, "session_id": "own"})).json()
        assert (await key.get(f"{API}/chatflow/sessions/own")).json()["message_count"] == 2
        assert (await key.get(f"{API}/executions/{own['execution_id']}")).status_code == 200
        ticket = (await key.post(f"{API}/tickets", json={})).json()["ticket"]
        async with httpx.AsyncClient(base_url=running.url) as nobody:
            for id, expected in ((own["execution_id"], 200), (theirs["execution_id"], 404)):
                known = {"token": ticket, "follow": "false"}
                events = await nobody.get(f"{API}/executions/{id}/events", params=known)
                assert events.status_code == expected
    assert json.loads((await key_list(running))[0])["flow_id"] == mine["id"]


async def key_list(running: Running) -> list[str]:
    async with connect(running, await make_key(running.settings, "default")) as owner:
        keys = (await owner.get("/keys")).json()["keys"]
        return [json.dumps(each) for each in keys if each["flow_id"]]
