"""Flows of one's own as typed methods, and what of a new version breaks programs."""

import ast
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from graphs.node.input_declaration import InputType
from sdk_templates.command import Refused, read_flow_files, tell_changes
from sdk_templates.comparison import compare
from sdk_templates.document import read_api
from sdk_templates.flows import called, names_of_api, read_flows
from sdk_templates.model import Free, ListOf, MapOf, Plain, Ref, Words
from sdk_templates.printing import print_sdk
from sdk_templates.schemas import Inexpressible
from tests.sdk.python_package import Interpreter, run
from tests.server.conftest import Running, connect

ROOT = Path(__file__).parent.parent.parent
REFUND: dict[str, Any] = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "reason": {"enum": ["damaged", "late"]}},
    "required": ["amount"],
}
INPUTS: list[dict[str, Any]] = [
    {"name": "ticket", "required": True, "description": "What the customer wrote."},
    {"name": "plan", "default": "free", "choices": ["free", "pro"]},
    {"name": "lines", "type": "integer"},
]
RIGHT = """\
import sys

from agenticrag_client import AgenticRAGClient, APIConfig, models

client = AgenticRAGClient(APIConfig(sys.argv[1], sys.argv[2]))
run = client.flows.support_triage(ticket="Broken", plan="pro")
assert run.status == "waiting_approval", run
value = models.SupportTriageRefundValue(amount=12.5, reason="damaged")
client.flows.support_triage_refund(run.execution_id, "submit", value)
done = client.executions.wait(run.execution_id, timeout=20)
print(done.output_data)
said = client.flows.helper(message="Hello!").output
assert said is not None
print(said.upper())
with client.flows.helper_stream(message="Hello!") as stream:
    print([event.type for event in stream][-1])
"""
WRONG = """\
from agenticrag_client import AgenticRAGClient, models

client = AgenticRAGClient()
client.flows.support_triage()
client.flows.support_triage(ticket=7)
client.flows.support_triage(ticket="Broken", plan="gold")
client.flows.support_triage(ticket="Broken", color="red")
client.flows.support_triage_refund("e", "approve")
models.SupportTriageRefundValue(amount="much")
"""


def triage(
    *, inputs: list[dict[str, Any]] = INPUTS, schema: dict[str, Any] = REFUND, output: str = "{{ arrived }}"
) -> dict[str, Any]:
    """Return a flow that takes inputs, asks a person, and ends with a text."""
    return {
        "name": "Support triage",
        "graph_definition": {
            "nodes": [
                {"id": "start", "type": "start", "data": {"inputs": inputs}},
                {"id": "refund", "type": "human_approval", "data": {"mode": "input", "schema": schema}},
                {"id": "end", "type": "end", "data": {"output": output} if output else {}},
            ],
            "edges": [
                {"id": "a", "source": "start", "target": "refund"},
                {"id": "b", "source": "refund", "sourceHandle": "approved", "target": "end"},
            ],
        },
    }


