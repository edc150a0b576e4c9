"""Stdio transport: an MCP server as a child process in a process group of its own.

The library's own transport adds a part of this process's environment, writes standard error to this one's and
reads lines of any length. This one gives the child the environment that the operator states and no more,
keeps its standard error in a file of limited size, and leaves nothing of its group behind.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from graphs.mcp.server_access import MCPError, StdioCommand

__all__ = ["stdio_transport"]

MAX_LOG = 1_000_000
"""Bytes of a log file; then it becomes ``….log.1`` and a new one begins."""
LAST_WORDS = 1.0
"""Seconds in which what a dead process has said is still read."""
EXIT_SECONDS = 2.0
"""How long a server may take to end after its input is closed, and again after SIGTERM."""


@contextlib.asynccontextmanager
async def stdio_transport(command: StdioCommand, ended: asyncio.Event, *, most: int) -> AsyncGenerator[Any]:
    """Start a server and give the streams that `mcp.Client` takes; at the end its whole group is gone.

    Args:
        command: What to start.
        ended: Is set when the server says nothing more.
        most: Bytes that one message of the server may have.

    Raises:
        MCPError: it cannot be started.
    """
    import anyio

    try:
        process = await asyncio.create_subprocess_exec(
            command.command,
            *command.args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(command.env),
            cwd=command.cwd,
            start_new_session=True,
            limit=most,
        )
    except (OSError, ValueError) as error:
        raise MCPError(
            f"The command {command.command!r} cannot be started: {error}. Correct it in the operator's file "
            "of MCP servers.",
            code="mcp_unreachable",
        ) from None
    inbox, read = anyio.create_memory_object_stream[Any](64)
    write, outbox = anyio.create_memory_object_stream[Any](64)
    log = asyncio.create_task(_log(process, Path(command.log)), name="mcp-stderr")
    tasks = [
        asyncio.create_task(_receive(process, inbox, ended), name="mcp-stdout"),
        asyncio.create_task(_send(process, outbox, inbox), name="mcp-stdin"),
        log,
    ]
    try:
        yield read, write
    finally:
        ending = asyncio.create_task(_end(process), name="mcp-end")
        try:
            await asyncio.shield(ending)
            await asyncio.wait({log}, timeout=LAST_WORDS)  # why it died is what its log is read for
        except asyncio.CancelledError:
            kill_group(process.pid, signal.SIGKILL)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (inbox, read, write, outbox):
                stream.close()


async def _receive(process: asyncio.subprocess.Process, inbox: Any, ended: asyncio.Event) -> None:
    """Pass each line on as a message; what is no message is passed on as the error that it is."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    assert process.stdout is not None
    with contextlib.suppress(Exception):  # a line too long, or nobody who reads: the session ends
        while line := await process.stdout.readline():
            if not line.strip():
                continue
            try:
                message = SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
            except ValueError as error:
                await inbox.send(error)
            else:
                await inbox.send(message)
    ended.set()
    inbox.close()


async def _send(process: asyncio.subprocess.Process, outbox: Any, inbox: Any) -> None:
    assert process.stdin is not None
    try:
        async for one in outbox:
            process.stdin.write(
                one.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
            )
            await process.stdin.drain()
    except (OSError, RuntimeError):
        inbox.close()  # who waits for an answer learns that none will come


async def _log(process: asyncio.subprocess.Process, path: Path) -> None:
    """Keep standard error in a file of limited size."""
    assert process.stderr is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    while part := await process.stderr.read(65_536):
        await asyncio.to_thread(_append, path, part)


def _append(path: Path, part: bytes) -> None:
    with contextlib.suppress(OSError):  # a full disk stops no server
        if path.exists() and path.stat().st_size + len(part) > MAX_LOG:
            path.replace(path.with_name(f"{path.name}.1"))
        with path.open("ab") as file:
            os.chmod(path, 0o600)  # noqa: PTH101
            file.write(part)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input, wait, then end the whole group; return when the process is reaped."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EXIT_SECONDS):
                await process.wait()
                break
        kill_group(process.pid, number)
    kill_group(process.pid, signal.SIGKILL)  # what it has started and left behind
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(EXIT_SECONDS):
            await process.wait()


def kill_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process group; nothing happens where it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
