"""One run over every protocol: equal text, usage and end; nothing of the flow's inside leaves by any."""

import json
from typing import Any

import httpx
import msgspec
import pytest

from graphs.values.events import Event
from server.protocols.agui.agui_events import AgUiEvents
from server.protocols.answer_parts import AnswerParts, Stretch
from server.protocols.langgraph.runs.run_bodies import STREAM_MODES
from server.protocols.langgraph.runs.run_frames import RunFrames, RunShape, frame_bytes
from server.protocols.langgraph.thread_events import EventsOfRun, event_bytes
from server.protocols.mcp.tool_results import answer_result
from server.protocols.openai.completions import ChunkFrames, Wanted, completion
from server.protocols.openai.response_events import ResponseEvents, Shape
from server.protocols.vercel.ui_stream import UiFrames
from server.streams.chat_sse import ChatFrames
from server.streams.visitor_sse import VisitorFrames
from tests.server.conftest import API, DEMO, Running
from tests.server.embedding import NODE, PROMPT, SECRET, Owner, chain

CANARIES = (PROMPT, NODE, SECRET, "CANARY-STATE")
GRAPH = chain(
    [
        ("variable", f"{NODE}_state", {"set": {"hidden": "'CANARY-STATE'"}}),
        ("llm", NODE, {**DEMO, "system_prompt": PROMPT}),
    ]
)


class Read(msgspec.Struct):
    """What a client of one protocol ends with."""

    text: str
    tokens: tuple[int, int] | None
    end: str


def frames_of(shown: list[bytes]) -> list[dict[str, Any]]:
    lines = [line for frame in shown for line in frame.decode().split("\n") if line.startswith("data: {")]
    return [json.loads(line[6:]) for line in lines]


def over_every_protocol(events: list[Event]) -> tuple[dict[str, Read], str]:
    """Return what each protocol gives of a run, and all its bytes."""
    answering = frozenset({NODE})
    id = events[0].execution_id
    found: dict[str, Read] = {}
    seen: list[bytes] = []

    wanted = Wanted(model="m", answering=answering, include_usage=True)
    whole = completion(events, wanted)
    seen.append(msgspec.json.encode(whole))
    choice, usage = whole["choices"][0], whole["usage"]
    counts = (usage["prompt_tokens"], usage["completion_tokens"])
    found["chat"] = Read(choice["message"]["content"], counts, choice["finish_reason"])

    chunks = ChunkFrames(wanted)
    shown = [part for event in events for _, part in chunks.frames(event)]
    values = frames_of(shown)
    seen += shown
    text = "".join(one["choices"][0]["delta"].get("content") or "" for one in values if one["choices"])
    usage = values[-1]["usage"]
    end = values[-2]["choices"][0]["finish_reason"]
    found["chunks"] = Read(text, (usage["prompt_tokens"], usage["completion_tokens"]), end)

    shape = Shape(stretch=Stretch(id), created_at=0, session="s", asked={}, answering=answering)
    reading = ResponseEvents(shape)
    streamed = [shown for event in events for shown in reading.add(event)]
    seen.append(msgspec.json.encode(streamed))
    text = "".join(one["delta"] for one in streamed if one["type"] == "response.output_text.delta")
    response = reading.response()
    assert response["output"][-1]["content"][0]["text"] == text
    usage = response["usage"]
    end = {"completed": "stop"}[response["status"]]
    found["response"] = Read(text, (usage["input_tokens"], usage["output_tokens"]), end)

    ui = UiFrames(answering, Stretch(id))
    shown = [part for event in events for part in ui.frames(event)]
    values = frames_of(shown)
    seen += shown
    text = "".join(one["delta"] for one in values if one["type"] == "text-delta")
    usage = values[-1]["messageMetadata"]["usage"]
    found["ui"] = Read(text, (usage["inputTokens"], usage["outputTokens"]), values[-1]["finishReason"])

    langgraph = RunShape(
        run_id=id,
        thread_id="t",
        assistant_id="a",
        graph_id="g",
        stretch=Stretch(id),
        answering=answering,
        shows_nodes=False,
    )
    run = RunFrames(langgraph, tuple(STREAM_MODES))
    framed = [frame for event in events for frame in run.add(event)]
    seen += [frame_bytes(frame) for frame in framed]
    chunks_of_run = [frame.data[0] for frame in framed if frame.mode == "messages-tuple"]
    text = "".join(one["content"] for one in chunks_of_run)
    usage = chunks_of_run[-1]["usage_metadata"]
    end = chunks_of_run[-1]["response_metadata"]["finish_reason"]
    found["langgraph"] = Read(text, (usage["input_tokens"], usage["output_tokens"]), end)

    thread = EventsOfRun(id, 1, "g", answering, shows_nodes=False)
    told = [one for event in events for one in thread.add(event)]
    seen += [event_bytes(one) for one in told]
    of_messages = [one.data for one in told if one.method == "messages"]
    text = "".join(one["delta"]["text"] for one in of_messages if one["event"] == "content-block-delta")
    usage = of_messages[-1]["usage"]
    found["thread"] = Read(text, (usage["input_tokens"], usage["output_tokens"]), "stop")

    agent = AgUiEvents("t", "r", answering, Stretch(id), shows_nodes=False, newest=True)
    values = [one for event in events for one in agent.add(event)] + agent.end()
    seen.append(msgspec.json.encode(values))
    text = "".join(one["delta"] for one in values if one["type"] == "TEXT_MESSAGE_CONTENT")
    [usage] = values[-1]["usage"]
    end = {"success": "stop"}[values[-1]["outcome"]["type"]]
    found["agui"] = Read(text, (usage["inputTokens"], usage["outputTokens"]), end)

    parts = AnswerParts(frozenset(), retracts=True)
    last = [part for event in events for part in parts.add(event)][-1]
    result = answer_result(events[-1], last)
    seen.append(msgspec.json.encode(result))
    end = {"completed": "stop"}[result["structuredContent"]["status"]]
    found["mcp"] = Read(result["structuredContent"]["response"], None, end)

    native = ChatFrames()
    values = frames_of([part for event in events for _, part in native.frames(event)])
    text = "".join(one["content"] for one in values if one["type"] == "content")
    usage, end = values[-1]["usage"], values[-1]["finish_reason"]
    found["native"] = Read(text, (usage["input_tokens"], usage["output_tokens"]), end)

    visitor = VisitorFrames("session")
    shown = [part for event in events for _, part in visitor.frames(event)]
    seen += shown
    values = frames_of(shown)
    text = "".join(one["content"] for one in values if one["type"] == "content")
    found["visitor"] = Read(text, None, {"done": "stop"}[values[-1]["type"]])
    return found, b"".join(seen).decode()


