"""Citations: from a model's annotations and a service's answer to streams, sockets, history and visitors."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.graphs.outbound.test_egress import reply, served
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, connect, make_key, parse_frames
from tests.server.dial import dial
from tests.server.embedding import NODE, SECRET, Owner, chain, owner_of, session_of

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
MODEL = {"provider": "openai", "model": "search"}
PAGE = {"url": "https://example.com/otters", "title": "Otters"}
INSIDE = {"url": "http://wiki.corp.internal/otters", "title": "Our own otters", "text": "They swim."}
HOSTILE = {"url": "javascript:alert(1)", "title": "Click"}


def annotation(*, start: int, end: int, **facts: str) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": {**facts, "start_index": start, "end_index": end}}


CITING = Reply(
    text="Otters swim and play.",
    annotations=[
        annotation(**PAGE, start=0, end=11),
        annotation(url=HOSTILE["url"], title="Click", start=0, end=11),
        annotation(url="https://example.org/play", title="Play", start=16, end=20),
        annotation(**PAGE, start=16, end=20),
    ],
)
CITED: list[dict[str, Any]] = [
    {"number": 1, **PAGE, "start": 0, "end": 11},
    {"number": 2, "url": "https://example.org/play", "title": "Play", "start": 16, "end": 20},
    {"number": 1, **PAGE, "start": 16, "end": 20},
]


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(CITING) as fake:
        yield fake


@pytest.fixture
async def service() -> AsyncIterator[int]:
    """A web service whose answer names its sources, with some that are none."""
    body = json.dumps({"answer": "yes", "sources": [INSIDE, HOSTILE, {**PAGE, "extra": 1}, "x"]}).encode()

    def answer(line: str, headers: dict[str, str], content: bytes) -> bytes:
        return reply(body, content_type="application/json")

    async with served(answer) as (port, _):
        yield port


@pytest.fixture
def settings(settings: Settings, model: FakeOpenAI, service: int) -> Settings:
    return msgspec.structs.replace(
        settings, openai_base_url=model.url, openai_api_key="k", egress_allow=[f"127.0.0.1:{service}"]
    )


@pytest.fixture
async def owner(server: Running) -> AsyncIterator[Owner]:
    found = await owner_of(server)
    yield found
    await found.close()


def frames(answer: httpx.Response, event: str = "citation") -> list[dict[str, Any]]:
    return [json.loads(frame.data) for frame in parse_frames(answer.text) if frame.event == event]


async def test_what_a_model_cites_is_in_streams_answers_sockets_and_history(
    server: Running, client: httpx.AsyncClient, key: str, owner: Owner
) -> None:
    asked = {"message": "Otters?", "session_id": "s", "config": MODEL}
    streamed = await client.post("/chatflow/chat/stream", json=asked)
    llm = {"type": "citation", "node_id": "llm"}
    assert frames(streamed) == [{**llm, **one} for one in CITED]
    whole = (await client.post("/chatflow/chat", json=asked)).json()
    assert (whole["response"], whole["citations"]) == (CITING.text, CITED)
    history = (await client.get("/chatflow/sessions/s/history")).json()["messages"]
    borne = [message["message_metadata"].get("citations") for message in history]
    assert borne == [None, CITED, None, CITED]
    logs = (await client.get(f"/executions/{whole['execution_id']}/logs")).text
    assert "Cited [2]: Play https://example.org/play" in logs
    flow = await owner.flow(llm_provider="openai", llm_model="search")
    async with dial(server, f"/chat/{flow}/ws", key) as socket:
        await socket.say(message="Otters?")
        told = await socket.until("response", "error")
        assert [frame["citation"] for frame in told if frame["type"] == "citation"] == CITED
    triggered = (await client.post(f"/chat/{flow}/message", json={"message": "Otters?"})).json()
    assert triggered["citations"] == CITED
    async with dial(server, "/ai-agent-chat/ws", key) as socket:
        await socket.say(type="message", content="Otters?", config=MODEL)
        last = (await socket.until("message", "error"))[-1]
        assert last["metadata"]["citations"] == CITED


@pytest.mark.parametrize(
    ("limits", "cited"),
    [
        ({"max_citations": 2}, [CITED[0], CITED[1]]),
        ({"max_citations_at_once": 3}, [CITED[0], CITED[1]]),  # one of the three is none
        ({"max_citation_url_chars": 25}, [{**CITED[1], "number": 1}]),
        (
            {"max_citation_title_chars": 4},
            [{**CITED[0], "title": "Ott…"}, CITED[1], {**CITED[2], "title": "Ott…"}],
        ),
    ],
)
async def test_how_much_is_cited_is_the_operators_to_say(
    settings: Settings,
    start: Callable[[Settings], Running],
    limits: dict[str, int],
    cited: list[dict[str, Any]],
) -> None:
    server = start(msgspec.structs.replace(settings, **limits))
    async with connect(server, await make_key(server.settings, "default")) as client:
        whole = await client.post("/chatflow/chat", json={"message": "Otters?", "config": MODEL})
        assert whole.json()["citations"] == cited


async def test_what_an_agentflow_cites_is_in_its_stream_in_the_chats_shape_and_again_when_resumed(
    client: httpx.AsyncClient, service: int
) -> None:
    graph = chain(
        [
            ("http_request", "look", {"url": f"http://127.0.0.1:{service}/"}),
            ("llm", "answer", {**MODEL, "prompt": "Otters?"}),
        ]
    )
    made = (await client.post("/agentflows", json={"name": "Cites", "graph_definition": graph})).json()
    flow = f"/agentflows/{made['id']}"
    streamed = await client.post(f"{flow}/execute/stream", json={"input_data": {}})
    numbered = [{**one, "number": one["number"] + 1} for one in CITED]
    cited = [{"number": 1, **INSIDE}, *numbered]
    nodes = ["look", *["answer"] * 3]
    expected = [{"type": "citation", "node_id": node, **one} for node, one in zip(nodes, cited, strict=True)]
    assert frames(streamed) == expected
    everything = parse_frames(streamed.text)
    assert everything[-1].data == "[DONE]"
    run = json.loads(everything[0].data)["execution_id"]
    assert frames(await client.get(f"/executions/{run}/stream")) == expected
    place = next(frame.id for frame in everything if frame.event == "citation")
    for path in (f"/executions/{run}/stream", f"{flow}/execute/stream"):
        method = "GET" if path.startswith("/executions") else "POST"
        body = None if method == "GET" else {"input_data": {}}
        rest = await client.request(method, path, json=body, headers={"Last-Event-ID": place})
        assert frames(rest) == expected[1:]
    whole = (await client.post(f"{flow}/execute", json={"input_data": {}})).json()
    assert (whole["status"], whole["citations"]) == ("completed", cited)


@pytest.mark.threat("L-02")
async def test_a_visitor_gets_sources_of_the_web_alone_and_again_after_a_reload(
    owner: Owner, service: int
) -> None:
    """The service is asked before a person is, so that the run is taken up again in between."""
    graph = chain(
        [
            ("http_request", NODE, {"url": f"http://127.0.0.1:{service}/?{SECRET}"}),
            ("human_approval", "ask", {"audience": "visitor", "message": "May I?"}),
            ("llm", "answer", MODEL),
        ]
    )
    visitor = owner.visitor(await owner.embed(await owner.flow(graph)))
    await session_of(visitor)
    waits = (await visitor.post("/chat", json={"message": "Otters?"})).json()
    run = waits["execution_id"]
    inside = {"number": 1, "title": INSIDE["title"], "url": "", "text": INSIDE["text"]}
    assert (waits["status"], waits["citations"]) == ("waiting", [inside])
    approved = {"execution_id": run, "input_id": waits["inputs"][0]["input_id"], "action": "approve"}
    assert (await visitor.post("/respond", json=approved)).status_code == 200
    shown = await visitor.get("/chat/stream", params={"execution_id": run})
    expected = [
        inside,
        {"number": 2, "title": "Otters", "url": PAGE["url"], "text": ""},
        {"number": 3, "title": "Play", "url": "https://example.org/play", "text": ""},
    ]
    assert frames(shown) == [{"type": "citation", **one} for one in (*expected, expected[1])]
    history = await visitor.get("/history")
    (turn,) = history.json()["turns"]
    assert (turn["response"], turn["citations"]) == (CITING.text, expected)
    seen = history.text + json.dumps(frames(shown))
    assert not [canary for canary in (SECRET, NODE, "corp.internal", "javascript") if canary in seen]


async def test_an_agents_tools_cite_and_what_is_aside_is_for_owners_alone(
    owner: Owner, client: httpx.AsyncClient, model: FakeOpenAI, service: int
) -> None:
    tool = {"name": "http_request", "base_url": f"http://127.0.0.1:{service}/"}
    call = [{"name": "http_request", "arguments": '{"path": "/x"}'}]
    inside = {"number": 1, **INSIDE}
    for history in (True, False):
        model.script(msgspec.convert({"tool_calls": call}, Reply), Reply(text="They do."))
        graph = chain([("agent", "worker", {**MODEL, "tools": [tool], "history": history})])
        flow = await owner.flow(graph)
        asked = {"message": "Otters?", "session_id": f"s{history}"}
        streamed = await client.post(f"/chatflow/workflows/{flow}/chat/stream", json=asked)
        assert frames(streamed) == [{"type": "citation", "node_id": "worker", **inside}]
        model.script(msgspec.convert({"tool_calls": call}, Reply), Reply(text="They do."))
        visitor = owner.visitor(await owner.embed(flow))
        seen = frames(await visitor.post("/chat/stream", json={"message": "Otters?"}))
        assert [one["number"] for one in seen] == ([1] if history else [])
    messages = (await client.get("/chatflow/sessions/sTrue/history")).json()["messages"]
    assert [message["message_metadata"].get("citations") for message in messages] == [None, [inside]]
