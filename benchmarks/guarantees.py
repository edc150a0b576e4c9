"""What each guarantee costs: the same run with one more of them at a time, in one process.

``python -m benchmarks.guarantees`` prints the table; ``--write`` keeps it in ``docs/durability.md`` and
``benchmarks/results/guarantees.json``. A run is a chat of 32 words with a scripted model, sixteen at once.
The arms take turns, round by round, so that a drift of the machine's speed touches all. Quote the ratios.
"""

import argparse
import asyncio
import gc
import json
import re
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.page import machine
from graphs.checks.check import read_flow
from graphs.conversation.messages import ModelAnswer
from graphs.document.flow import GraphDefinition
from graphs.engine.compile import CompiledFlow, compile_flow
from graphs.engine.execute import RunOptions, execute
from graphs.testing.models import ScriptedModels
from graphs.testing.recorder import MemoryRecorder
from graphs.values.events import CallKey, EventType, Visibility
from persistence.checkpoints.checkpointer import Checkpointer
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.runs.executions import Executions, Idempotency, NewExecution
from persistence.storage.database import Database, open_database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.migrate import upgrade

__all__ = ["main"]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "durability.md"
RESULTS = ROOT / "benchmarks" / "results" / "guarantees.json"
ANSWER = " ".join(f"word{number}" for number in range(32))
AT_ONCE = 16
ENDS = ("run.completed", "run.failed")


class Arm(Struct, frozen=True):
    """What is kept of a run."""

    name: str
    accepted: bool = False
    """Written down before it begins, and how it ended, under a claim."""
    events: bool = False
    calls: bool = False
    checkpoints: bool = False
    idempotent: bool = False
    synchronous: str = "NORMAL"


ARMS = (
    Arm("nothing is kept: LangGraph and the nodes"),
    Arm("+ accepted runs: a row before the run, its end under a claim", accepted=True),
    Arm("+ the journal of events, token by token", accepted=True, events=True),
    Arm("+ the answers of calls before they are used", accepted=True, events=True, calls=True),
    Arm("+ checkpoints, each before the next step", accepted=True, events=True, calls=True, checkpoints=True),
    Arm("+ idempotency keys: the default", True, True, True, True, True),
    Arm("the default with synchronous = OFF", True, True, True, True, True, "OFF"),
    Arm("the default with synchronous = FULL", True, True, True, True, True, "FULL"),
)
DEFAULT = 5
"""Place of the arm that a server runs with."""


