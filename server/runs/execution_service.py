"""ExecutionService: the door to runs. It accepts them, follows them, cancels them and takes answers to them.

It keeps promise 1 of `docs/durability.md` at its beginning: a run is written down before it is answered for.
What it needs for the rest are `LiveRuns`, which sees this process's runs through, `Turns`, which begins those
that wait, the `Lease`, by which a dead process's runs are taken up, and `Retention`.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

import msgspec

from graphs.conversation.messages import InputAnswer
from graphs.conversation.spoken_answers import UNCLEAR, read_answer
from graphs.node_execution.failpoints import reach
from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.journal.question_rows import InputRow
from persistence.runs.conversation_questions import ConversationQuestions
from persistence.runs.executions import Accepted, ExecutionRow, Executions, Idempotency, goes_on
from persistence.runs.question_answers import Answered, Inputs, NotOpen
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.http.problems import Fault, Problem
from server.http.trace_context import current_hops, current_trace
from server.knowledge.uploaded_documents import UploadedDocuments
from server.limits.rate_limits import Limits
from server.runs.executor import Executor, InlineExecutor, QueueExecutor, RunQueue
from server.runs.lease_renewal import Lease
from server.runs.live_runs import LiveRuns
from server.runs.retention import Retention
from server.runs.run_requests import Order, any_session_of, new_execution, owner_of, with_documents
from server.runs.session_queue import Turns
from server.runs.storage_outage import StorageOutage
from server.settings.sources import Settings

__all__ = ["ExecutionService"]

CANCEL_SECONDS = 5
"""How long a cancel waits for the run's end, wherever it runs."""

