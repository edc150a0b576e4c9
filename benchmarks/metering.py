"""What metering costs: the CPU time of its parts against that of a whole run, in one process.

``python -m benchmarks.metering`` prints it, ``--write`` puts it into ``docs/metrics.md``. The run is a chat
of three nodes with the built-in demo model, recorded and checkpointed on SQLite, without HTTP: the least that
a run can be, so the share is the largest that metering can have.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.page import machine
from graphs.analysis.chatflow import definition_of
from graphs.checks.check import read_flow
from graphs.conversation.messages import Attempt, Usage
from graphs.engine.compile import compile_flow
from graphs.engine.execute import execute
from graphs.model_calls import ModelSettings, open_models
from graphs.values.events import Event
from graphs.values.run_options import RunOptions
from persistence.checkpoints.checkpointer import Checkpointer
from persistence.journal.journal import Journal
from persistence.runs.executions import Executions, NewExecution
from persistence.runs.resumption import open_recorder
from persistence.spending.ledger import Ledger
from persistence.spending.price_list import read_price_list
from persistence.storage.database import Database, open_database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.migrate import upgrade
from server.metrics.counting import Counting
from server.metrics.named_models import NamedModels

__all__ = ["main"]

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
FLOW = {
    "nodes": [
        {"id": "begin", "type": "start", "data": {}},
        {
            "id": "llm",
            "type": "llm",
            "data": {"provider": "demo", "model": "demo", "prompt": "{{ message }}"},
        },
        {"id": "finish", "type": "end", "data": {}},
    ],
    "edges": [
        {"id": "1", "source": "begin", "target": "llm"},
        {"id": "2", "source": "llm", "target": "finish"},
    ],
}


def cpu(work: Callable[[], Any], times: int) -> float:
    """Return the CPU microseconds that one piece of work takes."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


async def run(database: Database, journal: Journal, compiled: Any, models: Any) -> ExecutionRow:
    """Make one run, from its acceptance to its end."""
    new = NewExecution(workspace="w", flow_type="chatflow", input={"message": "Hello there"}, options={})
    row = (await Executions(database).accept(new, "p", begin=True)).execution
    recorder = await open_recorder(database, journal, row, interval=0.015)
    recorder.emit("run.started", recoveries=0)
    result = await execute(
        compiled, RunOptions(execution_id=row.id, thread_id=row.thread_id, input=row.input), recorder, models
    )
    return await recorder.finish("run.completed", "completed", output=result.output, messages=2)


async def measure(runs: int) -> dict[str, float]:
    """Return CPU microseconds: of a run, and of each part of metering that it has."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/metering.db"
        await asyncio.to_thread(upgrade, url)
        async with open_database(url) as database, open_models(ModelSettings(demo_delay=0.0)) as models:
            ledger = Ledger(database)
            await ledger.prices.seed(read_price_list())
            journal = Journal(database, ledger)
            batches: list[list[Event]] = []
            flow = read_flow(definition_of({"graph_definition": FLOW}), name="chat", type="chatflow")
            compiled = compile_flow(flow, checkpointer=Checkpointer(database))
            for _ in range(20):
                row = await run(database, journal, compiled, models)
            journal.watchers.append(lambda _, events: batches.append([*events]))
            row = await run(database, journal, compiled, models)
            journal.watchers.clear()
            began = time.process_time()
            for _ in range(runs):
                await run(database, journal, compiled, models)
            whole = (time.process_time() - began) / runs * 1e6
            parts = await _parts(database, ledger, row, batches)
            return {"run": whole, **parts}


async def _parts(
    database: Database, ledger: Ledger, row: ExecutionRow, batches: list[list[Event]]
) -> dict[str, float]:
    counting = Counting(NamedModels((), lambda _provider, _model: False))
    attempt = Attempt(
        provider="openai",
        model="gpt-4.1-mini-2025-04-14",
        status="completed",
        usage=Usage(input_tokens=100, output_tokens=32),
        started_at=time.time(),
        duration_ms=200.0,
        first_token_ms=20.0,
    )
    entry = ledger.entry(row, "llm", attempt)

    def counted() -> None:
        for events in batches:
            counting.seen(row, events)

    def priced() -> None:
        ledger.keeps(row)
        ledger.entry(row, "llm", attempt)

    def summed(connection: Any) -> float:
        def once() -> None:
            ledger.periods.count_usage(connection, [entry.row], "p")
            ledger.periods.count_run(connection, row, "p")

        return cpu(once, 2000)

    return {
        "counting its events": cpu(counted, 5000),
        "its price, and a look for budgets": cpu(priced, 20_000),
        "its sums, in the transactions that it has anyway": await database.write(summed),
    }


def main() -> None:
    """Measure, print, and with ``--write`` put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--write", action="store_true", help="write docs/metrics.md")
    options = parser.parse_args()
    found = asyncio.run(measure(options.runs))
    whole = found.pop("run")
    lines = ["| part of a run | CPU µs | share |", "|---|---|---|"]
    lines += [f"| {name} | {value:.0f} | {100 * value / whole:.1f} % |" for name, value in found.items()]
    total = sum(found.values())
    lines.append(f"| metering in all | {total:.0f} | {100 * total / whole:.1f} % |")
    lines.append(f"| the run itself, without HTTP | {whole:.0f} | |")
    table = "\n".join(lines) + f"\n\nMeasured on {machine()}."
    sys.stdout.write(table + "\n")
    if options.write:
        text = PAGE.read_text("utf-8")
        text = re.sub(
            r"(<!-- cost -->\n).*?(\n<!-- end -->)", lambda m: m[1] + table + m[2], text, flags=re.DOTALL
        )
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
