"""Threads: sessions as LangGraph's clients make, find, read and change them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from graphs.run_state.message_tree import active_line, applied, continued_after
from persistence.journal.question_rows import InputRow
from persistence.library.flows import Flows
from persistence.library.session_changes import counting
from persistence.library.sessions import SessionRow, Sessions
from persistence.library.thread_lists import LastRun, ThreadLists, WantedThreads
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.runs.executions import ExecutionRow, Executions
from persistence.runs.question_answers import Inputs
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.http.answers.sse_bytes import iso
from server.http.page_bytes import PageBytes, refuse_large
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.identity.ownership import may_see, visible_to
from server.protocols.langgraph.assistants.assistants import Assistants, may_see_nodes
from server.protocols.langgraph.threads.lc_messages import read_messages
from server.protocols.langgraph.threads.thread_requests import (
    NewThread,
    StateChange,
    ThreadSearch,
    agentflow_values,
    operations_of,
    place_of,
    taken,
    thread_id_of,
    thread_name,
    told_together,
)
from server.protocols.langgraph.threads.thread_states import Conversation, interrupts_of
from server.sessions.chat_sessions import ChatSessions, exclusive_change
from server.sessions.session_edits import SessionEdits
from server.sessions.variable_checks import refuse_misfits
from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.run_state.session_history import SessionState
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["Threads"]

SORTS = {
    "thread_id": "name",
    "status": "status",
    "created_at": "created_at",
    "updated_at": "last_activity_at",
    "state_updated_at": "last_activity_at",
}
STATUSES = {"pending": "busy", "running": "busy", "waiting_approval": "interrupted"}
ENDS = {"failed": "error", "timeout": "error"}


class Threads:
    """Reads and changes threads."""

    def __init__(
        self,
        sessions: Sessions,
        chat_sessions: ChatSessions,
        edits: SessionEdits,
        thread_lists: ThreadLists,
        execution_lists: ExecutionLists,
        executions: Executions,
        inputs: Inputs,
        engine: Engine,
        assistants: Assistants,
        flows: Flows,
        settings: Settings,
    ) -> None:
        self._flows = flows
        self._settings = settings
        self.lists = thread_lists
        self._sessions = sessions
        self._chat_sessions = chat_sessions
        self._edits = edits
        self._execution_lists = execution_lists
        self._executions = executions
        self._inputs = inputs
        self._engine = engine
        self._assistants = assistants

    async def find(self, caller: Caller, thread_id: str) -> SessionRow:
        """Return the session of a thread: the one of this name, or of this id.

        Raises:
            Problem: 404 if there is none that the caller may see, 422 for what is no UUID.
        """
        row = await self.look(caller, thread_id)
        if row is None:
            raise Problem(404, "not_found", f"Thread with ID {thread_id} not found.")
        return row

    async def look(self, caller: Caller, thread_id: str) -> SessionRow | None:
        """Return the session of a thread; None if there is none that the caller may see.

        Raises:
            Problem: 422 for what is no UUID.
        """
        name = thread_name(thread_id)
        row = await self._sessions.get(caller.workspace, name)
        if row is None and thread_id != name:  # a session that another door has named
            row = await self._sessions.get(caller.workspace, thread_id)
        if row is None:
            row = await self._sessions.by_id(caller.workspace, name)
        return row if row is not None and may_see(caller, row) else None

    async def create(self, caller: Caller, wanted: NewThread) -> dict[str, Any]:
        """Make a thread.

        Raises:
            Problem: 409 if there is one of that id, unless the request bears with it.
        """
        name = str(uuid.uuid4()) if wanted.thread_id is None else thread_name(wanted.thread_id)
        if wanted.thread_id is not None:
            known = await self.look(caller, name)
            if known is not None and wanted.if_exists == "do_nothing":
                return await self.shown(caller, known)
            if known is not None or await self._sessions.get(caller.workspace, name) is not None:
                raise taken(name)
        labels = dict(wanted.metadata or {})
        if wanted.graph_id:
            labels.setdefault("graph_id", wanted.graph_id)
        refuse_large(labels, self._settings.max_variable_bytes, "metadata")
        row = await self._sessions.add(caller.workspace, name, owner=caller.owner, labels=labels)
        if row is None:  # another request has made it since
            return await self.create(caller, wanted)
        if (values := told_together(wanted.supersteps or [])) is not None:
            await self.write(caller, row, StateChange(values=values))
        return await self.shown(caller, row)

    async def search(self, caller: Caller, wanted: ThreadSearch) -> tuple[list[dict[str, Any]], int]:
        """Return threads, and how many match in all."""
        found = await self._wanted(caller, wanted)
        if found is None:
            return [], 0
        rows, total = await self.lists.page(
            caller.workspace,
            found,
            limit=max(0, min(wanted.limit, 1000)),
            offset=max(0, wanted.offset),
            sort_by=cast("Any", SORTS.get(wanted.sort_by or "", "created_at")),
            descending=(wanted.sort_order or "desc").lower() != "asc",
        )
        whole = not wanted.select or bool({"values", "interrupts"} & {*wanted.select})
        page, shown = PageBytes(self._settings.max_page_bytes), list[dict[str, Any]]()
        for row, last in rows:
            one = await self.shown(caller, row, last, whole=whole)
            if not page.fits(one):
                break
            shown.append(one)
        if wanted.values:
            given = wanted.values.items()
            shown = [one for one in shown if all(one["values"].get(name) == value for name, value in given)]
        if wanted.select:
            shown = [{name: one[name] for name in wanted.select if name in one} for one in shown]
        return shown, total

    async def _wanted(self, caller: Caller, wanted: ThreadSearch) -> WantedThreads | None:
        labels = dict(wanted.metadata or {})
        flow_id, graph = None, ""
        for name in ("graph_id", "assistant_id"):
            if isinstance(given := labels.get(name), str):
                try:
                    flow = await self._assistants.get(caller, given)
                except Problem:
                    continue
                del labels[name]
                flow_id, graph = flow.id, flow.slug
        statuses = {
            None: (),
            "idle": ("completed", "cancelled"),
            "busy": ("pending", "running"),
            "interrupted": ("waiting_approval",),
            "error": ("failed", "timeout"),
        }.get(wanted.status)
        if statuses is None:
            return None
        return WantedThreads(
            owner=caller.owner if caller.flow_id else visible_to(caller),
            exact_owner=bool(caller.flow_id),
            flow_id=flow_id,
            graph=graph,
            labels=labels,
            statuses=statuses,
            idle=wanted.status == "idle",
            names=wanted.ids or (),
        )

    async def change(self, caller: Caller, row: SessionRow, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Give a thread more metadata."""
        return await self.shown(caller, await self.label(row, metadata))

    async def label(self, row: SessionRow, metadata: Mapping[str, Any]) -> SessionRow:
        """Keep metadata with a thread, beside what it has."""
        labels = {**row.labels, **metadata}
        if labels == row.labels:
            return row
        refuse_large(labels, self._settings.max_variable_bytes, "metadata")
        return await self._sessions.add_labels(row.workspace, row.name, metadata) or row

    async def delete(self, caller: Caller, row: SessionRow) -> None:
        """Delete a thread with its runs; those that are open end."""
        await self._chat_sessions.end_runs(caller, row)
        await self._sessions.delete(caller.workspace, row.name)

    async def copy(self, caller: Caller, row: SessionRow) -> dict[str, Any]:
        """Copy a thread with its messages."""
        made = await self._edits.copy(caller, row.name, upto=None, name=new_id(), title=None)
        return await self.shown(caller, made)

    async def fold(self, row: SessionRow) -> None:
        """Keep the latest state of a thread alone."""
        await self._engine.sessions.fold(row.id, row.workspace)

    async def shown(
        self, caller: Caller, row: SessionRow, last: LastRun | None = None, *, whole: bool = True
    ) -> dict[str, Any]:
        """Return a thread."""
        last = last or await self.lists.last_run(row.id)
        status = "idle" if last is None else STATUSES.get(last.status, ENDS.get(last.status, "idle"))
        questions: Sequence[InputRow] = ()
        values: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        if whole:
            conversation, run = await self._read(caller, row, last)
            questions, values = conversation.questions, conversation.values()
            if status == "error" and not questions:
                found = (run.error if run is not None else None) or {}
                error = {"error": found.get("code", "failed"), "message": found.get("message", "")}
        if questions:
            status = "interrupted"
        return {
            "thread_id": thread_id_of(row),
            "created_at": iso(row.created_at),
            "updated_at": iso(row.last_activity_at),
            "state_updated_at": iso(row.last_activity_at),
            "metadata": row.labels,
            "status": status,
            "config": {},
            "values": values or {},
            "error": error,
            "interrupts": interrupts_of(questions),
        }

    async def questions(self, row: SessionRow) -> list[InputRow]:
        """Return what runs of a thread wait for."""
        wanted = Wanted(session=row.name, status="waiting_approval")
        runs, _ = await self._execution_lists.page(row.workspace, wanted, limit=10)
        found = [question for run in reversed(runs) for question in await self._inputs.of(run.id)]
        return [one for one in found if one.answer is None and one.request.kind != "timer"]

    async def conversation(self, caller: Caller, row: SessionRow) -> Conversation:
        """Return a thread's conversation."""
        return (await self._read(caller, row, await self.lists.last_run(row.id)))[0]

    async def _read(
        self, caller: Caller, row: SessionRow, last: LastRun | None
    ) -> tuple[Conversation, ExecutionRow | None]:
        """Return a thread's conversation and its last run."""
        run = None if last is None else await self._executions.get(row.workspace, last.id)
        state = await self._engine.sessions.read(row.id)
        more = {} if caller.flow_id else state.variables
        conversation = Conversation(
            thread_id_of(row),
            state.messages,
            {**more, **agentflow_values(run)},
            [] if last is None else await self.questions(row),
            open=last is not None and last.status in ("pending", "running"),
            shows_nodes=may_see_nodes(caller),
            metadata=row.labels,
        )
        return conversation, run

    async def state(self, caller: Caller, row: SessionRow, checkpoint: str | None = None) -> dict[str, Any]:
        """Return a thread's state, now or at a checkpoint.

        Raises:
            Problem: 404 if there is no such checkpoint.
        """
        conversation = await self.conversation(caller, row)
        return conversation.state(None if checkpoint is None else place_of(conversation, checkpoint))

    async def history(
        self,
        caller: Caller,
        row: SessionRow,
        *,
        limit: int,
        before: str | None,
        metadata: Mapping[str, Any] | None,
    ) -> list[dict[str, Any]]:
        """Return a thread's states, the latest first."""
        conversation = await self.conversation(caller, row)
        page = PageBytes(self._settings.max_page_bytes)
        return conversation.history(limit=limit, before=before, metadata=metadata or {}, page=page)

    async def _flow_of(self, caller: Caller, row: SessionRow) -> str | None:
        """Return the id of the flow that a thread is of; None where no run has said it."""
        named = row.labels.get("graph_id")
        if row.flow_id is not None or not isinstance(named, str):
            return row.flow_id
        return (await self._assistants.get(caller, named)).id

    async def write(self, caller: Caller, row: SessionRow, wanted: StateChange) -> dict[str, Any]:
        """Write to a thread's state: messages are added, replaced by their ids or removed; other values are
        variables of the session.

        Raises:
            Problem: 404 if there is no such checkpoint, 422 for what is no state.
            SessionBusy: a run of it is under way.
        """
        values: Any = wanted.values
        if isinstance(values, list):
            values = values[0] if len(cast("list[Any]", values)) == 1 else {}
        if values is not None and not isinstance(values, dict):
            detail = "Expected an object with 'messages' and other values."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/values")])
        given = cast("dict[str, Any]", values or {})
        variables = {name: value for name, value in given.items() if name != "messages"}
        if variables:
            await refuse_misfits(
                self._flows, caller, await self._flow_of(caller, row), variables, pointer="/values"
            )
        at = wanted.checkpoint_id or (wanted.checkpoint or {}).get("checkpoint_id")
        place = place_of(await self.conversation(caller, row), str(at)) if at else None
        operations = operations_of(read_messages(given.get("messages") or [], "/values/messages"))

        def work(state: "SessionState") -> "tuple[list[dict[str, Any]], Exclusive] | None":
            tree = state.messages
            if place is not None:
                tree = continued_after(tree, place.message_id)
            tree = applied(tree, operations)
            if tree == state.messages:
                return None
            return tree, exclusive_change(row, counting(row.id, len(active_line(tree))))

        await self._engine.sessions.change(row.id, work)
        if variables:
            await self._engine.sessions.write_variables(row.id, variables, exclusive_change(row))
        state = await self.state(caller, row)
        checkpoint = state["checkpoint"] or {"thread_id": thread_id_of(row), "checkpoint_ns": ""}
        return {"checkpoint": checkpoint, "configurable": checkpoint, "checkpoint_id": state["checkpoint_id"]}
