"""A server that counts its own work: ``python -m benchmarks.counting_server FILE`` serves as the environment
says.

Each SIGUSR1 writes the counts so far to FILE, as JSON. The first one begins to count the loop's thread.
Counted are Python calls, SQL statements, transactions, hops to other threads and tasks. It counts from
outside: by the hooks of Python, SQLAlchemy and asyncio.
"""

import asyncio
import importlib
import os
import re
import signal
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import msgspec
from sqlalchemy import event
from sqlalchemy.engine import Engine

from persistence.storage.writer_thread import WriterThread

__all__ = ["main"]

VERB = re.compile(r"\s*(\w+)(?: OR \w+)?(?:\s+IMMEDIATE)?(?:\s+INTO|\s+FROM)?\s*\"?(\w+)?", re.IGNORECASE)
FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
ROOT = f"{Path(__file__).parent.parent}/"


class Counts:
    """What was counted so far."""

    def __init__(self) -> None:
        self.codes: dict[CodeType, int] = {}
        self.statements: Counter[str] = Counter()
        self.hops = 0
        self.tasks = 0
        self._last = ""

    def called(self, frame: FrameType, kind: str, _: Any) -> None:
        """Count a call of Python code, as `sys.setprofile` tells it."""
        if kind == "call":
            code = frame.f_code
            self.codes[code] = self.codes.get(code, 0) + 1

    def executed(self, statement: str) -> None:
        """Count a statement, as SQLite tells it, by its verb and its table."""
        if statement == self._last:  # what a trigger does is told as the statement that sets it off
            return
        self._last = statement
        found = VERB.match(statement)
        verb, table = (found[1].upper(), found[2] or "") if found else ("", "")
        if verb in ("SELECT", "WITH"):
            named = FROM.search(statement)
            table = named[1] if named else ""
        elif verb in ("BEGIN", "COMMIT", "ROLLBACK"):
            table = "IMMEDIATE" if "IMMEDIATE" in statement else ""
        self.statements[f"{verb} {table}".strip()] += 1

    def shown(self) -> dict[str, Any]:
        """Return them as JSON can hold them; calls by function, those of the project by their path."""
        calls: Counter[str] = Counter()
        for code, count in self.codes.copy().items():
            if code.co_filename == __file__:  # what counts is not counted
                continue
            file = code.co_filename.removeprefix(ROOT)
            file = file.rpartition("site-packages/")[2] or file
            calls[f"{file}:{code.co_qualname}"] += count
        statements = dict(self.statements)
        return {"calls": dict(calls), "statements": statements, "hops": self.hops, "tasks": self.tasks}


def main() -> None:
    """Serve and count."""
    target = Path(sys.argv[1])
    counts = Counts()

    @event.listens_for(Engine, "connect")
    def connected(connection: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]: SQLAlchemy calls it
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(counts.executed)

    submit = ThreadPoolExecutor.submit

    def counted(self: ThreadPoolExecutor, *given: Any, **named: Any) -> Any:
        counts.hops += 1
        return submit(self, *given, **named)

    def made(loop: Any, coroutine: Any, **named: Any) -> asyncio.Task[Any]:
        counts.tasks += 1
        return asyncio.Task(coroutine, loop=loop, **named)

    def told(_number: int, _frame: FrameType | None) -> None:
        asyncio.get_running_loop().set_task_factory(made)
        sys.setprofile(None)
        partly = target.with_suffix(".part")
        partly.write_bytes(msgspec.json.encode(counts.shown()))
        partly.replace(target)
        sys.setprofile(counts.called)  # the start is not counted: it would take several times as long

    run = WriterThread.run

    def counted_write(self: WriterThread, work: Any) -> Any:
        counts.hops += 1
        return run(self, work)

    WriterThread.run = counted_write  # pyright: ignore[reportAttributeAccessIssue]: what a hook must do
    ThreadPoolExecutor.submit = counted  # pyright: ignore[reportAttributeAccessIssue]: what a hook must do
    signal.signal(signal.SIGUSR1, told)
    name = os.environ.get("COUNTED_SERVER", "server.serving.serve")
    sys.argv = [name]
    serve = importlib.import_module(name)
    threading.setprofile(counts.called)
    serve.main()


if __name__ == "__main__":
    main()
