"""How fast lists and statistics of executions are when there are a million of them.

``python -m benchmarks.lists`` fills a SQLite database (or the one at ``--url``) in bulk, asks for pages and
statistics in all the ways that the API can, and prints the slowest kinds. ``--write`` keeps the result in
``benchmarks/results/lists.json`` and its table in ``docs/benchmarks.md``.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from benchmarks.page import machine, write_section
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.reports.execution_stats import ExecutionStats
from persistence.spending.rollups import DAY, bucket_of, day_of
from persistence.storage.database import Database, open_database
from persistence.storage.migrate import upgrade
from persistence.storage.tables.library import flows, sessions
from persistence.storage.tables.runs import executions
from persistence.storage.tables.spending import run_periods, usage_periods

__all__ = ["main"]

ROOT = Path(__file__).parent.parent
FLOWS, SESSIONS, DAYS = 50, 5_000, 90
STATUSES = ("completed",) * 93 + ("failed",) * 4 + ("cancelled",) * 2 + ("timeout",)
CHUNK = 20_000


def identifier(number: int) -> str:
    """Return a UUID that sorts by its number."""
    return str(uuid.UUID(int=(number << 80) | (number * 0x9E3779B97F4A7C15 & (1 << 60) - 1)))


async def fill(database: Database, count: int) -> None:
    """Write `count` executions of the last 90 days, their flows and sessions, and the sums of them."""
    now = time.time()
    begun = now - DAYS * DAY
    flow_ids = [identifier(number + 1) for number in range(FLOWS)]
    session_ids = [identifier(10_000 + number) for number in range(SESSIONS)]
    common: dict[str, Any] = {"workspace": "default", "created_at": begun}
    flow = {"flow_type": "agentflow", "name": "f", "description": "", "document": "{}", "version": 1}
    flow |= {"tags": "[]", "search": "", "category": "", "is_active": True, "is_public": False}
    session = {"title": "", "memory": "{}", "status": "active", "message_count": 0, "total_tokens": 0}

    def frame(connection: Connection) -> None:
        rows = [{**common, **flow, "id": id, "updated_at": begun} for id in flow_ids]
        connection.execute(insert(flows), rows)
        connection.execute(
            insert(sessions),
            [
                {**common, **session, "id": id, "name": f"s{number}", "last_activity_at": begun}
                for number, id in enumerate(session_ids)
            ],
        )

    await database.write(frame)
    sums: dict[tuple[Any, ...], list[float]] = {}
    spread = random.Random(7)
    for start in range(0, count, CHUNK):
        rows: list[dict[str, Any]] = []
        for number in range(start, min(count, start + CHUNK)):
            created = begun + (now - begun) * number / count
            status = spread.choice(STATUSES)
            took = spread.lognormvariate(7, 1)
            flow_id = flow_ids[min(FLOWS - 1, int(spread.expovariate(0.15)))]
            sessioned = number % 2 == 0
            rows.append(
                _execution(number, created, status, took, flow_id, spread.choice(session_ids), sessioned)
            )
            key = (day_of(created), flow_id, status, bucket_of(took))
            known = sums.setdefault(key, [0, 0.0])
            known[0] += 1
            known[1] += took
        await database.write(lambda connection: connection.execute(insert(executions), rows))  # noqa: B023
        sys.stderr.write(f"\r{start + len(rows):,} executions")
    sys.stderr.write("\n")
    await database.write(lambda connection: _sums(connection, sums))
    if database.dialect == "postgresql":
        await database.write(lambda connection: connection.execute(text("ANALYZE")))


def _execution(
    number: int, created: float, status: str, took: float, flow_id: str, session_id: str, sessioned: bool
) -> dict[str, Any]:
    id = identifier(100_000 + number)
    return {
        "id": id,
        "workspace": "default",
        "flow_id": flow_id,
        "flow_version": 1,
        "flow_type": "agentflow",
        "session_id": session_id if sessioned else None,
        "thread_id": session_id if sessioned else id,
        "status": status,
        "input": '{"message": "' + "Where is my order? " * 10 + '"}',
        "options": "{}",
        "output": '{"output": "' + "It is on its way. " * 30 + '"}' if status == "completed" else None,
        "error": '{"code": "failed", "message": "It failed."}' if status == "failed" else None,
        "position": number,
        "claim": 1,
        "recoveries": 0,
        "last_seq": 20,
        "cancel_requested": "",
        "created_at": created,
        "started_at": created,
        "completed_at": created + took / 1000,
        "duration_ms": took,
        "pruned_at": created,
    }


def _sums(connection: Connection, sums: dict[tuple[Any, ...], list[float]]) -> None:
    common = {"span": DAY, "workspace": "default", "process_id": ""}
    runs = [
        {**common, "start": start, "flow_id": flow_id, "flow_type": "agentflow", "status": status}
        | {"bucket": bucket, "runs": count, "duration_ms": took}
        for (start, flow_id, status, bucket), (count, took) in sums.items()
    ]
    connection.execute(insert(run_periods), runs)
    used: dict[tuple[int, str], int] = {}
    for (start, flow_id, *_), (count, _) in sums.items():
        used[start, flow_id] = used.get((start, flow_id), 0) + int(count)
    numbers = {"cached_input_tokens": 0, "reasoning_tokens": 0, "cost_usd": 0.0, "estimated": 0}
    connection.execute(
        insert(usage_periods),
        [
            {**common, **numbers, "start": start, "flow_id": flow_id, "provider": "openai", "model": "m"}
            | {"status": "completed", "requests": count, "unpriced": count}
            | {"input_tokens": count * 300, "output_tokens": count * 80}
            for (start, flow_id), count in used.items()
        ],
    )


def cases(count: int) -> dict[str, Callable[[ExecutionLists, ExecutionStats, random.Random], Awaitable[Any]]]:
    """Return the kinds of questions."""
    now = time.time()
    any_flow = [identifier(number + 1) for number in range(FLOWS)]

    def page(offset: float = 0.0, **wanted: Any) -> Any:
        async def ask(lists: ExecutionLists, _: ExecutionStats, spread: random.Random) -> Any:
            known: dict[str, Any] = {
                name: value(spread) if callable(value) else value for name, value in wanted.items()
            }
            return await lists.page(
                "default", Wanted(**known), limit=50, offset=int(offset * count * spread.random())
            )

        return ask

    def stats(days: int) -> Any:
        async def ask(_: ExecutionLists, read: ExecutionStats, __: random.Random) -> Any:
            return await read.read("default", days=days)

        return ask

    def of_a_flow(spread: random.Random) -> str:
        return spread.choice(any_flow)

    return {
        "first page": page(),
        "any page": page(1.0),
        "status completed, any page": page(0.9, status="completed"),
        "status timeout": page(status="timeout"),
        "status running (none)": page(status="running"),
        "a flow": page(flow_id=of_a_flow),
        "a flow, its failed ones": page(flow_id=of_a_flow, status="failed"),
        "a session": page(session=lambda spread: f"s{spread.randrange(SESSIONS)}"),  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType]
        "the last 7 days": page(since=now - 7 * DAY),
        "the last 45 days": page(since=now - 45 * DAY),
        "all but the last day": page(until=now - DAY),
        "a flow, the last 30 days, failed": page(flow_id=of_a_flow, status="failed", since=now - 30 * DAY),
        "statistics of 7 days": stats(7),
        "statistics of 90 days": stats(90),
    }


async def measure(url: str, count: int, rounds: int) -> dict[str, Any]:
    """Fill the database and return p50 and p95 of each kind in milliseconds."""
    await asyncio.to_thread(upgrade, url)
    found: dict[str, Any] = {}
    async with open_database(url, pool_size=2) as database:
        await fill(database, count)
        lists, read = ExecutionLists(database), ExecutionStats(database)
        spread = random.Random(11)
        for name, ask in cases(count).items():
            took: list[float] = []
            for _ in range(rounds):
                begun = time.perf_counter()
                await ask(lists, read, spread)
                took.append((time.perf_counter() - begun) * 1000)
            found[name] = {
                "p50_ms": round(statistics.median(took), 2),
                "p95_ms": round(sorted(took)[int(len(took) * 0.95) - 1], 2),
            }
            sys.stderr.write(f"{name}: {found[name]}\n")
    return {"executions": count, "database": url.partition(":")[0], "cases": found, "machine": machine()}


def table(found: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    rows = [f"| {name} | {case['p50_ms']} | {case['p95_ms']} |" for name, case in found["cases"].items()]
    return "\n".join(["| page of 50, with its total | p50 ms | p95 ms |", "|---|---|---|", *rows])


def section(found: dict[str, Any]) -> str:
    """Return the part of ``docs/benchmarks.md``."""
    slowest = max(case["p95_ms"] for case in found["cases"].values())
    return f"""## Lists of executions

**Result.** With {found["executions"]:,} stored runs, 95 of 100 lists need at most {slowest:.0f} ms.

The runs belong to {FLOWS} flows and {SESSIONS:,} sessions and cover {DAYS} days. The database is SQLite, and
the test does not use HTTP. Totals are exact. {found["machine"]}.

{table(found)}

Repeat it with `python -m benchmarks.lists`.
"""


def main() -> None:
    """Measure, print the table and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument(
        "--url", default="", help="an empty database; a SQLite file of its own where none is named"
    )
    parser.add_argument(
        "--write", action="store_true", help="write results/lists.json and docs/benchmarks.md"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite+aiosqlite:///{folder}/lists.db"
        found = asyncio.run(measure(url, options.executions, options.rounds))
    sys.stdout.write(section(found))
    if options.write:
        (ROOT / "benchmarks" / "results" / "lists.json").write_text(json.dumps(found, indent=2) + "\n")
        write_section("Lists of executions", section(found))


if __name__ == "__main__":
    main()