@pytest.fixture(scope="module")
def printed(server: Running, key: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python SDK of the server's API and of two flows that are stored there."""
    folder = tmp_path_factory.mktemp("flows")

    async def store() -> None:
        async with connect(server, key) as client:
            chat = {"name": "Helper", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
            for path, flow in (("/agentflows", triage()), ("/chatflows", chat)):
                stored = await client.post(path, json=flow)
                assert stored.status_code == 201, stored.text

    asyncio.run(store())
    done = subprocess.run(
        [sys.executable, "-m", "server", "sdk", "--python", "--url", server.url, "--flows", "stored"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "AGENTICRAG_API_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "sdks" / "python"


def test_a_flow_of_ones_own_is_a_method(
    printed: Path, python: Interpreter, server: Running, key: str, tmp_path: Path
) -> None:
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    program = [python.executable, "-W", "error", tmp_path / "right.py"]
    told = run(*program, server.url, key, PYTHONPATH=str(printed))
    refunded, said, last = told.splitlines()
    assert "12.5" in refunded
    assert said.startswith("THIS IS THE BUILT-IN DEMO")
    assert last in ("complete", "done")


def test_a_wrong_input_is_a_type_error_and_all_else_is_not(
    printed: Path, python: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    version = python.version if python.fetched else "3.10"  # the oldest that today's mypy knows
    mypy = [python.executable, "-m", "mypy", "--strict", "--python-version", version, "--no-incremental"]
    done = subprocess.run(
        [*mypy, printed / "agenticrag_client", "right.py", "wrong.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(printed)},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line for line in errors if not line.startswith("wrong.py:")] == [], done.stdout
    assert [int(line.split(":")[1]) for line in errors] == [4, 5, 6, 7, 8, 9], done.stdout


def test_what_a_flow_takes_asks_and_gives_is_read_off_its_nodes() -> None:
    (flow,) = read_flows([{"id": "f", **triage()}])
    assert (flow.name, flow.id, flow.output) == ("support_triage", "f", Plain("string"))
    assert [(field.name, field.kind, field.required) for field in flow.input] == [
        ("ticket", Plain("string"), True),
        ("plan", Words(("free", "pro")), False),
        ("lines", Plain("integer"), False),
    ]
    (question,) = flow.questions
    assert (question.node, question.actions) == ("refund", ("submit",))
    assert question.value == Ref("SupportTriageRefundValue")
    (model,) = flow.models
    assert [field.name for field in model.fields] == ["amount", "reason"]
    (odd,) = read_flows([{"id": "f", **triage(schema={"allOf": [REFUND]}, output="")}])
    assert (odd.questions[0].value, odd.output) == (Free(), Free())
    (nested,) = read_flows(
        [{"id": "f", **triage(schema={"type": "object", "properties": {"refund": REFUND, "note": {}}})}]
    )
    assert [model.name for model in nested.models] == [
        "SupportTriageRefundValueRefund",
        "SupportTriageRefundValue",
    ]
    every = [
        {"name": name, "type": name, "choices": ["a"] if name == "select" else []}
        for name in get_args(InputType)
    ]
    (typed,) = read_flows([{"id": "f", **triage(inputs=every)}])
    kinds = {field.name: field.kind for field in typed.input}
    assert kinds["date"] == kinds["paragraph"] == Plain("string")
    assert (kinds["select"], kinds["json"], kinds["files"]) == (Words(("a",)), Free(), ListOf(MapOf(Free())))
    chat = {"id": "c", "name": "고객 지원", "flow_type": "chatflow"}
    (method,) = read_flows([chat])
    assert method.name == "고객_지원"
    assert [field.name for field in method.input] == ["message", "session_id"]


def test_flows_that_cannot_be_methods_are_refused(openapi: str, tmp_path: Path) -> None:
    with pytest.raises(Inexpressible, match="'Support triage': it has no id"):
        read_flows([triage()])
    api = read_api(json.loads(openapi))
    listing = [{"id": "a", "name": "List"}, {"id": "b", "name": "Chat", "flow_type": "chatflow"}]
    with pytest.raises(Inexpressible, match=r"flows\.list is a call of the API"):
        called(api, read_flows(listing[:1]))
    renamed = read_flows(listing, taken=names_of_api(api))
    assert [flow.name for flow in renamed] == ["chat_flow", "list_flow"]
    assert called(api, renamed)
    asking = {**triage(), "id": "c", "name": "List", "created_at": "2026-01-01"}
    asked = read_flows(
        [asking, {"id": "d", "name": "List flow refund", "created_at": "2026-01-02"}], taken=names_of_api(api)
    )
    assert [flow.name for flow in asked] == ["list_flow", "list_flow_refund_d"]
    assert [flow.name for flow in read_flows([{"id": "a", "name": "Import"}])] == ["import_flow"]
    (tmp_path / "no.json").write_text("[1]")
    with pytest.raises(Refused, match="expected a flow"):
        read_flow_files([tmp_path / "no.json"])
    with pytest.raises(Refused, match="cannot be read"):
        read_flow_files([tmp_path / "missing.json"])


def test_flows_of_one_name_are_told_apart_by_their_ids(openapi: str) -> None:
    old, new, newest = (
        {
            "id": f"0192e4a1-0000-7000-8000-00000000{end}",
            "created_at": f"2026-01-0{day}T00:00:00Z",
            **triage(),
        }
        for end, day in (("abcd", 1), ("beef", 2), ("cafe", 3))
    )
    flows = read_flows([newest, old, new])
    assert [(flow.name, flow.id[-4:]) for flow in flows] == [
        ("support_triage", "abcd"),
        ("support_triage_00beef", "beef"),
        ("support_triage_00cafe", "cafe"),
    ]
    api = read_api(json.loads(openapi))
    assert "def support_triage_00beef(" in print_sdk(api, "python", flows)["agenticrag_client/resources.py"]
    assert "supportTriage00Beef(" in print_sdk(api, "typescript", flows)["src/resources.ts"]


def test_what_a_flow_takes_goes_before_what_a_call_may_say(openapi: str) -> None:
    taken = ["timeout", "extra_headers", "max_retries", "raise_on_failure", "idempotency_key", "after"]
    start = {"id": "start", "type": "start", "data": {"inputs": [{"name": name} for name in taken]}}
    flow = {"id": "a", "name": "Own names", "graph_definition": {"nodes": [start], "edges": []}}
    files = print_sdk(read_api(json.loads(openapi)), "python", read_flows([flow]))
    for module in ("resources", "async_resources"):
        tree = ast.parse(files[f"agenticrag_client/{module}.py"])
        compile(tree, module, "exec")
        methods = {
            node.name: node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert [each.arg for each in methods["own_names"].args.kwonlyargs] == taken
        assert [each.arg for each in methods["own_names_stream"].args.kwonlyargs] == [*taken, "last_event_id"]


def test_a_flow_takes_no_name_that_javascript_calls_by_itself(openapi: str) -> None:
    names = ("then", "constructor", "toString", "toJSON", "valueOf")
    flows = read_flows([{**triage(), "id": name, "name": name} for name in names])
    printed = print_sdk(read_api(json.loads(openapi)), "typescript", flows)["src/resources.ts"]
    for name in names:
        assert f"  {name}(" not in printed
    assert "  thenFlow(" in printed


def test_both_languages_take_flows(openapi: str) -> None:
    flows = read_flows([{"id": "f", **triage()}])
    api = read_api(json.loads(openapi))
    assert "def support_triage(" in print_sdk(api, "python", flows)["agenticrag_client/resources.py"]
    assert "supportTriage(" in print_sdk(api, "typescript", flows)["src/resources.ts"]


@pytest.mark.parametrize(
    ("new", "breaking"),
    [
        (triage(), []),
        (triage(inputs=[*INPUTS, {"name": "tone"}]), []),
        (
            triage(inputs=[*INPUTS, {"name": "tone", "required": True}]),
            ["input tone: it is new and required"],
        ),
        (triage(inputs=INPUTS[:2]), ["input lines: it is taken no more"]),
        (
            triage(inputs=[INPUTS[0], {"name": "plan", "choices": ["pro", "gold"]}, INPUTS[2]]),
            ["input plan: it is never free any more"],
        ),
        (
            triage(inputs=[*INPUTS[:2], {"name": "lines", "type": "string"}]),
            ["input lines: it was integer, it is string"],
        ),
        (triage(inputs=[*INPUTS[:2], {"name": "lines", "type": "number"}]), []),
        (triage(output=""), ["output: it was string, it is any JSON"]),
        (
            triage(schema={**REFUND, "required": ["amount", "reason"]}),
            ["question of refund: SupportTriageRefundValue reason: it is required now"],
        ),
    ],
)
def test_what_breaks_who_calls_a_flow_is_told(new: dict[str, Any], breaking: list[str]) -> None:
    told = [f"{change.place}: {change.words}" for change in compare(triage(), new) if change.breaking]
    assert told == [f"flow Support triage, {words}" for words in breaking]


def test_what_breaks_who_uses_the_api_is_told(openapi: str, tmp_path: Path) -> None:
    old, new = json.loads(openapi), json.loads(openapi)
    assert compare(old, new) == []
    schemas = new["components"]["schemas"]
    del new["paths"]["/api/agent-builder/tools"]
    del schemas["ChatAnswer"]["properties"]["message_count"]
    schemas["ChatAnswer"]["properties"]["mood"] = {"type": "string"}
    schemas["ChatRequest"]["required"].append("session_id")
    schemas["Usage"]["properties"]["input_tokens"] = {"type": "string"}
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(text))
    told, breaks = tell_changes(tmp_path / "old.json", tmp_path / "new.json")
    assert breaks
    lines = told.splitlines()
    assert "breaking  tools.list: it is gone" in lines
    assert "breaking  ChatAnswer.message_count: it is gone" in lines
    assert "harmless  ChatAnswer.mood: it is new" in lines
    assert "breaking  chatflows.chat, body session_id: it is required now" in lines
    assert "breaking  Usage.input_tokens: it was integer, it is string" in lines
    command = [sys.executable, "-m", "sdk_templates", "--diff", tmp_path / "old.json", tmp_path / "new.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, told + "\n")