async def test_one_run_is_the_same_over_every_protocol(running: Running, owner: Owner) -> None:
    flow = await owner.flow(GRAPH)
    ran = (await owner.client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "Hello"})).json()
    listed = await owner.client.get(f"/executions/{ran['execution_id']}/events", params={"follow": "false"})
    events = msgspec.json.decode(listed.content, type=list[Event])
    found, shown = over_every_protocol(events)
    assert {read.text for read in found.values()} == {ran["response"]}
    assert ran["response"]
    [counts] = {read.tokens for read in found.values() if read.tokens is not None}
    assert counts == (ran["usage"]["input_tokens"], ran["usage"]["output_tokens"])
    assert {read.end for read in found.values()} == {"stop"}
    for canary in CANARIES:
        assert canary not in shown, canary
    again, _ = over_every_protocol(events)
    assert again == found


@pytest.mark.threat("I-01")
async def test_a_visitor_reaches_nothing_by_a_foreign_door(running: Running, owner: Owner) -> None:
    embed = await owner.embed(await owner.flow(GRAPH))
    visitor = owner.visitor(embed)
    answer = await visitor.post("/chat", json={"message": "Hello"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    slug = (await owner.client.get("/flows")).json()["flows"][0]["slug"]
    execution, session = said["execution_id"], said["session_id"]
    hexed = execution.replace("-", "")
    said_again = {"id": "u", "role": "user", "content": "Hi"}
    text = {"role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    call: dict[str, Any] = {"name": "execution_status", "arguments": {"execution_id": execution}}
    doors: list[tuple[str, str, Any]] = [
        ("GET", "/v1/models", None),
        ("GET", f"/v1/models/{slug}", None),
        ("POST", "/v1/chat/completions", {"model": slug, "messages": [{"role": "user", "content": "Hi"}]}),
        ("POST", "/v1/responses", {"model": slug, "input": "Hi"}),
        ("GET", f"/v1/responses/resp_{hexed}", None),
        ("GET", f"/v1/responses/resp_{hexed}/input_items", None),
        ("POST", "/v1/conversations", {}),
        ("GET", f"/v1/conversations/conv_{session}/items", None),
        ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
        ("POST", f"/mcp/{slug}", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}),
        ("POST", f"/ai-sdk/{slug}", {"id": session, "messages": [text]}),
        ("GET", f"/ai-sdk/{slug}/{session}/stream", None),
        ("POST", f"/ai-sdk/{slug}/{session}/stop", None),
        ("POST", f"/ag-ui/{slug}", {"threadId": session, "runId": "r", "messages": [said_again]}),
        ("GET", f"/ag-ui/{slug}/threads/{session}/events", None),
        ("GET", "/langgraph/info", None),
        ("GET", f"/langgraph/assistants/{slug}/graph", None),
        ("POST", "/langgraph/threads/search", {}),
        ("GET", f"/langgraph/threads/{execution}/state", None),
        ("POST", f"/langgraph/threads/{execution}/history", {}),
        ("GET", f"/langgraph/runs/{execution}/stream", None),
        ("POST", "/langgraph/runs/wait", {"assistant_id": slug, "input": "Hi"}),
        ("POST", f"/langgraph/threads/{execution}/commands", {"id": 1, "method": "run.start"}),
        ("POST", f"/langgraph/threads/{execution}/stream/events", {"channels": ["values"]}),
        ("POST", "/langgraph/store/items/search", {}),
    ]
    async with httpx.AsyncClient(base_url=running.url) as raw:
        for token in (embed["embed_token"], session):
            headers = {"Authorization": f"Bearer {token}", "X-Visitor-Session": session}
            for method, path, body in doors:
                refused = await raw.request(method, path, json=body, headers=headers)
                assert refused.status_code == 401, (path, refused.text)
                assert not any(canary in refused.text for canary in CANARIES)
    assert not any(canary in answer.text for canary in CANARIES)
    assert API not in answer.text
