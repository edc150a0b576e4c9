"""Runs: stretches of executions, which clients of LangGraph begin, list, cancel and delete."""

import time
import uuid
from typing import Any

import msgspec
from litestar import Request
from msgspec import Struct

from persistence.library.flows import FlowRow
from persistence.library.sessions import SessionRow
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.runs.executions import Accepted, ExecutionRow, Executions, goes_on
from persistence.runs.responses import ResponseRow, Responses
from server.http.answers.sse_bytes import iso
from server.http.page_bytes import PageBytes
from server.http.parameters import idempotency_of
from server.http.problems import Fault, Problem
from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.protocols.langgraph.assistants.assistants import Assistants, assistant_id
from server.protocols.langgraph.runs.run_bodies import RunBody, on_busy_of, resumed
from server.protocols.langgraph.runs.run_orders import RunOrders
from server.protocols.langgraph.threads.thread_requests import thread_id_of
from server.protocols.langgraph.threads.threads import Threads
from server.requests.input_answers import InputAnswers
from server.runs.execution_service import ExecutionService
from server.sessions.session_edits import SessionEdits
from server.settings.sources import Settings

__all__ = ["Begun", "Runs", "run_id_of"]

ROUTE = "langgraph.run"
PORTION = 5
"""Executions that a list reads at once: each has the body that it was asked with."""
STATUSES = {
    "pending": "pending",
    "running": "running",
    "waiting_approval": "success",
    "completed": "success",
    "failed": "error",
    "timeout": "timeout",
    "cancelled": "interrupted",
}


class Begun(Struct, frozen=True):
    """A run, and what it is a stretch of."""

    row: ResponseRow
    execution: ExecutionRow
    thread: SessionRow | None
    last: bool = True
    """Whether it is the last stretch of its execution."""

    @property
    def thread_id(self) -> str:
        """What clients call its thread; empty for none."""
        return "" if self.thread is None else thread_id_of(self.thread)

    @property
    def status(self) -> str:
        """Where it stands, in LangGraph's words."""
        return STATUSES.get(self.execution.status, "error") if self.last else "success"

    def shown(self) -> dict[str, Any]:
        """Return it as LangGraph shows a run."""
        asked = self.row.asked
        ended = self.execution.completed_at or self.execution.started_at or self.row.created_at
        return {
            "run_id": self.row.id,
            "thread_id": self.thread_id,
            "assistant_id": asked.get("assistant_id", ""),
            "created_at": iso(self.row.created_at),
            "updated_at": iso(max(ended, self.row.created_at)),
            "metadata": asked.get("metadata") or {},
            "status": self.status,
            "kwargs": asked.get("kwargs") or {},
            "multitask_strategy": asked.get("multitask_strategy", "enqueue"),
        }


