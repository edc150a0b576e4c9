"""Inputs of chats: what a start node declares, given with a message, through every door."""

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
from websockets.asyncio.client import connect as dial

from tests.graphs.drawn import graph
from tests.server.conftest import API, Running, parse_frames

if TYPE_CHECKING:
    from tests.server.embedding import Owner

INPUTS: list[dict[str, Any]] = [
    {"name": "lang", "type": "select", "choices": ["en", "ko"], "required": True, "public": True},
    {"name": "tone", "type": "text", "default": "kind", "max_length": 10},
    {"name": "notes", "type": "paragraph", "max_length": 20},
    {"name": "words", "type": "integer"},
    {"name": "share", "type": "number"},
    {"name": "brief", "type": "boolean"},
    {"name": "until", "type": "date"},
    {"name": "more", "type": "json"},
]
VARIABLES = [{"name": "count", "type": "integer", "default": 1}, {"name": "sum", "reducer": "add"}]
OUTPUT = "{{ input.lang }} {{ input.tone }} {{ input.words }} {{ variables.count }} {{ message }}"


def document(inputs: list[dict[str, Any]] = INPUTS, output: str = OUTPUT, **more: Any) -> dict[str, Any]:
    nodes: dict[str, Any] = {
        "start": ("start", {"inputs": inputs, "variables": VARIABLES}),
        "end": ("end", {"output": output}),
    }
    drawn = msgspec.to_builtins(graph(nodes, "start>end"))
    return {"name": "Asks", "graph_definition": drawn, **more}


async def chatflow(client: httpx.AsyncClient, *given: Any, **more: Any) -> str:
    made = await client.post("/chatflows", json=document(*given, **more))
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def test_a_chat_gives_inputs_and_variables(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    body = {"message": "Hi", "inputs": {"lang": "ko", "words": 5.0}, "variables": {"count": 3}}
    for path in (
        f"/chatflow/workflows/{flow}/chat",
        f"/chat/{flow}/message",
        f"/flows/chatflows/{flow}/chat",
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["response"] == "ko kind 5 3 Hi"
    named = await client.post("/chatflow/chat", json={**body, "workflow_id": flow})
    assert named.json()["response"] == "ko kind 5 3 Hi"
    streamed = await client.post(f"/chatflow/workflows/{flow}/chat/stream", json=body)
    assert json.loads(parse_frames(streamed.text)[-1].data)["response"] == "ko kind 5 3 Hi"
    read = await client.get(
        f"/chatflow/workflows/{flow}/chat/stream", params={"message": "Hi", "inputs": '{"lang": "en"}'}
    )
    assert json.loads(parse_frames(read.text)[-1].data)["response"] == "en kind  1 Hi"
    started = await client.post(f"/flows/{flow}/execute", json={"input_data": body})
    assert started.status_code == 202, started.text


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {}, "/inputs/lang", "Input 'lang' is missing"),
    ({"lang": "fr"}, {}, "/inputs/lang", "takes one of en, ko; found 'fr'"),
    ({"lang": "en", "tune": 1}, {}, "/inputs/tune", "no input 'tune'; it takes lang, tone, notes"),
    ({"lang": "en", "message": "x"}, {}, "/inputs/message", "Send it as 'message'"),
    ({"lang": "en", "tone": "a\nb"}, {}, "/inputs/tone", "takes text of one line"),
    ({"lang": "en", "tone": "a" * 11}, {}, "/inputs/tone", "takes 10 characters at most, found 11"),
    ({"lang": "en", "notes": "a" * 21}, {}, "/inputs/notes", "takes 20 characters at most"),
    ({"lang": "en", "words": 1.5}, {}, "/inputs/words", "takes integer"),
    ({"lang": "en", "share": True}, {}, "/inputs/share", "takes number, found"),
    ({"lang": "en", "brief": 1}, {}, "/inputs/brief", "takes boolean"),
    ({"lang": "en", "until": "2026-02-30"}, {}, "/inputs/until", "takes a date such as 2026-01-31"),
    ({"lang": "en"}, {"cuont": 1}, "/variables/cuont", "no variable 'cuont'; it declares count, sum"),
    ({"lang": "en"}, {"count": "x"}, "/variables/count", "Variable 'count' takes integer"),
]


async def test_what_is_not_declared_or_does_not_fit_is_refused(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    for inputs, variables, pointer, says in REFUSED:
        body = {"message": "Hi", "session_id": "s", "inputs": inputs, "variables": variables}
        refused = await client.post(f"/chatflow/workflows/{flow}/chat/stream", json=body)
        assert refused.status_code == 422, refused.text
        assert says in refused.json()["detail"]
        assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]
    assert (await client.get("/chatflow/sessions/s")).status_code == 404, "a run was begun"


async def test_all_that_is_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    body = {"message": "Hi", "inputs": {"words": "many", "until": "soon"}}
    refused = await client.post(f"/chatflow/workflows/{flow}/chat", json=body)
    assert [each["code"] for each in refused.json()["errors"]] == ["missing_input", "bad_input", "bad_input"]


async def test_a_chat_without_declarations_takes_no_inputs(client: httpx.AsyncClient) -> None:
    body = {"message": "Hi", "config": {"provider": "demo"}, "inputs": {"lang": "en"}}
    refused = await client.post("/chatflow/chat", json=body)
    assert refused.status_code == 422
    assert "This chat has no input 'lang'; it takes no inputs." in refused.json()["detail"]


