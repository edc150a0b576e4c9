"""Twenty-odd mistakes of newcomers, and what each is told: what was expected, what was found, what to do."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.flows.flow_files import read_flow_file
from server.settings.sources import Settings
from server.terminal import CommandError
from tests.server.conftest import Running, connect, make_key

ROOT = Path(__file__).parents[2]
START, END = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}


def graph(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a chain of nodes from the start to the end, or with edges of its own."""
    chain = [START, *nodes, END]
    drawn = [
        {"id": str(number), "source": one["id"], "target": other["id"]}
        for number, (one, other) in enumerate(pairwise(chain))
    ]
    return {"nodes": chain, "edges": drawn if edges is None else edges}


def flow(**body: Any) -> dict[str, Any]:
    return {"name": "Mine", **body}


def node(kind: str, **data: Any) -> dict[str, Any]:
    return {"id": "mine", "type": kind, "data": data}


SENT: dict[str, tuple[str, Any, int, tuple[str, ...]]] = {
    "a field misspelt": ("/chatflow/chat", {"mesage": "Hi"}, 422, ("'mesage'", "Did you mean 'message'?")),
    "a field of another product": (
        "/chatflow/chat",
        {"messages": [{"role": "user", "content": "Hi"}]},
        422,
        ("'messages'", "Did you mean 'message'?"),
    ),
    "no message": ("/chatflow/chat", {}, 422, ("message",)),
    "an empty message": ("/chatflow/chat", {"message": ""}, 422, ("'message': Expected text, found",)),
    "a provider that is none": (
        "/chatflow/chat",
        {"message": "Hi", "config": {"provider": "chatgpt", "model": "gpt-4"}},
        422,
        ("'chatgpt'", "ollama", "openai", "local", "demo", "OpenAI's protocol is asked with 'openai'"),
    ),
    "a model server that the operator does not allow": (
        "/chatflow/chat",
        {
            "message": "Hi",
            "config": {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:1234/v1"},
        },
        200,
        ("http://127.0.0.1:1234", "AGENTICRAG_ALLOWED_BASE_URLS", "'connection'"),
    ),
    "retrieval": (
        "/chatflows",
        flow(rag_config={"enabled": True}),
        422,
        ("Retrieval needs a knowledge base", "set 'enabled' to false"),
    ),
    "a memory that is not there": (
        "/chatflows",
        flow(memory_config={"type": "vectors"}),
        422,
        ("vectors", "buffer", "summary"),
    ),
    "a tool misspelt": (
        "/chatflows",
        flow(chat_config={"tools": ["calculater"]}),
        422,
        ("'calculater'", "calculator"),
    ),
    "a type of orchestration that is none": (
        "/agentflows",
        flow(orchestration_type="round_table", agents=[{"name": "Ada"}]),
        400,
        ("'round_table'", "sequential"),
    ),
    "a dependency on nobody": (
        "/agentflows",
        flow(agents=[{"name": "Ada", "dependencies": ["Bob"]}]),
        201,
        ("'Ada'", "'Bob'", "There are 'Ada'"),
    ),
    "a node type that is none": (
        "/agentflows",
        flow(graph_definition=graph(node("lmm"))),
        422,
        ("'lmm'", "llm"),
    ),
    "no end": (
        "/agentflows",
        flow(graph_definition={"nodes": [START], "edges": []}),
        422,
        ("end",),
    ),
    "an edge to nowhere": (
        "/agentflows",
        flow(graph_definition=graph(edges=[{"id": "1", "source": "start", "target": "ende"}])),
        422,
        ("'ende'",),
    ),
    "an outlet misspelt": (
        "/agentflows",
        flow(
            graph_definition=graph(
                node("condition", expression="true"),
                edges=[
                    {"id": "1", "source": "start", "target": "mine"},
                    {"id": "2", "source": "mine", "sourceHandle": "true", "target": "end"},
                ],
            )
        ),
        422,
        ("'true'", "'yes'", "'no'"),
    ),
    "a look-up of no node": (
        "/agentflows",
        flow(graph_definition=graph(node("template", template="{{ nodes.yours }}"))),
        201,
        ("'mine'", "yours"),
    ),
    "another language's operators": (
        "/agentflows",
        flow(graph_definition=graph(node("condition", expression="input.a && input.b"))),
        422,
        ("'mine'", "and"),
    ),
    "a setting of a node misspelt": (
        "/agentflows",
        flow(graph_definition=graph(node("llm", promt="Hi"))),
        422,
        ("'promt'", "Did you mean 'prompt'?"),
    ),
    "a loop without a way back": (
        "/agentflows",
        flow(
            graph_definition=graph(
                node("loop", items="[1]"),
                {"id": "work", "type": "template", "data": {"template": "x"}},
                edges=[
                    {"id": "1", "source": "start", "target": "mine"},
                    {"id": "2", "source": "mine", "sourceHandle": "body", "target": "work"},
                    {"id": "3", "source": "mine", "sourceHandle": "done", "target": "end"},
                ],
            )
        ),
        422,
        ("'mine'", "back"),
    ),
    "limits above the server's": (
        "/agentflows",
        flow(graph_definition=graph(), limits={"max_model_calls": 1_000_000}),
        422,
        ("1,000 at most", "max_model_calls"),
    ),
    "a flow of Flowise": (
        "/agentflows",
        flow(
            graph_definition={
                "nodes": [
                    {"id": "chatOpenAI_0", "type": "customNode", "data": {"baseClasses": [], "inputs": {}}}
                ],
                "edges": [],
            }
        ),
        422,
        ("export of Flowise", "not possible yet"),
    ),
    "a flow of Langflow": (
        "/flows/import",
        {"name": "x", "data": {"nodes": [{"id": "a", "type": "genericNode", "data": {}}], "edges": []}},
        422,
        ("export of Langflow", "not possible yet"),
    ),
    "a flow of Dify": (
        "/flows/import",
        {"kind": "app", "version": "0.3.0", "app": {"mode": "workflow"}, "workflow": {"graph": {}}},
        422,
        ("export of Dify", "not possible yet"),
    ),
    "a flow of n8n": (
        "/agentflows",
        {
            "name": "x",
            "nodes": [{"name": "Hook", "type": "n8n.webhook", "typeVersion": 1, "parameters": {}}],
            "connections": {},
        },
        422,
        ("export of n8n", "not possible yet"),
    ),
    "a number in quotes": (
        "/chatflow/chat",
        {"message": "Hi", "config": {"max_tokens": "100"}},
        422,
        ("'config.max_tokens'", "Write 100 without quotes."),
    ),
    "a number out of range": (
        "/chatflow/chat",
        {"message": "Hi", "config": {"temperature": 7}},
        422,
        ("at most 2", "found 7"),
    ),
    "a setting beside its object": (
        "/chatflow/chat",
        {"message": "Hi", "model": "gpt-4"},
        422,
        ("'model'", "Did you mean 'config.model'?"),
    ),
    "a prompt instead of a message": (
        "/chatflow/chat",
        {"prompt": "Hi"},
        422,
        ("'prompt'", "Did you mean 'message'?"),
    ),
    "edges of another product": (
        "/agentflows",
        flow(graph_definition=graph(edges=[{"from": "start", "to": "end"}])),
        422,
        ("Did you mean 'source'?", "Did you mean 'target'?"),
    ),
    "four mistakes at once": (
        "/agentflows",
        flow(orchestration_type="sequental", agents=[{"nme": "Ada"}], foo=1),
        422,
        ("'nme'", "needs the field 'name'", "'foo'", "Did you mean 'sequential'?"),
    ),
    "settings that do not fit, and a tool that is none": (
        "/chatflows",
        flow(chat_config={"temperature": 9, "tools": ["calculater"]}),
        422,
        ("'chat_config.temperature'", "'chat_config.tools.0'", "Did you mean 'calculator'?"),
    ),
    "an endpoint misspelt": ("/chatflow/chats", {}, 404, ("Did you mean /api/agent-builder/chatflow/chat?",)),
    "a slug for an id": ("/agentflows/triage/execute", {}, 404, ("'triage'", "/agentflows lists them.")),
    "an id that is none": (
        "/chatflow/workflows/support-chat/chat",
        {"message": "Hi"},
        404,
        ("support-chat",),
    ),
}


def told(answer: httpx.Response) -> str:
    """Return all that a problem says to its reader, or the warnings of what was stored all the same."""
    body = answer.json()
    if answer.status_code == 201:
        return " ".join(one["message"] for one in body["warnings"])
    if answer.status_code == 200:  # a chat that failed
        return body["error"]
    assert body["title"], body
    assert body["code"], body
    return " ".join([body["detail"], *(one["message"] for one in body.get("errors", []))])


@pytest.mark.parametrize("mistake", SENT)
async def test_a_mistake_is_told_with_its_remedy(running: Running, mistake: str) -> None:
    path, body, status, says = SENT[mistake]
    async with connect(running, await make_key(running.settings, "default")) as client:
        answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    said = told(answer)
    print(f"{mistake}: {answer.status_code} {said}")
    assert [phrase for phrase in says if phrase not in said] == [], said


async def test_a_wrong_key_body_method_or_address_is_told(running: Running) -> None:
    async with connect(running, "") as nobody:
        refused = await nobody.post("/chatflow/chat", json={"message": "Hi"})
        wrong = await nobody.get("/flows", headers={"Authorization": "Bearer ar_wrong"})
    assert (refused.status_code, wrong.status_code) == (401, 401)
    assert "Authorization: Bearer" in told(refused), told(refused)
    print(told(refused), "|", told(wrong))
    async with connect(running, await make_key(running.settings, "default")) as client:
        form = await client.post("/chatflow/chat", data={"message": "Hi"})
        assert (form.status_code, "application/json" in told(form)) == (415, True), told(form)
        broken = await client.post(
            "/chatflow/chat", content="{'message': 'Hi'}", headers={"Content-Type": "application/json"}
        )
        assert (broken.status_code, "double quotes" in told(broken)) == (400, True), told(broken)
        method = await client.get("/chatflow/chat")
        assert (method.status_code, "POST" in told(method)) == (405, True), told(method)
        doubled = await client.post("/api/agent-builder/chatflow/chat", json={"message": "Hi"})
        assert (doubled.status_code, "mean /api/agent-builder/chatflow/chat?" in told(doubled)) == (404, True)
        address = await client.get("/chatflow")
        assert (address.status_code, "/schema lists all endpoints." in told(address)) == (404, True), told(
            address
        )
        agents = (await client.post("/agentflows", json=flow(graph_definition=graph()))).json()["id"]
        kind = await client.post(f"/chatflow/workflows/{agents}/chat", json={"message": "Hi"})
        assert (kind.status_code, f"POST /api/agent-builder/agentflows/{agents}/execute" in told(kind)) == (
            404,
            True,
        ), told(kind)
        print(*map(told, (form, broken, method, address, kind)), sep="\n")


NO_JSON = {
    b"message: Hi": ("begins with 'message: Hi'", "looks like YAML"),
    b"message=Hi": ("looks like a form",),
    b"<message/>": ("looks like HTML or XML",),
    b'{"message": "Hi",}': ("line 1, column 18", "Remove the comma."),
    b'{"message": "Hi" // hello\n}': ("'// hello }'", "JSON has no comments"),
    b'{"message": "Hi"': ("ends too early", "not closed"),
    b'{"message": "Hi"}{}': ("Send one value.",),
    b'{"message": "a\nb"}': ("write a line break as \\n",),
    b'{"message": "C:\\x"}': ("A backslash within text is written twice.",),
    b'{"message": None}': ("'None}'", "true, false, null"),
    b'{"message": "Hi" "config": {}}': ("A comma is missing.",),
    b'{message: "Hi"}': ("double quotes",),
    '{"message": "Hi"}'.encode("utf-16"): ("UTF-16", "Save it as UTF-8."),
    '{"message": "H\u00e9"}'.encode("latin-1"): ("0xe9 (line 1, column 15)", "Save it as UTF-8."),
}


async def test_what_is_no_json_is_told_with_its_place_and_remedy(running: Running, tmp_path: Path) -> None:
    async with connect(running, await make_key(running.settings, "default")) as client:
        sent = {"Content-Type": "application/json"}
        for content, says in NO_JSON.items():
            answer = await client.post("/chatflow/chat", content=content, headers=sent)
            assert answer.status_code == 400, (content, answer.text)
            assert [phrase for phrase in says if phrase not in told(answer)] == [], told(answer)
            file = tmp_path / "flow.json"
            file.write_bytes(content)
            with pytest.raises(CommandError) as failed:  # and the command line says as much
                read_flow_file(file)
            assert [phrase for phrase in says if phrase not in f"{failed.value}."] == [], failed.value
        marked = b"\xef\xbb\xbf" + b'{"message": "Hi", "config": {"provider": "demo"}}'
        assert (await client.post("/chatflow/chat", content=marked, headers=sent)).status_code == 200
        for header, says in (
            ("ar_x", "'Bearer' is missing"),
            ("Bearer", "no key after it"),
            ("Basic abc", "the scheme Basic"),
        ):
            answer = await client.get("/flows", headers={"Authorization": header})
            assert (answer.status_code, says in told(answer)) == (401, True), told(answer)


async def test_a_model_server_that_is_not_there_is_told_in_the_answer(running: Running) -> None:
    asked = {"message": "Hi", "config": {"provider": "openai", "model": "gpt-4.1-mini"}}
    async with connect(running, await make_key(running.settings, "default")) as client:
        answer = (await client.post("/chatflow/chat", json=asked)).json()
    print(answer["error"])
    assert answer["success"] is False
    assert "OPENAI_API_KEY" in answer["error"]


def agenticrag(*arguments: str, **environment: str) -> str:
    """Run a command that fails, and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2), done
    assert "Traceback" not in done.stderr, done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    print(said)
    return said


def test_mistakes_at_the_command_line_are_told(tmp_path: Path) -> None:
    data = {"AGENTICRAG_DATA_DIR": str(tmp_path / "data")}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = agenticrag("serve", "--port", port, **data)
        assert f"agenticrag serve --port {int(port) + 1}" in said, said
    said = agenticrag("schedules", "list", "--url", "127.0.0.1:9", **data)
    assert "--url must begin with http:// or https://; it is '127.0.0.1:9'" in said, said
    said = agenticrag("doctor", AGENTICRAG_PROT="9000", **data)
    assert "SettingsError" not in said, said
    assert "AGENTICRAG_PROT is no setting. Did you mean AGENTICRAG_PORT" in said, said
    made = {"AGENTICRAG_DATA_DIR": str(tmp_path / "made")}
    subprocess.run(
        [sys.executable, "-m", "server", "db", "upgrade"], cwd=ROOT, env={**os.environ, **made}, check=True
    )
    for command in ("keys", "create", "--name", "x"), ("users", "list"):
        said = agenticrag(*command, "--workspace", "second", **made)
        assert "no workspace 'second'. An owner creates one with POST /workspaces" in said, said
    missing = str(tmp_path / "none.gguf")
    said = agenticrag("models", "install", AGENTICRAG_LOCAL_MODEL=missing, **data)
    assert f"'{missing}', and there is no such file" in said, said
    said = agenticrag("serve", "--host", "999.1.1.1", **data)
    assert "Name an address of this machine" in said, said
    said = agenticrag("db", "backup", str(tmp_path / "none" / "b.db"), **data)
    assert "There is no database" in said, said
    said = agenticrag("flow", "check", str(tmp_path / "mine.json"), **data)
    assert "mine.json" in said, said
    broken = tmp_path / "broken.json"
    broken.write_text("{'name': 'x'}", "utf-8")
    said = agenticrag("flow", "check", str(broken), **data)
    assert "broken.json' cannot be read as a flow" in said, said
    assert "JSON has double quotes" in said, said
    misspelt = tmp_path / "misspelt.json"
    misspelt.write_text('{"flow_type": "chatflow", "name": "x", "chat_confg": {}}', "utf-8")
    said = agenticrag("flow", "check", str(misspelt), **data)
    assert "unknown field 'chat_confg'. Did you mean 'chat_config'?" in said, said


async def test_a_page_that_may_not_show_a_chat_is_told(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(msgspec.structs.replace(settings))
    async with connect(server, await make_key(server.settings, "default")) as client:
        chatflow = (await client.post("/chatflows", json=flow())).json()["id"]
        embed = await client.post(
            "/embed", json={"chatflow_id": chatflow, "allowed_domains": ["https://shop.example"]}
        )
        asked = await client.post(
            f"/embed/public/{embed.json()['embed_token']}/session",
            headers={"Origin": "https://other.example"},
        )
    print(told(asked))
    assert (asked.status_code, "https://other.example" in told(asked)) == (403, True), told(asked)
