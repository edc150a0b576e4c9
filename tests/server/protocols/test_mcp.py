"""MCP: unmodified clients of the Model Context Protocol use flows as tools."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

from tests.server.conftest import DEMO, Running, connect, make_key
from tests.server.protocols.npm_clients import NpmClients, run_page

pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""

Mode = Literal["auto", "legacy"]
NODES = [{"id": "start", "type": "start"}, {"id": "end", "type": "end", "data": {"output": "Done."}}]


def asking(**more: Any) -> dict[str, Any]:
    nodes = [
        NODES[0],
        {"id": "ask", "type": "human_approval", "data": {"message": "May I?", **more}},
        NODES[1],
    ]
    edges = [
        {"id": "1", "source": "start", "target": "ask"},
        {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "end"},
    ]
    return {"nodes": nodes, "edges": edges}


class Flows:
    """The flows of this file's server."""

    def __init__(self, key: str, chat: dict[str, Any], asks: dict[str, Any], team: dict[str, Any]) -> None:
        self.key, self.chat, self.asks, self.team = key, chat, asks, team


@pytest.fixture(scope="module")
def flows(running: Running) -> Flows:
    return asyncio.run(stored(running))


async def stored(running: Running) -> Flows:
    key = await make_key(running.settings, "default")
    async with connect(running, key) as client:

        async def store(path: str, **body: Any) -> dict[str, Any]:
            answer = await client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            return answer.json()

        config = {"llm_provider": DEMO["provider"], "llm_model": DEMO["model"]}
        chat = await store("/chatflows", name="Support", description="Answers.", chat_config=config)
        await store("/chatflows", name="Not described", chat_config=config)
        asks = await store("/chatflows", name="Asks", description="Asks.", graph_definition=asking())
        declared = {"name": "topic", "required": True, "description": "About what."}
        start = {
            "id": "start",
            "type": "start",
            "data": {"inputs": [declared, {"name": "n", "type": "integer"}]},
        }
        end = {"id": "end", "type": "end", "data": {"expression": "{'about': input.topic}"}}
        graph = {"nodes": [start, end], "edges": [{"id": "1", "source": "start", "target": "end"}]}
        team = await store("/agentflows", name="Report", description="Reports.", graph_definition=graph)
        return Flows(key, chat, asks, team)


@asynccontextmanager
async def using(
    running: Running, key: str, mode: Mode, path: str = "/mcp", asked: Any = None
) -> AsyncGenerator[Client]:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http:
        transport = streamable_http_client(f"{running.url}{path}", http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=asked) as client:
            yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_flows_are_tools_in_both_generations(running: Running, flows: Flows, mode: Mode) -> None:
    async with using(running, flows.key, mode) as client:
        assert client.protocol_version == ("2026-07-28" if mode == "auto" else "2025-11-25")
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"support", "asks", "report", "execution_status", "execution_respond"}
        assert tools["support"].description == "Answers."
        assert tools["support"].input_schema["required"] == ["message"]
        report = tools["report"].input_schema
        assert report["properties"]["topic"] == {"type": "string", "description": "About what."}
        assert report["required"] == ["topic"]

        told: list[tuple[float, str | None]] = []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            told.append((done, message))

        callbacks: tuple[Any, ...] = (None, progress)
        hello = {"message": "Hello!", "session_id": f"mcp-{mode}"}
        answers = [
            await client.call_tool("support", hello, progress_callback=callback) for callback in callbacks
        ]
        for answer in answers:
            shown = answer.structured_content
            assert shown is not None
            assert not answer.is_error
            assert (shown["status"], shown["session_id"]) == ("completed", f"mcp-{mode}")
            assert shown["response"]
            assert answer.content[0].text == shown["response"]  # type: ignore[union-attr]
        assert [done for done, _ in told] == [*range(1, len(told) + 1)]
        assert told
        assert all(answers[1].structured_content["execution_id"] in (message or "") for _, message in told)  # type: ignore[index]
        done = await client.call_tool("report", {"topic": "otters"})
        assert done.structured_content is not None
        assert done.structured_content["output"] == {"about": "otters"}
        for name, arguments in (
            ("nothing", {}),
            ("not-described", {"message": "Hi"}),
            ("support", {}),
            ("support", {"message": "Hi", "x": 1}),
            ("report", {"n": 1}),
            ("report", {"topic": "otters", "wait_seconds": -1}),
            ("execution_status", {"execution_id": "none"}),
        ):
            with pytest.raises(MCPError) as raised:
                await client.call_tool(name, arguments)
            assert raised.value.error.code == -32602, (name, raised.value)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_run_that_asks_is_found_and_answered(running: Running, flows: Flows, mode: Mode) -> None:
    async with using(running, flows.key, mode, f"/mcp/{flows.asks['slug']}") as client:
        assert next(tool.name for tool in (await client.list_tools()).tools) == "asks"
        waits = await client.call_tool("asks", {"message": "Go"})
        shown = waits.structured_content
        assert shown is not None
        assert (shown["status"], waits.is_error) == ("waiting_approval", False)
        [question] = shown["inputs"]
        assert question["message"] == "May I?"
        assert "node_id" not in question
        named = {"execution_id": shown["execution_id"]}
        known = await client.call_tool("execution_status", {**named, "wait_seconds": 5})
        assert known.structured_content == shown
        wrong = {**named, "action": "dance"}
        with pytest.raises(MCPError) as raised:
            await client.call_tool("execution_respond", wrong)
        assert raised.value.error.code == -32602
        done = await client.call_tool("execution_respond", {**named, "action": "approve"})
        assert done.structured_content is not None
        assert done.structured_content["response"] == "Done."
        known = await client.call_tool("execution_status", named)
        assert known.structured_content == done.structured_content
        late = await client.call_tool("execution_respond", {**named, "action": "approve"})
        assert late.is_error
        with pytest.raises(MCPError):
            await client.call_tool("support", {"message": "Hi"})  # another flow's endpoint
        early = await client.call_tool("asks", {"message": "Go", "wait_seconds": 0})
        assert early.structured_content is not None
        assert early.structured_content["status"] == "running"


