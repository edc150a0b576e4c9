"""Stored flows: an id of the other kind is a 404 that says which kind it is and where to go."""

import pytest

from tests.server.conftest import Running, connect, make_key

GRAPH = {
    "nodes": [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}],
    "edges": [{"id": "1", "source": "start", "target": "end"}],
}


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("agentflow", "GET", "/chatflows/{}"),
        ("agentflow", "PUT", "/chatflows/{}"),
        ("agentflow", "DELETE", "/chatflows/{}"),
        ("agentflow", "GET", "/chatflows/{}/validate"),
        ("agentflow", "POST", "/chatflow/workflows/{}/chat"),
        ("agentflow", "POST", "/chatflow/workflows/{}/chat/stream"),
        ("agentflow", "POST", "/embed"),
        ("chatflow", "GET", "/agentflows/{}"),
        ("chatflow", "DELETE", "/agentflows/{}"),
        ("chatflow", "POST", "/agentflows/{}/execute"),
        ("chatflow", "POST", "/agentflows/{}/execute/stream"),
        ("chatflow", "POST", "/agentflows/{}/agents"),
        ("chatflow", "GET", "/agentflows/{}/execution-plan"),
        ("chatflow", "GET", "/agentflows/{}/executions"),
    ],
)
async def test_a_flow_of_the_other_kind_is_told_with_its_address(
    running: Running, kind: str, method: str, path: str
) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        given = {"name": "Mine"} | ({"graph_definition": GRAPH} if kind == "agentflow" else {})
        id = (await client.post(f"/{kind}s", json=given)).json()["id"]
        bodies = {"PUT": {"name": "x"}, "POST": {}, "GET": None, "DELETE": None}
        body = {"chatflow_id": id} if path == "/embed" else bodies[method]
        if "/chat" in path[9:]:
            body = {"message": "Hi"}
        elif path.endswith("/agents"):
            body = {"name": "Ada"}
        answer = await client.request(method, path.format(id), json=body)
        assert answer.status_code == 404, answer.text
        told = answer.json()["detail"]
        assert f"it is the id of the {kind} 'Mine'" in told
        assert f"/api/agent-builder/{kind}s/{id}" in told
        assert (await client.get(f"/{kind}s/{id}")).status_code == 200
        other = {"chatflow": "agentflow", "agentflow": "chatflow"}[kind]
        nobody = await client.get(f"/{other}s/00000000-0000-0000-0000-000000000000")
        assert "it is the id" not in nobody.json()["detail"]


async def test_a_flow_of_another_workspace_stays_unknown(running: Running) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        id = (await client.post("/chatflows", json={"name": "Secret"})).json()["id"]
    async with connect(running, await make_key(running.settings, "elsewhere")) as other:
        answer = await other.get(f"/agentflows/{id}")
    assert (answer.status_code, "Secret" in answer.text) == (404, False)