def run_id_of(execution_id: str, after: int) -> str:
    """Return the id of the run that begins behind an event of an execution."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{execution_id}/{after}")) if after else execution_id


class Runs:
    """Begins runs, and finds those that there are."""

    def __init__(
        self,
        assistants: Assistants,
        threads: Threads,
        orders: RunOrders,
        service: ExecutionService,
        executions: Executions,
        lists: ExecutionLists,
        responses: Responses,
        answers: InputAnswers,
        edits: SessionEdits,
        settings: Settings,
    ) -> None:
        self._page_bytes = settings.max_page_bytes
        self._assistants = assistants
        self._threads = threads
        self._orders = orders
        self._service = service
        self._executions = executions
        self._lists = lists
        self._responses = responses
        self._answers = answers
        self._edits = edits

    async def begin(
        self, request: Request[Any, Any, Any], caller: Caller, thread_id: str | None, body: RunBody
    ) -> Begun:
        """Begin a run on a thread, or on a new one.

        Raises:
            Problem: 404 without such a thread or assistant, 409 where the thread is busy, 422 for what cannot
                be run.
        """
        flow = await self._assistants.get(caller, body.assistant_id, status=422)
        on_busy = on_busy_of(body)
        command = body.command or {}
        if command.get("goto"):
            detail = "A run cannot 'goto' a node here. Run from a checkpoint, or fork the execution."
            raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer="/command/goto")])
        thread = None if thread_id is None else await self._threads.look(caller, thread_id)
        if thread is None and thread_id is not None and body.if_not_exists != "create":
            raise Problem(404, "not_found", f"Thread with ID {thread_id} not found.")
        name = (
            str(uuid.uuid4()) if thread_id is None else thread_id.lower() if thread is None else thread.name
        )
        if "resume" in command:
            accepted = await self._resume(request, caller, flow, thread, command["resume"])
        else:
            given = body.input
            if given is None and command.get("update") is not None:
                given = command["update"]
            order = await self._orders.order(caller, flow, thread, name, given, body.place)
            order = msgspec.structs.replace(
                order, on_busy=on_busy, idempotency=idempotency_of(request, f"{ROUTE}:{flow.id}", body)
            )
            accepted = await self._service.start(order)
        return await self._kept(caller, flow, name, accepted, body)

    async def _kept(
        self, caller: Caller, flow: FlowRow, name: str, accepted: Accepted, body: RunBody
    ) -> Begun:
        run = accepted.execution
        thread = await self._threads.look(caller, run.session or name)
        kwargs = {key: value for key, value in msgspec.to_builtins(body).items() if value is not None}
        row = ResponseRow(
            id=run_id_of(run.id, accepted.after),
            workspace=caller.workspace,
            execution_id=run.id,
            after=accepted.after,
            previous_id=None,
            asked={
                "assistant_id": assistant_id(flow.slug),
                "graph_id": flow.slug,
                "metadata": {"created_by": "system", **(body.metadata or {})},
                "kwargs": kwargs,
                "multitask_strategy": body.multitask_strategy or "enqueue",
            },
            created_at=round(time.time(), 3),
        )
        await self._responses.keep(row)
        if thread is not None:
            facts = {"graph_id": flow.slug, "assistant_id": assistant_id(flow.slug)}
            thread = await self._threads.label(thread, facts)
        return Begun(row, run, thread)

    async def _resume(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow: FlowRow,
        thread: SessionRow | None,
        resume: Any,
    ) -> Accepted:
        questions = [] if thread is None else await self._threads.questions(thread)
        answers = resumed(resume, questions)
        of_run = {one.id: one.execution_id for one in questions}
        accepted: Accepted | None = None
        for answer in answers:
            run, _ = await self._answers.questions(caller, of_run[answer.input_id or ""])
            if run.flow_id != flow.id:
                detail = f"The thread waits for an answer to a run of another flow than '{flow.slug}'."
                raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/assistant_id")])
            answered = await self._answers.respond(request, caller, run.id, answer)
            after = answered.after if accepted is None else accepted.after
            accepted = Accepted(answered.execution, replayed=answered.replayed, after=after)
        assert accepted is not None, "there is an answer at least"
        return accepted

    async def find(self, caller: Caller, thread_id: str | None, run_id: str) -> Begun:
        """Return a run.

        Raises:
            Problem: 404 if there is none that the caller may see.
        """
        missing = Problem(404, "not_found", f"Run with ID {run_id[:80]} not found.")
        id = run_id[:64].lower()
        row = await self._responses.get(caller.workspace, id)
        execution_id = id if row is None else row.execution_id
        run = await self._executions.get(caller.workspace, execution_id, owner=visible_to(caller))
        if run is None or not is_within(caller, run.flow_id) or id.startswith("resp_"):
            raise missing
        thread = None if run.session is None else await self._threads.look(caller, run.session_id or "")
        if thread is None and run.session is not None:
            raise missing
        named = () if thread is None else (thread.id, thread_id_of(thread))
        if thread_id is not None and thread_id.lower() not in named:
            raise missing
        rows = await self._responses.of_runs(caller.workspace, [run.id])
        found = next((one for one in self._stretches(run, rows, thread) if one.row.id == id), None)
        if found is None:
            raise missing
        return found

    async def of_thread(
        self, caller: Caller, thread: SessionRow, *, limit: int, offset: int, status: str | None
    ) -> list[dict[str, Any]]:
        """Return the runs of a thread, the newest first."""
        page, _ = await self._lists.page(thread.workspace, Wanted(session=thread.name), limit=limit + offset)
        room, shown, passed = PageBytes(self._page_bytes), list[dict[str, Any]](), 0
        for at in range(0, len(page), PORTION):
            ids = [one.id for one in page[at : at + PORTION]]
            rows = await self._responses.of_runs(thread.workspace, ids)
            runs = await self._executions.several(thread.workspace, ids)
            for id in ids:
                run = runs.get(id)
                if run is None or not is_within(caller, run.flow_id):
                    continue
                of_run = [one for one in rows if one.execution_id == id]
                for one in reversed(self._stretches(run, of_run, thread)):
                    if status not in (None, one.status):
                        continue
                    passed += 1
                    if passed <= offset:
                        continue
                    view = one.shown()
                    if len(shown) == limit or not room.fits(view):
                        return shown
                    shown.append(view)
        return shown

    def _stretches(
        self, run: ExecutionRow, rows: list[ResponseRow], thread: SessionRow | None
    ) -> list[Begun]:
        """Return the runs that an execution is, the first first; one that began at another door has one."""
        if not rows:
            rows = [ResponseRow(
                id=run.id,
                workspace=run.workspace,
                execution_id=run.id,
                after=0,
                previous_id=None,
                asked={},
                created_at=run.created_at,
            )]  # fmt: skip
        last = max(one.after for one in rows)
        return [Begun(one, run, thread, last=one.after == last) for one in rows if not one.deleted]

    async def cancel(self, caller: Caller, run: Begun, *, rollback: bool) -> None:
        """End a run.

        Raises:
            Problem: 404 if it has ended.
        """
        execution = run.execution
        if not run.last or not (goes_on(execution) or execution.status == "waiting_approval"):
            raise Problem(404, "not_found", f"Run with ID {run.row.id} has ended.")
        await self._service.cancel(caller.workspace, execution.id)
        if rollback and run.thread is not None:
            await self._service.wait(execution.id)
            await self._undo(caller, run)

    async def _undo(self, caller: Caller, run: Begun) -> None:
        """Take the messages of a run that was cancelled out of its thread."""
        assert run.thread is not None, "it was looked at"
        conversation = await self._threads.conversation(caller, run.thread)
        for message in conversation.tree:
            if message.get("metadata", {}).get("execution_id") == run.execution.id:
                await self._edits.delete(caller, run.thread.name, message["id"])
                return

    async def delete(self, caller: Caller, run: Begun) -> None:
        """Forget a run; one that is open ends."""
        if run.last and goes_on(run.execution):
            await self._service.cancel(caller.workspace, run.execution.id)
        await self._responses.keep(run.row)
        await self._responses.delete(caller.workspace, run.row.id)

    async def open_runs(self, thread: SessionRow) -> list[str]:
        """Return the ids of a thread's executions that are under way."""
        found: list[str] = []
        for status in ("pending", "running"):
            page, _ = await self._lists.page(
                thread.workspace, Wanted(session=thread.name, status=status), limit=100
            )
            found += [one.id for one in page]
        return found
