"""A server as users run it: a process of its own that can be killed and started again on the same data."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

__all__ = ["ServerProcess"]


class ServerProcess:
    """`agenticrag serve` on a free port that stays the same over restarts."""

    def __init__(self, folder: Path, database_url: str, model_url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.key = ""
        self.log = folder / "server.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
            "AGENTICRAG_DATA_DIR": str(folder / "data"),
            "AGENTICRAG_DATABASE_URL": database_url,
            "AGENTICRAG_PORT": str(port),
            "AGENTICRAG_LEASE_SECONDS": "5",
            "AGENTICRAG_MAX_RECOVERIES": "100",
            "OPENAI_BASE_URL": model_url,
            "OPENAI_API_KEY": "none",
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process's id while it runs."""
        assert self._process is not None
        return self._process.pid

    async def create_key(self) -> None:
        """Make the API key that `client` uses."""
        made = await self._python("keys", "create", "--name", "test", "--json")
        self.key = json.loads(made)["key"]

    async def start(self, seconds: float = 30) -> None:
        """Start it and return when it is ready."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", "serve", env=self._environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(seconds), httpx.AsyncClient() as client:
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError(f"The server ended at once:\n{self.log.read_text()[-3000:]}")
                try:
                    if (await client.get(f"{self.url}/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as a power cut of the process would: SIGKILL."""
        await self._signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to stop, SIGTERM, and return its exit code."""
        return await self._signal(signal.SIGTERM)

    def client(self) -> httpx.AsyncClient:
        """Return a client with the key and the API's base address."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/agent-builder",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )

    async def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def _python(self, *arguments: str) -> str:
        return await _output([sys.executable, "-m", "server", *arguments], self._environment)


async def _output(command: Sequence[str], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{error.decode()}")
    return out.decode()
