"""Fixtures for the command line: a folder to work in, commands run in it, servers started in it."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from msgspec import Struct

from server.cli import main

ROOT = Path(__file__).parent.parent.parent
START = 60.0
"""Seconds that a loaded machine may take for a start; nothing is measured by it."""


class Done(Struct, frozen=True):
    """A command that ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


class Served:
    """A server that was started by `agenticrag serve`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.greeting = ""

    @property
    def address(self) -> str:
        """Its URL, as the greeting has it."""
        return self._said(r"serves (http://\S+)")

    @property
    def key(self) -> str:
        """The owner's key, from where the greeting says that it lies."""
        return Path(self._said(r"API key  kept in (.+)$")).read_text("utf-8").strip()

    @property
    def curl(self) -> str:
        """The line to paste."""
        return self._said(r"^  (curl .*)$")

    def read_greeting(self) -> None:
        """Read what it says until it serves."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + START
        while "curl" not in self.greeting or not self.greeting.endswith("\n\n"):
            wait = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self.process.stdout], [], [], wait)
            said = os.read(self.process.stdout.fileno(), 65_536) if ready else b""
            if not said:
                self.process.kill()
                raise AssertionError(f"the server did not start: {self.greeting}{self.process.communicate()}")
            self.greeting += said.decode()

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Send a signal and return what it said until its end."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=START)
        return (out + err).decode()

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, self.greeting, re.MULTILINE)
        assert found, self.greeting
        return found[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of this test's own, with settings that reach nothing outside this machine."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AGENTICRAG_", "OPENAI_", "OLLAMA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AGENTICRAG_DEFAULT_PROVIDER", "demo")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.fixture
def run(folder: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process and return how it ended."""

    def run(*arguments: str) -> Done:
        capfd.readouterr()
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def serve(folder: Path) -> Generator[Callable[..., Served]]:
    """Start servers; those that still run are killed at the end."""
    started: list[Served] = []

    def serve(*arguments: str) -> Served:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        served = Served(process)
        started.append(served)
        served.read_greeting()
        return served

    yield serve
    for served in started:
        if served.process.poll() is None:
            served.process.kill()
        served.process.communicate()
