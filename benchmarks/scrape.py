"""How fast a scrape of the metrics is when there are a million executions.

``python -m benchmarks.scrape`` fills a SQLite database as `benchmarks.lists` does, serves it, and scrapes it
over HTTP as Prometheus does. ``--write`` keeps the section in ``docs/benchmarks.md``.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.chat import server
from benchmarks.lists import fill
from benchmarks.page import machine, write_section
from persistence.storage.database import open_database
from persistence.storage.migrate import upgrade

__all__ = ["main"]

SCRAPE = "/api/agent-builder/metrics/prometheus"


async def _filled(url: str, count: int) -> None:
    async with open_database(url) as database:
        await fill(database, count)


def scrapes(address: str, key: str, rounds: int) -> dict[str, Any]:
    """Scrape again and again; return how long it took and how many series there are."""
    took: list[float] = []
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        begun = time.perf_counter()
        answer = client.get(SCRAPE).raise_for_status()
        first = time.perf_counter() - begun
        for _ in range(rounds):
            begun = time.perf_counter()
            answer = client.get(SCRAPE).raise_for_status()
            took.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.05)
    series = sum(not line.startswith("#") for line in answer.text.splitlines())
    return {
        "first_ms": round(first * 1000, 1),
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(sorted(took)[int(len(took) * 0.95) - 1], 1),
        "series": series,
    }


def measure(count: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Return what a scrape takes with no executions and with `count`."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for executions in (0, count):
            data = Path(folder, str(executions))
            data.mkdir()
            database = f"sqlite+aiosqlite:///{data / 'agenticrag.db'}"
            upgrade(database)
            if executions:
                asyncio.run(_filled(database, executions))
            with server("http://127.0.0.1:9/v1", data) as running:
                address = "http://{}:{}".format(*running.address)
                found[f"{executions:,}"] = scrapes(address, running.key, rounds)
    return found


def section(found: dict[str, dict[str, Any]]) -> str:
    """Return the part of ``docs/benchmarks.md``."""
    rows = "\n".join(
        f"| {name} | {one['first_ms']} | {one['p50_ms']} | {one['p95_ms']} | {one['series']} |"
        for name, one in found.items()
    )
    slowest = max(one["p50_ms"] for one in found.values())
    return f"""## A scrape of the metrics

**Result.** A scrape needs {slowest:.1f} ms (p50) or less, and does not depend on the number of stored runs.

Measured over HTTP with an API key, on a server without other requests. {machine()}.

| executions stored | first ms | p50 ms | p95 ms | series |
|---|---|---|---|---|
{rows}

Repeat it with `python -m benchmarks.scrape`.
"""


def main() -> None:
    """Measure, print the table and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    found = measure(options.executions, options.rounds)
    sys.stdout.write(section(found))
    if options.write:
        write_section("A scrape of the metrics", section(found))


if __name__ == "__main__":
    main()
