"""Executions: followed natively, listed, cancelled; and what happens to them when the server stops."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from server.settings.sources import Settings
from tests.server.conftest import API, Running, parse_frames

LONG = "Please tell me a very long story about otters. " * 20


async def chat(client: httpx.AsyncClient, message: str = "Hello", **more: Any) -> str:
    answer = await client.post("/chatflow/chat", json={"message": message, **more})
    return answer.json()["execution_id"]


async def running(client: httpx.AsyncClient) -> str:
    """Return the id of the execution that is under way, once one is."""
    while True:
        found = (await client.get("/executions", params={"status": "running"})).json()["executions"]
        if found:
            return found[0]["id"]
        await asyncio.sleep(0.01)


async def test_the_native_stream_has_every_event_once_and_in_order(client: httpx.AsyncClient) -> None:
    execution = await chat(client)
    listed = (await client.get(f"/executions/{execution}/events", params={"follow": "false"})).json()
    assert [event["seq"] for event in listed] == list(range(1, len(listed) + 1))
    assert listed[0]["type"] == "run.created"
    assert listed[-1]["type"] == "run.completed"
    frames = parse_frames((await client.get(f"/executions/{execution}/events")).text)
    assert [json.loads(frame.data) for frame in frames] == listed
    assert [frame.event for frame in frames] == [event["type"] for event in listed]
    assert [frame.id for frame in frames] == [str(event["seq"]) for event in listed]


async def test_the_native_stream_goes_on_after_any_event(client: httpx.AsyncClient) -> None:
    execution = await chat(client)
    url = f"/executions/{execution}/events"
    frames = parse_frames((await client.get(url)).text)
    for number, frame in enumerate(frames[:-1]):
        by_header = await client.get(url, headers={"Last-Event-ID": frame.id})
        by_query = await client.get(url, params={"after": frame.id})
        assert parse_frames(by_header.text) == parse_frames(by_query.text) == frames[number + 1 :]
    assert (await client.get(url, headers={"Last-Event-ID": frames[-1].id})).status_code == 204
    listed = await client.get(url, params={"after": "3", "follow": "false", "limit": 2})
    assert [event["seq"] for event in listed.json()] == [4, 5]


async def test_an_event_that_did_not_happen_yet_cannot_be_gone_on_after(client: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(chat(client, LONG))
    execution = await running(client)
    answer = await client.get(f"/executions/{execution}/events", params={"after": "1000000"})
    assert answer.status_code == 400
    await client.post(f"/executions/{execution}/cancel")
    await waiting


async def test_a_cancelled_run_ends_at_once_and_frees_its_session(client: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(
        client.post("/chatflow/chat", json={"message": LONG, "session_id": "cancelled"})
    )
    execution = await running(client)
    cancelled = await client.post(f"/executions/{execution}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["status"] == "cancelled"
    answer = (await waiting).json()
    assert (answer["success"], answer["status"]) == (False, "cancelled")
    assert "cancelled" in answer["error"]
    frames = parse_frames((await client.get(f"/executions/{execution}/stream")).text)
    assert json.loads(frames[-1].data)["code"] == "cancelled"
    again = await client.post("/chatflow/chat", json={"message": "Hi", "session_id": "cancelled"})
    assert again.json()["success"] is True
    history = (await client.get("/chatflow/sessions/cancelled/history")).json()
    assert answer["message_count"] == history["message_count"] - 2 == 1, "what the history has"
    repeated = await client.post(f"/executions/{execution}/cancel")
    assert repeated.json()["status"] == "cancelled"


async def test_executions_are_listed_by_flow_session_and_status(client: httpx.AsyncClient) -> None:
    flow = (await client.post("/chatflows", json={"name": "C"})).json()
    one = await chat(client, session_id="a")
    two = await chat(client, session_id="b", workflow_id=flow["id"])
    everything = (await client.get("/executions")).json()
    assert [each["id"] for each in everything["executions"]] == [two, one]
    for query, expected in (
        ({"session_id": "a"}, [one]),
        ({"flow_id": flow["id"]}, [two]),
        ({"status": "completed"}, [two, one]),
        ({"status": "failed"}, []),
        ({"limit": 1, "offset": 1}, [one]),
    ):
        listed = (await client.get("/executions", params=query)).json()
        assert [each["id"] for each in listed["executions"]] == expected, query
    read = (await client.get(f"/executions/{two}")).json()
    assert (read["status"], read["flow_id"], read["session_id"]) == ("completed", flow["id"], "b")


async def test_a_stream_goes_on_at_the_next_server_when_one_stops(settings: Settings, key: str) -> None:
    body = {"message": LONG, "session_id": "moved"}
    text = ""
    with own_process(settings, drain_seconds=0) as (process, url):
        async with httpx.AsyncClient(base_url=url + API, headers=bearer(key), timeout=30) as client:
            async with client.stream("POST", "/chatflow/chat/stream", json=body) as answer:
                async for piece in answer.aiter_text():
                    text += piece
                    if "event: content" in text and process.poll() is None:
                        process.terminate()
        assert process.wait(20) in (0, -signal.SIGTERM)
    assert "retry: 1000\n" in text, "the client is told to come back soon"
    seen = parse_frames(text)
    assert seen[-1].event not in ("done", "error"), "the run was under way when the server stopped"
    with own_process(settings) as (_, url):
        async with httpx.AsyncClient(base_url=url + API, headers=bearer(key), timeout=30) as client:
            headers = {"Last-Event-ID": seen[-1].id}
            rest = await client.post("/chatflow/chat/stream", json=body, headers=headers)
            whole = seen + parse_frames(rest.text)
            assert whole[-1].event == "done"
            execution = whole[0].id.partition(":")[0]
            assert whole == parse_frames((await client.get(f"/executions/{execution}/stream")).text)
            assert (await client.get("/executions")).json()["total"] == 1


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@contextlib.contextmanager
def own_process(settings: Settings, **changes: Any) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """Run a server in a process of its own, which signals can reach; stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
        "AGENTICRAG_DATA_DIR": settings.data_dir,
        "AGENTICRAG_DATABASE_URL": settings.database_url,
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "AGENTICRAG_DEFAULT_MODEL": "demo",
        **{f"AGENTICRAG_{name.upper()}": str(value) for name, value in changes.items()},
    }
    command = ["-m", "uvicorn", "--factory", "server.app:create_app_from_environment", "--port", str(port)]
    process = subprocess.Popen([sys.executable, *command, "--log-level", "warning"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(500):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/ready").status_code == 200:
                    break
            time.sleep(0.02)
        yield process, url
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


@pytest.mark.threat("D-12")
async def test_clients_that_vanish_leave_nothing_behind(server: Running, client: httpx.AsyncClient) -> None:
    execution = await chat(client, LONG[:300])
    runtime = server.runtime
    host, port = "127.0.0.1", server.port
    request = (
        f"GET {API}/executions/{execution}/events HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {client.headers['authorization']}\r\n\r\n"
    ).encode()
    for _ in range(50):
        _, writer = await asyncio.open_connection(host, port)
        writer.write(request)
        await writer.drain()
        writer.close()
    assert (await client.get(f"/executions/{execution}")).status_code == 200
    for _ in range(200):
        if len(runtime.process.streams) == 0:
            break
        await asyncio.sleep(0.02)
    assert len(runtime.process.streams) == 0
