"""The newcomer's hour in its short form: on a server as `agenticrag serve` starts it, with the demo."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from tests.newcomer.hour import Hour, restored
from tests.ports import lasting_port

ROOT = Path(__file__).parents[2]


class Served(Struct, frozen=True):
    """A server that was started in an empty folder."""

    url: str
    key: str
    data: Path
    told: str
    """What it printed."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Start a server as a user does, in an empty data folder, on the built-in demo."""
    port, data = lasting_port(), tmp_path / "data"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    environment = {
        **kept,
        "AGENTICRAG_DATA_DIR": str(data),
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and "Say hello:" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        key = (data / "owner-api-key").read_text("utf-8").strip()
        yield Served(f"http://127.0.0.1:{port}", key, data, log.read_text("utf-8"))
    finally:
        process.terminate()
        process.wait(30)
    assert "Traceback" not in log.read_text("utf-8"), log.read_text("utf-8")


def test_a_newcomers_hour_goes_well(served: Served, tmp_path: Path) -> None:
    hello = next(line.strip() for line in served.told.splitlines() if line.strip().startswith("curl "))
    greeted = subprocess.run(["sh", "-c", f"{hello} -sf"], capture_output=True, text=True, check=True)
    assert '"success":true' in greeted.stdout
    asyncio.run(steps(served))
    backup = tmp_path / "backup.db"
    environment = {**os.environ, "AGENTICRAG_DATA_DIR": str(served.data)}
    subprocess.run(
        [sys.executable, "-m", "server", "db", "backup", str(backup)], cwd=ROOT, env=environment, check=True
    )
    restored(backup, tmp_path / "restored", data=served.data, root=ROOT)
    assert httpx.get(f"{served.url}/ready").status_code == 200


async def steps(served: Served) -> None:
    async with Hour(served.url, served.key) as hour:
        await hour.page()
        await hour.examples(at_once=4)
        chatflow = await hour.own_chatflow()
        await hour.loop_and_approval()
        await hour.team()
        await hour.embedded(chatflow)
        await hour.python_sdk(ROOT / "sdks" / "python")
        await hour.costs()
