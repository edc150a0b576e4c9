"""ExecutionService: accepts runs, drives, follows and cancels them, and takes up what a crash left."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec import Struct

from graphs.document.flow import FlowType
from graphs.engine.failpoints import reach
from graphs.values.events import Event
from graphs.values.files import StoredFile
from graphs.values.messages import InputAnswer
from graphs.values.run_options import FlowLimits
from graphs.values.run_options import Limits as RunLimits
from persistence.library.flows import FlowRow
from persistence.runs.accept import VISITOR
from persistence.runs.claims import ClaimLost
from persistence.runs.executions import (
    Accepted,
    ExecutionRow,
    Executions,
    Idempotency,
    NewExecution,
    OnBusy,
    goes_on,
)
from persistence.runs.journal import Journal
from persistence.runs.question_rows import InputRow
from persistence.runs.questions import Answered, Inputs
from persistence.runs.recorder import JournalRecorder
from persistence.runs.resumption import open_recorder
from persistence.storage.database import Database
from persistence.storage.errors import StorageError
from persistence.storage.ids import new_id
from server.http.rate_limits import Limits
from server.runs.engine import Engine
from server.runs.retention import Retention
from server.runs.run_driver import LiveRun, drive
from server.runs.storage_outage import StorageOutage
from server.settings.sources import Settings

__all__ = ["ExecutionService", "Order"]

WRITE_INTERVAL = 0.015
"""Seconds between two writes of a run's token deltas while few run; the first are written at once."""
TICK = 0.2
"""Seconds between looks at pending runs and at cancels that other processes were asked for."""

log = logging.getLogger("agenticrag.executions")


class Order(Struct, frozen=True, kw_only=True):
    """What a request asks to be run."""

    workspace: str
    flow: FlowRow | None = None
    """The stored flow; None where `document` is run instead."""
    document: dict[str, Any] | None = None
    flow_type: FlowType = "chatflow"
    input: dict[str, Any]
    files: list[StoredFile] = []
    """What comes with the message."""
    variables: dict[str, Any] = {}
    session: str | None = None
    """The caller's name of the session; None for a run without history."""
    title: str = ""
    any_session: bool = False
    """Whether it may go on with sessions of others."""
    on_busy: OnBusy = "wait"
    idempotency: Idempotency | None = None
    api_key: str = ""
    """A provider's key for this run alone: kept in memory only, so the run fails if its process dies."""
    key_id: str = ""
    """The API key that asks; empty where it is none. Its budgets are drawn on."""
    user_id: str = ""
    """The user who asks, or whose key does; empty where it is nobody. Their budgets are drawn on."""
    limits: FlowLimits = FlowLimits()
    """What the request sets in place of what the flow or the settings say."""
    visitor: bool = False
    """Whether a visitor of an embedded chat asks: their runs may ask models less often by default."""

    def __repr__(self) -> str:
        """Show what is run without what it is run with."""
        return f"Order(workspace={self.workspace!r}, session={self.session!r})"


