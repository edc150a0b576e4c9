"""Agentflows of attached agents end to end: every type over HTTP, on both databases, on a scripted model."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, connect, make_key, parse_frames

MODEL = {"llm_provider": "openai", "llm_model": "scripted"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def settings(settings: Settings, fake: FakeOpenAI) -> Settings:
    return msgspec.structs.replace(
        settings, openai_base_url=fake.url, openai_api_key="k", default_provider="", default_model=""
    )


def named(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "role": f"{name}-role", **fields}


def says(match: str, text: str) -> Reply:
    return Reply(match=match, text=text)


def choice(match: str, *chosen: str) -> Reply:
    named: Any = chosen[0] if len(chosen) == 1 else [*chosen]
    return Reply(match=match, text=json.dumps({"reason": "r", "choice": named, "task": "Do it."}))


def vote(match: str, candidate: str) -> Reply:
    return Reply(match=match, text=json.dumps({"reason": "r", "vote": candidate}))


ADA, BOB = named("Ada"), named("Bob")
WORK, TAKEN = "The work so far:", "What your supervisor asks"

# By type: what the model says (`match` is looked for in the last user message), settings, nodes in the order
# in which they start, with `|` where it is open which is first, and the output.
SCRIPTS: dict[str, tuple[list[Reply], dict[str, Any], list[str], Any]] = {
    "sequential": ([says("The request", "a"), says("From those before you", "b")], {}, ["ada", "bob"], "b"),
    "parallel": (
        [says("The request", "same"), says("The request", "same"), says("What the members answered", "both")],
        {"enabled": True},
        ["ada|bob", "ada|bob", "answers", "answer"],
        "both",
    ),
    "hierarchical": (
        [
            choice(WORK, "bob"),
            says(TAKEN, "b"),
            choice(WORK, "ada"),
            says(TAKEN, "a"),
            choice(WORK, "finish"),
            says("The work of the team", "done"),
        ],
        {},
        ["supervisor", "bob", "work", "supervisor", "ada", "work", "supervisor", "answer"],
        "done",
    ),
    "adaptive": ([choice("otter", "bob"), says("The request", "b")], {}, ["router", "bob"], "b"),
    "dynamic_routing": (
        [
            choice("The steps so far", "bob"),
            says("Take the next step", "b"),
            choice("The steps so far", "finish"),
        ],
        {},
        ["router", "bob", "work", "router"],
        "b",
    ),
    "swarm_intelligence": (
        [
            says("It is your turn", "a"),
            choice("Your answer just now", "bob"),
            says("It is your turn", "b"),
            choice("Your answer just now", "finish"),
        ],
        {},
        ["active", "ada", "said", "hand_off", "active", "bob", "said", "hand_off"],
        "b",
    ),
    "reflection": (
        [
            says("Write the answer", "draft"),
            says("Criticise", "Too short."),
            choice("The criticism", "revise"),
            says("Write the draft anew", "longer draft"),
            says("Criticise", "Good."),
            choice("The criticism", "accept"),
        ],
        {},
        ["ada", "draft", "bob", "critique", "verdict", "ada.revision", "bob", "verdict"],
        "longer draft",
    ),
    "consensus_building": (
        [
            says("Make your proposal", "same"),
            says("Make your proposal", "same"),
            says("Criticise", "c"),
            says("Criticise", "c"),
            vote("Vote for", "bob"),
            vote("Vote for", "bob"),
        ],
        {},
        ["ada|bob", "proposals", "ada.critique|bob.critique", "ada.vote|bob.vote", "vote", "winner"],
        "same",
    ),
    "event_driven": (
        [says("The event that wakes you, start", "a"), says("The event that wakes you, ada.completed", "b")],
        {},
        ["event", "ada", "queue", "event", "bob", "queue"],
        None,
    ),
}


async def attached(client: httpx.AsyncClient, type: str, leader: dict[str, Any]) -> dict[str, Any]:
    flow = (
        await client.post(
            "/agentflows",
            json={"name": type, "orchestration_type": type, "supervisor_config": {**MODEL, **leader}},
        )
    ).json()
    for agent in (ADA, {**BOB, "dependencies": ["Ada"]} if type == "event_driven" else BOB):
        answer = await client.post(f"/agentflows/{flow['id']}/agents", json=agent)
        assert answer.status_code == 201, answer.text
    return flow


async def test_agents_of_every_type_work_and_are_streamed_in_true_order(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    for type in SCRIPTS:  # one server for all: starting it takes longest
        await work_and_stream(type, client, fake)


async def work_and_stream(type: str, client: httpx.AsyncClient, fake: FakeOpenAI) -> None:
    replies, leader, order, output = SCRIPTS[type]
    flow = await attached(client, type, leader)
    fake.script(*replies)
    text = ""
    async with client.stream(
        "POST", f"/agentflows/{flow['id']}/execute/stream", json={"input_data": {"message": "An otter?"}}
    ) as stream:
        async for piece in stream.aiter_text():
            text += piece
    frames = [json.loads(frame.data) for frame in parse_frames(text) if frame.data != "[DONE]"]
    assert frames[0]["type"] == "start"
    assert frames[-1]["type"] == "complete", frames[-1]
    assert not fake.queue
    runs = [frame["node"] for frame in frames if frame["type"] == "node"]
    started = [run["node_id"] for run in runs if run["status"] == "running"]
    waited = iter(started)
    assert all(any(node in wanted.split("|") for node in waited) for wanted in order), started
    open: set[str] = set()
    for run in runs:
        if run["status"] == "running":
            assert run["node_id"] not in open
            open.add(run["node_id"])
        elif run["status"] == "completed":
            open.remove(run["node_id"])
    assert open == set()
    if output is not None:
        assert frames[-1]["output"] == output
    else:
        assert [sorted(turn) for turn in frames[-1]["output"]["turns"]] == [
            ["ada", "event"],
            ["bob", "event"],
        ]
    listed = (await client.get(f"/agentflows/{flow['id']}/executions")).json()
    details = await client.get(f"/agentflows/{flow['id']}/executions/{listed['executions'][0]['id']}")
    stored = [run["node_id"] for run in details.json()["execution_context"]["node_executions"]]
    assert {*started} <= {*stored}
    assert sum(entry["input_tokens"] > 0 for entry in details.json()["token_usage"]) > 0


async def test_agents_are_attached_changed_and_taken_away(client: httpx.AsyncClient) -> None:
    stored = (await client.post("/agents", json={"name": "Stored", "system_prompt": "Be brief."})).json()
    flow = (await client.post("/agentflows", json={"name": "Team"})).json()
    path = f"/agentflows/{flow['id']}/agents"
    assert flow["agents"] == []
    ada = (
        await client.post(path, json={"name": "Ada", "agent_id": stored["id"], "dependencies": ["Bob"]})
    ).json()
    assert (ada["node"], ada["max_retries"], ada["timeout_seconds"]) == ("ada", 3, 300)
    checked = (await client.get(f"/agentflows/{flow['id']}/validate")).json()
    assert [fault["code"] for fault in checked["errors"]] == ["unknown_agent"]
    assert checked["errors"][0]["pointer"] == "/agents/0/dependencies/0"
    refused = await client.post(f"/agentflows/{flow['id']}/execute", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_flow")
    bob = (await client.post(path, json={"name": "Bob", "role": "writer"})).json()
    assert (await client.get(f"/agentflows/{flow['id']}/validate")).json()["valid"]
    listed = (await client.get(path)).json()
    assert ([agent["name"] for agent in listed["agents"]], listed["total"]) == (["Ada", "Bob"], 2)
    changed = (await client.put(f"{path}/{bob['id']}", json={"priority": 7, "parallel_group": None})).json()
    assert (changed["priority"], changed["role"], changed["id"]) == (7, "writer", bob["id"])
    assert (await client.get(f"{path}/{bob['id']}")).json() == changed
    assert (await client.get(f"{path}/{stored['id']}")).json()["name"] == "Ada", "by its stored agent too"
    gone = await client.delete(f"{path}/{ada['id']}")
    assert gone.json()["message"] == "The agent 'Ada' is no longer in 'Team'."
    assert (await client.get(path)).json()["total"] == 1
    assert (await client.get(f"/agentflows/{flow['id']}")).json()["version"] == 5
    assert (await client.get(f"/agents/{stored['id']}")).status_code == 200


async def test_what_cannot_be_attached_is_refused(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    flow = (await client.post("/agentflows", json={"name": "Team"})).json()
    path = f"/agentflows/{flow['id']}/agents"
    await client.post(path, json={"id": "ada", "name": "Ada"})
    for status, body, word in (
        (422, {"name": "B", "magic": 1}, "magic"),
        (422, {"role": "nobody"}, "name"),
        (422, {"name": "B", "max_retries": 99}, "max_retries"),
        (422, {"name": "B", "conditional_logic": "1 +"}, "conditional_logic"),
        (422, {"name": "B", "output_mapping": {"v": "answer"}}, "arrived"),
        (404, {"name": "B", "agent_id": "0b9ac4ee-0000-4000-8000-000000000000"}, "agent"),
        (404, {"name": "B", "agent_id": "nobody"}, "agent"),
        (409, {"name": "B", "id": "ada"}, "ada"),
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == status, answer.text
        assert word in answer.text
    circle = await client.put(f"{path}/ada", json={"dependencies": ["Ada"]})
    assert (circle.status_code, circle.json()["errors"][0]["code"]) == (422, "cycle")
    async with connect(server, await make_key(settings, "other")) as stranger:
        theirs = (await stranger.post("/agents", json={"name": "Theirs"})).json()
        for answer in (
            await stranger.get(path),
            await stranger.post(path, json={"name": "B"}),
            await stranger.put(f"{path}/ada", json={"name": "B"}),
            await stranger.delete(f"{path}/ada"),
            await stranger.get(f"/agentflows/{flow['id']}/execution-plan"),
            await stranger.get(f"/workflows/{flow['id']}"),
        ):
            assert answer.status_code == 404
    assert (await client.post(path, json={"name": "B", "agent_id": theirs["id"]})).status_code == 404
    assert (await client.get(path)).json()["total"] == 1
    assert (await client.get(f"{path}/nobody")).status_code == 404


async def test_agents_attached_at_once_are_all_there(client: httpx.AsyncClient) -> None:
    flow = (await client.post("/agentflows", json={"name": "Team"})).json()
    path = f"/agentflows/{flow['id']}/agents"
    answers = await asyncio.gather(*(client.post(path, json={"name": f"A{n}"}) for n in range(12)))
    assert [answer.status_code for answer in answers] == [201] * 12
    listed = (await client.get(path)).json()["agents"]
    assert sorted(agent["name"] for agent in listed) == sorted(f"A{n}" for n in range(12))
    assert (await client.get(f"/agentflows/{flow['id']}")).json()["version"] == 13


async def test_a_stored_agent_brings_its_own_model_and_prompt(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    stored = (
        await client.post(
            "/agents",
            json={"name": "S", "llm_provider": "openai", "llm_model": "own", "system_prompt": "Be brief."},
        )
    ).json()
    agents = [{"name": "Ada", "role": "poet", "agent_id": stored["id"]}]
    flow = (await client.post("/agentflows", json={"name": "T", "agents": agents})).json()
    fake.script(Reply(text="Otter."))
    answer = await client.post(f"/agentflows/{flow['id']}/execute", json={"input_data": {"message": "Who?"}})
    assert answer.json()["output"] == "Otter."
    (asked,) = fake.log
    assert asked.body["model"] == "own"
    system, user = asked.body["messages"]
    assert system["content"] == "Be brief."
    assert user["content"].startswith("You are Ada, poet.")
    assert "Who?" in user["content"]


async def test_a_graph_definition_wins_over_agents(client: httpx.AsyncClient, fake: FakeOpenAI) -> None:
    graph = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "end", "type": "end", "data": {"output": "From the graph."}},
        ],
        "edges": [{"id": "e", "source": "start", "target": "end"}],
    }
    body = {"name": "Both", "agents": [ADA], "graph_definition": graph}
    flow = (await client.post("/agentflows", json=body)).json()
    answer = await client.post(f"/agentflows/{flow['id']}/execute", json={})
    assert answer.json()["output"] == "From the graph."
    plan = (await client.get(f"/agentflows/{flow['id']}/execution-plan")).json()
    assert (plan["source"], [step["nodes"] for step in plan["steps"]]) == (
        "graph_definition",
        [["start"], ["end"]],
    )
    assert not fake.log


async def test_a_plan_explains_without_running_and_its_graph_can_be_stored(
    client: httpx.AsyncClient, fake: FakeOpenAI
) -> None:
    flow = await attached(client, "hierarchical", {"max_iterations": 800})
    plan = (await client.get(f"/agentflows/{flow['id']}/execution-plan")).json()
    assert plan["valid"]
    assert plan["source"] == "agents"
    assert [step["title"] for step in plan["steps"]] == ["Delegation", "Answer"]
    assert plan["steps"][0]["turns"] == 800
    assert "Ada or Bob" in plan["steps"][0]["explanation"]
    assert [fault["code"] for fault in plan["warnings"]] == ["many_model_calls"]
    picture = await client.get(f"/flows/{flow['id']}/graph", params={"format": "mermaid"})
    assert "Supervisor" in picture.text
    kept = await client.put(f"/agentflows/{flow['id']}", json={"graph_definition": plan["graph_definition"]})
    assert kept.status_code == 200, kept.text
    empty = (await client.post("/agentflows", json={"name": "Empty"})).json()
    plan = (await client.get(f"/agentflows/{empty['id']}/execution-plan")).json()
    assert (plan["valid"], plan["errors"][0]["code"]) == (False, "no_agents")
    assert (await client.post(f"/agentflows/{empty['id']}/execute", json={})).status_code == 409
    assert (await client.get(f"/flows/{empty['id']}/graph")).status_code == 409
    assert not fake.log


async def test_workflows_are_flows_of_both_kinds(client: httpx.AsyncClient, fake: FakeOpenAI) -> None:
    chat = (await client.post("/chatflows", json={"name": "Chat", "chat_config": MODEL})).json()
    team = (
        await client.post("/agentflows", json={"name": "Team", "agents": [ADA], "supervisor_config": MODEL})
    ).json()
    page = (await client.get("/workflows")).json()
    assert [flow["id"] for flow in page["workflows"]] == [team["id"], chat["id"]]
    assert page["total"] == 2
    page = (await client.get("/workflows", params={"skip": 1, "limit": 1})).json()
    assert ([flow["name"] for flow in page["workflows"]], page["total"]) == (["Chat"], 2)
    assert (await client.get("/workflows", params={"search": "tea"})).json()["total"] == 1
    assert (await client.get("/workflows", params={"skip": -1})).status_code == 422
    assert (await client.get(f"/workflows/{team['id']}")).json()["flow_type"] == "agentflow"
    fake.default = Reply(text="Hi.")
    for flow in (team, chat):
        path = f"/workflows/{flow['id']}"
        answer = (await client.post(f"{path}/execute", json={"input_data": {"message": "Hello"}})).json()
        assert (answer["success"], answer["output"], answer["status"]) == (True, "Hi.", "completed")
        listed = (await client.get(f"{path}/executions")).json()
        assert [run["id"] for run in listed["executions"]] == [answer["execution_id"]]
        details = (await client.get(f"{path}/executions/{answer['execution_id']}")).json()
        assert details["output_data"] == "Hi."
        streamed = await client.post(f"{path}/execute/stream", json={"input_data": {"message": "Hello"}})
        assert streamed.text.rstrip().endswith("data: [DONE]")
        assert '"content":"Hi."' in streamed.text
    refused = await client.post(f"/workflows/{chat['id']}/execute", json={"input_data": {"text": "Hello"}})
    assert refused.status_code == 422


async def test_a_team_under_way_is_taken_up_where_it_stood_after_a_drain(
    settings: Settings, start: Callable[[Settings], Running], fake: FakeOpenAI
) -> None:
    server = start(settings)
    key = await make_key(settings, "default")
    async with connect(server, key) as client:
        flow = await attached(client, "hierarchical", {})
        fake.script(
            choice(WORK, "bob"),
            says(TAKEN, "b"),
            Reply(match=WORK, silence=30),
        )
        begun = await client.post(
            f"/flows/{flow['id']}/execute", json={"input_data": {"message": "An otter?"}}
        )
        execution = begun.json()["id"]
        await until(lambda: len(fake.log) == 3)
    server.stop()
    fake.queue.clear()
    fake.script(choice(WORK, "finish"), says("The work of the team", "done"))
    async with connect(start(settings), key) as client:
        found = await settled(client, execution)
    assert (found["status"], found["output_data"]) == ("completed", "done")
    asked = [exchange.body["messages"][-1]["content"] for exchange in fake.log]
    assert sum(TAKEN in text for text in asked) == 1, "what was done is not done again"


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to hold")


async def settled(client: httpx.AsyncClient, execution: str) -> dict[str, Any]:
    """Return an execution that has ended."""
    for _ in range(1000):
        found: dict[str, Any] = (await client.get(f"/executions/{execution}")).json()
        if found["status"] not in ("pending", "running"):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("the execution never ended")
