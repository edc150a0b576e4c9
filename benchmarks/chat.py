"""A chat served over HTTP, durable and recorded, against raw LangGraph with its stock SQLite saver.

``make bench`` prints the table of one run and writes it to ``benchmarks/results/chat.json`` and
``docs/benchmarks.md``. Both sides ask the same scripted model on loopback; they take turns, round by
round, so that a drift of the machine's speed touches both. Quote the ratios, not the times.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil

from benchmarks.load import Connection, Sample, closed_loop, post_json, post_stream, summarize
from benchmarks.page import machine, write_head

__all__ = ["CHAT", "Server", "main", "model", "server"]

ROOT = Path(__file__).parent.parent
CHAT = "/api/agent-builder/chatflow/chat"
CASES = ((1, False, 1.0), (16, False, 1.0), (1, True, 0.1), (16, True, 0.5))
"""Concurrency, streamed or whole, and the share of ``--requests`` that such a slow case gets."""
FIRST_TOKEN_DELAY = 0.02
"""Seconds a token of the model in the streamed cases, so that the time to the first one is the model's."""


@contextlib.contextmanager
def process(*command: str, environment: dict[str, str] | None = None) -> Generator[subprocess.Popen[str]]:
    """Run a Python module beside us and end it."""
    child = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(40)
        if child.stdout is not None:
            child.stdout.close()


@contextlib.contextmanager
def model(delay: float, tokens: int = 32) -> Generator[str]:
    """Run the scripted model and give its URL."""
    command = ("tests.runtimes.fake_openai", "--tokens", str(tokens), "--delay", str(delay), "--log", "10")
    with process(*command) as child:
        assert child.stdout is not None
        yield child.stdout.readline().strip()


class Server:
    """Our server on a port of its own."""

    def __init__(self, child: subprocess.Popen[str], port: int, key: str, started: float) -> None:
        self.process = psutil.Process(child.pid)
        self.address = ("127.0.0.1", port)
        self.key = key
        self.first_answer_seconds = started
        self.idle_mb = self.process.memory_info().rss / 1e6

    def cpu(self) -> float:
        """CPU seconds used so far."""
        used = self.process.cpu_times()
        return used.user + used.system


@contextlib.contextmanager
def server(
    url: str,
    folder: Path,
    limits: Mapping[str, str] = {},
    *,
    command: tuple[str, ...] = ("server", "serve"),
) -> Generator[Server]:
    """Run our server with its defaults but for `limits`, the model at `url`, and give it once it is ready.

    `command` is the module that serves, with its arguments.
    """
    port = _free_port()
    environment = {
        "AGENTICRAG_DATA_DIR": str(folder),
        "AGENTICRAG_PORT": str(port),
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": "none",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        **limits,
    }
    _agenticrag(environment, "db", "upgrade")
    key = json.loads(_agenticrag(environment, "keys", "create", "--name", "bench", "--json"))["key"]
    begun = time.perf_counter()
    with process(*command, environment=environment) as child:
        _until_200(f"http://127.0.0.1:{port}/health")
        found = Server(child, port, key, time.perf_counter() - begun)
        _until_200(f"http://127.0.0.1:{port}/ready")
        yield found


