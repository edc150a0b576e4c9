"""Executor: who drives the runs that this process accepts: the process itself, or workers told by a queue.

Accepting and driving are apart. Whoever accepts writes a row; whoever drives takes a claim on it.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from persistence.runs.accept import NewExecution
from persistence.runs.executions import ExecutionRow
from server.runs.lease_renewal import Lease
from server.runs.live_runs import LiveRuns
from server.runs.run_requests import Order

__all__ = ["Executor", "InlineExecutor", "QueueExecutor", "RunQueue"]


class RunQueue(Protocol):
    """What a process knows of the queue, where workers run what is accepted."""

    @property
    def queues(self) -> Collection[str]:
        """Those that this process takes runs from; none where it is no worker."""
        ...

    @property
    def capacity(self) -> int:
        """How many runs this process works on at once; 0 where it is no worker."""
        ...

    def placed(self, new: NewExecution, order: Order) -> NewExecution:
        """Return a run with the queue and the priority that it waits with."""
        ...

    def call(self, row: ExecutionRow) -> None:
        """Say to workers that a run waits."""
        ...

    def ended(self, row: ExecutionRow) -> None:
        """Take notice of a run that has ended here: the next of its session may begin."""
        ...

    async def work(self, process_id: str, live: LiveRuns, lease: Lease) -> None:
        """Take runs, for as long as this process does; return at once where it is no worker."""
        ...


class Executor(Protocol):
    """Who drives what is accepted here."""

    owner: str | None
    """The process that accepted runs, and those that go on after an answer, are left to; None for any."""

    def begins(self, options: Mapping[str, Any]) -> bool:
        """Say whether a run with such options begins in the moment in which it is accepted."""
        ...

    def admit(self, row: ExecutionRow, api_key: str = "", *, fresh_thread: bool = False) -> None:
        """Have a run driven that was accepted."""
        ...

    async def go_on(self, row: ExecutionRow) -> None:
        """Have a run driven that has got the answer that it waited for."""
        ...


class InlineExecutor:
    """Drives runs in the process that accepts them."""

    def __init__(self, process_id: str, live: LiveRuns, lease: Lease) -> None:
        self.owner: str | None = process_id
        self.admit = live.admit
        self._live = live
        self._lease = lease
        self._stopping: asyncio.Event = live.stopping

    def begins(self, options: Mapping[str, Any]) -> bool:
        """Say whether a run with such options begins in the moment in which it is accepted."""
        return self._lease.holds and self._live.has_room(options) and not self._stopping.is_set()

    async def go_on(self, row: ExecutionRow) -> None:
        """Take up a run that has got the answer that it waited for."""
        await self._live.take_up(row.id)


class QueueExecutor:
    """Leaves runs to workers."""

    def __init__(self, queue: RunQueue) -> None:
        self.owner: str | None = None
        self._queue = queue

    def begins(self, options: Mapping[str, Any]) -> bool:
        """Say no: a worker begins it."""
        return False

    def admit(self, row: ExecutionRow, api_key: str = "", *, fresh_thread: bool = False) -> None:
        """Say to workers that a run waits."""
        self._queue.call(row)

    async def go_on(self, row: ExecutionRow) -> None:
        """Say to workers that a run waits again."""
        self._queue.call(row)
