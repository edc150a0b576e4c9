"""Session variables: what a chatflow keeps from turn to turn, read, changed, exported and imported."""

import json
from typing import Any

import httpx
import msgspec

from tests.graphs.drawn import graph

NODES: dict[str, Any] = {
    "start": ("start", {"variables": [
        {"name": "turns", "type": "integer", "reducer": "add", "scope": "session"},
        {"name": "names", "reducer": "append", "scope": "session"},
        {"name": "scratch", "reducer": "append"},
    ]}),
    "t": ("template", {
        "template": "{{ message }}", "set": {"turns": "1", "names": "message", "scratch": "message"},
    }),
    "end": ("end", {"output": "{{ variables.turns }} {{ variables.names }} {{ variables.scratch }}"}),
}  # fmt: skip


async def chatflow(client: httpx.AsyncClient) -> str:
    drawn = msgspec.to_builtins(graph(NODES, "start>t", "t>end"))
    made = await client.post("/chatflows", json={"name": "Counts", "graph_definition": drawn})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def say(client: httpx.AsyncClient, flow: str, session: str, message: str) -> str:
    answer = await client.post(
        f"/chatflow/workflows/{flow}/chat", json={"message": message, "session_id": session}
    )
    assert answer.json()["success"] is True, answer.text
    return answer.json()["response"]


async def test_variables_of_a_session_last_from_turn_to_turn(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    assert await say(client, flow, "s", "Ada") == '1 ["Ada"] ["Ada"]'
    assert await say(client, flow, "s", "Bob") == '2 ["Ada","Bob"] ["Bob"]'
    assert await say(client, flow, "other", "Eve") == '1 ["Eve"] ["Eve"]'
    read = (await client.get("/chatflow/sessions/s/variables")).json()
    assert read == {"session_id": "s", "variables": {"turns": 2, "names": ["Ada", "Bob"]}}


async def test_variables_are_changed_and_taken_away(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    await say(client, flow, "s", "Ada")
    changed = await client.patch(
        "/chatflow/sessions/s/variables", json={"variables": {"turns": 10, "names": None}}
    )
    assert changed.json() == {"session_id": "s", "variables": {"turns": 10}}
    assert await say(client, flow, "s", "Bob") == '11 ["Bob"] ["Bob"]'


async def test_a_change_that_does_not_fit_is_refused(client: httpx.AsyncClient) -> None:
    await say(client, await chatflow(client), "s", "Ada")
    for given, says in (
        ({"turns": "many"}, "Variable 'turns' takes integer, found text."),
        ({"scratch": []}, "The flow has no session variable 'scratch'; it declares turns, names."),
    ):
        refused = await client.patch("/chatflow/sessions/s/variables", json={"variables": given})
        assert refused.status_code == 422
        assert refused.json()["detail"] == says
        assert refused.json()["errors"][0]["pointer"] == f"/variables/{next(iter(given))}"
    assert (await client.get("/chatflow/sessions/none/variables")).status_code == 404
    assert (await client.patch("/chatflow/sessions/s/variables", json={"x": 1})).status_code in (400, 422)


async def test_a_file_of_a_session_has_its_variables(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    await say(client, flow, "s", "Ada")
    exported = (await client.get("/chatflow/sessions/s/export")).json()
    assert exported["variables"] == {"turns": 1, "names": ["Ada"]}
    content = json.dumps({**exported, "session_id": "copy"}).encode()
    imported = await client.post(
        "/chatflow/sessions/import",
        files={"file": ("s.json", content)},
        params={"chatflow_id": flow},
    )
    assert imported.json()["session_id"] == "copy"
    assert await say(client, flow, "copy", "Bob") == '2 ["Ada","Bob"] ["Bob"]'


async def test_an_agentflow_is_warned_of_variables_of_a_session(client: httpx.AsyncClient) -> None:
    turns = {"name": "turns", "type": "integer", "reducer": "add", "scope": "session"}
    nodes: dict[str, Any] = {
        "start": ("start", {"variables": [{"name": "own"}, turns]}),
        "count": ("variable", {"set": {"turns": "1"}}),
        "end": ("end", {"expression": "variables.turns"}),
    }
    shape = msgspec.to_builtins(graph(nodes, "start>count", "count>end"))
    drawn = {"name": "F", "graph_definition": shape}
    made = (await client.post("/agentflows", json=drawn)).json()
    (warning,) = made["warnings"]
    assert (warning["code"], warning["node"]) == ("no_session", "start")
    assert warning["pointer"] == "/graph_definition/nodes/0/data/variables/1/scope"
    for _ in range(2):
        done = await client.post(f"/agentflows/{made['id']}/execute", json={"input_data": {}})
        assert done.json()["output"] == 1
    assert (await client.post("/chatflows", json=drawn)).json()["warnings"] == []
