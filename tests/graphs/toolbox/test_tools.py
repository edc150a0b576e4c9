"""Tools: their examples, the operator's functions, what a model may reach, and what runs are held to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graphs.analysis.pinned_versions import PinnedVersions, missing_of, with_pinned_versions
from graphs.conversation.files import StoredFile, kept_file
from graphs.document.flow import GraphDefinition
from graphs.expressions.json_templates import fill, render_url, sources
from graphs.outbound.egress import Egress
from graphs.outbound.http_exchange import answered, outbound, shown_request
from graphs.outbound.http_messages import EgressError, EgressRules, Inbound
from graphs.parsing.schemas import misfit
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.toolbox.python_tools import load_tools
from graphs.tools import ToolEntryError, built_in_tools, describe_tools, read_tool
from graphs.values.findings import FlowError
from tests.graphs.outbound.test_egress import reply, served

EXAMPLES = [
    pytest.param(kind, example, id=f"{name}: {example.title}")
    for name, kind in built_in_tools().items()
    for example in kind.examples
]


def context(egress: Egress | None = None) -> ToolContext:
    return ToolContext(
        execution_id="e", session_id="s", node="n", idempotency_key="t:1:0", egress=egress or Egress()
    )


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
async def test_an_example_works_as_it_says(kind: type[Tool], example: ToolExample) -> None:
    tool = read_tool({"name": str(kind.__struct_config__.tag), **example.config})
    assert misfit(tool.parameters(), example.arguments) == ""
    if example.result is not None:
        assert await tool.run(example.arguments, context()) == example.result


def test_a_tool_documents_itself() -> None:
    for info in describe_tools():
        assert info.description
        assert info.examples
        for schema in (info.parameters, info.config):
            assert all("description" in field for field in schema.get("properties", {}).values()), info.name


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os')",
        "().__class__",
        "open('/etc/passwd')",
        "input.x",
        "9 ** 99",
        "1 / 0",
        "x",
        "",
        "(" * 9999,
    ],
)
async def test_the_calculator_does_nothing_but_calculate(expression: str) -> None:
    with pytest.raises(ToolError):
        await read_tool("calculator").run({"expression": expression}, context())


async def test_the_clock_knows_zones() -> None:
    told = await read_tool("current_time").run({"zone": "Asia/Seoul"}, context())
    assert told["time"].endswith("+09:00")
    for zone in ("Nowhere", "../../etc/passwd", "/etc/passwd", ""):
        with pytest.raises(ToolError, match="There is no time zone"):
            await read_tool("current_time").run({"zone": zone}, context())


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({}, "Expected a tool's name"),
        ("no", "There is no tool 'no'"),
        ({"name": "calculator", "speed": 1}, "unknown field 'speed'"),
        ({"name": "calculator", "alias": "a b"}, "text that matches"),
        ("http_request", "base_url"),
        ({"name": "http_request", "base_url": "http://x.test/?q=1"}, "has a query"),
        ({"name": "http_request", "base_url": "http://x.test/a"}, "must end with '/'"),
        ({"name": "http_request", "base_url": "http://0x7f.1/"}, "four decimal numbers"),
    ],
)
def test_an_entry_that_is_no_tool_says_why(entry: Any, says: str) -> None:
    with pytest.raises(ToolEntryError, match=says):
        read_tool(entry)


@pytest.mark.threat("T-07")
async def test_a_model_chooses_the_path_and_never_the_host() -> None:
    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        if "/away" in line:
            return reply(status=302, location="http://elsewhere.test/")
        return reply(
            msgspec.json.encode([line, headers.get("authorization"), body.decode()]),
            content_type="application/json",
        )

    async with served(answer) as (port, asked):
        egress = Egress(EgressRules(allow=(f"127.0.0.1:{port}",)))
        tool = read_tool(
            {
                "name": "http_request",
                "base_url": f"http://127.0.0.1:{port}/api/",
                "methods": ["GET", "POST"],
                "headers": {"Authorization": "Bearer x"},
            }
        )
        given = context(egress)
        found = await tool.run({"path": "orders/17", "query": {"a": "b c"}}, given)
        assert found == {"status": 200, "body": ["GET /api/orders/17?a=b+c HTTP/1.1", "Bearer x", ""]}
        sent = await tool.run({"path": "/orders", "method": "POST", "body": {"n": 1}}, given)
        assert sent["body"] == ["POST /api/orders HTTP/1.1", "Bearer x", '{"n":1}']
        for path in ("../admin", "a/../../b", "%2e%2e/admin", "a\\b", "a b", "//elsewhere.test/", "away"):
            before = len(asked)
            if path == "//elsewhere.test/":  # a path below the address like any other
                assert "/api//elsewhere.test/" in str(await tool.run({"path": path}, given))
                continue
            with pytest.raises(ToolError):
                await tool.run({"path": path}, given)
            assert len(asked) == before + (path == "away")
        await egress.close()
    assert tool.repeats({"path": "x"})
    assert not tool.repeats({"path": "x", "method": "POST"})


CLIMBS = (
    "..%2f..%2fx",
    "..%2F..%2Fx",
    "%2e%2e%2fx",
    "%2E./x",
    "a/%2e%2e/%2e%2e/x",
    "a%2f..%2f..%2fx",
    "%252e%252e%252fx",
    "%25252e%25252e/x",
    "..%5c..%5cx",
    "..%255cx",
    "..;/x",
    "..;a=1%2fx",
    "%2e%2e%3b/x",
    "..%00/x",
    "..%20/x",
    ".%09./x",
    ".%0d%0a./x",
    "%c0%ae%c0%ae/x",
    "..%c0%afx",
    "%e0%80%ae%e0%80%ae/x",
    "%u002e%u002e/x",
    "..%u2215x/..%u002fx",
    "\uff0e\uff0e/x",
    "..\uff0f..\uff0fx",
    "\u2025/x",
    "./x",
    "a/.%2f",
    "a%3f/../../x",
    "%2525252525252525252e./x",
)
"""Spellings of a path that some server or proxy reads as one above the address."""
STAYS = (
    "a..b/c",
    "...",
    "a%20b",
    "v1.2/x",
    "caf%C3%A9",
    "caf%E9",
    "x%2fy",
    "50%25",
    "a;b=1/c",
    "x?next=../y",
    "%41",
)


@pytest.mark.threat("T-07", "S-02")
async def test_no_spelling_of_a_path_leads_above_the_address() -> None:
    """Servers and proxies decode a path, some of them twice, before they resolve it."""

    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        return reply(msgspec.json.encode(line), content_type="application/json")

    async with served(answer) as (port, asked):
        egress = Egress(EgressRules(allow=(f"127.0.0.1:{port}",)))
        tool = read_tool({"name": "http_request", "base_url": f"http://127.0.0.1:{port}/api/v1/"})
        given = context(egress)
        for path in CLIMBS:
            with pytest.raises(ToolError):
                await tool.run({"path": path}, given)
            assert asked == [], path
        for path in STAYS:
            line = (await tool.run({"path": path}, given))["body"]
            assert line.startswith("GET /api/v1/"), path
        assert len(asked) == len(STAYS)
        await egress.close()


async def test_a_request_of_a_model_sends_files_of_the_conversation() -> None:
    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        kind = headers["content-type"].partition(";")[0]
        found = [kind, b'name="note"\r\n\r\nHi' in body, b'filename="a.csv"' in body and b"x,y" in body]
        return reply(msgspec.json.encode(found), content_type="application/json")

    file = kept_file("a.csv", "text/csv", b"x,y")

    async def read(ids: Sequence[str]) -> dict[str, StoredFile]:
        return {id: file for id in ids if id == file.ref.id}

    async with served(answer) as (port, _):
        egress = Egress(EgressRules(allow=(f"127.0.0.1:{port}",)))
        config = {"name": "http_request", "base_url": f"http://127.0.0.1:{port}/", "methods": ["POST"]}
        given = msgspec.structs.replace(context(egress), read_files=read)
        for kind, body, expected in (
            ("multipart", {"note": "Hi", "data": {"type": "file", "id": file.ref.id}}, [True, True]),
            ("form", {"note": "Hi"}, [False, False]),
        ):
            tool = read_tool({**config, "body_type": kind})
            arguments = {"path": "up", "body": body}
            assert misfit(tool.parameters(), arguments) == ""
            found = (await tool.run(arguments, given))["body"]
            assert found[1:] == expected
        sends = read_tool({**config, "body_type": "file"})
        with pytest.raises(ToolError):
            await sends.run({"path": "up", "body": {"type": "file", "id": "of another session"}}, given)
        await egress.close()


def test_names_that_are_taken_or_unfit_are_faults(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "def calculator(x: int) -> int:\n    'Taken.'\n    return x\n"
        "def silent(x: int) -> int:\n    return x\n"
        "def many(*x: int) -> int:\n    'Takes many.'\n    return 1\n"
        "def odd(x: object.__class__) -> int:\n    'Takes what JSON has not.'\n    return 1\n"
        "def good(x: int = 1) -> int:\n    'Double it.'\n    return 2 * x\n"
        "def _hidden() -> None: ...\n"
    )
    loaded = load_tools(str(tmp_path))
    assert set(loaded.kinds) - set(built_in_tools()) == {"good"}
    told = " ".join(fault.message for fault in loaded.faults)
    for part in (
        "There is a tool 'calculator' already",
        "'silent' has no docstring",
        "'many' is not given by",
    ):
        assert part in told
    assert len(loaded.faults) == 4
    (missing,) = load_tools(str(tmp_path / "none")).faults
    assert "AGENTICRAG_TOOLS_DIR" in missing.message


def test_json_is_filled_by_templates() -> None:
    scope = {"input": {"items": [1, 2], "name": "Ada & Co/x", "base": "https://a.test/v1"}}
    value = {"a": "{{ input.items }}", "b": ["to {{ input.name }}", 3, None], "c": "x{{ input.items }}"}
    assert fill(value, scope) == {"a": [1, 2], "b": ["to Ada & Co/x", 3, None], "c": "x[1,2]"}
    assert sources(value, "body") == {
        "body.a": "{{ input.items }}",
        "body.b[0]": value["b"][0],
        "body.c": value["c"],
    }
    assert render_url("{{ input.base }}/of/{{ input.name }}?q={{ input.name }}", scope) == (
        "https://a.test/v1/of/Ada%20%26%20Co%2Fx?q=Ada%20%26%20Co%2Fx"
    )


def test_an_exchange_is_written_and_read() -> None:
    form = outbound("POST", "http://x.test/", body={"a": [1, "b c"]}, body_type="form", idempotency_key="k")
    assert (form.content, form.headers["Idempotency-Key"]) == (b"a=1&a=b+c", "k")
    assert "Idempotency-Key" not in outbound("GET", "http://x.test/", idempotency_key="k").headers
    text = outbound("POST", "http://x.test/", body="hi", body_type="text", headers={"content-type": "text/x"})
    assert (text.content, text.headers) == (b"hi", {"content-type": "text/x"})

    def read(kind: str, content: bytes) -> Any:
        headers = {"content-type": kind, "set-cookie": "a=b"}
        return answered(Inbound(status=200, headers=headers, content=content, url="http://x.test/"))

    assert read("application/problem+json", b'{"a": 1}')["body"] == {"a": 1}
    latin = read("text/plain; charset=latin-1", "é".encode("latin-1"))
    assert (latin["body"], "set-cookie" in latin["headers"]) == ("é", False)
    for kind, content in (("application/json", b"{"), ("image/png", b"x"), ("application/json", b"[" * 500)):
        with pytest.raises(EgressError) as refused:
            read(kind, content)
        assert refused.value.code == "bad_response"
    shown = shown_request(
        "GET", "https://u:p@x.test/a?q=1&api_key=s", {"X-Api-Key": "s", "Accept": "b"}, None
    )
    assert shown == {
        "method": "GET",
        "url": "https://x.test/a?q=1&api_key=…",
        "headers": {"X-Api-Key": "…", "Accept": "b"},
    }


def test_a_run_is_held_to_agents_and_models_of_its_start() -> None:
    definition = msgspec.convert(
        {
            "nodes": [
                {"id": "s", "type": "start"},
                {"id": "a", "type": "agent", "data": {"agent_id": "A", "temperature": 0, "instructions": ""}},
                {"id": "b", "type": "llm", "data": {"provider": "openai", "model": "m"}},
                {"id": "c", "type": "classify", "data": {"classes": [{"name": "x"}], "provider": "ollama"}},
            ]
        },
        GraphDefinition,
    )
    missing = missing_of(definition)
    assert (missing.agents, missing.models) == (frozenset({"A"}), frozenset({("ollama", "")}))
    with pytest.raises(FlowError, match="Node 'a': there is no agent 'A'"):
        with_pinned_versions(definition, PinnedVersions())
    stored = {
        "llm_provider": "",
        "llm_model": "big",
        "system_prompt": "Reckon.",
        "temperature": 0.7,
        "tools": [],
    }
    pins = PinnedVersions(agents={"A": stored})
    assert missing_of(definition, pins).models == {("", "big"), ("ollama", "")}
    pins.models.update({"/big": ("demo", "big"), "ollama/": ("ollama", "small")})
    written = {node.id: node.data for node in with_pinned_versions(definition, pins).nodes}
    assert written["a"] == {
        "agent_id": "A",
        "provider": "demo",
        "model": "big",
        "instructions": "Reckon.",
        "temperature": 0,
    }
    assert written["b"] == {"provider": "openai", "model": "m"}
    assert (written["c"]["provider"], written["c"]["model"]) == ("ollama", "small")
