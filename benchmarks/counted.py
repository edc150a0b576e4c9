"""What a chat costs in counted work: Python calls, SQL statements, transactions, thread hops and tasks.

``python -m benchmarks.counted`` prints the table; ``--write`` keeps it in ``benchmarks/results/counted.json``
and ``docs/benchmarks.md``. Counts hardly depend on the machine, so a test compares them with `MOST`.
``--calls N`` prints the functions that were called most often.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.chat import CHAT, Server, model, server
from benchmarks.load import Connection, Sample, closed_loop, post_json, post_stream
from benchmarks.page import write_section
from benchmarks.shapes import API, stored

__all__ = ["CASES", "MOST", "Counted", "count", "main"]

ROOT = Path(__file__).parent.parent
TITLE = "Counted work"
TIDY = 3.4
"""Seconds after which the server has made small what has ended."""


class Case(Struct, frozen=True):
    """A kind of request, and how many of it are counted."""

    requests: int
    concurrency: int = 1
    session: bool = False
    """Whether all are turns of one session."""
    stream: bool = False
    chain: bool = False


CASES: Mapping[str, Case] = {
    "chat alone": Case(30),
    "chat in one session": Case(30, session=True),
    "chat, 16 at once": Case(96, 16),
    "stream of 32 tokens": Case(10, stream=True),
    "chain of 100": Case(5, chain=True),
}


class Counted(Struct, frozen=True):
    """Counted work of one request, with what is done later for it."""

    calls: float
    """Python calls up to the answer."""
    statements: float
    """SQL statements, but for the begin and end of transactions."""
    commits: float
    """Transactions that wrote."""
    reads: float
    """Transactions that only read."""
    checkpoints: float
    """Rows of checkpoints."""
    journal: float
    """Inserts into the journal of events."""
    records: float
    """Inserts into the recorded calls."""
    hops: float
    """Pieces of work given to other threads."""
    tasks: float
    """Tasks of asyncio."""
    later_calls: float
    later_statements: float
    """What follows within seconds of the answer: the journal is made small, checkpoints are dropped."""


MOST: Mapping[str, Counted] = {
    "chat alone": Counted(
        calls=6_200,
        statements=32,
        commits=9,
        reads=4,
        checkpoints=3,
        journal=10,
        records=2,
        hops=13,
        tasks=17,
        later_calls=5_000,
        later_statements=12,
    ),
    "chat in one session": Counted(
        calls=7_700,
        statements=50,
        commits=9,
        reads=7,
        checkpoints=3,
        journal=10,
        records=3,
        hops=16,
        tasks=17,
        later_calls=2_000,
        later_statements=10,
    ),
    "chain of 100": Counted(
        calls=50_000,
        statements=330,
        commits=20,
        reads=8,
        checkpoints=3,
        journal=120,
        records=100,
        hops=30,
        tasks=20,
        later_calls=10_000,
        later_statements=30,
    ),
}
"""What may be counted at most: a slow machine writes a little more often, since events wait a fixed time."""


def count(
    name: str, *, environment: Mapping[str, str] = {}, module: str = "benchmarks.counting_server"
) -> tuple[Counted, dict[str, float], dict[str, float]]:
    """Return what one request of a case costs, with its calls by function and its statements by kind."""
    case = CASES[name]
    # 20 ms a token is what a model takes; a whole answer comes at once.
    with tempfile.TemporaryDirectory() as temporary, model(0.02 if case.stream else 0) as url:
        folder, target = Path(temporary), Path(temporary) / "counts.json"
        command = (module, str(target))
        with server(url, folder / "data", environment, command=command) as running:
            flow = stored(running, "chain") if case.chain else ""
            snapshot(running, target)
            load(running, case, 16, flow)
            time.sleep(TIDY)
            before = snapshot(running, target)
            stored_before = _checkpoints(folder / "data")
            load(running, case, case.requests, flow)
            stored_after = _checkpoints(folder / "data")
            answered = snapshot(running, target)
            time.sleep(TIDY)
            later = snapshot(running, target)
    during, after = difference(before, answered), difference(answered, later)
    kinds = {kind: each / case.requests for kind, each in during["statements"].items()}
    calls = {place: each / case.requests for place, each in during["calls"].items()}
    return _counted(during, after, stored_after - stored_before, case.requests), calls, kinds


def load(running: Server, case: Case, requests: int, flow: str) -> None:
    """Send requests and wait for their answers."""
    config = {"provider": "openai", "model": "fake-model"}
    named = {"session_id": "counted"} if case.session else {}

    async def once(connection: Connection, _: int) -> Sample:
        if case.chain:
            return await post_json(connection, f"{API}/agentflows/{flow}/execute", {"input_data": {}})
        body = {"message": "Hello", "config": config, **named}
        if case.stream:
            return await post_stream(connection, f"{CHAT}/stream", body)
        return await post_json(connection, CHAT, body)

    asyncio.run(
        closed_loop(running.address, running.key, concurrency=case.concurrency, requests=requests, call=once)
    )


def snapshot(running: Server, target: Path) -> dict[str, Any]:
    """Return what the server has counted so far."""
    target.unlink(missing_ok=True)
    os.kill(running.process.pid, signal.SIGUSR1)
    end = time.monotonic() + 30
    while not target.exists():
        if time.monotonic() > end:
            raise TimeoutError("The server has not written its counts for 30 seconds.")
        time.sleep(0.01)
    return json.loads(target.read_bytes())


def difference(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return what was counted between two snapshots."""
    return {
        name: dict(Counter(value) - Counter(first[name])) if isinstance(value, dict) else value - first[name]
        for name, value in second.items()
    }


