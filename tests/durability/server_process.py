"""A server as users run it: a process of its own that can be killed, frozen and started again on its data.

Several on one database share a folder and get a number each::

    first, second = (ServerProcess(tmp_path, database_url, fake.url, number=n) for n in (1, 2))
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
from msgspec import Struct

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from tests.durability.forks import Nursery
from tests.ports import lasting_port

__all__ = ["Footprint", "ServerProcess"]

ROOT = Path(__file__).parent.parent.parent


class Footprint(Struct, frozen=True):
    """What a process holds."""

    descriptors: int
    """Without those of the database, whose pool grows and shrinks as it likes."""
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
        nursery: Forks it, which is quick; None to start it as users do.
        worker: Whether it is `agenticrag worker`.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        model_url: str,
        *,
        number: int = 0,
        environment: Mapping[str, str] | None = None,
        nursery: Nursery | None = None,
        worker: bool = False,
    ) -> None:
        self.port = lasting_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        self.key = ""
        self.log = folder / f"server{number or ''}.log"
        self.accidents: list[tuple[float, float]] = []
        """For each SIGKILL when it was sent, and when all that the dead process had sent was read."""
        self.ready_seconds = 0.0
        """How long the last start took until `/ready` said 200."""
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
            "AGENTICRAG_DATA_DIR": str(folder / "data"),
            "AGENTICRAG_DATABASE_URL": database_url,
            "AGENTICRAG_WORKER_PORT" if worker else "AGENTICRAG_PORT": str(self.port),
            "AGENTICRAG_LEASE_SECONDS": "5",
            "AGENTICRAG_MAX_RECOVERIES": "100",
            "OPENAI_BASE_URL": model_url,
            "OPENAI_API_KEY": "none",
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            **(environment or {}),
        }
        self._worker = worker
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """The process's id while it runs."""
        assert self._pid
        return self._pid

    @property
    def running(self) -> bool:
        """Whether it runs; a frozen one does."""
        if not self._pid or self._code is not None:
            return False
        if self._process is not None:
            return self._process.poll() is None
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self._pid).status() != psutil.STATUS_ZOMBIE
        return False

    async def create_key(self) -> None:
        """Make the API key that `client` uses."""
        async with open_database(self.database_url) as database:
            self.key = (await Keys(database).create("default", "test"))[1]

    async def start(self, seconds: float = 60, *, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return when it is ready. `environment` counts for this start alone."""
        began = time.monotonic()
        await self.launch(environment=environment)
        async with httpx.AsyncClient(verify=False, timeout=2) as client:
            while True:
                if time.monotonic() - began > seconds:
                    if self._nursery is not None:
                        os.kill(self.pid, signal.SIGUSR1)  # it writes down what it is doing
                        await asyncio.sleep(0.5)
                    raise TimeoutError(f"{self.url} was not ready in {seconds} s:\n{self.tail(9000)}")
                if not self.running:
                    raise RuntimeError(f"The server ended at once ({await self.ended()}):\n{self.tail()}")
                try:
                    if (await client.get(f"{self.url}/ready")).status_code == 200:
                        self.ready_seconds = time.monotonic() - began
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)

    async def launch(self, *, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return at once: it may end before it is ready."""
        whole = {**self._environment, **(environment or {})}
        self._code = None
        if self._nursery is not None:
            self._pid = self._nursery.fork(whole, self.log, worker=self._worker)
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - done at once
                [sys.executable, "-m", "server", "worker" if self._worker else "serve"],
                cwd=ROOT,
                env=whole,
                stdout=log,
                stderr=log,
            )
        self._pid = self._process.pid

    async def kill(self) -> None:
        """End it as the kernel would: SIGKILL."""
        begun = time.time()
        await self._signal(signal.SIGKILL)
        # Servers of this test's loop, the scripted model above all, read what is still in their sockets.
        for _ in range(5):
            await asyncio.sleep(0.004)
        self.accidents.append((begun, time.time()))

    async def stop(self) -> int:
        """Ask it to stop, SIGTERM, and return its exit code."""
        return await self._signal(signal.SIGTERM)

    def terminate(self) -> None:
        """Ask it to stop, SIGTERM, and return at once."""
        os.kill(self.pid, signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it in its tracks, SIGSTOP: its sockets stay open, nothing of it moves."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on, SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    async def ended(self, seconds: float = 60) -> int:
        """Return its exit code when it has ended by itself; negative for the signal that killed it."""
        if self._code is None:
            async with asyncio.timeout(seconds):
                while self.running:  # noqa: ASYNC110 - it may be no child of ours
                    await asyncio.sleep(0.005)
            if self._process is not None:
                self._code = self._process.wait()
            else:
                assert self._nursery is not None
                self._code = self._nursery.wait(self._pid)
        return self._code

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
            timeout=180,
            verify=False,  # there is no TLS, and to read the certificates takes a start's time
        )

    def tail(self, characters: int = 3000) -> str:
        """Return the end of its log."""
        return self.log.read_text("utf-8", "replace")[-characters:] if self.log.exists() else "(no log)"

    def footprint(self) -> Footprint:
        """Return what it holds now."""
        process = psutil.Process(self.pid)
        url = urlsplit(self.database_url)
        if url.scheme.startswith("sqlite"):
            file = self.database_url.split("///", 1)[1]
            pool = sum(one.path.startswith(file) for one in process.open_files())
        else:
            ends = (one.raddr for one in process.net_connections("tcp") if one.raddr)
            pool = sum(end.port == url.port for end in ends)
        return Footprint(process.num_fds() - pool, len(process.children(recursive=True)))

    async def settled(self, before: Footprint, seconds: float = 10) -> Footprint:
        """Return what it holds once that is no more than before, or what it still holds after `seconds`."""
        end = time.monotonic() + seconds
        while (now := self.footprint()).exceeds(before) and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return now

    async def command(self, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run `agenticrag` with the server's settings; return its exit code and all that it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            *arguments,
            cwd=ROOT,
            env={**self._environment, **(environment or {})},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def _signal(self, number: signal.Signals) -> int:
        os.kill(self.pid, number)
        return await self.ended()
