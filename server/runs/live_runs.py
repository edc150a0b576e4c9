"""Live runs: those of this process, from when it takes one up to its end, its hand-over or its loss.

It keeps promise 5 of `docs/durability.md` for a single run: once another process has a run, this one writes
nothing more of it. And its part of promise 1: a run whose end could not be written is kept in mind, to be
given up in order, and one that is drained is handed back.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphs.node_execution.failpoints import reach
from persistence.journal.claims import ClaimLost
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.runs.executions import ExecutionRow, Executions
from persistence.runs.resumption import new_recorder, open_recorder
from persistence.storage.database import Database
from persistence.storage.errors import StorageError
from server.compilation.langgraph_engine import Engine
from server.runs.run_driver import LiveRun, drive
from server.runs.storage_outage import StorageOutage
from server.settings.sources import Settings

__all__ = ["LiveRuns"]

WRITE_INTERVAL = 0.015
"""Seconds between two writes of a run's token deltas while few run; the first are written at once."""

log = logging.getLogger("agenticrag.executions")


class LiveRuns:
    """The runs of this process. `ended` is told each that has an end, and if its journal is small."""

    def __init__(
        self,
        process_id: str,
        settings: Settings,
        database: Database,
        journal: Journal,
        executions: Executions,
        engine: Engine,
        ended: Callable[[ExecutionRow, bool], None],
        *,
        capacity: int,
    ) -> None:
        self.stopping = asyncio.Event()
        """Set when this process takes no more runs."""
        self.hurry = asyncio.Event()
        """Set when runs get no more time to reach a checkpoint."""
        self.kick = asyncio.Event()
        """Set when it may be another run's turn."""
        self.outage = StorageOutage(database.has_room, pause=settings.lease_seconds / 5)
        """Whether the database takes writes; the runs that wait for it."""
        self.unwritten: list[ExecutionRow] = []
        """Runs whose end could not be written: they are to be given up, so that they are taken up again."""
        self.on_room: Callable[[], None] | None = None
        """Told when a run has left this process."""
        self.capacity = capacity
        """How many are worked on at once."""
        self._process_id = process_id
        self._settings = settings
        self._database = database
        self._journal = journal
        self._executions = executions
        self._engine = engine
        self._ended = ended
        self._runs: dict[str, LiveRun] = {}
        self._own_keys: dict[str, str] = {}
        """Providers' own keys of runs that wait for an input."""

    @property
    def active(self) -> int:
        """How many are worked on now."""
        return sum(run.driver is not None for run in self._runs.values())

    @property
    def free(self) -> int:
        """How many more may be worked on now."""
        return self.capacity - self.active

    def has_room(self, options: Mapping[str, Any]) -> bool:
        """Say whether a run with such options may be worked on now."""
        if self.capacity <= self.active:
            return False
        return not options.get("background") or self.has_room_behind

    @property
    def has_room_behind(self) -> bool:
        """Whether one more may be worked on that leaves room for others."""
        busy = sum(run.driver is not None and bool(run.row.options.get("background")) for run in self)
        return busy < self._settings.ingestion_runs

    def __len__(self) -> int:
        """How many there are, those that wait for their turn too."""
        return len(self._runs)

    def __iter__(self) -> Iterator[LiveRun]:
        """Go through all of them."""
        return iter(tuple(self._runs.values()))

    def get(self, execution_id: str) -> LiveRun | None:
        """Return one; None where another process has it, or none."""
        return self._runs.get(execution_id)

    def admit(self, row: ExecutionRow, api_key: str = "", *, fresh_thread: bool = False) -> None:
        """Work on a run that this process has; one that has not begun waits for its turn."""
        run = self._runs[row.id] = LiveRun(row, api_key or self._own_keys.pop(row.id, ""), fresh_thread)
        if row.status == "running":
            self.begin(run, row)
        else:
            self.kick.set()

    async def take_up(self, execution_id: str) -> None:
        """Admit a run that waited for an input and was left to this process."""
        while (known := self._runs.get(execution_id)) is not None:
            if known.driver is None:  # it waits for its turn already
                self.kick.set()
                return
            row = await self._executions.get(None, execution_id)
            if row is None or row.status != "pending":  # it runs, and sees to it before it rests
                return
            await asyncio.wait({known.driver})  # it has just been parked
        row = await self._executions.get(None, execution_id)
        if (
            row is not None
            and (row.status, row.process_id) == ("pending", self._process_id)
            and execution_id not in self._runs
            and not self.stopping.is_set()
        ):
            self.admit(row)

    def begin(self, run: LiveRun, row: ExecutionRow) -> None:
        """Begin to work on one whose turn it is."""
        run.row = row
        # Opened at once, so that who follows it need not read what was written a moment ago.
        recorder = new_recorder(self._database, self._journal, row, interval=WRITE_INTERVAL)
        run.driver = asyncio.create_task(self._drive(run, recorder), name=f"run-{row.id}")

    async def _drive(self, run: LiveRun, recorder: JournalRecorder | None) -> None:
        """See a run through, and write down nothing of it that another process has taken over."""
        ended: ExecutionRow | None = None
        reach("after_claim")
        try:
            if recorder is None:
                recorder = await open_recorder(
                    self._database, self._journal, run.row, interval=WRITE_INTERVAL
                )
            most = self._settings.max_recoveries
            ended = await drive(run, recorder, self._journal, self._engine, max_recoveries=most)
            if ended is None:
                await self._executions.hand_back([run.row])
        except StorageError as error:
            self.outage.hold(run.row, run.api_key)
            self.outage.begin(error)
        except ClaimLost:
            log.warning("Execution %s was taken over by another process.", run.row.id)
        except Exception:
            log.exception("Execution %s could not be written; it will be taken up again.", run.row.id)
            self.unwritten.append(run.row)
        finally:
            if recorder is not None:
                recorder.close(paused=run.row.id in self.outage)
        self._runs.pop(run.row.id, None)
        if ended is None:
            run.ended.cancel()
        else:
            run.ended.set_result(ended)
            if ended.completed_at is not None:
                self._ended(ended, recorder is not None and recorder.compacted)
            elif run.api_key:
                self._own_keys[ended.id] = run.api_key
            if ended.status == "pending" and not self.stopping.is_set():
                self.admit(ended)
        self.kick.set()
        if self.on_room is not None:
            self.on_room()

    async def drain(self) -> None:
        """Take no more runs; give the others `drain_seconds` to reach a checkpoint, less if there is a hurry;
        hand back the rest."""
        self.stopping.set()
        for run in self._runs.values():
            if run.control is not None:
                run.control.request_drain("shutdown")
        drivers = {run.driver for run in self._runs.values() if run.driver is not None}
        if drivers:
            seconds = self._settings.drain_seconds
            log.info(
                "Stopping: %d active %s %g seconds to end. What is left goes on at the next start. Ctrl-C "
                "again stops at once.",
                len(drivers),
                "run has" if len(drivers) == 1 else "runs have",
                seconds,
            )
            done, hurry = (
                asyncio.gather(*drivers, return_exceptions=True),
                asyncio.create_task(self.hurry.wait()),
            )
            await asyncio.wait({done, hurry}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
        left = [run for run in self._runs.values() if not run.ended.done()]
        for run in left:
            if run.work is not None:
                run.work.cancel()
        drivers = {run.driver for run in left if run.driver is not None}
        if drivers:
            await asyncio.wait(drivers)
        pending = [run for run in self._runs.values() if run.driver is None]
        try:
            await self._executions.hand_back([*(run.row for run in pending), *self.outage.waiting()])
        except StorageError as error:
            log.warning("Runs could not be handed back; they will be taken up again: %s", error)
        for run in pending:
            self._runs.pop(run.row.id, None)
            run.ended.cancel()
