"""LangGraph graphs in code are flows like any other: listed, run, streamed, asked and resumed."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, parse_frames, quick

EXAMPLES = Path(__file__).parents[3] / "examples" / "code_graphs"
NAMES = {
    "react",
    "supervisor",
    "swarm",
    "plan-execute",
    "map-reduce",
    "approval",
    "subgraphs",
    "functional",
    "custom-stream",
    "memory",
}
CHATS = {"react", "swarm", "memory"}


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server with the ten examples."""
    folder = tmp_path_factory.mktemp("running")
    settings = quick(new_database("sqlite", request, folder), folder)
    server = Running(msgspec.structs.replace(settings, code_graphs=[str(EXAMPLES)])).start()
    yield server
    server.stop()


@pytest.fixture
async def http(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API."""
    async with connect(running, await make_key(running.settings, "default")) as client:
        yield client


async def flow_id(http: httpx.AsyncClient, slug: str) -> str:
    """Return the id of a code graph's flow."""
    kind = "chatflows" if slug in CHATS else "agentflows"
    listed = (await http.get(f"/{kind}", params={"page_size": 50, "tags": "code"})).json()["flows"]
    return next(one["id"] for one in listed if one["slug"] == slug)


async def executed(http: httpx.AsyncClient, slug: str, **given: Any) -> dict[str, Any]:
    """Run a graph and return its answer."""
    path = f"/agentflows/{await flow_id(http, slug)}/execute"
    answer = await http.post(path, json={"input_data": given})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def responded(http: httpx.AsyncClient, run: dict[str, Any], value: Any) -> dict[str, Any]:
    """Answer a run's question and return the run when it has ended or asks again."""
    asked = (await http.get(f"/executions/{run['execution_id']}")).json()
    path = f"/executions/{run['execution_id']}/respond"
    answered = await http.post(path, json={"action": "submit", "value": value})
    assert answered.status_code in (200, 202), answered.text
    now = asked
    for _ in range(500):
        now = (await http.get(f"/executions/{run['execution_id']}")).json()
        if now["status"] not in ("running", "pending") and now != asked:
            return now
        await asyncio.sleep(0.02)
    raise AssertionError(now)


async def test_agentflows_of_code_run_to_their_output(http: httpx.AsyncClient) -> None:
    planned = (await executed(http, "plan-execute", goal="otters"))["output"]
    assert len(planned["results"]) == 3
    assert "Conclude from 3 results" in planned["answer"]
    mapped = (await executed(http, "map-reduce", subjects=["ants", "bees", "cats"]))["output"]
    assert [("ants" in one, "bees" in one, "cats" in one) for one in mapped["jokes"]] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    team = (await executed(http, "supervisor", task="a poem"))["output"]
    assert team["done"] == ["researcher", "writer"]
    path = f"/agentflows/{await flow_id(http, 'custom-stream')}/execute/stream"
    streamed = await http.post(path, json={"input_data": {"rows": ["a", "b"]}})
    last = json.loads(parse_frames(streamed.text)[-2].data)
    assert "Sum up: a, b" in last["output"]["summary"], streamed.text


async def test_interrupts_are_questions_and_answers_resume(http: httpx.AsyncClient) -> None:
    run = await executed(http, "approval", topic="tea")
    question = run["inputs"][0]
    assert (run["status"], question["message"]) == ("waiting_approval", "Send this letter?")
    assert question["value"]["draft"] == "This is the built-in demo, no language model. You said: " + (
        "“Write one sentence about tea.” (message 1 of this conversation)."
    )
    again = await responded(http, run, "Mention milk.")
    assert again["status"] == "waiting_approval"
    ended = await responded(http, run, True)
    assert ended["status"] == "completed", ended
    assert ended["output_data"]["remarks"] == ["Mention milk."]
    assert "Mention milk." in ended["output_data"]["draft"]
    asked = [one for one in ended["token_usage"] if one["node_id"] == "write"]
    assert len(asked) == 1, "its two calls are summed up"

    inner = await executed(http, "subgraphs", topic="tea")
    assert (inner["inputs"][0]["node_id"], inner["inputs"][0]["path"]) == ("check", "graph")
    told = (await responded(http, inner, "1. Leaves"))["output_data"]
    assert "Report: 1. Leaves" in told["text"]
    path = f"/agentflows/{await flow_id(http, 'subgraphs')}/executions/{inner['execution_id']}"
    nodes = (await http.get(path)).json()["execution_context"]["node_executions"]
    assert {(one["path"], one["node_id"]) for one in nodes if one["node_type"] == "code"} == {
        ("graph", "planning"),
        ("graph/planning", "outline"),
        ("graph/planning", "check"),
        ("graph", "write"),
    }

    plain = await executed(http, "functional", topic="tea")
    essay = (await responded(http, plain, "yes"))["output_data"]
    assert essay["accepted"] == "yes"
    assert [one.count("rates") for one in essay["ratings"]] == [1, 1]


async def chat(http: httpx.AsyncClient, slug: str, session: str, message: str) -> str:
    """Say something to a chat and return its answer."""
    path = f"/chatflow/workflows/{await flow_id(http, slug)}/chat"
    answer = await http.post(path, json={"message": message, "session_id": session})
    assert answer.json()["success"], answer.text
    return answer.json()["response"]


async def test_graphs_of_messages_are_chats_with_a_memory(http: httpx.AsyncClient) -> None:
    assert "weather' answered: Rain in" in await chat(http, "react", "r", "What is the weather in Seoul?")
    assert "(message 2 of this conversation)" in await chat(http, "react", "r", "Thank you.")
    assert "bob takes over" in await chat(http, "swarm", "s", "Please use ask_bob.")
    assert "message 2" in await chat(http, "swarm", "s", "Who are you?")
    await chat(http, "memory", "m1", "Remember that I like tea.")
    assert "Known: Remember that I like tea." in await chat(http, "memory", "m2", "What do I like?")


async def test_every_door_of_a_chat_is_open(http: httpx.AsyncClient, running: Running) -> None:
    headers = {"Authorization": http.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as doors:
        asked = {"model": "react", "messages": [{"role": "user", "content": "Hello"}]}
        said = (await doors.post("/v1/chat/completions", json=asked)).json()
        assert "Hello" in said["choices"][0]["message"]["content"]
        given = {
            "threadId": "00000000-0000-4000-8000-000000000001",
            "runId": "r1",
            "messages": [{"id": "m1", "role": "user", "content": "Hello"}],
            "tools": [],
            "context": [],
            "state": {},
            "forwardedProps": {},
        }
        agui = await doors.post("/ag-ui/react", json=given, headers={"Accept": "text/event-stream"})
        assert "RUN_FINISHED" in agui.text
        assert "TEXT_MESSAGE_CONTENT" in agui.text
        called = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/list",
        }
        accepts = {"Accept": "application/json, text/event-stream"}
        listed = (await doors.post("/mcp", json=called, headers=accepts)).text
        assert all(f'"{name}"' in listed for name in NAMES - CHATS), listed


async def test_clients_of_langgraph_see_interrupts_and_streams_as_they_are(
    http: httpx.AsyncClient, running: Running
) -> None:
    from langgraph_sdk import get_client

    client = get_client(url=f"{running.url}/langgraph", api_key=http.headers["Authorization"].split()[1])
    thread = await client.threads.create()
    letter = {"topic": "tea"}
    parts = [one async for one in client.runs.stream(thread["thread_id"], "approval", input=letter)]
    state = await client.threads.get_state(thread["thread_id"])
    assert state["tasks"][0]["interrupts"][0]["value"]["question"] == "Send this letter?", parts
    assert "draft" in state["tasks"][0]["interrupts"][0]["value"]
    resumed: Any = {"resume": {"action": "x"}}
    async for _ in client.runs.stream(thread["thread_id"], "approval", command=resumed):
        pass
    state = await client.threads.get_state(thread["thread_id"])
    assert "{'action': 'x'}" in state["tasks"][0]["interrupts"][0]["value"]["draft"]
    async for _ in client.runs.stream(thread["thread_id"], "approval", command={"resume": "yes"}):
        pass
    state: Any = await client.threads.get_state(thread["thread_id"])
    assert state["next"] == []
    assert state["values"]["remarks"] == ["{'action': 'x'}"]
    other = await client.threads.create()
    written = [
        one.data
        async for one in client.runs.stream(
            other["thread_id"], "custom-stream", input={"rows": ["a", "b"]}, stream_mode="custom"
        )
        if one.event == "custom"
    ]
    assert written == [{"row": "a", "progress": 0.5}, {"row": "b", "progress": 1.0}]
    await client.aclose()


async def test_nobody_changes_a_code_graph_by_the_api(http: httpx.AsyncClient) -> None:
    id = await flow_id(http, "approval")
    path = f"/agentflows/{id}"
    assert (await http.get(path)).json()["read_only"] is True
    tries = [
        await http.put(path, json={"description": "Mine."}),
        await http.delete(path),
        await http.put(f"/flows/{id}/draft", json={"description": "Mine."}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in tries] == [(409, "read_only")] * 3
    drawn = (await http.get(f"/flows/{id}/graph", params={"format": "mermaid"})).text
    assert "review" in drawn, drawn
