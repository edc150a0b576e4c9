"""The recorder: what a run writes, in the order store, count, publish, under the claim that it holds."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from graphs.conversation.messages import (
    Attempt,
    Citation,
    InputAnswer,
    InputRequest,
    ModelAnswer,
    ModelRequest,
)
from graphs.model_api.model_interface import ModelError
from graphs.node_execution.failpoints import reach, reach_after
from graphs.parsing.heavy_values import heavy
from graphs.values.events import CallKey, Event, EventType, Visibility, heard_again, shown_to
from persistence.journal.event_writer import EventWriter
from persistence.journal.journal import Journal
from persistence.journal.open_questions import RunQuestions
from persistence.journal.paused_runs import park, withdraw
from persistence.journal.question_rows import InputRow, input_id
from persistence.journal.run_ending import RunEnding, completed_facts
from persistence.recorded_calls.node_outcomes import keep_outcome, kept_outcome
from persistence.recorded_calls.recorded_calls import RecordedCalls, StoredCall
from persistence.recorded_calls.run_usage import RunUsage
from persistence.spending.budget_messages import refusal
from persistence.spending.ledger import Totals
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["JournalRecorder"]

T = TypeVar("T", bound=Struct)


class JournalRecorder:
    """Writes one execution's events, calls and usage; see `graphs.values.events.Recorder`.

    It keeps promises 2 and 3 of docs/durability.md: what a node or a call gave is committed before it is
    used, and given out again after a crash. `EventWriter` writes, `WritePacing` says when, `RunUsage` counts.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        row: ExecutionRow,
        *,
        interval: float,
        last_seq: int,
        past: Sequence[Event] = (),
        calls: Sequence[StoredCall] = (),
        inputs: Iterable[InputRow] = (),
        told_inputs: Iterable[str] = (),
        open_messages: Iterable[tuple[str, str]] = (),
        open_nodes: Iterable[str] = (),
        done_nodes: Iterable[str] = (),
        cut_off: Mapping[tuple[str, str], str] | None = None,
        cited: Iterable[Citation] = (),
        cited_aside: Iterable[tuple[str, Citation]] = (),
        ending: RunEnding | None = None,
        totals: Totals | None = None,
        begun: int = 0,
        paused: bool = False,
        seconds: float = 0.0,
    ) -> None:
        self.row = row
        self.begun, self.paused, self.seconds = begun, paused, seconds
        """How often it was begun or taken up, but for after a pause; whether it is now; how long it ran."""
        self._database = database
        self._journal = journal
        self._claims = journal.claims
        self._stored = sum(len(call.result) for call in calls if not call.given)
        self._claims.open(row.id)
        self._live = journal.open(row.id, last_seq, past)
        self.usage = RunUsage(database, journal.claims.ledger, row, totals or Totals())
        """What the run has used, earlier processes included."""
        self._writer = EventWriter(
            database, journal, row, self._live, self.usage, interval=interval, last_seq=last_seq, past=past
        )
        self.known = RecordedCalls(calls)
        """Calls that came to a result before."""
        self.reused = self.known.untold
        """Node runs whose outcome comes from the run that this one goes on from, and is not told yet."""
        self._questions = RunQuestions(inputs, told_inputs)
        self._stale = set(open_messages)
        self.open_nodes = frozenset(open_nodes)
        """Nodes outside of frames that a crash has left begun: running, or done with their end untold."""
        self.done_nodes = frozenset(done_nodes)
        """Nodes outside of frames whose end earlier processes have told."""
        self.cut_off = dict(cut_off or {})
        self.cited, self.cited_aside = [*cited], [*cited_aside]
        """What the run has cited before, in order: for everybody, and for owners alone."""
        self._started: dict[tuple[str, str], Visibility | None] = {}
        self._ending = ending or RunEnding()

    @property
    def written(self) -> int:
        """Bytes of JSON that the run has stored: its calls, and the events of this process."""
        return self._stored + self._claims.written.get(self.row.id, 0)

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Append an event; it is published when it is committed."""
        place = (path, node)
        if type == "message.started":
            if place in self._stale:
                self._stale.discard(place)
                self._writer.add("message.reset", node, path, attempt, heard_again(visibility), {})
            self._started[place] = visibility
            self._writer.pacing.begin_message(place)
        elif type == "message.completed":
            self._started.pop(place, None)
        self._ending.follow(type, visibility, data)
        self._writer.add(type, node, path, attempt, visibility, data)
        self._writer.schedule(urgent=self._writer.pacing.is_urgent(type, place))

    @property
    def compacted(self) -> bool:
        """Whether the run has ended and its journal is one row: nothing of it is to be made smaller."""
        return self._writer.compacted

    @property
    def totals(self) -> Totals:
        """What the run has used, earlier processes included."""
        return self.usage.totals

    async def ready(self) -> None:
        """Return when the database keeps up with the run's events, and it is the run's turn to go on.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._writer.ready()

    async def settled(self) -> None:
        """Return when all that the run has written is committed; raises as `EventWriter.settled` does."""
        await self._writer.settled()

    async def recall(self, key: CallKey, type: type[T]) -> T | None:
        """Return what was stored of a call before a crash or a pause."""
        if isinstance(known := self.known.take(key), bytes):
            return msgspec.json.decode(known, type=type)
        if known == "other":
            self.emit("custom", warning="not_deterministic", task_id=key.task_id, number=key.number)
        return None

    async def store(
        self,
        key: CallKey,
        result: Struct,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        later: bool = False,
    ) -> None:
        """Commit a result, its usage and all events so far, or raise `ClaimLost`; `later` returns before."""
        if isinstance(result, ModelAnswer):
            self._complete(result, node, path, attempt)
        if later:
            written = self._writer.queue(self._storing(key, result))
            written.add_done_callback(partial(reach_after, "after_journal"))
        else:
            await self._writer.write(self._storing(key, result))
            reach("after_journal")

    def note(self, key: CallKey, result: Struct) -> None:
        """Commit a result and all events so far with the next transaction, before what is written later."""
        self._writer.queue(self._storing(key, result))

    def told(self, key: CallKey) -> None:
        """Keep, with the events so far, that a node run of `reused` was told."""
        self._writer.queue(lambda connection: self._claims.tell_call(connection, self.row, key))

    async def request(
        self, key: CallKey, request: InputRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> InputAnswer | None:
        """Return the answer that this run was taken up with, or commit the question.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        asked, open = input_id(self.row.id, key.task_id, key.number, key.request_hash), self._questions
        if open.known(asked) is None and (given := await self.recall(key, InputAnswer)) is not None:
            open.given[asked] = given
        if asked in open.given:
            return open.given[asked]
        if (known := open.known(asked)) is None:
            if request.expires_at is not None and request.expires_at <= time.time():
                return InputAnswer("expired")
            row = open.ask(asked, self.row, request, node, path)
            shown = {"input_id": asked, **msgspec.to_builtins(request)}
            self._writer.add("input.requested", node, path, attempt, shown_to(request), shown)
            ask, seq = self._claims.announcements.ask, self._writer.seq
            await self._writer.write(lambda connection: ask(connection, self.row, seq, row))
            return None
        if open.is_new(known, request) and known.answer is not None:
            type: EventType = "input.expired" if known.answer.action == "expired" else "input.received"
            told: dict[str, Any] = {"kind": request.kind, **msgspec.to_builtins(known.answer)}
            self.emit(type, node=node, path=path, attempt=attempt, input_id=asked, **told)
            self.note(key, known.answer)
        return known.answer

    async def admit(
        self, request: ModelRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> tuple[ModelRequest, str]:
        """Reserve what a request may cost of the run's budgets; without any that costs nothing.

        Raises:
            ModelError: a budget does not allow it (class ``budget``).
        """
        self._journal.asked(self.row, path, node, request)
        request, held, refused = await self.usage.reserve(request)
        if refused is not None:
            sentence, facts = refusal(refused)
            self.emit("budget.refused", node=node, path=path, attempt=attempt, message=sentence, **facts)
            raise ModelError(sentence, error_class="budget")
        return request, held

    async def kept(self, key: str) -> bytes | None:
        """Return an outcome that a run of this flow in this workspace kept, while it may be reused."""
        return await self._database.read(lambda connection: kept_outcome(connection, self.row, key))

    async def keep(self, key: str, outcome: bytes, seconds: float) -> None:
        """Commit an outcome for the next runs of this flow in this workspace, or raise `ClaimLost`."""
        await self._writer.write(lambda connection: keep_outcome(connection, self.row, key, outcome, seconds))

    def book(self, attempts: Sequence[Attempt], *, node: str = "", path: str = "", attempt: int = 1) -> None:
        """Write usage rows of a call without an answer, with the next commit."""
        self._count(attempts, node, path, attempt)
        self._writer.schedule(urgent=True)

    def interrupted(self, *, node: str = "", path: str = "") -> str | None:
        """Return, once, what had come of the answer that a node waited for when the last process died."""
        return self.cut_off.pop((path, node), None)

    async def flush(self) -> None:
        """Commit everything emitted so far.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        await self._writer.write()

    async def pause(self) -> ExecutionRow:
        """Commit that the run waits for the questions that it has come to, and return how it stands.

        It is parked; or ``pending`` again, of this process, where an answer has come meanwhile or it was
        asked to end.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        waits = self._questions.waits
        status = "waiting_approval" if any(one.kind != "timer" for one in waits.values()) else "running"
        self.emit("run.paused", reason="input", status=status, inputs=[*waits], **self._ending.facts())
        answered = self._questions.answered()
        left: list[ExecutionRow] = []

        def work(connection: Connection) -> None:
            left[:] = [park(connection, self.row, status, answered, self.row.process_id)]

        await self._writer.write(work)
        self.close(paused=True)
        return left[0]

    async def finish(
        self,
        type: EventType,
        status: str,
        *,
        output: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
        messages: int = -1,
    ) -> ExecutionRow:
        """Commit the terminal event, the execution's end and the session's counters, all or nothing.

        Args:
            type: ``run.completed``, ``run.failed`` or ``run.cancelled``.
            status: The status word of the execution.
            output: What the run gave; also in the event, with usage and duration.
            error: ``{"code", "message"}``.
            messages: Messages in the session now; -1 for unchanged.

        Raises:
            ClaimLost: another process runs this execution now.
        """
        now = self._writer.clock.now()
        duration = round(max(0.0, (now - (self.row.started_at or now)) * 1000), 3)
        used = {"usage": self.totals.shown(), "cost_usd": self.totals.cost_usd, "duration_ms": duration}
        facts: dict[str, Any] = {**used, "message_count": messages, **self._ending.facts()}
        self.emit(type, status=status, output=output, error=error, **facts)
        ended = self.row.ended(status, output, error, last_seq=self._writer.seq, at=now, duration_ms=duration)
        reach("before_terminal_update")

        def work(connection: Connection) -> None:
            self._claims.end(connection, ended, self.row.process_id or "", self.totals, messages)
            if self._questions:
                withdraw(connection, ended.id)
            self._claims.announcements.ended(connection, ended, type, self.totals)

        await self._writer.write(work)
        self.close()
        return ended

    def close(self, *, paused: bool = False) -> None:
        """Stop: followers end, or go on by reading what is written later; `paused` keeps them."""
        self._claims.close(self.row.id)
        self._writer.close()
        self._database.later.forget(self.row.thread_id)
        self.usage.release()
        self._journal.close(self.row.id, self._live, paused=paused)

    def _storing(self, key: CallKey, result: Struct) -> Callable[[Connection], None]:
        """Return what stores a result. What is large in it is split off by the thread that writes."""
        encoded = b"" if heavy(result) else msgspec.json.encode(result)
        if not encoded or self._claims.is_large(encoded):
            return lambda connection: self._claims.store_large_call(connection, self.row, key, result)
        self._stored += len(encoded)
        return lambda connection: self._claims.store_call(connection, self.row, key, encoded)

    def _complete(self, answer: ModelAnswer, node: str, path: str, attempt: int) -> None:
        """Complete the message that was begun for an answer, and book what the answer cost."""
        if (path, node) in self._started:
            heard, facts = self._started[path, node], completed_facts(answer)
            self.emit("message.completed", node=node, path=path, attempt=attempt, visibility=heard, **facts)
        self._count(answer.attempts, node, path, attempt)

    def _count(self, attempts: Sequence[Attempt], node: str, path: str, attempt: int) -> None:
        for one in attempts:
            self._writer.add_entry(entry := self.usage.count(one, node))
            self._writer.add("usage", node, path, attempt, None, entry.facts())
