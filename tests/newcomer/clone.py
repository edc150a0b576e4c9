"""The newcomer's hour, whole: ``python -m tests.newcomer.clone`` clones this repository and does it there.

A clean clone, `make run` as it sets itself up, with whatever model it chooses; every example alone and two at
a time, each within `SECONDS`; both SDKs from the repository; a backup, and its restoration.
"""

import argparse
import asyncio
import contextlib
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.newcomer.hour import Failure, Hour, restored
from tests.ports import lasting_port

__all__ = ["cpu_seconds", "main"]

ROOT = Path(__file__).parents[2]
SECONDS = 60
"""How long an example may take, on two cores that do nothing else: see `Hour.seconds`."""
TYPESCRIPT = """
import { AgenticRAGClient } from 'agenticrag-client';
const client = new AgenticRAGClient({ baseUrl: process.argv[2], apiKey: process.argv[3] });
const answer = await client.chatflows.chat({ message: 'Hello!' });
if (!answer.success) throw new Error(JSON.stringify(answer));
console.log(answer.response);
"""


def main() -> None:
    """Do the hour, and end with 1 and a sentence where it did not go well."""
    parser = argparse.ArgumentParser(prog="python -m tests.newcomer.clone", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long an example may take")
    seconds: float = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="agenticrag-hour-") as folder:
        try:
            _hour(Path(folder), seconds)
        except Failure as failure:
            raise SystemExit(f"The hour did not go well: {failure}") from failure
    print("The hour went well.")


def _hour(folder: Path, seconds: float) -> None:
    clone, port = folder / "agenticrag", lasting_port()
    _say("Cloning")
    _do(["git", "clone", "--quiet", str(ROOT), str(clone)], ROOT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    log = folder / "make-run.log"
    _say("make run (the first time it installs what it needs)")
    with log.open("wb") as written:
        server = subprocess.Popen(
            ["make", "run", f"ARGS=--port {port}"],
            cwd=clone,
            env=kept,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        told = _greeting(server, log)
        hello = next(line.strip() for line in told.splitlines() if line.strip().startswith("curl "))
        _say("The greeting's own command")
        if '"success":true' not in _do(["sh", "-c", f"{hello} -sf"], clone):
            raise Failure("The command of the greeting was not answered.")
        key = (clone / "data" / "owner-api-key").read_text("utf-8").strip()
        asyncio.run(_steps(f"http://127.0.0.1:{port}", key, clone, seconds, server.pid))
        _say("Backup and restore")
        python = str(clone / ".venv" / "bin" / "python")
        _do([python, "-m", "server", "db", "backup", str(folder / "backup.db")], clone)
        restored(folder / "backup.db", folder / "restored", data=clone / "data", python=python, root=clone)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
    if "Traceback" in log.read_text("utf-8"):
        raise Failure(f"The server's log has an error:\n{log.read_text('utf-8')[-4000:]}")


async def _steps(url: str, key: str, clone: Path, seconds: float, session: int) -> None:
    async with Hour(url, key, tell=_say, cpu=partial(cpu_seconds, session)) as hour:
        _say("The page")
        await hour.page()
        for at_once in (1, 2):
            _say(f"Every example, {at_once} at once")
            await hour.examples(at_once=at_once)
            slow = {name: round(took) for name, took in hour.seconds.items() if took > seconds}
            if slow:
                raise Failure(f"Expected that each example takes {seconds:g} s at most, found {slow}.")
        _say("A chatflow with memory and a tool, a flow with a loop and an approval, a team")
        chatflow = await hour.own_chatflow()
        await hour.loop_and_approval()
        await hour.team()
        _say("A chat on another site")
        await hour.embedded(chatflow)
        _say("Both SDKs")
        await hour.python_sdk(clone / "sdks" / "python", python=str(clone / ".venv" / "bin" / "python"))
        await asyncio.to_thread(_typescript, clone / "sdks" / "typescript", url, key)
        _say("Costs")
        await hour.costs()


def cpu_seconds(session: int) -> float:
    """Return how much CPU time the processes of a session have used; NaN where no `/proc` tells.

    The local model is a process of the server's session, with one thread for its work on a machine with two
    cores.
    """
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
            if int(fields[3]) == session:
                # Its own, and those of its children that have ended and were waited for.
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else math.nan


def _typescript(sources: Path, url: str, key: str) -> None:
    """Build the TypeScript SDK as its README says, install it into a project, and chat."""
    _do(["npm", "pack", "--silent"], sources)
    project = sources.parent / "project"
    project.mkdir()
    (project / "package.json").write_text('{"type": "module", "private": true}', "utf-8")
    (project / "chat.js").write_text(TYPESCRIPT, "utf-8")
    packed = next(sources.glob("*.tgz"))
    _do(["npm", "install", "--ignore-scripts", "--omit=peer", "--silent", str(packed)], project)
    _do(["node", "chat.js", url, key], project)


def _greeting(server: "subprocess.Popen[bytes]", log: Path, seconds: float = 900) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        told = log.read_text("utf-8")
        if "Say hello:" in told and "\n  curl " in told.split("Say hello:")[1]:
            return told
        if server.poll() is not None:
            raise Failure(f"make run ended with {server.returncode}:\n{told[-4000:]}")
        time.sleep(0.2)
    raise Failure(f"make run did not greet in {seconds:g} s:\n{log.read_text('utf-8')[-4000:]}")


def _do(command: list[str], folder: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(command)[:200]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
