"""A real Prometheus scrapes a real server: every query of the dashboard and the rules finds data."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from server.metrics.series import SERIES
from server.settings.sources import Settings
from tests.server.conftest import DEMO, Running, connect

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "agenticrag.json"
TOKEN = "scrapes-alone"


def program(name: str) -> str:
    """Return where a program is; without it the test is skipped, and fails in CI."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed (Debian: apt install prometheus)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
        pytest.skip(reason)
    return found


def queries() -> list[str]:
    """Return every query: of the dashboard, what the rules record, and what the alerts compare."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    found = [
        target["expr"].replace("$__rate_interval", "30s")
        for panel in panels
        for target in panel.get("targets", [])
    ]
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            found.append(re.split(r" (?:>|<|==) ", rule["expr"])[0] if "alert" in rule else rule["expr"])
            if "record" in rule:
                found.append(rule["record"])
    return found


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[Callable[[int], Any]]:
    """Start Prometheus with the configuration that is shipped, on other ports and ten times as quick."""
    running: list[asyncio.subprocess.Process] = []

    async def begin(target: int) -> str:
        config = (DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8")
        config = config.replace("127.0.0.1:8000", f"127.0.0.1:{target}").replace("15s", "1s")
        (tmp_path / "prometheus.yml").write_text(config)
        (tmp_path / "token").write_text(TOKEN)
        shutil.copy(RULES, tmp_path)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        running.append(
            await asyncio.create_subprocess_exec(
                program("prometheus"),
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return f"http://127.0.0.1:{port}/api/v1"

    yield begin
    for process in running:
        process.kill()
        await process.wait()


def test_promtool_accepts_what_is_shipped(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "prometheus", tmp_path, dirs_exist_ok=True)
    (tmp_path / "token").write_text(TOKEN)
    done = subprocess.run(
        [program("promtool"), "check", "config", str(tmp_path / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "18 rules found" in done.stdout


def test_every_query_is_of_series_that_there_are() -> None:
    known = {series.shown for series in SERIES.values()}
    known |= {one + end for one in known for end in ("_bucket", "_sum", "_count")}
    for query in queries():
        assert set(re.findall(r"agenticrag_\w+", query)) <= known, query


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_every_query_finds_data_after_some_runs(
    settings: Settings,
    start: Callable[[Settings], Running],
    key: str,
    prometheus: Callable[[int], Any],
) -> None:
    server = start(msgspec.structs.replace(settings, metrics_token=TOKEN))
    api = await prometheus(server.port)
    async with connect(server, key) as client, httpx.AsyncClient(timeout=10) as asking:
        base = await client.post("/knowledge-bases", json={"name": "b", "embedding": {"provider": "demo"}})
        search = f"/knowledge-bases/{base.json()['id']}/search"

        async def run() -> None:
            said = await client.post("/chatflow/chat", json={"message": "Hello", "config": DEMO})
            assert said.json()["success"] is True
            found = await client.post(search, json={"query": "Hello", "strategy": "lexical"})
            assert found.status_code == 200, found.text

        async def empty() -> list[str]:
            left: list[str] = []
            for query in queries():
                answer = (await asking.get(f"{api}/query", params={"query": query})).json()
                assert answer["status"] == "success", answer
                if not answer["data"]["result"]:
                    left.append(query)
            return left

        missing = ["everything"]
        for _ in range(60):
            await run()
            await asyncio.sleep(0.5)
            try:
                missing = await empty()
            except httpx.TransportError:  # it has not begun to listen
                continue
            if not missing:
                break
        assert missing == []
        rules = (await asking.get(f"{api}/rules")).json()["data"]["groups"]
        assert {rule["health"] for group in rules for rule in group["rules"]} == {"ok"}
