"""Session queue: when a run that waits may begin, one of a session at a time and so many of a process.

Its part of promise 1 of `docs/durability.md`: an accepted run that could not begin at once begins later. Who
begins it says so in the database first, under a new number, which is what promise 5 goes by.
"""

import asyncio
import contextlib
import logging

from persistence.runs.conversation_questions import ConversationQuestions
from persistence.runs.executions import Executions
from persistence.storage.errors import StorageError
from server.runs.lease_renewal import Lease
from server.runs.live_runs import LiveRuns

__all__ = ["Turns"]

TICK = 0.2
"""Seconds between looks at pending runs and at cancels that other processes were asked for."""

log = logging.getLogger("agenticrag.executions")


class Turns:
    """Begins the runs of this process that wait, the oldest first, and `run`s as long as it does."""

    def __init__(
        self,
        process_id: str,
        executions: Executions,
        questions: ConversationQuestions,
        live: LiveRuns,
        lease: Lease,
    ) -> None:
        self._process_id = process_id
        self._executions = executions
        self._questions = questions
        self._live = live
        self._lease = lease

    async def run(self) -> None:
        """Begin pending runs when it is their turn, and end those that were cancelled elsewhere."""
        while not self._live.stopping.is_set():
            waiting = any(run.driver is None for run in self._live)
            idle = None if self._lease.alone and not waiting else TICK
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._live.kick.wait(), idle)
            self._live.kick.clear()
            try:
                if not self._live.outage.reason:
                    await self._advance()
            except StorageError as error:
                self._live.outage.begin(error)
            except Exception:
                log.exception("Pending runs could not be looked at; trying again.")
                await asyncio.sleep(TICK)

    async def _advance(self) -> None:
        if not self._lease.alone and len(self._live):
            for execution_id, mode in (await self._executions.cancels(self._process_id)).items():
                if (run := self._live.get(execution_id)) is not None:
                    run.cancel(mode)
        if not self._lease.holds:
            return
        busy = {run.row.thread_id for run in self._live if run.driver is not None}
        waiting = [run for run in self._live if run.driver is None]
        # One that waited for an input is older than those of its session that came meanwhile.
        for run in sorted(waiting, key=lambda run: run.row.position):
            if self._live.stopping.is_set():
                return
            if run.cancel_mode:
                row = await self._executions.take_pending(run.row.id, self._process_id)
            elif run.row.thread_id in busy or not self._live.has_room(run.row.options):
                continue
            else:
                row = await self._executions.begin(run.row.id, self._process_id)
                busy.add(run.row.thread_id)
                if row is None and run.row.session_id is not None:
                    # What was said before a question was asked is no answer to it, and waits for no person.
                    run.waits_for = await self._questions.kept_waiting(run.row.id)
                    if run.waits_for is not None:
                        row = await self._executions.take_pending(run.row.id, self._process_id)
            if row is not None:
                self._live.begin(run, row)
