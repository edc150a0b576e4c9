"""How an answer ended, as every way of asking tells it: cut answers warn, empty and filtered ones fail."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from agenticrag_client import AgenticRAGClient, models

from server.settings.sources import Settings
from tests.conftest import new_database
from tests.graphs.providers.wire_shapes import chunk, counted, finish
from tests.runtimes.wire_server import Asked, Part, WireServer, sse
from tests.server.conftest import Running, connect, make_key, parse_frames, quick
from tests.server.dial import dial
from tests.server.embedding import Owner, chain

CUT = "It was cut"
ENDINGS: dict[str, list[Part]] = {
    "whole": [sse(chunk({"content": "All."}), finish(), counted())],
    "cut": [sse(chunk({"content": CUT}), finish("length"), counted())],
    "filtered": [sse(chunk({"content": "I"}), finish("content_filter"), counted())],
    "empty": [sse(finish(), counted())],
}
ERRORS = {"filtered": "content_filter", "empty": "empty_answer"}


class Place:
    """A server whose models end as their names say, and a flow of each kind for each."""

    def __init__(self, server: Running, key: str, client: httpx.AsyncClient) -> None:
        self.server = server
        self.key = key
        self.client = client
        self.owner = Owner(server.url, client)

    async def chatflow(self, model: str) -> str:
        """Return the id of a new chatflow."""
        return await self.owner.flow(llm_provider="openai", llm_model=model)

    async def agentflow(self, model: str) -> str:
        """Return the id of a new agentflow of one model."""
        graph = chain([("llm", "answer", {"provider": "openai", "model": model, "prompt": "Hello"})])
        made = await self.client.post("/agentflows", json={"name": model, "graph_definition": graph})
        assert made.status_code == 201, made.text
        return made.json()["id"]


def _answers(asked: Asked) -> list[Part]:
    return ENDINGS[asked.model]


@pytest.fixture
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, start: Callable[[Settings], Running]
) -> AsyncIterator[Place]:
    async with WireServer(_answers) as wire:
        settings = quick(new_database("sqlite", request, tmp_path), tmp_path)
        changed = msgspec.structs.replace(settings, openai_base_url=wire.url, model_attempts=1)
        running = await asyncio.to_thread(start, changed)
        key = await make_key(changed, "default")
        async with connect(running, key) as client:
            place = Place(running, key, client)
            yield place
            await place.owner.close()


def _last(answer: httpx.Response, *kinds: str) -> dict[str, Any]:
    frames = [frame for frame in parse_frames(answer.text) if frame.data != "[DONE]"]
    return next(json.loads(one.data) for one in reversed(frames) if json.loads(one.data)["type"] in kinds)


Way = Callable[[Place, str], Any]


async def _chat(place: Place, model: str) -> dict[str, Any]:
    body = {"message": "Hi", "config": {"provider": "openai", "model": model}}
    return (await place.client.post("/chatflow/chat", json=body)).json()


async def _chat_stream(place: Place, model: str) -> dict[str, Any]:
    body = {"message": "Hi", "config": {"provider": "openai", "model": model}}
    return _last(await place.client.post("/chatflow/chat/stream", json=body), "done", "error")


async def _stored(place: Place, model: str) -> dict[str, Any]:
    flow = await place.chatflow(model)
    return (await place.client.post(f"/flows/chatflows/{flow}/chat", json={"message": "Hi"})).json()


async def _trigger(place: Place, model: str) -> dict[str, Any]:
    flow = await place.chatflow(model)
    return (await place.client.post(f"/chat/{flow}/message", json={"message": "Hi"})).json()


async def _execution(place: Place, model: str) -> dict[str, Any]:
    flow = await place.agentflow(model)
    return (await place.client.post(f"/agentflows/{flow}/execute", json={})).json()


async def _execution_stream(place: Place, model: str) -> dict[str, Any]:
    flow = await place.agentflow(model)
    return _last(await place.client.post(f"/agentflows/{flow}/execute/stream", json={}), "complete", "error")


async def _trigger_socket(place: Place, model: str) -> dict[str, Any]:
    flow = await place.chatflow(model)
    async with dial(place.server, f"/chat/{flow}/ws", place.key) as socket:
        await socket.say(message="Hi")
        return (await socket.until("response", "error"))[-1]


async def _agent_socket(place: Place, model: str) -> dict[str, Any]:
    async with dial(place.server, f"/ai-agent-chat/ws?session_id={model}", place.key) as socket:
        await socket.say(type="message", content="Hi", config={"provider": "openai", "model": model})
        told = (await socket.until("message", "error"))[-1]
        return told | told["metadata"]


async def _client(place: Place, model: str) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        with AgenticRAGClient(base_url=place.server.url, api_key=place.key) as client:
            answer = client.chatflows.chat("Hi", config={"provider": "openai", "model": model})
            names = ("success", "finish_reason", "warnings", "error_code")
            return {name: getattr(answer, name) for name in names}

    return await asyncio.to_thread(ask)


async def _client_stream(place: Place, model: str) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        with AgenticRAGClient(base_url=place.server.url, api_key=place.key) as client:
            frames = [*client.chatflows.chat_stream("Hi", config={"provider": "openai", "model": model})]
            done = frames[-1]
            assert isinstance(done, models.ChatDone)
            return {"finish_reason": done.finish_reason, "warnings": done.warnings}

    return await asyncio.to_thread(ask)


WAYS: dict[str, Way] = {
    "chat": _chat,
    "chat_stream": _chat_stream,
    "stored": _stored,
    "trigger": _trigger,
    "execution": _execution,
    "execution_stream": _execution_stream,
    "trigger_socket": _trigger_socket,
    "agent_socket": _agent_socket,
    "client": _client,
    "client_stream": _client_stream,
}


async def test_every_way_of_asking_tells_how_the_answer_ended(place: Place) -> None:
    for name, ask in WAYS.items():
        whole = await ask(place, "whole")
        assert (whole["finish_reason"], whole.get("warnings", [])) == ("stop", []), (name, whole)
        cut = await ask(place, "cut")
        assert cut["finish_reason"] == "length", (name, cut)
        assert [("max_tokens" in one) for one in cut["warnings"]] == [True], (name, cut)
        assert cut.get("success", True), (name, cut)
        if name == "client_stream":
            continue
        for model, code in ERRORS.items():
            failed = await ask(place, model)
            assert code == failed.get("error_code", failed.get("code")), (name, failed)
            assert not failed.get("success", False), (name, failed)


async def test_a_visitor_is_told_of_a_cut_answer_and_not_of_the_model(place: Place) -> None:
    for model, ending in (("whole", "stop"), ("cut", "length"), ("empty", None)):
        embed = await place.owner.embed(await place.chatflow(model))
        visitor = place.owner.visitor(embed)
        answer = (await visitor.post("/chat", json={"message": "Hi"})).json()
        assert answer["finish_reason"] == ending
        assert answer["status"] == ("completed" if ending else "failed")
        last = _last(await visitor.post("/chat/stream", json={"message": "Hi"}), "done", "error")
        assert last.get("finish_reason") == ending
        assert "warnings" not in answer | last
        assert "max_tokens" not in json.dumps([answer, last])


async def test_the_event_tells_it_and_a_run_that_waited_for_a_person_still_knows(place: Place) -> None:
    model = {"provider": "openai", "model": "cut", "prompt": "Hello"}
    graph = chain([("llm", "answer", model), ("human_approval", "ask", {"message": "Good?"})])
    graph["nodes"][-1]["data"] = {"output": "{{ nodes.answer }}"}
    flow = await place.owner.flow(graph)
    waits = (await place.client.post(f"/flows/chatflows/{flow}/chat", json={"message": "Hi"})).json()
    told = (waits["status"], waits["finish_reason"], len(waits["warnings"]))
    assert told == ("waiting_approval", "length", 1)
    given = {"input_id": waits["inputs"][0]["input_id"], "action": "approve"}
    url = f"/executions/{waits['execution_id']}"
    assert (await place.client.post(f"{url}/respond", json=given)).status_code in (200, 202)
    await place.client.get(f"{url}/stream")  # to its end
    listed = await place.client.get(f"{url}/events?follow=false")
    events = {one["type"]: one["data"] for one in listed.json()}
    assert events["message.completed"]["finish_reason"] == "length"
    ended = events["run.completed"]
    assert (ended["finish_reason"], len(ended["warnings"])) == ("length", 1)
