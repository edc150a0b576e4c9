"""Code in flows, through HTTP: run, refused before the run, and kept from visitors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, parse_frames
from tests.server.embedding import Owner, chain, owner_of, session_of

EXAMPLE = Path("examples/extras/reshape-data.json").read_text("utf-8")
SUM: dict[str, Any] = {
    "code": "print(len(rows))\nsum(row['n'] for row in rows)",
    "inputs": {"rows": "{{ input.rows }}"},
    "input_schema": {"type": "object", "properties": {"rows": {"type": "array"}}},
    "output_schema": {"type": "number"},
}


@pytest.fixture
def client(owner: Owner) -> httpx.AsyncClient:
    return owner.client


async def started(client: httpx.AsyncClient, code: dict[str, Any], input: dict[str, Any]) -> dict[str, Any]:
    graph = chain([("code", "work", code)])
    made = await client.post("/agentflows", json={"name": "Code", "graph_definition": graph})
    assert made.status_code == 201, made.text
    answer = await client.post(f"/agentflows/{made.json()['id']}/execute", json={"input_data": input})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_flow_runs_a_program(client: httpx.AsyncClient) -> None:
    run = await started(client, SUM, {"rows": [{"n": 2}, {"n": 3}]})
    assert (run["success"], run["output"]) == (True, 5)
    events = parse_frames((await client.get(f"/executions/{run['execution_id']}/events")).text)
    assert ['"printed":"2\\n"' in event.data for event in events if event.event == "custom"] == [True]


async def test_the_example_reshapes_data(client: httpx.AsyncClient) -> None:
    document = json.loads(EXAMPLE)
    document.pop("flow_type")
    made = await client.post("/agentflows", json=document)
    run = (await client.post(f"/agentflows/{made.json()['id']}/execute", json={})).json()
    assert run["output"] == [
        {"customer": "Ada", "total": 8.5, "months": ["2026-01", "2026-02"]},
        {"customer": "Bob", "total": 4.0, "months": ["2026-02"]},
    ]


async def test_a_run_says_why_its_program_failed(client: httpx.AsyncClient) -> None:
    for code, input, problem, said in (
        (SUM, {"rows": "none"}, "bad_input", "/rows"),
        (SUM, {"rows": [{}]}, "code_failed", "KeyError"),
        ({"code": "'text'", "output_schema": {"type": "number"}}, {}, "bad_output", "not of type"),
    ):
        run = await started(client, code, input)
        assert (run["success"], said in run["error"]) == (False, True), run
        row = (await client.get(f"/executions/{run['execution_id']}")).json()
        assert problem in f"{row}"


async def test_a_program_that_cannot_run_is_not_stored(client: httpx.AsyncClient) -> None:
    for data, pointer, said in (
        ({"code": "def f():\n    yield 1"}, "/data/code", "Line 2: the sandbox does not have generators"),
        ({"code": "import numpy"}, "/data/code", "the module 'numpy'"),
        ({"code": "x ="}, "/data/code", "Line 1"),
        ({"code": "1", "inputs": {"a b": 1}}, "/data/inputs", "no name of a variable"),
        ({"code": "1", "output_schema": {"type": "sum"}}, "/data/output_schema", "JSON Schema"),
    ):
        graph = chain([("code", "work", data)])
        answer = await client.post("/agentflows", json={"name": "Code", "graph_definition": graph})
        assert answer.status_code == 422, answer.text
        told = answer.json()["errors"]
        assert any(pointer in error["pointer"] and said in error["message"] for error in told), told


async def test_the_tool_runs_a_program_of_the_flow_or_of_who_asks(client: httpx.AsyncClient) -> None:
    half = {
        "name": "code",
        "code": "n / 2",
        "parameters_schema": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
    }
    for tool, arguments in ((half, {"n": 5}), ("code", {"code": "5 / 2"})):
        graph = chain([("tool", "work", {"tool": tool, "arguments": arguments})])
        made = await client.post("/agentflows", json={"name": "Code", "graph_definition": graph})
        run = await client.post(f"/agentflows/{made.json()['id']}/execute", json={"input_data": {}})
        assert run.json()["output"] == {"output": 2.5}
    refused = chain([("tool", "work", {"tool": {"name": "code", "code": "del x"}})])
    answer = await client.post("/agentflows", json={"name": "Code", "graph_definition": refused})
    assert (answer.status_code, "'del'" in answer.text) == (422, True)


async def test_a_chat_needs_the_rights_of_an_author_to_bring_the_tool(running: Running, owner: Owner) -> None:
    chat = {"message": "Hi", "config": {"tools": ["code"]}}
    for role, status in (("runner", 403), ("editor", 200)):
        made = await owner.client.post("/keys", json={"name": role, "role": role})
        async with connect(running, made.json()["key"]) as client:
            answer = await client.post("/chatflow/chat", json=chat)
            assert answer.status_code == status, answer.text


async def test_visitors_run_code_only_where_the_operator_says_so(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    graph = chain([("code", "work", {"code": "6 * 7"}), ("say", "said", {"text": "{{ nodes.work }}"})])
    for allowed in (False, True):
        server = start(msgspec.structs.replace(settings, code_for_visitors=allowed, code_seconds=1))
        owner = await owner_of(server)
        flow = await owner.flow(graph)
        chatted = await owner.client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "Hi"})
        assert chatted.json()["response"] == "42"  # who stores flows may run them
        visitor = owner.visitor(await owner.embed(flow))
        await session_of(visitor)
        answer = await visitor.post("/chat", json={"message": "Hi"})
        assert (answer.json()["response"] == "42") is allowed, answer.text
        told = (await owner.client.get(f"/executions/{answer.json()['execution_id']}/events")).text
        assert ("code_not_allowed" in told) is not allowed
        await owner.close()
        server.stop()