def _checkpoints(folder: Path) -> int:
    """Return how many checkpoints the database of a data folder has."""
    (file,) = folder.glob("*.db")
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0]


def _counted(during: dict[str, Any], after: dict[str, Any], checkpoints: int, requests: int) -> Counted:
    def statements(found: dict[str, Any], *kinds: str) -> int:
        return sum(each for kind, each in found["statements"].items() if not kinds or kind in kinds)

    def work(found: dict[str, Any]) -> int:
        return statements(found) - statements(found, "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")

    facts = {
        "calls": sum(during["calls"].values()),
        "statements": work(during),
        "commits": statements(during, "BEGIN IMMEDIATE"),
        "reads": statements(during, "BEGIN"),
        "checkpoints": checkpoints,
        "journal": statements(during, "INSERT journal"),
        "records": statements(during, "INSERT calls"),
        "hops": during["hops"],
        "tasks": during["tasks"],
        "later_calls": sum(after["calls"].values()),
        "later_statements": work(after),
    }
    return msgspec.convert({name: round(each / requests, 2) for name, each in facts.items()}, Counted)


def table(found: Mapping[str, Counted]) -> str:
    """Return the counts as Markdown."""
    names = Counted.__struct_fields__
    head = "| a request | " + " | ".join(name.replace("_", " ") for name in names) + " |"
    rows = [
        f"| {case} | " + " | ".join(f"{getattr(counted, name):,.4g}" for name in names) + " |"
        for case, counted in found.items()
    ]
    return "\n".join([head, "|---" * (len(names) + 1) + "|", *rows])


def section(found: Mapping[str, Counted]) -> str:
    """Return the section of ``docs/benchmarks.md``."""
    alone = found["chat alone"]
    return f"""## {TITLE}

**Result.** A chat alone needs {alone.statements:.0f} SQL statements and {alone.commits:.1f} commits.

Counts hardly depend on the machine, so CI compares them with bounds. All are of one request, on SQLite.
`calls` are calls of Python functions, libraries included. `later` is work within seconds after the answer.

{table(found)}

Repeat it with `python -m benchmarks.counted`.
"""


def main() -> None:
    """Count, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the result")
    parser.add_argument("--case", action="append", choices=[*CASES], help="count these alone")
    parser.add_argument("--calls", type=int, default=0, help="print so many functions of each case")
    options = parser.parse_args()
    found: dict[str, Counted] = {}
    for name in options.case or CASES:
        found[name], calls, kinds = count(name)
        if options.calls:
            most = sorted(calls.items(), key=lambda each: -each[1])[: options.calls]
            sys.stdout.write("".join(f"{each:9.1f} {place}\n" for place, each in most))
            sys.stdout.write("".join(f"{each:9.2f} {kind}\n" for kind, each in sorted(kinds.items())))
    sys.stdout.write(table(found) + "\n")
    if options.write:
        results = ROOT / "benchmarks" / "results" / "counted.json"
        results.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        write_section(TITLE, section(found))


if __name__ == "__main__":
    main()