log = logging.getLogger("agenticrag.executions")


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
        queue: RunQueue | None = None,
    ) -> None:
        self.process_id = new_id()
        self._settings = settings
        self._journal = journal
        self._executions = executions
        self._engine = engine
        self._limits = limits
        self._inputs = Inputs(database)
        self._upkeep = Retention(settings, database, journal, engine)
        self._queue = queue
        self._live = LiveRuns(
            self.process_id,
            settings,
            database,
            journal,
            executions,
            engine,
            self._upkeep.ended if queue is None else self._ended,
            capacity=settings.max_concurrent_runs if queue is None else queue.capacity,
        )
        self._lease = Lease(
            self.process_id,
            database,
            executions,
            self._inputs,
            self._live,
            seconds=settings.lease_seconds,
            queues=None if queue is None else queue.queues,
        )
        self._executor: Executor = (
            InlineExecutor(self.process_id, self._live, self._lease)
            if queue is None
            else QueueExecutor(queue)
        )
        self._questions = ConversationQuestions(database)
        if journal.wakeups is not None:
            journal.wakeups.alone = lambda: self._lease.alone
        self._documents = UploadedDocuments(settings)
        self._turns = Turns(self.process_id, executions, self._questions, self._live, self._lease)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def active(self) -> int:
        """How many runs this process works on now."""
        return self._live.active

    @property
    def stopping(self) -> asyncio.Event:
        """Set when this process takes no more runs."""
        return self._live.stopping

    @property
    def outage(self) -> StorageOutage:
        """Whether the database takes writes; the runs that wait for it."""
        return self._live.outage

    async def open(self) -> None:
        """Join the processes of this database, take up what dead ones left, and begin the upkeep."""
        await self._lease.beat()
        queue = self._queue
        taking = () if queue is None else (("queue", queue.work(self.process_id, self._live, self._lease)),)
        for name, work in (
            ("beat", self._lease.renew()),
            ("advance", self._turns.run()),
            ("upkeep", self._upkeep.run()),
            ("fence", self._lease.fence()),
            *taking,
        ):
            self._tasks.append(asyncio.create_task(work, name=f"executions-{name}"))

    async def drain(self) -> None:
        """Take no more runs; give the others `drain_seconds` to reach a checkpoint; hand back the rest."""
        if not self.stopping.is_set():
            await self._live.drain()

    def hurry(self) -> None:
        """Give runs that drain no more time."""
        self._live.hurry.set()

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

        A message of a session that waits for its visitor begins no run: it answers the oldest question.

        Raises:
            Problem: 409 where the session waits for the team; 422 where the run lacks an input, or a document
                cannot be read; 429 where there were too many starts.
            Problem: 508 where too many runs, one started by the other, led to it.
            Busy: the session has an open run and `order.on_busy` is ``refuse``.
            IdempotencyConflict: the idempotency key was used with another body.
            TooManyRuns: as many runs of the workspace or of the flow are open as may be.
            StorageError: the database takes no writes.
        """
        settings = self._settings
        flow = order.flow
        if hops := current_hops():
            if hops >= settings.max_hops:
                raise Problem(
                    508,
                    "loop",
                    f"{hops} runs led to this one, each by a request of the one before; {settings.max_hops} "
                    "may. See that no flow calls a URL that starts it again, or raise max_hops.",
                )
            order = msgspec.structs.replace(order, hops=hops)
        if settings.otel_endpoint and (traceparent := current_trace()):
            order = msgspec.structs.replace(order, traceparent=traceparent)
        await self._limits.take(
            *self._limits.of_start(
                order.workspace,
                order.key_id or order.user_id,
                order.session,
                None if flow is None else flow.id,
            )
        )
        if order.answers and order.on_busy in ("wait", "refuse"):
            answered = await self._answered(order)
            if answered is not None:
                return answered
        if order.lacks is not None:
            raise order.lacks
        order = await with_documents(order, self._documents)
        pins = order.pins
        if pins is None:
            pins = await self._engine.pinning.pins(order.workspace, flow, order.document)
        new = new_execution(order, settings, pins)
        if self._queue is not None:
            new = self._queue.placed(new, order)
        self.outage.check()
        begin = self._executor.begins(new.options)
        accepted = await self._executions.accept(new, self.process_id, begin=begin)
        reach("after_accept")
        if accepted.replayed:
            return accepted
        self._executor.admit(accepted.execution, order.api_key, fresh_thread=accepted.fresh_thread)
        reach("after_enqueue")
        for displaced in accepted.displaced:
            if (run := self._live.get(displaced)) is not None:
                run.cancel(order.on_busy)
            await self._live.take_up(displaced)
        return accepted

    async def _answered(self, order: Order) -> Accepted | None:
        """Take a message as the answer to the oldest question of its session; None where none is open.

        Raises:
            Problem: 409 where the team must answer, 422 where the answer has files.
        """
        while True:
            found = await self._questions.open(
                order.workspace, order.session or "", owner_of(order), any_session=any_session_of(order)
            )
            question = found.visitor
            if question is None:
                return None if found.team is None else await self._team_asked(order, found.team)
            if order.files:
                detail = "The message answers a question, and an answer takes no files. Send it without them."
                raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/files")])
            answer = read_answer(question.request, order.answers, order.labels) or InputAnswer(
                UNCLEAR, {"text": order.answers, "expires_at": question.expires_at}
            )
            try:
                answered = await self.respond(
                    question,
                    msgspec.structs.replace(answer, by=order.by),
                    order.idempotency,
                )
            except NotOpen:
                continue
            return Accepted(answered.execution, replayed=answered.replayed, after=answered.after)

    async def _team_asked(self, order: Order, question: InputRow) -> Accepted:
        """Return the run of a request that is repeated.

        Raises:
            Problem: 409, since the session waits for the team.
        """
        if order.idempotency is not None:
            known = await self._executions.known_request(order.workspace, order.idempotency)
            if known is not None:
                return known
        raise Problem(
            409,
            "waiting_for_team",
            "The conversation waits for the team. Send the message again when they have answered"
            + ("." if order.visitor else ", or with on_busy 'interrupt'."),
            execution_id=None if order.visitor else question.execution_id,
        )

    def follow(self, execution_id: str, after: int = 0, *, patient: bool = False) -> AsyncGenerator[Event]:
        """Yield an execution's events after a number, to its end; see `Journal.follow`."""
        return self._journal.follow(execution_id, after, stop=self.stopping, patient=patient)

    async def last_event(self, execution_id: str) -> int:
        """Return the number of an execution's last stored event; 0 for none."""
        return await self._journal.last(execution_id)

    async def wait(self, execution_id: str) -> ExecutionRow:
        """Return the execution when it has ended, wherever it runs, or waits for people.

        Raises:
            LookupError: it does not exist, or was handed back since this process stops.
        """
        if (run := self._live.get(execution_id)) is not None:
            await asyncio.wait({run.ended})
            if not run.ended.cancelled() and not goes_on(run.ended.result()):
                return run.ended.result()
        async for event in self.follow(execution_id, patient=True):
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
        if row is None or row.completed_at is not None:
            return row
        if row.status == "pending" and row.process_id is None:  # it waits for a worker: it ends here instead
            taken = await self._executions.take_pending(execution_id, self.process_id)
            if taken is not None:
                self._live.admit(taken)
        elif row.status == "pending":
            await self._live.take_up(execution_id)
        run = self._live.get(execution_id)
        if run is not None:
            run.cancel("cancel")
            self._live.kick.set()
            await asyncio.wait({run.ended}, timeout=CANCEL_SECONDS)
        else:  # its process sees the request; whoever asked is answered as if it were this one
            with contextlib.suppress(TimeoutError, LookupError):
                async with asyncio.timeout(CANCEL_SECONDS):
                    return await self.wait(execution_id)
        return await self._executions.get(workspace, execution_id)

    async def respond(
        self,
        question: InputRow,
        answer: InputAnswer,
        idempotency: Idempotency | None = None,
    ) -> Answered:
        """Answer a question; the run that waits for it goes on at once.

        Raises:
            NotOpen: it was answered before, it expired, or its run has ended.
            IdempotencyConflict: the idempotency key was used with another body.
            StorageError: the database takes no writes.
        """
        self.outage.check()
        process_id = None if self.stopping.is_set() else self._executor.owner
        answered = await self._inputs.respond(question, answer, process_id, idempotency=idempotency)
        await self._executor.go_on(answered.execution)
        return answered

    def _ended(self, row: ExecutionRow, compacted: bool) -> None:
        self._upkeep.ended(row, compacted)
        if self._queue is not None:
            self._queue.ended(row)
