"""The lease: what a process has to renew to keep its runs, and by which others see that it is gone.

It keeps promise 1 of `docs/durability.md`: the runs of a process that no longer renews its lease are taken up
by another, at once where both are on one machine. And promise 5 from the other side: a process that could not
renew it for so long that others may have its runs stops them where they stand.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Collection

from persistence.runs.executions import Executions
from persistence.runs.question_answers import Inputs
from persistence.storage.database import Database
from persistence.storage.errors import StorageError
from server.runs.live_runs import LiveRuns

__all__ = ["Lease"]

log = logging.getLogger("agenticrag.executions")


class Lease:
    """The lease of this process. `renew` and `fence` run beside its work."""

    def __init__(
        self,
        process_id: str,
        database: Database,
        executions: Executions,
        inputs: Inputs,
        live: LiveRuns,
        *,
        seconds: float,
        queues: Collection[str] | None = None,
    ) -> None:
        self.alone = True
        """Whether no other process works on this database."""
        self._process_id = process_id
        self._database = database
        self._executions = executions
        self._inputs = inputs
        self._live = live
        self._seconds = seconds
        self._queues = queues
        """Of which runs are taken over; None: all that anybody has left."""
        self._beaten = 0.0
        self._unknown: set[tuple[str, int]] = set()

    @property
    def holds(self) -> bool:
        """Whether others leave this process its runs: not while it was stopped for longer than a lease, and
        has not said since that it lives."""
        return self.alone or asyncio.get_running_loop().time() - self._beaten < self._seconds

    async def renew(self) -> None:
        """Say five times a lease that this process lives, for as long as it takes runs."""
        while not self._live.stopping.is_set():
            await asyncio.sleep(self._seconds / 5)
            try:
                await self.beat()
            except StorageError as error:
                self._live.outage.begin(error)
            except Exception:
                log.exception("The heartbeat could not be written; trying again.")

    async def fence(self) -> None:
        """Stop the runs of a process that could not say for a lease that it lives: others may have them.

        Not where it is alone; nor where the database is a file, without which nobody takes anything over.
        """
        clock, lease = asyncio.get_running_loop().time, self._seconds
        while self._database.dialect != "sqlite":
            await asyncio.sleep(max(lease / 20, self._beaten + lease * 0.9 - clock()))
            if clock() - self._beaten >= lease * 0.9 and not self.alone:
                for run in self._live:
                    run.fence()

    async def beat(self) -> None:
        """Say that this process lives, and take up runs whose process does not."""
        host, began = socket.gethostname(), asyncio.get_running_loop().time()
        known = await self._executions.beat(self._process_id, host, os.getpid())
        await self._inputs.expire()
        late = began - self._beaten > self._seconds and self._beaten > 0
        self._beaten = began
        if not await self._live.outage.over():
            return
        unwritten, self._live.unwritten = self._live.unwritten, []
        await self._executions.give_up(unwritten)
        waiting = self._live.outage.waiting()
        await self._executions.hand_back(waiting)
        self._live.outage.end(waiting)
        await self._find_forgotten()
        dead = [
            process
            for process, where, pid in known
            if process != self._process_id and where == host and not _alive(pid)
        ]
        if dead:
            await self._executions.bury(dead)
        self.alone = len(known) - len(dead) == 1
        free = self._live.free
        if self._queues is not None:
            # What was begun elsewhere goes before what waits, also where there is no room: by a quarter more.
            free = len(self._queues) and free + max(1, self._live.capacity // 4)
        # After an outage others get a beat's time to say that they live too, before their runs are taken.
        if free > 0 and not self._live.stopping.is_set() and not late:
            adopted = await self._executions.adopt(
                self._process_id, lease=self._seconds, limit=free, queues=self._queues
            )
            for row in adopted:
                self._live.admit(row, self._live.outage.key(row.id))
            if len(adopted) < free:
                self._live.outage.forget_keys()

    async def _find_forgotten(self) -> None:
        """Hand back runs that the database has left to this process, and that it knows nothing of.

        An answer, or a cancel, was committed, and what was to take the run up then failed: no connection was
        free, or the request was gone. Nobody else would look after it, since this process lives. One that
        was left a moment ago is on its way: it is handed back if it was unknown a beat before too.
        """
        known = {run.row.id for run in self._live}
        unknown = {
            (row.id, row.claim): row
            for row in await self._executions.left_with(self._process_id)
            if row.id not in known
        }
        # What was taken up while they were read is known by now.
        known = {run.row.id for run in self._live}
        lost = [row for key, row in unknown.items() if key in self._unknown and row.id not in known]
        self._unknown = {*unknown}
        if lost:
            log.warning("%d runs were left to this process unnoticed; they are taken up again.", len(lost))
            await self._executions.hand_back(lost)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
