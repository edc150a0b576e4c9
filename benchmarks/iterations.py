"""How fast lists are walked: an iteration over 1,000 items, work on lists, and loops that accumulate.

``python -m benchmarks.iterations`` runs flows in this process, with a scripted model that takes 10 ms.
``--write`` keeps the result in ``benchmarks/results/iterations.json`` and in ``docs/benchmarks.md``.
"""

import argparse
import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.page import machine, write_section
from graphs.checks.check import read_flow
from graphs.document.flow import Flow, GraphDefinition
from graphs.testing.driver import run_flow
from graphs.testing.models import Script, ScriptedModels
from graphs.values.run_options import Limits

__all__ = ["main"]

TITLE = "Iterations and lists"
ROOT = Path(__file__).parent.parent
ITEMS, AT_ONCE, SECONDS = 1_000, 20, 0.010
ROUNDS = 9
SIZES = (200, 400)
"""Items of list work and turns of loops: CPU of the second against the first."""


def flow(nodes: dict[str, tuple[str, dict[str, Any]]], *edges: str) -> Flow:
    """Return a flow; edges are ``source:outlet>target``."""
    named = {"start": ("start", {}), **nodes, "end": ("end", {})}
    drawn: list[dict[str, Any]] = []
    for edge in edges:
        source, _, target = edge.partition(">")
        source, _, outlet = source.partition(":")
        drawn.append({"id": edge, "source": source, "target": target, "sourceHandle": outlet or None})
    definition = {
        "nodes": [{"id": id, "type": kind, "data": data} for id, (kind, data) in named.items()],
        "edges": drawn,
    }
    return read_flow(
        msgspec.convert(definition, GraphDefinition), name="walk", type="agentflow", max_steps=100_000
    )


def walk() -> Flow:
    """Return an iteration that asks a model for each item."""
    asks = {"provider": "demo", "model": "demo", "history": False, "prompt": "Item {{ loop.item }}"}
    each = {"items": "range(input.n)", "max_concurrency": AT_ONCE}
    nodes = {"each": ("iteration", each), "ask": ("llm", asks)}
    return flow(nodes, "start>each", "each:body>ask", "ask>each", "each:done>end")


def list_work() -> Flow:
    """Return a flow that sorts, groups, filters and joins a list."""
    work = (
        "length(join([string(p.n) for p in sort([{n: i % 9} for i in range(input.n)], 'n')], ',')) "
        "+ length(group([{k: string(i % 7)} for i in range(input.n)], 'k')) "
        "+ length(unique([i % 50 for i in range(input.n)]))"
    )
    return flow({"work": ("transform", {"expression": work})}, "start>work", "work>end")


def accumulating() -> Flow:
    """Return a loop that adds each turn to a list."""
    variables = {"variables": [{"name": "all", "reducer": "append"}]}
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "start": ("start", variables),
        "turns": ("loop", {"items": "range(input.n)", "max_iterations": 450}),
        "add": ("transform", {"expression": "loop.item", "set": {"all": "output"}}),
    }
    return flow(nodes, "start>turns", "turns:body>add", "add>turns", "turns:done>end")


async def measured(drawn: Flow, n: int, models: ScriptedModels | None = None) -> tuple[float, float]:
    """Return wall and CPU seconds of a run."""
    limits = Limits(max_model_calls=10_000, max_steps=100_000, max_node_runs=1_000_000)
    began, spent = time.perf_counter(), time.process_time()
    ran = await run_flow(drawn, {"n": n}, models=models, limits=limits)
    if ran.result.status != "completed":
        raise SystemExit(f"The run ended {ran.result.status}: {ran.result.error}")
    return time.perf_counter() - began, time.process_time() - spent


async def best(drawn: Flow, n: int, rounds: int = 5) -> float:
    """Return the least CPU of several runs, in seconds."""
    return min([(await measured(drawn, n))[1] for _ in range(rounds)])


async def run() -> dict[str, Any]:
    """Measure everything."""
    await measured(walk(), 20, ScriptedModels(*["x"] * 20))  # what is imported and compiled once
    ideal = ITEMS / AT_ONCE * SECONDS
    walks = [
        await measured(walk(), ITEMS, ScriptedModels(*[Script(text=["x"], delay=SECONDS)] * ITEMS))
        for _ in range(ROUNDS)
    ]
    wall, cpu = min(walks)
    growth = {}
    for name, drawn in (("list_work", list_work()), ("accumulating_loop", accumulating())):
        first, second = [await best(drawn, n) for n in SIZES]
        growth[name] = round(second / first, 2)
    return {
        "items": ITEMS,
        "at_once": AT_ONCE,
        "model_ms": SECONDS * 1000,
        "ideal_seconds": ideal,
        "seconds": round(wall, 3),
        "cpu_seconds": round(cpu, 3),
        "of_ideal": round(wall / ideal, 2),
        "cpu_of_ideal": round(cpu / ideal, 2),
        "others_running": round(max(0.0, os.getloadavg()[0] - 1), 1),
        "cpu_of_twice_as_many": growth,
        "machine": machine(),
    }


def main() -> None:
    """Measure, print, and keep the result if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the result and write it into the page")
    options = parser.parse_args()
    result = asyncio.run(run())
    print(json.dumps(result, indent=2))
    if options.write:
        (ROOT / "benchmarks/results/iterations.json").write_text(json.dumps(result, indent=2) + "\n")
        write_section(TITLE, section(result))


def section(found: dict[str, Any]) -> str:
    """Return the section of the page."""
    growth = found["cpu_of_twice_as_many"]
    return f"""## {TITLE}

**Result.** An iteration over {found["items"]:,} items takes {found["of_ideal"]} times the ideal time, and
CPU for {found["cpu_of_ideal"]} of it. The goal is 1.3 times.

{found["at_once"]} items run at once, and the scripted model takes {found["model_ms"]:.0f} ms. The ideal is
{found["ideal_seconds"]} s. The runs have no database. {found["machine"]}, with
{found["others_running"]} other processes that wanted a core at the time: the seconds measure these too, the
CPU does not. Least of {ROUNDS} rounds. When each item had a LangGraph graph of its own, it was CPU for 3.9
times the ideal time.

| what | result |
|---|---|
| {found["items"]:,} items | {found["seconds"]} s, of which CPU {found["cpu_seconds"]} s |
| CPU of list work, {SIZES[1]} items to {SIZES[0]} | {growth["list_work"]} |
| CPU of an accumulating loop, {SIZES[1]} turns to {SIZES[0]} | {growth["accumulating_loop"]} |

Repeat it with `python -m benchmarks.iterations`.
"""


if __name__ == "__main__":
    main()
