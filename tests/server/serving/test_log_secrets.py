"""No log has a credential in it: at any level, of requests and WebSockets, under our server and uvicorn."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from server.http.secrets_in_logs import RedactingFormatter, guard_handlers
from tests.ports import lasting_port
from tests.server.conftest import API

pytestmark = pytest.mark.threat("L-04")

ROOT = Path(__file__).parents[3]
UVICORN = ["-m", "uvicorn", "server.app:app", "--log-level", "trace", "--no-proxy-headers", "--port"]


@pytest.fixture(
    params=[["-m", "server", "serve", "--port"], UVICORN],
    ids=["agenticrag serve", "uvicorn"],
)
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, Path, str]]:
    """A server at its most talkative: its port, its log and its owner's key."""
    port, log = lasting_port(), tmp_path / "log"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AGENTICRAG_", "OPENAI_"))
    }
    environment |= {
        "AGENTICRAG_DATA_DIR": str(tmp_path / "data"),
        "AGENTICRAG_LOG_LEVEL": "debug",
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "AGENTICRAG_KEYS_IN_QUERY": "on",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        "PYTHONPATH": str(ROOT),
    }
    with log.open("wb") as out:
        command = [sys.executable, *request.param, str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=tmp_path)
        try:
            deadline = time.monotonic() + 90
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield port, log, (tmp_path / "data" / "owner-api-key").read_text().strip()
        finally:
            process.terminate()
            process.wait(60)


async def use(port: int, key: str) -> list[str]:
    """Give credentials in every way that there is, right ones and wrong ones; return them all."""
    wrong = "ar_canary0123456789abcdefghijklmnopqrstuvw"
    foreign = "Y2FuYXJ5LXBhc3N3b3Jk"  # what looks like nothing of ours
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}{API}", timeout=60) as client:
        own = {"Authorization": f"Bearer {key}"}
        chat = {"message": "Hello", "config": {"provider": "demo", "model": "demo"}}
        assert (await client.post("/chatflow/chat", json=chat, headers=own)).status_code == 200
        ticket = (await client.post("/tickets", json={}, headers=own)).json()["ticket"]
        for value in (key, wrong, ticket):
            await client.get("/chatflows", headers={"X-API-Key": value})
            await client.get("/chatflow/chat/stream", params={"message": "Hello", "token": value})
        for header in ("Authorization", "Proxy-Authorization", "Cookie", "X-API-Key"):
            await client.get("/chatflows", headers={header: f"Basic {foreign}"})
        await client.post("/auth/login", json={"email": "owner", "password": foreign})
        links = ["ql_" + "canary0123456789abcdefghijklm", "whk_" + "canary0123456789abcdefghijklm"]
        await client.get(f"/answers/{links[0]}")
        await client.post(f"/webhooks/{links[1]}", json={})
        await client.post("/auth/refresh", json={"refresh_token": f"rt_{foreign}.1.{foreign}"})
    place = f"ws://127.0.0.1:{port}{API}/ai-agent-chat/ws?session_id=logged&node_id=n"
    attempts: list[tuple[str, dict[str, str]]] = [
        (f"{place}&token={value}", {}) for value in (key, wrong, ticket, foreign)
    ]
    attempts += [(place, {"Authorization": f"Bearer {value}"}) for value in (key, wrong, foreign)]
    attempts += [(place, {"X-API-Key": value}) for value in (key, wrong, foreign)]
    for address, headers in attempts:
        async with connect(address, additional_headers=headers) as socket:
            with contextlib.suppress(ConnectionClosedError):  # some are let in
                await asyncio.wait_for(socket.recv(), 20)
    return [key, wrong, ticket, foreign, *links]


async def test_the_log_of_a_talkative_server_has_no_credential(told: tuple[int, Path, str]) -> None:
    port, log, key = told
    given = await use(port, key)
    said = log.read_text("utf-8", "replace")
    assert "connection open" in said, "it was to say all that it can"
    lines = [line[:300] for line in said.splitlines() if any(value in line for value in given)]
    assert lines == []


def test_what_other_programs_have_set_up_is_guarded_once(caplog: pytest.LogCaptureFixture) -> None:
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    logger, handler = logging.getLogger("some.server.access"), Kept()
    logger.addHandler(handler)
    logger.propagate = False
    before = {one: one.formatter for one in logging.getLogger().handlers}
    level = logging.getLogger("uvicorn.error").level
    try:
        guard_handlers()
        guarded = handler.formatter
        guard_handlers()
        assert handler.formatter is guarded
        logger.warning('%s "GET /a?token=%s HTTP/1.1"', "::1", "hidden")
        logger.warning("scope {'query_string': b'token=hidden&a=1'}")
        logger.warning("Authorization: Bearer hidden")
        logger.warning("plain words")
    finally:
        logger.removeHandler(handler)
        logging.getLogger("uvicorn.error").setLevel(level)
        for one, formatter in before.items():
            one.setFormatter(formatter)
    assert written[-1] == "plain words"
    assert len(written) == 4
    assert "hidden" not in "".join(written)


def test_a_traceback_is_written_without_credentials() -> None:
    try:
        raise ValueError("refused https://a.example/?api_key=hidden&x=1")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "a", 1, "failed", None, sys.exc_info())
    assert "hidden" not in RedactingFormatter().format(record)