async def test_a_client_with_forms_asks_its_user_and_sends_the_call_again(
    running: Running, flows: Flows
) -> None:
    forms: list[Any] = []
    answers: list[dict[str, Any]] = [
        {"action": "decline"},
        {"action": "accept", "content": {"action": "approve", "comment": "Fine."}},
        {"action": "accept", "content": {"name": "Ada", "seats": 2}},
        {"action": "accept", "content": {"value": '["a", "b"]'}},
    ]

    async def asked(_context: Any, form: Any) -> ElicitResult:
        forms.append(form)
        return ElicitResult.model_validate(answers[len(forms) - 1])

    fields = {"name": {"type": "string", "pattern": "^A"}, "seats": {"type": "integer", "minimum": 1}}
    flat = {"type": "object", "properties": fields, "required": ["name"]}
    texts = {"type": "array", "items": {"type": "string"}}
    typed = {"mode": "input"}
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "who", "type": "human_approval", "data": {**typed, "message": "Who?", "schema": flat}},
        {"id": "tags", "type": "human_approval", "data": {**typed, "message": "Tags?", "schema": texts}},
        {
            "id": "end",
            "type": "end",
            "data": {"expression": "[nodes.who.value, nodes.tags.value]"},
        },
    ]
    edges = [
        {"id": "1", "source": "start", "target": "who"},
        {"id": "2", "source": "who", "sourceHandle": "approved", "target": "tags"},
        {"id": "3", "source": "tags", "sourceHandle": "approved", "target": "end"},
    ]
    async with connect(running, flows.key) as http:
        graph = {"nodes": nodes, "edges": edges}
        body = {"name": "Form", "description": "Asks twice.", "graph_definition": graph}
        assert (await http.post("/agentflows", json=body)).status_code == 201
    async with using(running, flows.key, "auto", asked=asked) as client:
        declined = await client.call_tool("asks", {"message": "Go"})
        assert declined.structured_content is not None
        assert declined.structured_content["status"] == "waiting_approval"  # it is nobody's decision yet
        done = await client.call_tool("asks", {"message": "Go"})
        assert done.structured_content is not None
        assert done.structured_content["response"] == "Done."
        assert forms[1].message.startswith("May I?")
        decision = forms[1].requested_schema["properties"]["action"]["oneOf"]
        assert [one["const"] for one in decision] == ["approve", "reject", "edit"]
        filled = await client.call_tool("form", {})
        assert filled.structured_content is not None
        assert filled.structured_content["output"] == [{"name": "Ada", "seats": 2}, ["a", "b"]]
        assert forms[2].requested_schema["properties"] == {
            "name": {"type": "string"},
            "seats": {"type": "integer", "minimum": 1},
        }
        assert len(forms) == 4

        async with using(running, flows.key, "auto", "/mcp/form") as other:  # which shows no forms
            waits = await other.call_tool("form", {})
            assert waits.structured_content is not None
            named = {"execution_id": waits.structured_content["execution_id"]}
            for value, then in (({"name": "Ada"}, "Tags?"), (["a"], None)):
                given = {**named, "action": "submit", "value": value}
                told = await other.call_tool("execution_respond", given)
                known = await other.call_tool("execution_status", named)
                assert told.structured_content == known.structured_content
                assert told.structured_content is not None
                asks_then = told.structured_content.get("inputs") or [{"message": None}]
                assert [one["message"] for one in asks_then] == [then]

        # The same by hand: a call that is sent once more, and states that nobody may use.
        session: Any = client.session
        asks: dict[str, Any] = {"name": "asks", "arguments": {"message": "Go"}}
        first = await session.call_tool(**asks, allow_input_required=True)
        [input_id] = first.input_requests
        given = {input_id: ElicitResult(action="accept", content={"action": "approve"})}
        again: dict[str, Any] = {**asks, "input_responses": given, "request_state": first.request_state}
        both = [await session.call_tool(**again, allow_input_required=True) for _ in range(2)]
        assert both[0].structured_content == both[1].structured_content
        assert both[0].structured_content["response"] == "Done."
        other = {input_id: ElicitResult(action="accept", content={"action": "reject"})}
        late = await session.call_tool(**{**again, "input_responses": other}, allow_input_required=True)
        assert (late.is_error, "answered before" in late.content[0].text) == (True, True)
        for wrong in ({"request_state": "x"}, {"name": "support"}, {"request_state": f"{uuid4()}.0.1"}):
            with pytest.raises(MCPError) as raised:
                await session.call_tool(**{**again, **wrong}, allow_input_required=True)
            assert raised.value.error.code == -32602
    async with using(running, await make_key(running.settings, "other"), "auto", asked=asked) as stranger:
        session = stranger.session
        with pytest.raises(MCPError):
            await session.call_tool(**again, allow_input_required=True)


