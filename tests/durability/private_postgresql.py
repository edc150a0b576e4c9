"""A PostgreSQL server of a test's own, that may be stopped as hard as it can be."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from tests.ports import lasting_port

__all__ = ["PrivatePostgreSQL", "private_postgresql"]


class PrivatePostgreSQL:
    """A server on a free port of loopback. `url` is of an empty database."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = lasting_port()
        self.folder = folder
        self._programs = programs
        self._data = folder / "cluster"

    def url(self, name: str = "postgres") -> str:
        """Return the address of a database of it."""
        return f"postgresql+asyncpg://tester@127.0.0.1:{self.port}/{name}"

    def create(self) -> None:
        """Make the cluster."""
        self.run(
            "initdb", "-D", str(self._data), "-U", "tester", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"
        )

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it, with variables of its own; returns when it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
            "-c shared_buffers=16MB -c max_connections=60"
        )
        log = str(self.folder / "log")
        self.run(
            "pg_ctl",
            "-D",
            str(self._data),
            "-l",
            log,
            "-o",
            options,
            "-w",
            "-t",
            "60",
            "start",
            **(environment or {}),
        )

    def kill(self) -> None:
        """Stop it as a power cut of its processes would."""
        self.run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    async def outage(self, seconds: float) -> None:
        """Stop it hard and start it again after `seconds`."""
        await asyncio.to_thread(self.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start)

    def run(self, program: str, *arguments: str, **environment: str) -> None:
        """Run one of PostgreSQL's programs, as the user that it lets run it."""
        command = [*_with(environment), str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode()


def _with(environment: Mapping[str, str]) -> list[str]:
    return ["env", *(f"{name}={value}" for name, value in environment.items())] if environment else []


@contextlib.contextmanager
def private_postgresql() -> Generator[PrivatePostgreSQL]:
    """Make and start a server, and take all of it away at the end."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = found[-1] if found else Path(shutil.which("initdb") or "")
    if not initdb.is_file():
        reason = "PostgreSQL's server programs (initdb, pg_ctl) are not installed here"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
        pytest.skip(reason)
    # Not below pytest's own folder, which other users may not enter.
    folder = Path(tempfile.mkdtemp(prefix="agenticrag-postgresql-"))
    server = PrivatePostgreSQL(initdb.parent, folder)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server.create()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(AssertionError):  # it may be down already
                server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
