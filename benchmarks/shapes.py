"""Long chains and wide fan-outs served over HTTP against raw LangGraph with its stock SQLite saver.

The nodes do next to nothing, so that what is measured is the way from node to node. ``make bench`` prints the
table of one run and with ``ARGS=--write`` keeps it in ``benchmarks/results/shapes.json`` and in
``docs/benchmarks.md``. Both sides take turns, round by round. Quote the ratios, not the times.
"""

import argparse
import asyncio
import gc
import json
import operator
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from benchmarks.chat import ROOT, Server, server
from benchmarks.load import Connection, Sample, closed_loop, post_json, summarize
from benchmarks.page import machine, write_section

__all__ = ["API", "SIZE", "drawing", "main", "stored"]

SIZE = 100
"""Nodes in the chain, and branches of the fan-out."""
SHAPES = ("chain", "fan-out")
API = "/api/agent-builder"
TITLE = "Long chains and wide fan-outs"


def drawing(shape: str) -> dict[str, Any]:
    """Return our flow: a start, the nodes, and an end."""
    middle = [f"n{number}" for number in range(SIZE)]
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "start"},
        *({"id": id, "type": "transform", "data": {"expression": "1"}} for id in middle),
        {"id": "end", "type": "end", "data": {"expression": "1"}},
    ]
    if shape == "chain":
        way = ["start", *middle, "end"]
        ways = list(pairwise(way))
    else:
        ways = [("start", id) for id in middle] + [(id, "end") for id in middle]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b} for a, b in ways]
    return {"nodes": nodes, "edges": edges}


def ours(running: Server, flow: str, requests: int) -> dict[str, float]:
    """Measure runs over HTTP, one at a time."""

    async def once(connection: Connection, _: int) -> Sample:
        return await post_json(connection, f"{API}/agentflows/{flow}/execute", {"input_data": {}})

    async def load(count: int) -> tuple[list[Sample], float]:
        return await closed_loop(running.address, running.key, concurrency=1, requests=count, call=once)

    asyncio.run(load(3))
    cpu = running.cpu()
    samples, seconds = asyncio.run(load(requests))
    return _figures(samples, seconds, running.cpu() - cpu)


async def raw(shape: str, database: str, requests: int) -> dict[str, float]:
    """Measure raw LangGraph with the stock saver, one run at a time."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        results: Annotated[list[int], operator.add]

    async def work(state: State) -> dict[str, Any]:
        return {"results": [1]}

    builder = StateGraph(State)
    middle = [f"n{number}" for number in range(SIZE)]
    for id in ("start", *middle, "end"):
        builder.add_node(id, work)
    builder.add_edge(START, "start")
    if shape == "chain":
        for a, b in zip(["start", *middle], [*middle, "end"], strict=True):
            builder.add_edge(a, b)
    else:
        for id in middle:
            builder.add_edge("start", id)
        builder.add_edge(middle, "end")
    builder.add_edge("end", END)
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        graph: Any = builder.compile(checkpointer=saver)

        async def once(number: int) -> Sample:
            begun = time.perf_counter()
            config = {"configurable": {"thread_id": str(number)}, "recursion_limit": SIZE + 10}
            await graph.ainvoke({"results": []}, config)
            return Sample(time.perf_counter() - begun)

        for number in range(3):
            await once(-1 - number)
        gc.collect()
        cpu, begun = time.process_time(), time.perf_counter()
        samples = [await once(number) for number in range(requests)]
        return _figures(samples, time.perf_counter() - begun, time.process_time() - cpu)


def _figures(samples: list[Sample], seconds: float, cpu: float) -> dict[str, float]:
    found = summarize(samples, seconds)
    return {"ms": seconds * 1000 / len(samples), "p50_ms": found.p50_ms, "cpu_ms": cpu * 1000 / len(samples)}


def stored(running: Server, shape: str) -> str:
    """Store our flow and return its id."""
    host, port = running.address
    request = urllib.request.Request(
        f"http://{host}:{port}{API}/agentflows",
        data=msgspec.json.encode({"name": shape, "graph_definition": drawing(shape)}),
        headers={"Authorization": f"Bearer {running.key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["id"]


def measure(requests: int, rounds: int) -> dict[str, Any]:
    """Return the medians of all rounds for each shape."""
    cases: dict[str, Any] = {}
    for shape in SHAPES:
        with (
            tempfile.TemporaryDirectory() as temporary,
            server("http://127.0.0.1:9", Path(temporary)) as running,
        ):
            flow = stored(running, shape)
            turns: list[tuple[dict[str, float], dict[str, float]]] = []
            for turn in range(rounds):
                command = [sys.executable, "-m", "benchmarks.shapes", "--raw", shape]
                command += ["--database", f"{temporary}/raw-{turn}.db", "--requests", str(requests)]
                mine = ours(running, flow, requests)
                done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
                turns.append((mine, json.loads(done.stdout.splitlines()[-1])))
        cases[f"{shape} of {SIZE} nodes"] = {
            "ours": {name: round(statistics.median(a[name] for a, _ in turns), 2) for name in turns[0][0]},
            "raw": {name: round(statistics.median(b[name] for _, b in turns), 2) for name in turns[0][1]},
        }
    return {"cases": cases, "machine": machine(), "requests": requests, "rounds": rounds}


def section(found: dict[str, Any]) -> str:
    """Return the section of ``docs/benchmarks.md``."""
    lines = ["| case | | raw LangGraph | served | ratio |", "|---|---|---|---|---|"]
    for name, case in found["cases"].items():
        for key, label in (("ms", "ms a run"), ("p50_ms", "p50 ms"), ("cpu_ms", "CPU ms a run")):
            ratio = case["ours"][key] / case["raw"][key]
            lines.append(f"| {name} | {label} | {case['raw'][key]} | {case['ours'][key]} | {ratio:.2f} |")
    table = "\n".join(lines)
    worst = max(case["ours"]["cpu_ms"] / case["raw"]["cpu_ms"] for case in found["cases"].values())
    return f"""## {TITLE}

**Result.** Large flows need at most {worst:.2f} times the CPU of plain LangGraph.

The nodes do almost nothing, and one run is active at a time. So this measures the cost of nodes and steps.
AgenticRAG serves the flow over HTTP and records every node. Nodes that only compute share a step.
Plain LangGraph uses its own `AsyncSqliteSaver` in the test process. It records nothing and stores checkpoints
after the step. Medians of {found["rounds"]} rounds of {found["requests"]} runs on
{found["machine"]}.

{table}
"""


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=30, help="runs a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--write", action="store_true", help="write results/shapes.json and docs/benchmarks.md"
    )
    parser.add_argument("--raw", choices=SHAPES, help="measure raw LangGraph in this process")
    parser.add_argument("--database", default="", help="the raw one's database")
    options = parser.parse_args()
    if options.raw:
        import uvloop

        found = uvloop.run(raw(options.raw, options.database, options.requests))
        sys.stdout.write(json.dumps(found) + "\n")
        return
    found = measure(options.requests, options.rounds)
    sys.stdout.write(section(found))
    if options.write:
        results = ROOT / "benchmarks" / "results"
        (results / "shapes.json").write_text(json.dumps(found, indent=2) + "\n")
        write_section(TITLE, section(found))


if __name__ == "__main__":
    main()
