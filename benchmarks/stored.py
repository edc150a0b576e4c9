"""What runs of several shapes leave in the database: with large values stored once, and without.

``python -m benchmarks.stored`` prints the table; ``--write`` keeps it in ``docs/durability.md``. A value of
900 kB goes through each shape. The bytes are those of the columns that hold what runs pass on, on SQLite.
"""

import argparse
import asyncio
import itertools
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from graphs.checks.check import read_flow
from graphs.document.flow import GraphDefinition
from graphs.engine.compile import compile_flow
from graphs.engine.execute import RunOptions, execute
from graphs.testing.models import ScriptedModels
from persistence.checkpoints.checkpointer import Checkpointer
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.runs.executions import Executions, NewExecution
from persistence.storage.database import LARGE, Database, open_database
from persistence.storage.migrate import upgrade

__all__ = ["COLUMNS", "main", "stored_bytes"]

PAGE = Path(__file__).parent.parent / "docs" / "durability.md"
SIZE = 900_000
COLUMNS = {
    "large_values": "body",
    "journal": "body",
    "calls": "result",
    "checkpoints": "checkpoint",
    "checkpoint_writes": "value",
    "executions": "coalesce(output, '')",
}


def chain(data: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Return nodes in a row; `data` is the first one's, and each other gives what the one before gave."""
    names = ["start", *(f"n{number}" for number in range(count)), "end"]
    nodes = [
        {
            "id": name,
            "type": "transform",
            "data": data if name == "n0" else {"expression": f"nodes.{before}"},
        }
        for before, name in itertools.pairwise(names[:-1])
    ]
    return {
        "nodes": [{"id": "start", "type": "start"}, *nodes, {"id": "end", "type": "end"}],
        "edges": [{"id": one, "source": one, "target": other} for one, other in itertools.pairwise(names)],
    }


TEXT = "x" * SIZE
ROWS = [{"number": number, "name": f"row {number}"} for number in range(SIZE // 36)]
SHAPES: Mapping[str, tuple[dict[str, Any], Any]] = {
    "a chat of one short answer": (chain({"expression": "input.value"}, 1), "Hello"),
    "3 nodes that pass a text of 900 kB on": (chain({"expression": "input.value"}, 3), TEXT),
    "40 nodes that pass a text of 900 kB on": (chain({"expression": "input.value"}, 40), TEXT),
    "40 nodes that pass a list of 900 kB on": (chain({"expression": "input.value"}, 40), ROWS),
    "10 nodes that pass 10 texts of 90 kB on": (
        chain({"expression": "input.value"}, 10),
        [f"{number}" * (SIZE // 10) for number in range(10)],
    ),
}


async def stored_bytes(database: Database) -> dict[str, int]:
    """Return how many bytes each table has of what runs pass on."""
    found: dict[str, int] = {}
    for table, column in COLUMNS.items():
        statement = text(f"SELECT coalesce(sum(length({column})), 0) FROM {table}")
        found[table] = await database.read(lambda c, wanted=statement: int(c.scalar(wanted) or 0))
    return found


async def measure(graph: dict[str, Any], value: Any, most: int) -> int:
    """Return the bytes that one run leaves where values from `most` bytes on are stored once."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/stored.db"
        await asyncio.to_thread(upgrade, url)
        async with open_database(url, large_value_bytes=most) as database:
            journal = Journal(database)
            new = NewExecution(
                workspace="w", flow_type="agentflow", input={"value": value}, options={}, session=None
            )
            row = (await Executions(database).accept(new, "p", begin=True)).execution
            recorder = JournalRecorder(database, journal, row, interval=0.015, last_seq=row.last_seq)
            recorder.emit("run.started")
            flow = read_flow(msgspec.convert(graph, GraphDefinition), name="shape", type="agentflow")
            compiled = compile_flow(flow, checkpointer=Checkpointer(database))
            run = RunOptions(
                execution_id=row.id, workspace="w", thread_id=row.thread_id, input={"value": value}
            )
            result = await execute(compiled, run, recorder, ScriptedModels())
            if result.status != "completed":
                raise RuntimeError(f"The run ended as {result.status}: {result.error}")
            await recorder.finish("run.completed", "completed", output=result.output)
            return sum((await stored_bytes(database)).values())


async def table() -> str:
    """Return the result as Markdown."""
    lines = ["| a run | stored with each | stored once | of it |", "|---|---|---|---|"]
    for name, (graph, value) in SHAPES.items():
        before, after = await measure(graph, value, 0), await measure(graph, value, LARGE)
        lines.append(f"| {name} | {_size(before)} | {_size(after)} | {after / before:.1%} |")
    return "\n".join(lines)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"


def main() -> None:
    """Measure, print the table and with ``--write`` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/durability.md")
    options = parser.parse_args()
    found = asyncio.run(table())
    sys.stdout.write(found + "\n")
    if options.write:
        page = PAGE.read_text("utf-8")
        written = re.sub(
            r"(<!-- stored -->\n).*?(<!-- end of stored -->)",
            lambda part: f"{part[1]}\n{found}\n\n{part[2]}",
            page,
            flags=re.DOTALL,
        )
        PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
