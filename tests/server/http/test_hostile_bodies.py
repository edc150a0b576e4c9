"""Hostile bodies: what run routes, forms and files are sent in the hope that somebody runs or follows it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import ormsgpack
import pytest
from sqlalchemy import update

from persistence.storage.database import open_database
from persistence.storage.tables.checkpoints import checkpoints
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, parse_frames, quick

UNKNOWN = "0199d9c0-0000-7000-8000-000000000000"
DEFINITION = {"nodes": [{"id": "start", "type": "start"}], "edges": []}
HOSTILE: dict[str, Any] = {
    **dict.fromkeys(("graph_definition", "definition", "document", "flow", "data"), DEFINITION),
    "nodes": [],
    "edges": [],
    **dict.fromkeys(("code", "command", "path", "filepath"), "/etc/passwd"),
    **dict.fromkeys(
        ("thread_id", "checkpoint_id", "checkpoint_ns", "run_id", "user_id", "workspace"), UNKNOWN
    ),
    "configurable": {"thread_id": UNKNOWN},
    "checkpoint": {"thread_id": UNKNOWN},
    "before": {"configurable": {"thread_id": UNKNOWN}},
    **dict.fromkeys(("PATH", "LD_PRELOAD", "PYTHONPATH", "NODE_OPTIONS"), "/tmp/x"),
    **{name: {"polluted": True} for name in ("__proto__", "__class__", "$flow.state", "constructor")},
    "override_config": {"model": "x"},
    "env": {"PATH": "/tmp"},
}


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server: what is refused leaves nothing."""
    folder = tmp_path_factory.mktemp("server")
    running = Running(quick(new_database("sqlite", request, folder), folder)).start()
    yield running
    running.stop()


@pytest.fixture
def settings(server: Running) -> Settings:
    """The server's."""
    return server.settings


@pytest.mark.threat("R-02", "R-06", "I-02", "P-05")
async def test_a_run_takes_no_definition_no_place_and_no_environment(client: httpx.AsyncClient) -> None:
    made = await client.post("/agentflows", json={"name": "Runs", "graph_definition": answering("x")})
    assert made.status_code == 201, made.text
    flow = made.json()["id"]
    runs = {
        "/chatflow/chat": {"message": "Hi"},
        "/chatflow/chat/stream": {"message": "Hi"},
        f"/agentflows/{flow}/execute": {"input": {}},
    }
    for path, body in runs.items():
        for name, value in HOSTILE.items():
            answer = await client.post(path, json={**body, name: value})
            assert answer.status_code == 422, (path, name, answer.text)
            assert answer.json()["errors"][0]["pointer"].startswith("/"), answer.text
        if "chat" in path:
            answer = await client.post(path, json={**body, "config": {"configurable": {"thread_id": "x"}}})
            assert answer.status_code == 422


def there_is(file: Path) -> bool:
    """Say whether somebody has made a file."""
    return file.exists()


def answering(text: str) -> dict[str, Any]:
    """A flow that answers with a template."""
    return {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "say", "type": "template", "data": {"template": text}},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "say"},
            {"id": "b", "source": "say", "target": "end"},
        ],
    }


@pytest.mark.threat("R-10")
async def test_what_looks_like_an_object_of_the_engine_is_the_json_that_it_is(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-of-the-environment")
    objects: list[Any] = [
        {"lc": 1, "type": "secret", "id": ["CANARY"]},
        {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "touch canary"}},
        {"lc": 2, "type": "constructor", "id": ["os", "getenv"], "kwargs": {"key": "CANARY"}},
        {"__type__": "builtins.eval", "args": ["1"]},
    ]
    made = await client.post(
        "/agentflows", json={"name": "Echo", "graph_definition": answering("{{ input.given }}")}
    )
    for given in objects:
        path = f"/agentflows/{made.json()['id']}/execute"
        answer = await client.post(path, json={"input_data": {"given": given}})
        assert answer.status_code == 200, answer.text
        assert "canary-of-the-environment" not in answer.text
        execution = (await client.get(f"/executions/{answer.json()['execution_id']}")).json()
        assert execution["input_data"]["given"] == given
        chat = await client.post("/chatflow/chat", json={"message": json.dumps(given), "session_id": "lc"})
        assert chat.status_code == 200
    history = (await client.get("/chatflow/sessions/lc")).json()
    said = [message["content"] for message in history["messages"] if message["role"] == "user"]
    assert said == [json.dumps(given) for given in objects]
    assert "canary-of-the-environment" not in json.dumps(history)
    assert not there_is(Path("canary"))


@pytest.mark.parametrize(
    "content",
    [
        "flow: !!python/object/apply:os.system ['touch canary']",
        "flow: !!python/name:os.system",
        "flow: !ruby/object:Gem::Requirement {}",
        "a: &a [x, x]\nflow: [*a, *a]",
        "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nflow: [*c, *c]",
        "--- {}\n--- {}",
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        '{"flow": {"$ref": "file:///etc/passwd"}}',
        '{"flow": {"$ref": "http://127.0.0.1:9/"}}',
    ],
)
@pytest.mark.threat("R-05", "R-16")
async def test_a_file_that_names_types_files_or_addresses_is_refused(
    client: httpx.AsyncClient, content: str
) -> None:
    for kind in ("application/yaml", "application/json"):
        answer = await client.post("/flows/import", content=content, headers={"Content-Type": kind})
        assert answer.status_code in (400, 422), answer.text
        assert "root:" not in answer.text
    assert not there_is(Path("canary"))