def _agenticrag(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "server", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _until_200(url: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def ours(running: Server, concurrency: int, requests: int, streamed: bool) -> dict[str, Any]:
    """Measure chats over HTTP, each in a session of its own."""
    config = {"provider": "openai", "model": "fake-model"}

    async def once(connection: Connection, _: int) -> Sample:
        if streamed:
            return await post_stream(connection, f"{CHAT}/stream", {"message": "Hello", "config": config})
        return await post_json(connection, CHAT, {"message": "Hello", "config": config})

    async def load(count: int) -> tuple[list[Sample], float]:
        return await closed_loop(
            running.address, running.key, concurrency=concurrency, requests=count, call=once
        )

    asyncio.run(load(max(10, concurrency)))
    cpu = running.cpu()
    samples, seconds = asyncio.run(load(requests))
    cpu = running.cpu() - cpu
    return {"cpu_ms": cpu * 1000 / requests, **msgspec.to_builtins(summarize(samples, seconds))}


def raw(url: str, folder: Path, concurrency: int, requests: int, streamed: bool, turn: int) -> dict[str, Any]:
    """Measure raw LangGraph in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.raw", "--url", url]
    command += ["--database", str(folder / f"raw-{concurrency}-{streamed}-{turn}.db")]
    command += ["--concurrency", str(concurrency), "--requests", str(requests)]
    if streamed:
        command.append("--stream")
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(requests: int, rounds: int) -> dict[str, Any]:
    """Return the medians of all rounds for each case, and facts of the server's start."""
    cases: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for concurrency, streamed, share in CASES:
        count = max(concurrency, int(requests * share))
        with tempfile.TemporaryDirectory() as temporary, model(FIRST_TOKEN_DELAY if streamed else 0) as url:
            folder = Path(temporary)
            with server(url, folder / "data") as running:
                turns = [
                    (
                        ours(running, concurrency, count, streamed),
                        raw(url, folder, concurrency, count, streamed, turn),
                    )
                    for turn in range(rounds)
                ]
                facts = {
                    "first_answer_seconds": running.first_answer_seconds,
                    "idle_mb": running.idle_mb,
                    "busy_mb": running.process.memory_info().rss / 1e6,
                }
        name = f"{'stream' if streamed else 'chat'}, {concurrency} at once"
        cases[name] = {"ours": _medians([a for a, _ in turns]), "raw": _medians([b for _, b in turns])}
        sys.stderr.write(f"{name}: {json.dumps(cases[name])}\n")
    return {"cases": cases, "server": facts, "machine": machine(), "requests": requests, "rounds": rounds}


def _medians(turns: list[dict[str, Any]]) -> dict[str, float]:
    return {
        name: round(statistics.median(turn[name] for turn in turns), 2)
        for name in turns[0]
        if turns[0][name] is not None
    }


def table(found: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = [
        "| case | | raw LangGraph | served | ratio |",
        "|---|---|---|---|---|",
    ]
    rows = (
        ("cpu_ms", "CPU ms a run"),
        ("requests_per_second", "runs/s"),
        ("p50_ms", "p50 ms"),
        ("p99_ms", "p99 ms"),
        ("first_token_p50_ms", "first token p50 ms"),
        ("first_token_p99_ms", "first token p99 ms"),
    )
    for name, case in found["cases"].items():
        for key, label in rows:
            if key in case["ours"]:
                ratio = case["ours"][key] / case["raw"][key]
                lines.append(f"| {name} | {label} | {case['raw'][key]} | {case['ours'][key]} | {ratio:.2f} |")
    return "\n".join(lines)


def page(found: dict[str, Any]) -> str:
    """Return ``docs/benchmarks.md``."""
    facts = found["server"]
    many = found["cases"]["chat, 16 at once"]
    ratio = many["ours"]["cpu_ms"] / many["raw"]["cpu_ms"]
    return f"""# Benchmarks

How fast the server is. Compare the ratios: the times depend on the machine.
Machine: {found["machine"]}.

## A chat compared with plain LangGraph

**Result.** With 16 concurrent chats, a chat needs {ratio:.2f} times the CPU of plain LangGraph.

AgenticRAG serves the chat over HTTP, with authentication, durability, a full record and metrics.
Plain LangGraph runs in the test process with `ChatOpenAI` and its own `AsyncSqliteSaver`. It has no HTTP, no
record of the run and weaker durability. So it shows the minimum cost.
Both call the same scripted model on the same machine for 32 tokens. Each value is the median of
{found["rounds"]} rounds. In the streamed cases the model needs {FIRST_TOKEN_DELAY * 1000:.0f} ms per token.

{table(found)}

The server answers its first request {facts["first_answer_seconds"]:.2f} s after the start, with
{facts["idle_mb"]:.0f} MB of memory. After the test it uses {facts["busy_mb"]:.0f} MB.

Repeat it with `make bench`.
"""


def main() -> None:
    """Measure, print the table and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write results/chat.json and docs/benchmarks.md")
    options = parser.parse_args()
    found = measure(options.requests, options.rounds)
    sys.stdout.write(page(found))
    if options.write:
        results = ROOT / "benchmarks" / "results"
        results.mkdir(exist_ok=True)
        (results / "chat.json").write_text(json.dumps(found, indent=2) + "\n")
        write_head(page(found))


if __name__ == "__main__":
    main()