class ExecutionService:
    """The runs of this process. Make one an app, `open` it, `drain` and `close` it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        journal: Journal,
        executions: Executions,
        engine: Engine,
        limits: Limits,
    ) -> None:
        self.process_id = new_id()
        self.stopping = asyncio.Event()
        """Set when this process takes no more runs."""
        self._settings = settings
        self._database = database
        self._journal = journal
        self._executions = executions
        self._engine = engine
        self._limits = limits
        self._runs: dict[str, LiveRun] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._kick = asyncio.Event()
        self._alone = True
        self._unwritten: list[ExecutionRow] = []
        self.outage = StorageOutage(database.has_room, pause=settings.lease_seconds / 5)
        """Whether the database takes writes; the runs that wait for it."""
        self._beaten = 0.0
        self._inputs = Inputs(database)
        self._own_keys: dict[str, str] = {}
        """Providers' own keys of runs that wait for an input."""
        self._upkeep = Retention(settings, database, journal, engine)

    @property
    def active(self) -> int:
        """How many runs this process works on now."""
        return sum(run.driver is not None for run in self._runs.values())

    async def open(self) -> None:
        """Join the processes of this database, take up what dead ones left, and begin the upkeep."""
        await self._beat()
        for name, work in (
            ("beat", self._beat_forever()),
            ("advance", self._advance_forever()),
            ("upkeep", self._upkeep.run()),
            ("fence", self._fence_forever()),
        ):
            self._tasks.append(asyncio.create_task(work, name=f"executions-{name}"))

    async def drain(self) -> None:
        """Take no more runs; give the others `drain_seconds` to reach a checkpoint; hand back the rest."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        for run in self._runs.values():
            if run.control is not None:
                run.control.request_drain("shutdown")
        drivers = {run.driver for run in self._runs.values() if run.driver is not None}
        if drivers:
            await asyncio.wait(drivers, timeout=self._settings.drain_seconds)
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

    async def close(self) -> None:
        """Drain, stop the upkeep, and leave the processes of this database."""
        await self.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._upkeep.tidy()
        await self._executions.bury([self.process_id])

    async def start(self, order: Order) -> Accepted:
        """Write a run down and have it run; from here on it is not lost.

        Raises:
            Busy: the session has an open run and `order.on_busy` is ``refuse``.
            IdempotencyConflict: the idempotency key was used with another body.
            Problem: 429 where there were too many starts.
            TooManyRuns: as many runs of the workspace or of the flow are open as may be.
            StorageError: the database takes no writes.
        """
        settings = self._settings
        flow = order.flow
        await self._limits.take(
            *self._limits.of_start(
                order.workspace,
                order.key_id or order.user_id,
                order.session,
                None if flow is None else flow.id,
            )
        )
        options: dict[str, Any] = {"limits": msgspec.to_builtins(self._limits_of(order))}
        if order.variables:
            options["variables"] = order.variables
        if order.files:
            options["files"] = msgspec.to_builtins([file.ref for file in order.files])
        if order.api_key:
            options["own_key"] = True
        if order.key_id:
            options["key_id"] = order.key_id
        if order.user_id:
            options["user_id"] = order.user_id
        if pins := await self._engine.pinning.pins(order.workspace, flow, order.document):
            options["pins"] = pins
        new = NewExecution(
            workspace=order.workspace,
            flow_type=order.flow_type if flow is None else flow.flow_type,
            flow_id=None if flow is None else flow.id,
            flow_version=None if flow is None else flow.version,
            document=order.document,
            session=order.session,
            title=order.title,
            owner=VISITOR
            if order.visitor
            else order.user_id or (f"key:{order.key_id}" if order.key_id else ""),
            any_session=order.any_session or not (order.user_id or order.key_id or order.visitor),
            input=order.input,
            options=options,
            files=order.files,
            on_busy=order.on_busy,
            idempotency=order.idempotency,
        )
        self.outage.check()
        begin = self.active < settings.max_concurrent_runs and not self.stopping.is_set()
        accepted = await self._executions.accept(new, self.process_id, begin=begin)
        reach("after_accept")
        if accepted.replayed:
            return accepted
        for displaced in accepted.displaced:
            if displaced in self._runs:
                self._runs[displaced].cancel(order.on_busy)
            await self._take_up(displaced)
        self._admit(accepted.execution, order.api_key)
        reach("after_enqueue")
        return accepted

    def _limits_of(self, order: Order) -> RunLimits:
        """Return a run's limits: what the request sets, else what the flow sets, else the settings."""
        document = order.document if order.flow is None else order.flow.document
        of_flow = msgspec.convert((document or {}).get("limits") or {}, FlowLimits)
        usual = self._settings.run_limits()
        if order.visitor:
            most = min(self._settings.embed_model_calls, usual.max_model_calls)
            usual_calls = FlowLimits(max_model_calls=most)
            return of_flow.over(usual_calls).within(usual)
        return order.limits.over(of_flow).within(usual)

    def follow(self, execution_id: str, after: int = 0) -> AsyncGenerator[Event]:
        """Yield an execution's events after a number, to its end; see `Journal.follow`."""
        return self._journal.follow(execution_id, after, stop=self.stopping)

    async def wait(self, execution_id: str) -> ExecutionRow:
        """Return the execution when it has ended, wherever it runs, or waits for people.

        Raises:
            LookupError: it does not exist, or was handed back since this process stops.
        """
        if execution_id in self._runs:
            run = self._runs[execution_id]
            await asyncio.wait({run.ended})
            if not run.ended.cancelled() and not goes_on(run.ended.result()):
                return run.ended.result()
        async for event in self.follow(execution_id):
            if event.type == "run.paused":
                row = await self._executions.get(None, execution_id)
                if row is not None and not goes_on(row):
                    return row
        row = await self._executions.get(None, execution_id)
        if row is None or goes_on(row):
            raise LookupError(execution_id)
        return row

    async def cancel(self, workspace: str, execution_id: str) -> ExecutionRow | None:
        """Ask a run to end and return it as it stands then; None if the workspace has no such execution."""
        row = await self._executions.request_cancel(workspace, execution_id, self.process_id)
        if row is not None and row.status == "pending":
            await self._take_up(execution_id)
        if row is not None and row.completed_at is None and execution_id in self._runs:
            run = self._runs[execution_id]
            run.cancel("cancel")
            self._kick.set()
            await asyncio.wait({run.ended}, timeout=5)
            return await self._executions.get(workspace, execution_id)
        return row

    async def respond(
        self, question: InputRow, answer: InputAnswer, idempotency: Idempotency | None = None
    ) -> Answered:
        """Answer a question; the run that waits for it goes on at once.

        Raises:
            NotOpen: it was answered before, it expired, or its run has ended.
            IdempotencyConflict: the idempotency key was used with another body.
            StorageError: the database takes no writes.
        """
        self.outage.check()
        process_id = None if self.stopping.is_set() else self.process_id
        answered = await self._inputs.respond(question, answer, process_id, idempotency=idempotency)
        await self._take_up(question.execution_id)
        return answered

    async def _take_up(self, execution_id: str) -> None:
        """Admit a run that waited for an input and was left to this process."""
        while (known := self._runs.get(execution_id)) is not None:
            if known.driver is None:  # it waits for its turn already
                self._kick.set()
                return
            row = await self._executions.get(None, execution_id)
            if row is None or row.status != "pending":  # it runs, and sees to it before it rests
                return
            await asyncio.wait({known.driver})  # it has just been parked
        row = await self._executions.get(None, execution_id)
        if (
            row is not None
            and (row.status, row.process_id) == ("pending", self.process_id)
            and execution_id not in self._runs
            and not self.stopping.is_set()
        ):
            self._admit(row)

    def _admit(self, row: ExecutionRow, api_key: str = "") -> None:
        run = self._runs[row.id] = LiveRun(row, api_key or self._own_keys.pop(row.id, ""))
        if row.status == "running":
            run.driver = asyncio.create_task(self._drive(run), name=f"run-{row.id}")
        else:
            self._kick.set()

    async def _drive(self, run: LiveRun) -> None:
        """See a run through, and write down nothing of it that another process has taken over."""
        recorder: JournalRecorder | None = None
        ended: ExecutionRow | None = None
        reach("after_claim")
        try:
            recorder = await open_recorder(self._database, self._journal, run.row, interval=WRITE_INTERVAL)
            ended = await drive(run, recorder, self._engine, max_recoveries=self._settings.max_recoveries)
            if ended is None:
                await self._executions.hand_back([run.row])
        except StorageError as error:
            self.outage.hold(run.row, run.api_key)
            self.outage.begin(error)
        except ClaimLost:
            log.warning("Execution %s was taken over by another process.", run.row.id)
        except Exception:
            log.exception("Execution %s could not be written; it will be taken up again.", run.row.id)
            self._unwritten.append(run.row)
        finally:
            if recorder is not None:
                recorder.close(paused=run.row.id in self.outage)
        self._runs.pop(run.row.id, None)
        if ended is None:
            run.ended.cancel()
        else:
            run.ended.set_result(ended)
            if ended.completed_at is not None:
                self._upkeep.ended(ended)
            elif run.api_key:
                self._own_keys[ended.id] = run.api_key
            if ended.status == "pending" and not self.stopping.is_set():
                self._admit(ended)
        self._kick.set()

    async def _advance_forever(self) -> None:
        """Begin pending runs when it is their turn, and end those that were cancelled elsewhere."""
        while not self.stopping.is_set():
            waiting = any(run.driver is None for run in self._runs.values())
            idle = None if self._alone and not waiting else TICK
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kick.wait(), idle)
            self._kick.clear()
            try:
                if not self.outage.reason:
                    await self._advance()
            except StorageError as error:
                self.outage.begin(error)
            except Exception:
                log.exception("Pending runs could not be looked at; trying again.")
                await asyncio.sleep(TICK)

    async def _advance(self) -> None:
        if not self._alone and self._runs:
            for execution_id, mode in (await self._executions.cancels(self.process_id)).items():
                if execution_id in self._runs:
                    self._runs[execution_id].cancel(mode)
        busy = {run.row.thread_id for run in self._runs.values() if run.driver is not None}
        waiting = [run for run in self._runs.values() if run.driver is None]
        # One that waited for an input is older than those of its session that came meanwhile.
        for run in sorted(waiting, key=lambda run: run.row.position):
            if self.stopping.is_set():
                return
            if run.cancel_mode:
                row = await self._executions.take_pending(run.row.id, self.process_id)
            elif run.row.thread_id in busy or self.active >= self._settings.max_concurrent_runs:
                continue
            else:
                row = await self._executions.begin(run.row.id, self.process_id)
                busy.add(run.row.thread_id)
            if row is not None:
                run.row = row
                run.driver = asyncio.create_task(self._drive(run), name=f"run-{row.id}")

    async def _beat_forever(self) -> None:
        while not self.stopping.is_set():
            await asyncio.sleep(self._settings.lease_seconds / 5)
            try:
                await self._beat()
            except StorageError as error:
                self.outage.begin(error)
            except Exception:
                log.exception("The heartbeat could not be written; trying again.")

    async def _fence_forever(self) -> None:
        """Stop the runs of a process that could not say for a lease that it lives: others may have them.

        Not where it is alone; nor where the database is a file, without which nobody takes anything over.
        """
        clock, lease = asyncio.get_running_loop().time, self._settings.lease_seconds
        while self._database.dialect != "sqlite":
            await asyncio.sleep(max(lease / 20, self._beaten + lease * 0.9 - clock()))
            if clock() - self._beaten >= lease * 0.9 and not self._alone:
                for run in self._runs.values():
                    run.fence()

    async def _beat(self) -> None:
        """Say that this process lives, and take up runs whose process does not."""
        host, began = socket.gethostname(), asyncio.get_running_loop().time()
        known = await self._executions.beat(self.process_id, host, os.getpid())
        await self._inputs.expire()
        late = began - self._beaten > self._settings.lease_seconds and self._beaten > 0
        self._beaten = began
        if not await self.outage.over():
            return
        unwritten, self._unwritten = self._unwritten, []
        await self._executions.give_up(unwritten)
        waiting = self.outage.waiting()
        await self._executions.hand_back(waiting)
        self.outage.end(waiting)
        dead = [
            process
            for process, where, pid in known
            if process != self.process_id and where == host and not _alive(pid)
        ]
        if dead:
            await self._executions.bury(dead)
        self._alone = len(known) - len(dead) == 1
        free = self._settings.max_concurrent_runs - self.active
        # After an outage others get a beat's time to say that they live too, before their runs are taken.
        if free > 0 and not self.stopping.is_set() and not late:
            adopted = await self._executions.adopt(
                self.process_id, lease=self._settings.lease_seconds, limit=free
            )
            for row in adopted:
                self._admit(row, self.outage.key(row.id))
            if len(adopted) < free:
                self.outage.forget_keys()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
