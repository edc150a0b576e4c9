"""A server as users run it: a process of its own that can be killed, frozen and started again on its data.

Several on one database share a folder and get a number each::

    first, second = (ServerProcess(tmp_path, database_url, fake.url, number=n) for n in (1, 2))
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import psutil
from msgspec import Struct

__all__ = ["Footprint", "ServerProcess"]


class Footprint(Struct, frozen=True):
    """What a process holds."""

    descriptors: int
    children: int

    def exceeds(self, before: "Footprint") -> bool:
        """Say whether it holds more than it did."""
        return self.descriptors > before.descriptors or self.children > before.children


class ServerProcess:
    """`agenticrag serve` on a free port that stays the same over restarts.

    Args:
        folder: Of the test: the data folder and the logs are made in it.
        database_url: A migrated database.
        model_url: Of the scripted model server, ``…/v1``.
        number: Tells several servers of one test apart.
        environment: Variables beside the usual ones, for every start: settings, failpoints.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        model_url: str,
        *,
        number: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = ""
        self.log = folder / f"server{number or ''}.log"
        self.ready_seconds = 0.0
        """How long the last start took until `/ready` said 200."""
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
            "AGENTICRAG_DATA_DIR": str(folder / "data"),
            "AGENTICRAG_DATABASE_URL": database_url,
            "AGENTICRAG_PORT": str(self.port),
            "AGENTICRAG_LEASE_SECONDS": "5",
            "AGENTICRAG_MAX_RECOVERIES": "100",
            "OPENAI_BASE_URL": model_url,
            "OPENAI_API_KEY": "none",
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            **(environment or {}),
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process's id while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it runs; a frozen one does."""
        return self._process is not None and self._process.returncode is None

    async def create_key(self) -> None:
        """Make the API key that `client` uses."""
        made = await self._python("keys", "create", "--name", "test", "--json")
        self.key = json.loads(made)["key"]

    async def start(self, seconds: float = 30, *, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return when it is ready. `environment` counts for this start alone."""
        began = time.monotonic()
        await self.launch(environment=environment)
        async with asyncio.timeout(seconds), httpx.AsyncClient() as client:
            while True:
                if not self.running:
                    raise RuntimeError(f"The server ended at once:\n{self.tail()}")
                try:
                    if (await client.get(f"{self.url}/ready")).status_code == 200:
                        self.ready_seconds = time.monotonic() - began
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)

    async def launch(self, *, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return at once: it may end before it is ready."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server",
                "serve",
                env={**self._environment, **(environment or {})},
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """End it as the kernel would: SIGKILL."""
        await self._signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to stop, SIGTERM, and return its exit code."""
        return await self._signal(signal.SIGTERM)

    def terminate(self) -> None:
        """Ask it to stop, SIGTERM, and return at once."""
        assert self._process is not None
        self._process.terminate()

    def freeze(self) -> None:
        """Stop it in its tracks, SIGSTOP: its sockets stay open, nothing of it moves."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on, SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def ended(self, seconds: float = 60) -> int:
        """Return its exit code when it has ended by itself; negative for the signal that killed it."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def close(self) -> None:
        """Kill it if it still runs: for the ``finally`` of a test."""
        if self.running:
            self.thaw()
            await self.kill()

    def client(self) -> httpx.AsyncClient:
        """Return a client with the key and the API's base address."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/agent-builder",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )

    def tail(self, characters: int = 3000) -> str:
        """Return the end of its log."""
        return self.log.read_text("utf-8", "replace")[-characters:] if self.log.exists() else "(no log)"

    def footprint(self) -> Footprint:
        """Return what it holds now."""
        process = psutil.Process(self.pid)
        return Footprint(process.num_fds(), len(process.children(recursive=True)))

    async def settled(self, before: Footprint, seconds: float = 10) -> Footprint:
        """Return what it holds once that is no more than before, or what it still holds after `seconds`."""
        end = time.monotonic() + seconds
        while (now := self.footprint()).exceeds(before) and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return now

    async def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return await self.ended()

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
