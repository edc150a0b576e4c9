"""Child processes that read hostile files: both ends of one, its limits, and its end.

The child knows no secrets: of the environment it sees what it takes to start. Whatever a file makes of it, it
ends at its limits, and with the process that began it. Libraries that unpack something do it in a folder that
the child has for itself, and that is deleted with it.
"""

import asyncio
import contextlib
import ctypes
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import graphs

__all__ = ["OutputTooLarge", "limit_child", "run_child", "write_output"]

_PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What of the environment the child sees: no keys, no database address."""
_CHUNK = 262_144
_FOLDER = "agenticrag-child-"
_ABANDONED = 86_400.0
"""Seconds after which a folder is deleted that a killed process has left."""
_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of Linux: the signal that comes when the parent has died."""


class OutputTooLarge(Exception):
    """A child wrote more than it may."""


async def run_child(
    module: str,
    arguments: Sequence[str],
    content: bytes,
    *,
    seconds: float,
    most: int,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Return the exit code of a Python module that reads a file, and what it wrote. Cancelling kills it.

    Args:
        module: Its name.
        arguments: Its arguments.
        content: Its standard input.
        seconds: How long it may take.
        most: Bytes that it may write.
        environment: What it sees beside what it takes to start.

    Raises:
        TimeoutError: it took too long.
        OutputTooLarge: it wrote too much.
    """
    seen = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    seen["PYTHONPATH"] = str(Path(graphs.__file__).parent.parent)
    folder = await asyncio.to_thread(_private_folder)
    seen["TMPDIR"] = folder
    try:
        return await _run(
            [sys.executable, "-m", module, *arguments],
            content,
            seconds=seconds,
            most=most,
            environment=seen | dict(environment or {}),
        )
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


async def _run(
    command: Sequence[str], content: bytes, *, seconds: float, most: int, environment: Mapping[str, str]
) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await asyncio.gather(_output(process, most), _fed(process, content))
            await process.wait()
    finally:
        await _killed(process)
    return process.returncode or 0, output


def limit_child(memory: int, cpu: int) -> None:
    """Set the limits of this process: bytes of memory, seconds of CPU time, no files."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the other limits hold
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)


def write_output(out: int, data: bytes) -> None:
    """Write all of a result."""
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


def _private_folder() -> str:
    """Return a new folder that no other user may read, and delete those that were left behind."""
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):
            status = left.lstat()
            if status.st_uid == os.getuid() and status.st_mtime < time.time() - _ABANDONED:
                shutil.rmtree(left)
    return tempfile.mkdtemp(prefix=_FOLDER)


async def _output(process: Process, most: int) -> bytes:
    assert process.stdout is not None
    parts, size = list[bytes](), 0
    while chunk := await process.stdout.read(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > most:
            raise OutputTooLarge
    return b"".join(parts)


async def _fed(process: Process, content: bytes) -> None:
    """Give the child the file; one that ends before it has read all says why in its own way."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(content), _CHUNK):
            process.stdin.write(content[start : start + _CHUNK])
            await process.stdin.drain()
    process.stdin.close()


async def _killed(process: Process) -> None:
    """End the child and all that it began."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
