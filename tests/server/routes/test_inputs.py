"""Runs that wait for people: paused, answered exactly once, expired, cancelled, and never in the way."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key, parse_frames

APPROVAL: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {
            "id": "ask",
            "type": "human_approval",
            "data": {
                "message": "Send {{ input.text }}?",
                "show": "input.text",
                "schema": {"type": "string", "maxLength": 40},
            },
        },
        {"id": "sent", "type": "template", "data": {"template": "sent: {{ nodes.ask.value }}"}},
        {"id": "kept", "type": "template", "data": {"template": "kept: {{ nodes.ask.comment }}"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "sent"},
        {"id": "3", "source": "ask", "sourceHandle": "rejected", "target": "kept"},
        {"id": "4", "source": "ask", "sourceHandle": "expired", "target": "kept"},
        {"id": "5", "source": "sent", "target": "end"},
        {"id": "6", "source": "kept", "target": "end"},
    ],
}


def changed(**data: Any) -> dict[str, Any]:
    """Return the flow with other data of its approval."""
    graph = json.loads(json.dumps(APPROVAL))
    graph["nodes"][1]["data"] |= data
    return graph


async def agentflow(client: httpx.AsyncClient, graph: dict[str, Any]) -> str:
    made = await client.post("/agentflows", json={"name": "Flow", "graph_definition": graph})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def paused(client: httpx.AsyncClient, graph: dict[str, Any] = APPROVAL) -> dict[str, Any]:
    """Return the answer of a run that waits."""
    flow = await agentflow(client, graph)
    answer = await client.post(f"/agentflows/{flow}/execute", json={"input_data": {"text": "Hello"}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "waiting_approval"
    return answer.json()


async def ended(client: httpx.AsyncClient, execution: str) -> dict[str, Any]:
    """Return an execution once it has ended."""
    for _ in range(600):
        found = (await client.get(f"/executions/{execution}")).json()
        if found["completed_at"] is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"execution {execution} did not end")


async def waiting_again(client: httpx.AsyncClient, execution: str) -> None:
    """Return when a run that was taken up waits once more."""
    for _ in range(600):
        if (await client.get(f"/executions/{execution}")).json()["status"] == "waiting_approval":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to wait again")


async def events(client: httpx.AsyncClient, execution: str) -> list[dict[str, Any]]:
    return (await client.get(f"/executions/{execution}/events", params={"follow": "false"})).json()


def told(events: list[dict[str, Any]]) -> list[str]:
    return [f"{event['type']} {event.get('node', '')}".rstrip() for event in events]


async def test_a_run_waits_for_its_approval_and_goes_on_with_it(client: httpx.AsyncClient) -> None:
    waiting = await paused(client)
    assert (waiting["success"], waiting["error"], waiting["output"]) == (False, None, None)
    [question] = waiting["inputs"]
    assert (question["node_id"], question["message"], question["value"]) == ("ask", "Send Hello?", "Hello")
    assert question["actions"] == ["approve", "reject", "edit"]
    execution = waiting["execution_id"]
    [listed] = (await client.get(f"/executions/{execution}/inputs")).json()["inputs"]
    assert (listed["id"], listed["status"], listed["answer"]) == (question["input_id"], "open", None)
    [waits] = (await client.get("/executions", params={"status": "waiting_approval"})).json()["executions"]
    assert waits["id"] == execution
    [open] = (await client.get("/inputs")).json()["inputs"]
    assert open == listed
    answered = await client.post(
        f"/executions/{execution}/respond",
        json={"action": "edit", "value": "Good morning", "comment": "politer"},
    )
    assert answered.status_code == 200, answered.text
    assert answered.json()["input"]["answer"] == {
        "action": "edit",
        "value": "Good morning",
        "comment": "politer",
        "by": "test",
    }
    assert (await ended(client, execution))["output_data"] == "sent: Good morning"
    assert (await client.get("/inputs")).json()["total"] == 0
    journal = await events(client, execution)
    assert [event["seq"] for event in journal] == list(range(1, len(journal) + 1))
    assert told(journal) == [
        "run.created",
        "run.started",
        "node.started start",
        "node.completed start",
        "node.started ask",
        "input.requested ask",
        "run.paused",
        "run.resumed",
        "node.started ask",
        "input.received ask",
        "node.completed ask",
        "node.skipped kept",
        "node.started sent",
        "node.completed sent",
        "node.started end",
        "node.completed end",
        "run.completed",
    ]
    assert {event.get("attempt", 1) for event in journal} == {1}


async def test_an_answer_that_does_not_fit_is_refused_and_the_run_waits_on(client: httpx.AsyncClient) -> None:
    execution = (await paused(client))["execution_id"]
    url = f"/executions/{execution}/respond"
    for body, place in (
        ({"action": "maybe"}, "/action"),
        ({"action": "edit", "value": "x" * 41}, "/value"),
        ({"action": "edit", "value": 3}, "/value"),
        ({"action": "edit"}, "/value"),
        ({"action": "approve", "reason": "none"}, "/reason"),
        ({}, "/action"),
    ):
        refused = await client.post(url, json=body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] in (place, "")
    assert (await client.post(url, json={"action": "approve", "input_id": "nope"})).status_code == 404
    assert (await client.get(f"/executions/{execution}")).json()["status"] == "waiting_approval"
    await client.post(url, json={"action": "reject", "comment": "not now"})
    assert (await ended(client, execution))["output_data"] == "kept: not now"
    late = await client.post(url, json={"action": "approve"})
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")
    assert "has ended" in late.json()["detail"]


async def test_exactly_one_of_twenty_racing_answers_is_taken(client: httpx.AsyncClient) -> None:
    waiting = await paused(client)
    execution, question = waiting["execution_id"], waiting["inputs"][0]["input_id"]
    answers = await asyncio.gather(
        *(
            client.post(
                f"/executions/{execution}/respond",
                json={"action": "edit", "value": f"answer {number}", "input_id": question},
            )
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    [won] = [answer.json()["input"]["answer"] for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in lost} == {"already_answered"}
    assert all(problem["answer"] == won for problem in lost)
    assert (await ended(client, execution))["output_data"] == f"sent: {won['value']}"


async def test_the_same_answer_sent_again_with_its_key_is_the_same_answer(client: httpx.AsyncClient) -> None:
    waiting = await paused(client)
    url, named = f"/executions/{waiting['execution_id']}/respond", {"Idempotency-Key": "click-1"}
    body = {"action": "approve", "input_id": waiting["inputs"][0]["input_id"]}
    first = await client.post(url, json=body, headers=named)
    again = await client.post(url, json=body, headers=named)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["input"] == first.json()["input"]
    other = await client.post(url, json={**body, "action": "reject"}, headers=named)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_another_workspace_sees_nothing_of_it(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    execution = (await paused(client))["execution_id"]
    async with connect(server, await make_key(settings, "other")) as stranger:
        assert (await stranger.get(f"/executions/{execution}/inputs")).status_code == 404
        answered = await stranger.post(f"/executions/{execution}/respond", json={"action": "approve"})
        assert answered.status_code == 404
        assert (await stranger.get("/inputs")).json()["total"] == 0


async def test_a_waiting_run_is_cancelled_at_once(client: httpx.AsyncClient) -> None:
    execution = (await paused(client))["execution_id"]
    cancelled = await client.post(f"/executions/{execution}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    [withdrawn] = (await client.get(f"/executions/{execution}/inputs")).json()["inputs"]
    assert withdrawn["status"] == "withdrawn"
    late = await client.post(
        f"/executions/{execution}/respond", json={"action": "approve", "input_id": withdrawn["id"]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "already_answered")


async def test_a_run_that_nobody_answers_goes_on_when_its_time_is_up_also_after_a_restart(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    settings = replace(settings, lease_seconds=0.5)
    first = start(settings)
    key = await make_key(settings, "default")
    async with connect(first, key) as client:
        here = (await paused(client, changed(expires_after_seconds=0.3)))["execution_id"]
        assert (await ended(client, here))["output_data"] == "kept: "
        assert "input.expired ask" in told(await events(client, here))
        away = (await paused(client, changed(expires_after_seconds=1.5)))["execution_id"]
        open = (await paused(client))["execution_id"]
    first.stop()
    await asyncio.sleep(1.2)
    second = start(settings)
    async with connect(second, key) as client:
        assert (await ended(client, away))["output_data"] == "kept: "
        answered = await client.post(f"/executions/{open}/respond", json={"action": "approve"})
        assert answered.status_code == 200
        done = await ended(client, open)
        assert (done["output_data"], done["recoveries"]) == ("sent: Hello", 0)


async def test_questions_side_by_side_are_answered_one_by_one(client: httpx.AsyncClient) -> None:
    graph: dict[str, Any] = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "left", "type": "human_approval", "data": {"message": "Left?"}},
            {"id": "right", "type": "human_approval", "data": {"mode": "input", "message": "Right?"}},
            {"id": "both", "type": "merge"},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "left"},
            {"id": "2", "source": "start", "target": "right"},
            {"id": "3", "source": "left", "sourceHandle": "approved", "target": "both"},
            {"id": "4", "source": "right", "sourceHandle": "approved", "target": "both"},
            {"id": "5", "source": "both", "target": "end"},
        ],
    }
    waiting = await paused(client, graph)
    execution, questions = waiting["execution_id"], {q["node_id"]: q for q in waiting["inputs"]}
    assert sorted(questions) == ["left", "right"]
    url = f"/executions/{execution}/respond"
    unclear = await client.post(url, json={"action": "approve"})
    assert (unclear.status_code, unclear.json()["errors"][0]["pointer"]) == (422, "/input_id")
    right = {"action": "submit", "value": {"n": 1}, "input_id": questions["right"]["input_id"]}
    assert (await client.post(url, json=right)).status_code == 200
    await waiting_again(client, execution)
    assert (await client.post(url, json={"action": "approve"})).status_code == 200
    output = (await ended(client, execution))["output_data"]
    assert (output["left"]["action"], output["right"]["value"]) == ("approve", {"n": 1})
    journal = told(await events(client, execution))
    assert journal.count("run.paused") == 2
    assert journal.count("input.received left") == journal.count("input.received right") == 1
    assert journal.count("node.started right") == 2, "once answered it does not run again"


async def test_the_streams_of_a_waiting_run_stay_open_and_show_its_end(
    client: httpx.AsyncClient, server: Running
) -> None:
    flow = await agentflow(client, APPROVAL)
    body = {"input_data": {"text": "Hello"}}
    read = ""
    async with client.stream("POST", f"/agentflows/{flow}/execute/stream", json=body) as stream:
        execution = stream.headers["x-execution-id"]
        native = asyncio.create_task(client.get(f"/executions/{execution}/events"))
        async for chunk in stream.aiter_text():
            read += chunk
            if '"waiting_approval"' in read and "answered" not in read:
                read += ": answered\n\n"
                answered = await client.post(f"/executions/{execution}/respond", json={"action": "approve"})
                assert answered.status_code == 200
    frames = [json.loads(frame.data) for frame in parse_frames(read) if frame.data != "[DONE]"]
    statuses = [frame["status"] for frame in frames if frame["type"] == "status"]
    assert statuses == ["running", "waiting_approval", "running"]
    [asked] = [frame["inputs"] for frame in frames if frame["type"] == "status" and frame.get("inputs")]
    assert asked[0]["message"] == "Send Hello?"
    assert (frames[-1]["type"], frames[-1]["output"]) == ("complete", "sent: Hello")
    assert parse_frames((await native).text)[-1].event == "run.completed"


CHAT: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "Answer {{ message }}?"}},
        {"id": "llm", "type": "llm", "data": {"provider": "demo", "model": "demo"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "llm"},
        {"id": "3", "source": "llm", "target": "end"},
    ],
}


@pytest.mark.parametrize("on_busy", ["wait", "refuse", "interrupt", "rollback"])
async def test_a_waiting_run_keeps_its_session_as_a_running_one_does(
    client: httpx.AsyncClient, on_busy: str
) -> None:
    made = await client.post("/chatflows", json={"name": "Chat", "chat_config": {}, "graph_definition": CHAT})
    flow = made.json()["id"]
    url = f"/chatflow/workflows/{flow}/chat"
    first = (await client.post(url, json={"message": "one", "session_id": "s"})).json()
    assert (first["status"], first["inputs"][0]["message"]) == ("waiting_approval", "Answer one?")
    second = asyncio.create_task(
        client.post(url, json={"message": "two", "session_id": "s", "config": {"on_busy": on_busy}})
    )
    if on_busy in ("refuse", "wait"):
        refused = await asyncio.wait_for(second, 20)
        assert (refused.status_code, refused.json()["code"]) == (409, "waiting_for_team")
    else:
        answer = (await second).json()
        assert (answer["status"], answer["inputs"][0]["message"]) == ("waiting_approval", "Answer two?")
        assert (await ended(client, first["execution_id"]))["status"] == "cancelled"
        await client.post(f"/executions/{answer['execution_id']}/respond", json={"action": "approve"})
        await ended(client, answer["execution_id"])
        history = (await client.get("/chatflow/sessions/s/history")).json()["messages"]
        said = [message["content"] for message in history if message["role"] == "user"]
        assert said == (["two"] if on_busy == "rollback" else ["one", "two"])


async def test_a_long_delay_parks_the_run_and_a_short_one_does_not(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(replace(settings, lease_seconds=0.5))
    graph: dict[str, Any] = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "short", "type": "delay", "data": {"seconds": 0.01}},
            {"id": "long", "type": "delay", "data": {"until": "{{ input.due }}"}},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "short"},
            {"id": "2", "source": "short", "target": "long"},
            {"id": "3", "source": "long", "target": "end"},
        ],
    }
    async with connect(server, await make_key(settings, "default")) as client:
        flow = await agentflow(client, graph)
        due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        answer = await client.post(f"/agentflows/{flow}/execute", json={"input_data": {"due": due}})
        assert answer.json()["status"] == "completed"
        journal = await events(client, answer.json()["execution_id"])
        requested = [event["node"] for event in journal if event["type"] == "input.requested"]
        assert requested == ["long"]
        assert "run.paused" in told(journal)
        past = await client.post(f"/agentflows/{flow}/execute", json={"input_data": {"due": "2020-01-01"}})
        assert past.json()["status"] == "completed"
        assert "run.paused" not in told(await events(client, past.json()["execution_id"]))