async def test_the_sdk_of_javascript_uses_flows(
    running: Running, flows: Flows, npm_clients: NpmClients
) -> None:
    told = await npm_clients.run(
        "mcp.mjs", "support", "asks", AGENTICRAG_URL=running.url, AGENTICRAG_API_KEY=flows.key
    )
    found = json.loads(told)
    assert set(found["tools"]) >= {"support", "report", "execution_status"}
    assert found["progress"]
    assert found["called"]["structuredContent"]["response"] == found["plain"]["structuredContent"]["response"]
    assert found["asked"]["structuredContent"]["status"] == "waiting_approval"
    assert found["answered"]["structuredContent"]["response"] == "Done."
    assert found["refused"] == "-32602"


@pytest.mark.threat("A-13")
async def test_the_wire_is_as_the_protocol_says(running: Running, flows: Flows) -> None:
    known = {"Authorization": f"Bearer {flows.key}"}
    version = "io.modelcontextprotocol/protocolVersion"

    async with httpx.AsyncClient(base_url=running.url) as raw:

        async def send(body: Any, path: str = "/mcp", **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await raw.post(path, json=body, headers={**known, **named})

        def call(method: str, id: Any = 1, **params: Any) -> dict[str, Any]:
            return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}

        for method in ("GET", "DELETE"):
            for path in ("/mcp", "/mcp/support"):
                answer = await raw.request(method, path, headers=known)
                assert (answer.status_code, "POST" in answer.headers["allow"]) == (405, True)
                assert answer.json()["error"]["code"] == -32600
        for headers in ({}, {"Authorization": "Bearer ar_no"}, {"Authorization": "Bearer emb_visitor"}):
            answer = await raw.post("/mcp", json=call("ping"), headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
            assert answer.json()["jsonrpc"] == "2.0"
        assert (await send(call("ping"), Origin="https://evil.example")).status_code == 403
        assert (await send(call("ping"), Origin=running.url)).status_code == 200
        assert (await send(call("ping"), "/mcp/")).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
        first = (await send(call("initialize", protocolVersion="1999-01-01"))).json()["result"]
        assert first["protocolVersion"] == "2025-11-25"
        older = (await send(call("initialize", protocolVersion="2025-03-26"))).json()["result"]
        assert older["protocolVersion"] == "2025-03-26"
        noted = await send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (noted.status_code, noted.content) == (202, b"")
        assert "mcp-session-id" not in noted.headers
        for body, status, code in (
            ([call("ping")], 400, -32600),
            ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
            (call("prompts/list"), 200, -32601),
            (call("tools/call", name="support", arguments=[]), 200, -32602),
            (call("tools/list", cursor="x"), 200, -32602),
            (call("prompts/list", _meta={version: "2026-07-28"}), 404, -32601),
            (call("tools/list", _meta={version: "2030-01-01"}), 400, -32022),
            (call("server/discover"), 400, -32602),
        ):
            answer = await send(body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), body
        modern = call("tools/list", _meta={version: "2026-07-28"})
        for headers in (
            {"MCP_Protocol_Version": "2025-11-25"},
            {"Mcp_Method": "ping", "MCP_Protocol_Version": "2026-07-28"},
        ):
            answer = await send(modern, **headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32020)
        broken = await raw.post("/mcp", content=b"{", headers={**known, "Content-Type": "application/json"})
        assert (broken.status_code, broken.json()["error"]["code"]) == (400, -32700)
        unknown = await send(call("tools/list"), "/mcp/nothing")
        assert unknown.json()["error"]["code"] == -32602
    foreign = await make_key(running.settings, "elsewhere")
    async with using(running, foreign, "auto") as other:
        assert {tool.name for tool in (await other.list_tools()).tools} == {
            "execution_status",
            "execution_respond",
        }
        with pytest.raises(MCPError):
            await other.call_tool("support", {"message": "Hi"})


async def test_the_program_of_the_page_works(running: Running, flows: Flows, tmp_path: Path) -> None:
    told = await run_page("docs/mcp-server.md", running, flows.key, tmp_path, flows.chat["slug"])
    listed, answer = told.splitlines()[:2]
    assert "'support'" in listed
    assert answer
