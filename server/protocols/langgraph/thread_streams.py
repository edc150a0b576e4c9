"""Thread streams: the events of a thread over all its runs, and the commands that begin and resume them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.library.sessions import SessionRow
from persistence.runs.executions import ExecutionRow, Executions
from persistence.runs.question_answers import Inputs
from persistence.runs.responses import ResponseRow
from server.http.bodies import shape
from server.http.problems import Problem, problem_of
from server.identity.callers import Caller
from server.protocols.answer_parts import Asked
from server.protocols.answering_nodes import answering_of
from server.protocols.langgraph.assistants.assistants import Assistants, may_see_nodes
from server.protocols.langgraph.runs.run_bodies import RunBody
from server.protocols.langgraph.runs.run_streams import RunStream, RunStreams
from server.protocols.langgraph.runs.runs import Begun, Runs
from server.protocols.langgraph.thread_events import EventsOfRun, ThreadEvent, Wanted, event_bytes, number_of
from server.protocols.langgraph.threads.thread_requests import thread_name
from server.protocols.langgraph.threads.thread_states import interrupt
from server.protocols.langgraph.threads.threads import Threads
from server.runs.dropped_streams import Streams
from server.runs.execution_service import ExecutionService

__all__ = ["Command", "ThreadStreams"]

FRESH = 5.0
"""Seconds after which a run that has ended is not told any more to who asks for what goes on."""
EACH = 1.0
"""Seconds between looks for runs that another process has accepted."""


class Command(Struct, frozen=True, kw_only=True):
    """A command of a client."""

    id: Any = None
    method: str = ""
    params: dict[str, Any] = {}


class ThreadStreams:
    """Follows threads."""

    def __init__(
        self,
        flows: Flows,
        threads: Threads,
        runs: Runs,
        run_streams: RunStreams,
        assistants: Assistants,
        executions: Executions,
        inputs: Inputs,
        service: ExecutionService,
        journal: Journal,
        streams: Streams,
    ) -> None:
        self._flows = flows
        self._threads = threads
        self._runs = runs
        self._run_streams = run_streams
        self._assistants = assistants
        self._executions = executions
        self._inputs = inputs
        self._service = service
        self._streams = streams
        self._wakes: dict[str, set[asyncio.Event]] = {}
        journal.watchers.append(self._seen)

    def _seen(self, row: ExecutionRow, events: Sequence[Event]) -> None:
        """Wake who waits for a run of a thread."""
        if self._wakes and events:
            for wake in self._wakes.get(events[0].session_id, ()):
                wake.set()

    async def command(
        self, request: Request[Any, Any, Any], caller: Caller, thread_id: str, command: Command
    ) -> dict[str, Any]:
        """Do a command, and return its answer: what went wrong is told in it."""
        try:
            result = await self._done(request, caller, thread_name(thread_id), command)
        except Exception as error:
            document = problem_of(request, error).document
            return {"type": "error", "id": command.id, "error": document.code, "message": document.detail}
        return {"type": "success", "id": command.id, "result": result, "meta": {"applied_through_seq": 0}}

    async def _done(
        self, request: Request[Any, Any, Any], caller: Caller, thread_id: str, command: Command
    ) -> dict[str, Any]:
        given = command.params
        match command.method:
            case "run.start":
                body = shape({**given, "if_not_exists": "create"}, RunBody)
                begun = await self._runs.begin(request, caller, thread_id, body)
                self._wake(begun)
                return {"run_id": begun.row.id}
            case "input.respond" | "input.respond_batch":
                several = cast("list[dict[str, Any]]", given.get("responses") or [given])
                resume = {str(one.get("interrupt_id", "")): one.get("response") for one in several}
                thread = await self._threads.find(caller, thread_id)
                flow = given.get("assistant_id") or thread.labels.get("graph_id") or thread.flow_id or ""
                body = RunBody(assistant_id=str(flow), command={"resume": resume})
                self._wake(await self._runs.begin(request, caller, thread_id, body))
                return {}
            case "agent.getTree":
                thread = await self._threads.find(caller, thread_id)
                named = str(thread.labels.get("graph_id") or thread.flow_id or "")
                return self._assistants.drawn(caller, await self._assistants.get(caller, named))
            case method if method.startswith("subscription."):
                return {}
            case method:
                detail = f"There is no command '{method[:40]}'."
                raise Problem(422, "unknown_command", detail)

    def _wake(self, begun: Begun) -> None:
        for wake in self._wakes.get(begun.execution.session or "", ()):
            wake.set()

    def streamed(self, caller: Caller, thread_id: str, wanted: Wanted) -> ASGIResponse:
        """Return the events of a thread, which there need not be yet.

        Raises:
            Problem: 422 for what is no thread's id, 429 for too many streams.
        """
        name = thread_name(thread_id)
        self._streams.check(caller)
        return RunStream(self._frames(caller, name, wanted), self._streams)

    async def _frames(self, caller: Caller, name: str, wanted: Wanted) -> AsyncGenerator[bytes]:
        yield b": open\n\n"
        async with aclosing(self._events(caller, name, wanted.since)) as events:
            async for event in events:
                if wanted.has(event.method):
                    yield event_bytes(event)

    async def _events(self, caller: Caller, name: str, since: int | None) -> AsyncGenerator[ThreadEvent]:
        """Yield the events of a thread's runs, behind a number or from the run in progress on."""
        wake = asyncio.Event()
        thread, position = None, -1
        watched = name
        self._wakes.setdefault(watched, set()).add(wake)
        try:
            while not self._service.stopping.is_set():
                wake.clear()
                thread = thread or await self._threads.look(caller, name)
                if thread is not None and thread.name != watched:
                    self._wakes.setdefault(thread.name, set()).add(wake)
                if thread is not None:
                    if position < 0:
                        position = await self._first(thread, since)
                    for id in await self._threads.lists.runs_after(thread.id, position):
                        run = await self._executions.get(caller.workspace, id)
                        if run is None:
                            continue
                        async with aclosing(self._of_run(caller, thread, run)) as events:
                            async for event in events:
                                if since is None or event.seq > since:
                                    yield event
                        position = run.position
                await _until({wake, self._service.stopping})
        finally:
            for key in {name, thread.name if thread is not None else name}:
                waiting = self._wakes.get(key, set())
                waiting.discard(wake)
                if not waiting:
                    self._wakes.pop(key, None)

    async def _first(self, thread: SessionRow, since: int | None) -> int:
        """Return the position behind which runs are told."""
        if since is not None:
            return max(0, since // number_of(1, 0) - 1)
        last = await self._threads.lists.last_run(thread.id)
        run = None if last is None else await self._executions.get(thread.workspace, last.id)
        if run is None:
            return 0
        ended = run.completed_at
        return run.position - 1 if ended is None or ended > time.time() - FRESH else run.position

    async def _of_run(
        self, caller: Caller, thread: SessionRow, run: ExecutionRow
    ) -> AsyncGenerator[ThreadEvent]:
        flow = None if run.flow_id is None else await self._flows.get(run.workspace, run.flow_id)
        reading = EventsOfRun(
            run.id,
            run.position,
            "" if flow is None else flow.slug,
            await answering_of(self._flows, run),
            shows_nodes=may_see_nodes(caller),
        )
        begun = Begun(_row_of(run), run, thread)
        async with aclosing(self._service.follow(run.id)) as events:
            async for event in events:
                told = reading.add(event)
                if reading.began:
                    conversation = await self._threads.conversation(caller, thread)
                    reading.tell("values", self._run_streams.first_values(begun, conversation))
                if reading.last is not None:
                    await self._end(caller, thread, begun, reading)
                for one in told:
                    yield one

    async def _end(self, caller: Caller, thread: SessionRow, run: Begun, reading: EventsOfRun) -> None:
        conversation = await self._threads.conversation(caller, thread)
        match reading.last:
            case Asked() as asked:
                reading.tell("values", self._run_streams.first_values(run, conversation))
                for row in await self._inputs.of(run.execution.id):
                    if any(row.id == one.input_id for one in asked.questions):
                        value = interrupt(row)["value"]
                        both = {"interrupt_id": row.id, "payload": value, "value": value}
                        reading.tell("input.requested", both)
            case _:
                line = self._run_streams.last_line(run, conversation)
                reading.tell("values", conversation.values(line))
        reading.end()


async def _until(events: set[asyncio.Event]) -> None:
    """Return when something has happened, or after a while."""
    tasks = [asyncio.ensure_future(one.wait()) for one in events]
    try:
        await asyncio.wait(tasks, timeout=EACH, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _row_of(run: ExecutionRow) -> ResponseRow:
    return ResponseRow(
        id=run.id,
        workspace=run.workspace,
        execution_id=run.id,
        after=0,
        previous_id=None,
        asked={},
        created_at=run.created_at,
    )