class Ends(JournalRecorder):
    """Keeps how a run ended, and no other event, call or usage."""

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Keep only an end."""
        if type in ENDS:
            super().emit(type, node=node, path=path, attempt=attempt, visibility=visibility, **data)

    async def store(
        self,
        key: CallKey,
        result: Struct,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        later: bool = False,
    ) -> None:
        """Keep nothing."""


class Events(JournalRecorder):
    """Keeps events and usage, and no answers to go on with after a crash."""

    async def store(
        self,
        key: CallKey,
        result: Struct,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        later: bool = False,
    ) -> None:
        """Keep what it cost, and do not wait for it."""
        if isinstance(result, ModelAnswer):
            self.book(result.attempts, node=node, path=path, attempt=attempt)


class Bench:
    """One arm over a database of its own."""

    def __init__(self, arm: Arm, database: Database) -> None:
        self.arm = arm
        self._database = database
        self._journal = Journal(database)
        self._executions = Executions(database)
        self._compiled = _compiled(Checkpointer(database) if arm.checkpoints else None)
        self._models = ScriptedModels(*[ANSWER] * 100_000)

    async def once(self) -> None:
        """Make one run."""
        if not self.arm.accepted:
            await self._run(str(uuid.uuid4()), MemoryRecorder())
            return
        key = Idempotency("chat", str(uuid.uuid4()), "hash") if self.arm.idempotent else None
        new = NewExecution(
            workspace="default",
            flow_type="chatflow",
            session=str(uuid.uuid4()),
            input={"message": "Hello"},
            options={},
            idempotency=key,
        )
        row = (await self._executions.accept(new, "process", begin=True)).execution
        recorder = self._recorder(row)
        recorder.emit("run.started")
        result = await self._run(row.thread_id, recorder, row.id)
        await recorder.finish("run.completed", "completed", output=result)

    def _recorder(self, row: ExecutionRow) -> JournalRecorder:
        kind = JournalRecorder if self.arm.calls else Events if self.arm.events else Ends
        return kind(self._database, self._journal, row, interval=0.015, last_seq=row.last_seq)

    async def _run(
        self, thread: str, recorder: JournalRecorder | MemoryRecorder, execution: str = "execution"
    ) -> dict[str, Any]:
        run = RunOptions(execution_id=execution, thread_id=thread, input={"message": "Hello"})
        result = await execute(self._compiled, run, recorder, self._models)
        if result.status != "completed":
            raise RuntimeError(f"The run ended as {result.status}: {result.error}")
        return result.output


def _compiled(checkpointer: Checkpointer | None) -> CompiledFlow:
    chat = {"provider": "openai", "model": "scripted", "prompt": "{{ input.message }}"}
    drawn = {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "llm", "type": "llm", "data": chat},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "llm"},
            {"id": "2", "source": "llm", "target": "end"},
        ],
    }
    definition = msgspec.convert(drawn, GraphDefinition)
    return compile_flow(read_flow(definition, name="chat", type="chatflow"), checkpointer=checkpointer)


async def load(work: Callable[[], Awaitable[None]], runs: int) -> float:
    """Keep `AT_ONCE` runs under way until `runs` are done; return the milliseconds of CPU that one took."""
    numbers = iter(range(runs))

    async def client() -> None:
        for _ in numbers:
            await work()

    gc.collect()
    cpu = time.process_time()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return (time.process_time() - cpu) * 1000 / runs


@asynccontextmanager
async def benches(folder: Path) -> AsyncGenerator[list[Bench]]:
    """Open every arm."""
    async with AsyncExitStack() as stack:
        found: list[Bench] = []
        for number, arm in enumerate(ARMS):
            url = f"sqlite+aiosqlite:///{folder / f'{number}.db'}"
            await asyncio.to_thread(upgrade, url)
            database = await stack.enter_async_context(open_database(url, synchronous=arm.synchronous))
            found.append(Bench(arm, database))
        yield found


async def measure(runs: int, rounds: int) -> dict[str, Any]:
    """Return each arm's milliseconds of CPU a run and its runs a second: medians of all rounds."""
    with tempfile.TemporaryDirectory() as temporary:
        async with benches(Path(temporary)) as arms:
            for arm in arms:
                await load(arm.once, AT_ONCE * 2)
            cpu: dict[str, list[float]] = {arm.arm.name: [] for arm in arms}
            rate: dict[str, list[float]] = {arm.arm.name: [] for arm in arms}
            for _ in range(rounds):
                for arm in arms:
                    began = time.perf_counter()
                    cpu[arm.arm.name].append(await load(arm.once, runs))
                    rate[arm.arm.name].append(runs / (time.perf_counter() - began))
    return {
        "machine": machine(),
        "runs": runs,
        "rounds": rounds,
        "arms": {
            name: {
                "cpu_ms": round(statistics.median(cpu[name]), 2),
                "runs_per_second": round(statistics.median(rate[name]), 1),
            }
            for name in cpu
        },
    }


def table(found: dict[str, Any]) -> str:
    """Return the result as Markdown: ratios to the run of which nothing is kept."""
    arms = found["arms"]
    floor = arms[ARMS[0].name]["cpu_ms"]
    lines = [
        "| a run of which is kept | CPU, as a ratio | CPU ms | more than the line above |",
        "|---|---|---|---|",
    ]
    before = 0.0
    for number, arm in enumerate(ARMS):
        cpu = arms[arm.name]["cpu_ms"]
        if number == 0:
            more = ""
        elif number <= DEFAULT:
            more = f"{(cpu - before) / before:+.0%}"
        else:
            more = f"{cpu / arms[ARMS[DEFAULT].name]['cpu_ms'] - 1:+.0%} to the default"
        lines.append(f"| {arm.name} | {cpu / floor:.2f} | {cpu} | {more} |")
        before = cpu
    return "\n".join(lines)


def page(text: str, found: dict[str, Any]) -> str:
    """Return the page with its table of costs made anew."""
    text_before = (
        f"CPU time of a run without HTTP, {AT_ONCE} concurrent runs, on SQLite. Each run is a chat "
        f"of 32 words with a model that costs nothing. Medians of {found['rounds']} rounds on "
        f"{found['machine']}. Compare the ratios."
    )
    written = f"{text_before}\n\n{table(found)}"
    return re.sub(
        r"(<!-- costs -->\n).*?(<!-- end of costs -->)",
        lambda part: f"{part[1]}\n{written}\n\n{part[2]}",
        text,
        flags=re.DOTALL,
    )


def main() -> None:
    """Measure, print the table and with ``--write`` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the table into docs/durability.md")
    options = parser.parse_args()
    import uvloop

    found = uvloop.run(measure(options.runs, options.rounds))
    sys.stdout.write(table(found) + "\n")
    if options.write:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
        PAGE.write_text(page(PAGE.read_text("utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
