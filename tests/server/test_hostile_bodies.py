"""Hostile bodies: what run routes, forms and files are sent in the hope that somebody runs or follows it."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import ormsgpack
import pytest
from sqlalchemy import update

from persistence.database import open_database
from persistence.tables import checkpoints
from server.settings import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, parse_frames, quick

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


@pytest.mark.parametrize(
    ("boundary", "content"),
    [
        ("x", b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 1_000_000 + b"\r\n\r\n\r\n--x--"),
        ("x", b"--x\r\n" + b"X-A: b\r\n" * 100_000 + b"\r\n\r\n--x--"),
        ("b" * 60_000, b"--" + b"b" * 60_000 + b"\r\n\r\n\r\n"),
        ("x", b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + b"\r\n--" * 1_000_000),
        ("x", b"--x\r\nContent-Disposition: form-data; name=f\r\n\r\n" + b"\r\n" * 1_000_000),
        ("x", b"--x\r\nContent-Disposition: form-data; name=f; filename=../../etc/passwd\r\n\r\nx\r\n--x--"),
    ],
    ids=["long name", "many headers", "long boundary", "near boundaries", "no end", "a path"],
)
@pytest.mark.threat("D-05")
async def test_a_form_that_is_made_to_be_slow_is_refused_soon_and_holds_nobody_up(
    client: httpx.AsyncClient, server: Running, boundary: str, content: bytes
) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}

    async def others() -> float:
        longest = 0.0
        for _ in range(5):
            begun = time.perf_counter()
            assert (await client.get(f"{server.url}/health")).status_code == 200
            longest = max(longest, time.perf_counter() - begun)
        return longest

    sent = asyncio.create_task(client.post("/chatflow/sessions/import", content=content, headers=headers))
    waited = await others()
    answer = await sent
    assert answer.status_code in (400, 413, 422), answer.text
    assert waited < 5, waited
    unknown = await client.post(
        "/chatflow/sessions/import", content=content, headers={**headers, "Authorization": "Bearer no"}
    )
    assert unknown.status_code == 401


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
)


@pytest.mark.threat("P-06")
async def test_no_address_of_a_file_leads_out_of_its_folder(server: Running) -> None:
    async def asked(target: str) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        host = f"127.0.0.1:{server.port}"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return int(answer.split(b" ", 2)[1]), answer

    assert (await asked("/console/console.js"))[0] == 200
    targets = [
        f"/console/{inner}{up * 4}{file}"
        for up in UPWARDS
        for inner in ("", "views/")
        for file in ("__init__.py", "etc/passwd")
    ]
    targets += [f"/console/{name}" for name in ("/etc/passwd", "%2fetc%2fpasswd", ".", "..", "%00", "views")]
    targets += ["/embed/..%2f__init__.py", "/embed/../../app.py"]
    for target in targets:
        status, answer = await asked(target)
        assert status in (400, 401, 404), (target, answer[:200])
        assert b"root:" not in answer
