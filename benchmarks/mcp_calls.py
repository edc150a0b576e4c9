"""What the product adds to a call of an MCP server, over stdio.

``python -m benchmarks.mcp_calls`` starts the same server twice. One is asked by lines of JSON alone, which
takes the server's own time. The other is asked through the pool of sessions, as flows ask it. The calls take
turns, so that both meet the same machine. ``--write`` keeps the section in ``docs/benchmarks.md``.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.page import machine, write_section
from graphs.mcp.server_access import MCPCall, ServerAccess, StdioCommand
from graphs.mcp.session import SessionRules
from graphs.mcp.session_pool import SessionPool
from graphs.mcp.tool_lists import ListedTool
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressRules

__all__ = ["main", "measure"]

ROOT = Path(__file__).parents[1]
REVISION = "2025-11-25"


class Bare:
    """A client that writes a line, reads a line, and does nothing else."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._number = 0

    @classmethod
    async def started(cls, args: list[str]) -> "Bare":
        """Start a server and greet it."""
        process = await asyncio.create_subprocess_exec(
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={"PATH": os.defpath},
            start_new_session=True,  # as the pool does: some kernels share the processor by sessions
        )
        made = cls(process)
        client = {"name": "bare", "version": "1"}
        await made.ask("initialize", {"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client})
        made._say({"method": "notifications/initialized"})
        return made

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request."""
        self._number += 1
        self._say({"id": self._number, "method": method, "params": params})
        assert self._process.stdout is not None
        while True:
            answer = json.loads(await self._process.stdout.readline())
            if answer.get("id") == self._number:
                return answer

    async def end(self) -> None:
        """End the server."""
        self._process.kill()
        await self._process.wait()

    def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


async def _listed(access: ServerAccess, tools: list[ListedTool]) -> None: ...


async def measure(rounds: int) -> dict[str, float]:
    """Return milliseconds of a bare call and of one through the pool, and the CPU that each takes here."""
    with tempfile.TemporaryDirectory() as folder:
        args = [sys.executable, "-m", "tests.runtimes.mcp_server", str(ROOT / "LICENSE")]
        command = StdioCommand(
            command=args[0],
            args=tuple(args[1:]),
            cwd=str(ROOT),
            log=str(Path(folder, "log")),
            env={"PATH": os.defpath},
        )
        access = ServerAccess(workspace="w", name="own", version="1", command=command, timeout_seconds=120)
        pool = SessionPool(Egress(EgressRules()), SessionRules(connect_seconds=120), _listed)
        bare = await Bare.started(args)
        try:
            tools, _ = await pool.tools(access)
            hash = next(tool.hash for tool in tools if tool.name == "add")
            given = {"a": 1, "b": 2}
            call = MCPCall(server="own", tool="add", arguments=given, hash=hash)
            alone: list[tuple[float, float]] = []
            pooled: list[tuple[float, float]] = []
            for number in range(rounds + 20):
                for first in (number % 2 == 0, number % 2 == 1):
                    begun, used = time.perf_counter(), time.process_time()
                    if first:
                        await bare.ask("tools/call", {"name": "add", "arguments": given})
                    else:
                        await pool.call(access, call)
                    took = (time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000
                    if number >= 20:
                        (alone if first else pooled).append(took)
        finally:
            await bare.end()
            await pool.close()
    over = [ours[0] - own[0] for ours, own in zip(pooled, alone, strict=True)]
    return {
        "bare_p50_ms": round(statistics.median(one[0] for one in alone), 2),
        "pool_p50_ms": round(statistics.median(one[0] for one in pooled), 2),
        "over_p50_ms": round(statistics.median(over), 2),
        "bare_cpu_ms": round(statistics.mean(one[1] for one in alone), 2),
        "pool_cpu_ms": round(statistics.mean(one[1] for one in pooled), 2),
    }


def section(found: dict[str, float], rounds: int) -> str:
    """Return the section of ``docs/benchmarks.md``."""
    return f"""## A call of an MCP server

**Result.** A call takes {found["over_p50_ms"]} ms (p50) longer than the server's own time, over stdio.

| | p50 ms | CPU ms of this process |
|---|---|---|
| bare lines of JSON | {found["bare_p50_ms"]} | {found["bare_cpu_ms"]} |
| through the pool of sessions | {found["pool_p50_ms"]} | {found["pool_cpu_ms"]} |

{rounds} calls each, in turns, on {machine()}. Repeat it with `python -m benchmarks.mcp_calls`.
"""


def main() -> None:
    """Measure, print, and keep the section where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(measure(given.rounds))
    sys.stdout.write(section(found, given.rounds))
    if given.write:
        write_section("A call of an MCP server", section(found, given.rounds))


if __name__ == "__main__":
    main()
