"""What the user of a chat was told is what its history has: one answer a turn, whatever node made it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from server.settings.sources import Settings
from tests.graphs.drawn import graph
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import DEMO, Running, connect, make_key, parse_frames

LLM = {**DEMO}


class Chat:
    """A conversation with a drawn chatflow."""

    def __init__(self, client: httpx.AsyncClient, flow: str) -> None:
        self.client, self.flow = client, flow

    async def say(self, message: str) -> tuple[str, str]:
        """Return what streamed, and the response."""
        answer = await self.client.post(
            f"/chatflow/workflows/{self.flow}/chat/stream", json={"message": message, "session_id": self.flow}
        )
        assert answer.status_code == 200, answer.text
        frames = [json.loads(frame.data) for frame in parse_frames(answer.text)]
        assert frames[-1]["type"] == "done", frames[-1]
        streamed = "".join(each["content"] for each in frames if each["type"] == "content")
        return streamed, frames[-1]["response"]

    async def history(self) -> list[tuple[str, str]]:
        found = await self.client.get(f"/chatflow/sessions/{self.flow}/history")
        return [(each["role"], each["content"]) for each in found.json()["messages"]]


async def chat(client: httpx.AsyncClient, nodes: dict[str, Any], *edges: str, version: Any = None) -> Chat:
    drawn = msgspec.to_builtins(graph(nodes, *edges, version=version))
    made = await client.post("/chatflows", json={"name": "C", "graph_definition": drawn})
    assert made.status_code == 201, made.text
    return Chat(client, made.json()["id"])


async def test_an_answer_of_any_node_is_one_message(client: httpx.AsyncClient) -> None:
    told = {"t": ("template", {"template": "You said {{ input.message }}"})}
    talk = await chat(client, told, "start>t", "t>end")
    for message in ("Hi", "Ho"):
        assert (await talk.say(message))[1] == f"You said {message}"
    assert await talk.history() == [
        ("user", "Hi"),
        ("assistant", "You said Hi"),
        ("user", "Ho"),
        ("assistant", "You said Ho"),
    ]
    listed = (await client.get("/chatflow/sessions", params={"chatflow_id": talk.flow})).json()["sessions"]
    assert [each["message_count"] for each in listed] == [4]
    exported = (await client.get(f"/chatflow/sessions/{talk.flow}/export")).json()
    assert [each["content"] for each in exported["messages"]][1::2] == ["You said Hi", "You said Ho"]


async def test_only_what_the_end_gives_joins_the_history(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "a": ("llm", {**LLM, "prompt": "first"}),
        "b": ("llm", {**LLM, "prompt": "second"}),
        "end": ("end", {"output": "Final: {{ nodes.b }}"}),
    }
    talk = await chat(client, nodes, "start>a", "a>b", "b>end")
    streamed, response = await talk.say("Hi")
    assert response.startswith("Final: ")
    assert "first" not in streamed
    assert await talk.history() == [("user", "Hi"), ("assistant", response)]


async def test_a_stored_flow_of_before_keeps_its_rules(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "a": ("llm", {**LLM, "prompt": "first"}),
        "b": ("llm", {**LLM, "prompt": "second", "history": False}),
        "end": ("end", {"output": "Final: {{ nodes.b }}"}),
    }
    talk = await chat(client, nodes, "start>a", "a>b", "b>end", version=2)
    streamed, response = await talk.say("Hi")
    [(_, _), (role, content)] = await talk.history()
    assert role == "assistant"
    assert "first" in content
    assert content in streamed
    assert response.startswith("Final: ")


async def test_agents_sub_flows_and_bodies_answer(client: httpx.AsyncClient) -> None:
    inner = await chat(client, {"llm": ("llm", {**LLM})}, "start>llm", "llm>end")
    nodes: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
        "agent": ({"agent": ("agent", {**LLM})}, ("start>agent", "agent>end")),
        "sub": ({"sub": ("subflow", {"flow_id": inner.flow})}, ("start>sub", "sub>end")),
        "try": (
            {"try": ("try_catch", {}), "llm": ("llm", {**LLM})},
            ("start>try", "try:body>llm", "llm>try", "try:done>end"),
        ),
        "say": (
            {"s": ("say", {"text": "One moment."}), "llm": ("llm", {**LLM})},
            ("start>s", "s>llm", "llm>end"),
        ),
    }
    for name, (drawn, edges) in nodes.items():
        talk = await chat(client, drawn, *edges)
        for _ in range(2):
            streamed, response = await talk.say("Hi")
            assert streamed == ("One moment.\n\n" if name == "say" else "") + response, name
        roles = [role for role, _ in await talk.history()]
        turn = ["user", "assistant", "assistant"] if name == "say" else ["user", "assistant"]
        assert roles == turn * 2, name


async def test_a_judge_neither_streams_nor_joins(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "judge": ("llm", {**LLM, "response_format": {"type": "json_object"}, "prompt": "Judge."}),
        "answer": ("llm", {**LLM, "prompt": "Answer to {{ input.message }}"}),
    }
    talk = await chat(client, nodes, "start>judge", "judge>answer", "answer>end")
    streamed, response = await talk.say("Hi")
    assert streamed == response
    assert await talk.history() == [("user", "Hi"), ("assistant", response)]
    assert (await client.get(f"/chatflows/{talk.flow}/validate")).json()["speaks"] == ["answer"]


async def test_speaks_and_reads_history_can_be_set(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "a": ("llm", {**LLM, "prompt": "thinking aloud", "speaks": True}),
        "b": ("llm", {**LLM, "speaks": False, "reads_history": False, "prompt": "quiet"}),
    }
    talk = await chat(client, nodes, "start>a", "a>b", "b>end")
    streamed, response = await talk.say("Hi")
    assert "thinking aloud" in streamed
    assert "quiet" in response
    assert "quiet" not in streamed
    assert await talk.history() == [("user", "Hi"), ("assistant", response)]


async def test_a_team_takes_part_in_the_conversation(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    async with FakeOpenAI() as model:
        settings = msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")
        server = start(settings)
        async with connect(server, await make_key(settings, "default")) as client:
            agents = [
                {"name": name, "llm_provider": "openai", "llm_model": "scripted"} for name in ("Ada", "Bob")
            ]
            team = {"name": "Team", "orchestration_type": "sequential", "agents": agents}
            made = await client.post("/agentflows", json=team)
            assert made.status_code == 201, made.text
            for reads in (True, False):
                model.log.clear()
                data = {"flow_id": made.json()["id"], "reads_history": reads}
                talk = await chat(client, {"sub": ("subflow", data)}, "start>sub", "sub>end")
                model.script(*(Reply(text=text) for text in ("draft", "Otters swim.", "draft", "Yes.")))
                assert await talk.say("What do otters do?") == ("Otters swim.", "Otters swim.")
                assert await talk.say("Really?") == ("Yes.", "Yes.")
                assert [content for _, content in await talk.history()][1::2] == ["Otters swim.", "Yes."]
                told = [json.dumps(each.body) for each in model.log][2:]
                assert ["Otters swim." in each for each in told] == [reads, reads]


async def test_the_answer_keeps_what_its_model_told(client: httpx.AsyncClient) -> None:
    talk = await chat(client, {"llm": ("llm", {**LLM})}, "start>llm", "llm>end")
    await talk.say("Hi")
    found = (await client.get(f"/chatflow/sessions/{talk.flow}/history")).json()["messages"][1]
    assert found["message_metadata"]["model"] == "demo"
    assert found["message_metadata"]["usage"]["output_tokens"] > 0


async def test_parallel_ends_are_one_message(client: httpx.AsyncClient) -> None:
    nodes: dict[str, Any] = {
        "a": ("template", {"template": "A"}),
        "b": ("template", {"template": "B"}),
        "end": ("end", {}),
        "other": ("end", {}),
    }
    talk = await chat(client, nodes, "start>a", "start>b", "a>end", "b>other")
    assert (await talk.say("Hi"))[1] == "A\n\nB"
    assert await talk.history() == [("user", "Hi"), ("assistant", "A\n\nB")]


async def test_an_answer_of_several_nodes_streams_in_the_order_of_its_text(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    async with FakeOpenAI() as model:
        settings = msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")
        server = start(settings)
        async with connect(server, await make_key(settings, "default")) as client:
            asks = {"provider": "openai", "model": "scripted"}
            nodes: dict[str, Any] = {
                "a": ("llm", {**asks, "prompt": "slow one"}),
                "b": ("llm", {**asks, "prompt": "quick one"}),
                "end": ("end", {"output": "For {{ input.message }}.\nA: {{ nodes.a }}\nB: {{ nodes.b }}!"}),
            }
            talk = await chat(client, nodes, "start>a", "start>b", "a>end", "b>end")
            model.script(
                Reply(match="slow one", tokens=20, delay=0.02), Reply(match="quick one", text="one two three")
            )
            streamed, response = await talk.say("Ada")
            assert response.startswith("For Ada.\nA: ")
            assert response.endswith("\nB: one two three!")
            assert streamed == response
            assert await talk.history() == [("user", "Ada"), ("assistant", response)]
            events = (await client.get("/executions", params={"limit": 1})).json()["executions"][0]["id"]
            told = (await client.get(f"/executions/{events}/events", params={"follow": "false"})).json()
            deltas = [each for each in told if each["type"] == "message.delta"]
            assert {each["node"] for each in deltas} == {"end"}
            assert len(deltas) > 3, "tokens passed through as they came"


async def test_a_composed_answer_begins_anew_when_a_model_does(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    async with FakeOpenAI() as model:
        settings = msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")
        server = start(settings)
        async with connect(server, await make_key(settings, "default")) as client:
            asks = {"provider": "openai", "model": "scripted"}
            nodes: dict[str, Any] = {
                "a": ("llm", {**asks, "prompt": "cut"}),
                "t": ("template", {"template": "<{{ nodes.a }}>"}),
            }
            talk = await chat(client, nodes, "start>a", "a>t", "t>end")
            model.script(
                Reply(match="cut", text="half of it is", cut_after=2), Reply(match="cut", text="whole")
            )
            answer = await client.post(
                f"/chatflow/workflows/{talk.flow}/chat/stream", json={"message": "Hi", "session_id": "s"}
            )
            shown = ""
            for frame in (json.loads(each.data) for each in parse_frames(answer.text)):
                if frame["type"] == "content":
                    shown += frame["content"]
                elif frame["type"] == "reset":
                    assert frame["node_id"] == "end"
                    shown = ""
            assert shown == "<whole>"
