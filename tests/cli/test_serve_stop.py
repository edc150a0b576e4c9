"""Ctrl-C at a server whose runs have not ended: it says what it waits for, and a second one does not wait."""

import asyncio
import signal
import time
from collections.abc import Callable

import httpx
import pytest

from tests.cli.conftest import Served
from tests.runtimes.fake_openai import fake_process
from tests.server.conftest import API

Serve = Callable[..., Served]


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_second_ctrl_c_hands_runs_back_at_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    async with fake_process("--tokens", "1200", "--delay", "0.05") as url:
        for name, value in (
            ("OPENAI_BASE_URL", url),
            ("AGENTICRAG_DEFAULT_PROVIDER", "openai"),
            ("AGENTICRAG_DEFAULT_MODEL", "slow"),
        ):
            monkeypatch.setenv(name, value)
        served = await asyncio.to_thread(serve, "--workers", str(workers))
        key = {"Authorization": f"Bearer {served.key}"}
        async with httpx.AsyncClient(base_url=served.address + API, headers=key, timeout=60) as client:
            flow = (await client.post("/chatflows", json={"name": "Slow"})).json()["id"]
            chat = {"message": "Count"}
            async with client.stream("POST", f"/chatflow/workflows/{flow}/chat/stream", json=chat) as answer:
                lines = answer.aiter_lines()
                while "content" not in await anext(lines):
                    pass
                began = time.monotonic()
                served.process.send_signal(signal.SIGINT)
                await asyncio.sleep(1.5)
                assert served.process.poll() is None, "the run has time to end"
                stopping = asyncio.create_task(asyncio.to_thread(served.stop, signal.SIGINT))
                async for _ in lines:  # the stream ends in order: httpx raises where it is cut off
                    pass
                said = await stopping
        assert time.monotonic() - began < 15, said
        assert served.process.returncode == 0, said
        assert "Stopping: 1 active run has 25 seconds to end. What is left goes on at the next start." in said
        assert "Traceback" not in said, said
        assert said.rstrip().endswith("Stopped.") or "Stopped.\n" in said, said
        async with fake_process("--tokens", "3") as quick:
            monkeypatch.setenv("OPENAI_BASE_URL", quick)
            again = await asyncio.to_thread(serve)
            async with httpx.AsyncClient(base_url=again.address + API, headers=key, timeout=60) as client:
                run: dict[str, object] = {}
                for _ in range(300):
                    (run,) = (await client.get("/executions")).json()["executions"]
                    if run["status"] == "completed":
                        break
                    await asyncio.sleep(0.1)
                assert run["status"] == "completed", run
            await asyncio.to_thread(again.stop)