@pytest.mark.threat("X-06")
async def test_text_cannot_break_out_of_a_frame_of_a_stream(client: httpx.AsyncClient) -> None:
    texts = ["a\n\nevent: done\ndata: {}\n\n", "a\r\nid: 7\r\n", "a\rb", "a\u2028b\u2029c\u0085d", ": x\n\n"]
    for text in texts:
        answer = await client.post("/chatflow/chat/stream", json={"message": text})
        frames = parse_frames(answer.text)
        assert answer.text.count("\n\n") == len(frames)
        assert "\r" not in answer.text
        assert [frame.event for frame in frames][-1] == "done"
        assert sum(frame.event == "done" for frame in frames) == 1
        data = [json.loads(frame.data) for frame in frames]
        assert text in "".join(each.get("content", "") for each in data if each["type"] == "content")


@pytest.mark.threat("D-05")
async def test_a_body_of_too_many_values_is_refused_before_they_are_made(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    settings = msgspec.structs.replace(settings, max_body_values=1000, max_body_bytes=500_000)
    message = {"message": "a, b: [c], {d}" * 1000}  # marks within a text are its own
    async with connect(start(settings), await make_key(settings, "default")) as client:
        assert (await client.post("/chatflow/chat", json=message)).status_code == 200
        for many in ([1] * 1000, [[]] * 500, dict.fromkeys(map(str, range(500)), 1), [{"a": '"'}] * 350):
            answer = await client.post("/chatflow/chat", json={"message": many})
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), answer.text
        long = await client.post("/chatflow/chat", json={"message": "x" * 600_000})
        assert long.status_code == 413, long.text
        assert "at most 500000 bytes, found 600014." in long.json()["detail"], long.text
        within = await client.post("/chatflow/chat", json={"message": [1] * 900})
        assert within.status_code == 422, within.text
        for path, content, status in (
            ("/chatflow/sessions/import", b'{"messages": [' + b"{}," * 600 + b"{}]}", 413),
            ("/flows/import", b'{"flow": [' + b"1," * 1000 + b"1]}", 413),
            ("/flows/import", b"- a\n" * 1001, 400),
        ):
            answer = await client.post(path, files={"file": ("f", content)})
            assert answer.status_code == status, answer.text
            assert "more than 1,000 values" in answer.json()["detail"]


@pytest.mark.threat("R-11")
async def test_state_that_somebody_else_wrote_is_refused_with_a_sentence(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    canary = Path(settings.data_dir, "canary")
    hostile = ormsgpack.packb(
        ormsgpack.Ext(0, ormsgpack.packb(("os", "system", f"touch {canary}"))),
    )
    body = {"message": "Hi", "session_id": "tampered"}
    assert (await client.post("/chatflow/chat", json=body)).json()["success"] is True
    async with open_database(settings.database) as database:
        await database.write(
            lambda connection: connection.execute(update(checkpoints).values(checkpoint=hostile))
        )
    exported = await client.get("/chatflow/sessions/tampered/export")
    assert exported.status_code == 409, exported.text
    assert exported.json()["code"] == "checkpoint_unreadable"
    answer = (await client.post("/chatflow/chat", json=body)).json()
    assert answer["success"] is False
    execution = (await client.get(f"/executions/{answer['execution_id']}")).json()
    assert execution["error"]["code"] == "checkpoint_unreadable"
    assert not there_is(canary)
    metrics = (await client.get("/metrics/prometheus")).text
    assert 'agenticrag_run_errors_total{code="checkpoint_unreadable"} 1' in metrics
    cleared = await client.delete("/chatflow/sessions/tampered/history")
    assert cleared.status_code in (200, 204, 404, 405), cleared.text


UPWARDS = (
    "../",
    "..%2f",
    "..%2F",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..\\",
    "..%5c",
    "..%c0%af",
    "....//",
    "..;/",
    ".%00./",
)
CONSOLE, EMBED = "/console/", "/api/agent-builder/embed/assets/"
FORMS = [
    *(
        f"{folder}{up * 4}{file}"
        for up in UPWARDS
        for folder in (CONSOLE, f"{CONSOLE}assets/", EMBED)
        for file in ("__init__.py", "etc/passwd")
    ),
    *(
        f"{folder}{name}"
        for folder in (CONSOLE, EMBED)
        for name in ("/etc/passwd", "%2fetc%2fpasswd", ".", "..", "%00", "%ff", "views", "", "?/../../app.py")
    ),
    f"//{CONSOLE}../app.py",
    f"http://127.0.0.1{CONSOLE}../../app.py",
    f"http://127.0.0.1{CONSOLE}..%2f..%2fapp.py",
]
"""Targets of a request that lead to no file, though somebody might think so."""
NO_TARGETS = [
    f"{CONSOLE}\0",
    f"{CONSOLE}\x01/../",
    f"{CONSOLE}\x7f",
    f"{CONSOLE}\xe9",
    f"{CONSOLE}a b",
    "file:///x",
]
"""What no HTTP request can ask for: its bytes are no target (RFC 9112 §3.2), and the parser refuses them."""


@pytest.mark.threat("P-06")
async def test_no_address_of_a_file_leads_out_of_its_folder(server: Running) -> None:
    async def asked(target: str) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        host = f"127.0.0.1:{server.port}"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return int(answer.split(b" ", 2)[1]), answer

    for there in (f"{CONSOLE}icon.svg", f"{EMBED}chat.js"):
        assert (await asked(there))[0] == 200
    for target in FORMS:
        status, answer = await asked(target)
        assert status == 404, (target, answer[:200])
        assert b"root:" not in answer
    for target in NO_TARGETS:
        assert (await asked(target))[0] == 400, target