async def test_a_socket_takes_inputs(server: Running, key: str, client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    address = f"{server.url.replace('http', 'ws')}{API}/chat/{flow}/ws"
    async with dial(address, additional_headers={"Authorization": f"Bearer {key}"}) as socket:
        await socket.recv()
        await socket.send(json.dumps({"message": "Hi", "inputs": {"lang": "en"}, "variables": {"count": 7}}))
        while (frame := json.loads(await socket.recv()))["type"] != "response":
            assert frame["type"] != "error", frame
        assert frame["response"] == "en kind  7 Hi"
        await socket.send(json.dumps({"message": "Hi"}))
        frame = json.loads(await socket.recv())
        assert frame["type"] == "error"
        assert "Input 'lang' is missing" in frame["error"]


async def test_files_are_inputs(client: httpx.AsyncClient) -> None:
    inputs = [
        {"name": "cv", "type": "file", "required": True},
        {"name": "more", "type": "files", "max_length": 2},
    ]
    output = "{{ input.cv.name }} {{ input.cv.size }} {{ input.more[1].name }}"
    flow = await chatflow(client, inputs, output, chat_config={"uploads": {"max_files": 3}})
    sent = [{"name": f"{name}.md", "data": base64.b64encode(b"Hello").decode()} for name in "abcd"]
    path = f"/chatflow/workflows/{flow}/chat"

    async def chat(cv: Any, more: Any) -> httpx.Response:
        return await client.post(
            path, json={"message": "Hi", "session_id": "s", "inputs": {"cv": cv, "more": more}}
        )

    assert (await chat(sent[0], sent[1:3])).json()["response"] == "a.md 5 c.md"
    history = (await client.get("/chatflow/sessions/s/history")).json()
    assert history["messages"][0]["content"] == "Hi"
    for cv, more, says in (
        (None, [], "Input 'cv' is missing"),
        ({"name": "a.md"}, [], "'data' in base64"),
        (
            {"id": "made-up", "name": "a.md", "kind": "text", "media_type": "t", "size": 1},
            [],
            "'data' in base64",
        ),
        (sent[0], sent[0], "a list of objects"),
        (sent[0], sent[1:], "The message has 4 files; this chat takes 3"),
    ):
        refused = await chat(cv, more)
        assert refused.status_code == 422, refused.text
        assert says in refused.json()["detail"]


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"name": "message", "type": "integer"}, "input 'message' is the user's message"),
    ({"name": "cv", "type": "file", "required": True}, "Set 'uploads.max_files'"),
    ({"name": "k", "type": "select"}, "a 'select' needs at least one"),
    ({"name": "k", "type": "number", "max_length": 3}, "only string, text"),
    ({"name": "k", "type": "date", "default": "soon"}, "default: Input 'k' takes a date"),
]


async def test_an_input_that_no_door_can_give_is_refused_when_stored(client: httpx.AsyncClient) -> None:
    for entry, says in IMPOSSIBLE:
        refused = await client.post("/chatflows", json=document([entry], "x"))
        assert refused.status_code == 422, refused.text
        assert says in refused.text
        assert refused.json()["errors"][0]["pointer"].startswith("/graph_definition/nodes/0/data")


async def test_visitors_set_public_inputs_alone(owner: "Owner") -> None:
    visitor = owner.visitor(await owner.embed(await owner.flow(document()["graph_definition"])))
    config = (await visitor.get("/config")).json()
    assert [each["name"] for each in config["inputs"]] == ["lang"]
    answer = await visitor.post("/chat", json={"message": "Hi", "inputs": {"lang": "ko"}})
    assert answer.json()["response"] == "ko kind  1 Hi"
    for inputs, says in (
        ({"lang": "ko", "tone": "rude"}, "no input 'tone'; it takes lang."),
        ({}, "Input 'lang' is missing; this chat requires it."),
    ):
        refused = await visitor.post("/chat", json={"message": "Hi", "inputs": inputs})
        assert refused.status_code == 422
        assert says in refused.json()["detail"]
    assert (await visitor.post("/chat", json={"message": "Hi", "variables": {}})).status_code == 422


async def test_a_run_keeps_what_it_was_given(client: httpx.AsyncClient) -> None:
    flow = await chatflow(client)
    body = {"message": "Hi", "inputs": {"lang": "ko", "more": {"a": [1, None]}}}
    run = (await client.post(f"/chatflow/workflows/{flow}/chat", json=body)).json()["execution_id"]
    stored = (await client.get(f"/executions/{run}")).json()["input_data"]
    assert stored == {"lang": "ko", "more": {"a": [1, None]}, "message": "Hi"}


async def test_protocols_of_others_set_public_inputs_alone(
    server: Running, key: str, client: httpx.AsyncClient
) -> None:
    slug = (await client.get(f"/chatflows/{await chatflow(client)}")).json()["slug"]
    said = {"role": "user", "content": "Hi", "id": "1"}
    parts = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    run = {"messages": [said], "tools": [], "context": [], "state": {}}
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as ai:

        async def sent(inputs: dict[str, Any]) -> list[httpx.Response]:
            given, id = {"inputs": inputs}, str(len(inputs))
            agent = {**run, "threadId": id, "runId": id, "forwardedProps": given}
            return [
                await ai.post("/v1/chat/completions", json={"model": slug, "messages": [said], **given}),
                await ai.post("/v1/responses", json={"model": slug, "input": "Hi", **given}),
                await ai.post(f"/ai-sdk/{slug}", json={"id": id, "messages": [parts], **given}),
                await ai.post(f"/ag-ui/{slug}", json=agent),
            ]

        for answer in await sent({"lang": "ko"}):
            assert answer.status_code == 200, answer.text
            assert "ko kind  1 Hi" in answer.text
        for answer in await sent({"lang": "ko", "tone": "rude"}):
            assert answer.status_code in (400, 422)
            assert "no input 'tone'; it takes lang." in answer.text
        for answer in await sent({}):
            assert "Input 'lang' is missing; this chat requires it." in answer.text
