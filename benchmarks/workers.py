"""Workers: what the queue adds to a run, how late a token comes through a worker, and runs/s by workers.

``python -m benchmarks.workers`` prints the table; ``--write`` keeps it in ``benchmarks/results/workers.json``
and ``docs/benchmarks.md``. It needs the PostgreSQL and the Redis of the tests, whose database 8 it empties.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import redis

from benchmarks.chat import CHAT, Server, model, process, server
from benchmarks.load import Connection, Sample, closed_loop, post_json, summarize
from benchmarks.page import machine, write_section
from persistence.storage.ids import new_id

__all__ = ["main"]

POSTGRESQL = "postgresql://root@127.0.0.1:5432"
REDIS = "redis://127.0.0.1:6379/8"
API = "/api/agent-builder"
CONFIG = {"provider": "openai", "model": "fake-model"}
RESULTS = Path(__file__).parent / "results" / "workers.json"
CLIENTS = 32
SLOTS = 8
"""Runs that a worker has at once in the measure of runs/s."""


@contextlib.contextmanager
def database() -> Generator[str]:
    """Make a database and drop it."""
    name = f"bench_{uuid.uuid4().hex[:12]}"

    def administer(statement: str) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(f"{POSTGRESQL}/postgres")
            await connection.execute(statement)
            await connection.close()

        asyncio.run(work())

    administer(f"CREATE DATABASE {name}")
    try:
        yield name
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def deployment(model_url: str, queue: str, workers: int, slots: int = 16) -> Generator[tuple[Server, str]]:
    """Run a server and workers; `queue` is ``inline``, ``redis`` or ``postgresql``."""
    with database() as name, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        settings = {
            "AGENTICRAG_DATABASE_URL": f"postgresql+asyncpg://root@127.0.0.1:5432/{name}",
            "AGENTICRAG_DATA_DIR": folder,
            "AGENTICRAG_MAX_CONCURRENT_RUNS": str(slots),
            "AGENTICRAG_WORKER_CONCURRENCY": str(slots),
            "AGENTICRAG_EXECUTOR": "inline" if queue == "inline" else "saq",
        }
        if queue == "redis":
            redis.Redis.from_url(REDIS).flushdb()
            settings["AGENTICRAG_QUEUE_URL"] = REDIS
        running = stack.enter_context(server(model_url, Path(folder), settings))
        environment = {**settings, "OPENAI_BASE_URL": model_url, "OPENAI_API_KEY": "none"}
        environment["OLLAMA_BASE_URL"] = "http://127.0.0.1:9"
        for _ in range(0 if queue == "inline" else workers):
            child = stack.enter_context(process("server", "worker", environment=environment))
            assert child.stdout is not None
            child.stdout.readline()
        yield running, f"{POSTGRESQL}/{name}"


async def load(running: Server, requests: int, clients: int) -> dict[str, Any]:
    """Chat in a closed loop, each chat in a session of its own."""

    async def once(connection: Connection, _: int) -> Sample:
        return await post_json(connection, CHAT, {"message": "Hello", "config": CONFIG})

    samples, seconds = await closed_loop(
        running.address, running.key, concurrency=clients, requests=requests, call=once
    )
    found = summarize(samples, seconds)
    return {"p50_ms": found.p50_ms, "p99_ms": found.p99_ms, "runs_per_second": found.requests_per_second}


async def waits(url: str) -> float:
    """Return the median time from the acceptance of a run to its beginning, in ms."""
    connection = await asyncpg.connect(url)
    found = await connection.fetch("SELECT started_at - created_at AS wait FROM executions")
    await connection.close()
    return statistics.median(row["wait"] for row in found) * 1000


async def lags(running: Server, runs: int) -> tuple[float, float]:
    """Return how late tokens come, p50 and p99 in ms: from the time in the event to its arrival."""
    late: list[float] = []
    base = f"http://{running.address[0]}:{running.address[1]}{API}"
    headers = {"Authorization": f"Bearer {running.key}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as http:
        for _ in range(runs):
            session = new_id()
            body = {"message": "Hello", "config": CONFIG, "session_id": session}
            starting = asyncio.create_task(http.post("/chatflow/chat", json=body))
            found: list[Any] = []
            while not found:
                answer = await http.get("/executions", params={"limit": 1, "status": "running"})
                found = answer.json()["executions"]
                await asyncio.sleep(0.005)
            async with http.stream("GET", f"/executions/{found[0]['id']}/events") as events:
                joined = time.time()
                async for line in events.aiter_lines():
                    if line.startswith("data: {"):
                        event = json.loads(line[6:])
                        if event["type"] == "message.delta" and _seconds(event["ts"]) > joined:
                            late.append(time.time() - _seconds(event["ts"]))
            (await starting).raise_for_status()
    ordered = sorted(late)
    return statistics.median(late) * 1000, ordered[int(len(ordered) * 0.99)] * 1000


def _seconds(moment: Any) -> float:
    if isinstance(moment, (int, float)):
        return float(moment)
    from datetime import datetime

    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def measure(quick: bool) -> dict[str, Any]:
    """Measure everything; figures of one machine, to be compared with each other."""
    found: dict[str, Any] = {"alone": {}, "tokens": {}, "rate": {}}
    alone, streams, rate = (40, 3, 100) if quick else (300, 12, 600)
    with model(0.0, 8) as url:
        for queue in ("inline", "redis", "postgresql"):
            with deployment(url, queue, 1) as (running, base):
                asyncio.run(load(running, 20, 4))
                one = asyncio.run(load(running, alone, 1))
                found["alone"][queue] = {**one, "wait_ms": asyncio.run(waits(base))}
    with model(0.02, 32) as url:
        for queue in ("inline", "redis", "postgresql"):
            with deployment(url, queue, 1) as (running, _):
                asyncio.run(load(running, 4, 4))
                p50, p99 = asyncio.run(lags(running, streams))
                found["tokens"][queue] = {"lag_p50_ms": p50, "lag_p99_ms": p99}
    with model(0.2, 1) as url:
        for workers in (1, 2, 4):
            with deployment(url, "redis", workers, SLOTS) as (running, base):
                asyncio.run(load(running, CLIENTS, CLIENTS))
                found["rate"][str(workers)] = asyncio.run(load(running, rate, CLIENTS))
    return found


def table(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = ["| | in process | Redis | PostgreSQL |", "|---|---|---|---|"]
    ways = ("inline", "redis", "postgresql")

    def row(name: str, group: str, figure: str) -> str:
        return f"| {name} | " + " | ".join(f"{found[group][way][figure]:.1f}" for way in ways) + " |"

    lines += [
        row("a chat alone, p50 ms", "alone", "p50_ms"),
        row("from accepted to begun, p50 ms", "alone", "wait_ms"),
        row("a token, from written to read, p50 ms", "tokens", "lag_p50_ms"),
        row("the same, p99 ms", "tokens", "lag_p99_ms"),
        "",
        f"Runs/s on Redis with a model that waits 200 ms, {SLOTS} runs at once a worker, {CLIENTS} clients:",
        "",
        "| workers | runs/s | as a ratio |",
        "|---|---|---|",
    ]
    lines.insert(0, f"## Workers\n\nOn PostgreSQL, {machine()}. Chats of one model node.\n")
    one = found["rate"]["1"]["runs_per_second"]
    for workers, figures in found["rate"].items():
        each = figures["runs_per_second"]
        lines.append(f"| {workers} | {each:.1f} | {each / one:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print; with ``--write`` keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.quick)
    print(table(found))
    if asked.write:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
        write_section("Workers", table(found) + "\n\n`python -m benchmarks.workers --write` repeats it.\n")


if __name__ == "__main__":
    main()
