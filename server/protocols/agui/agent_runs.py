"""Agent runs: what AG-UI's clients ask of a chatflow; a thread of theirs is a session."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from graphs.conversation.files import parted
from graphs.values.run_options import Branch
from persistence.library.flows import FlowRow, Flows
from persistence.library.sessions import SessionRow, Sessions
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.runs.executions import Accepted, ExecutionRow, Executions, Idempotency
from server.compilation.langgraph_engine import Engine
from server.flow_choice.named_flows import NamedFlows
from server.http.parameters import by_caller, session_name
from server.http.problems import Fault, Problem
from server.identity.access_recheck import LOST, Lost
from server.identity.callers import Caller
from server.identity.ownership import may_see, visible_to
from server.protocols.agui.agent_inputs import AgentInput, given_message
from server.protocols.agui.agui_events import AgUiEvents, agui_frame, agui_messages
from server.protocols.answer_parts import Stretch
from server.protocols.answering_nodes import answering_of
from server.protocols.langgraph.assistants.assistants import may_see_nodes
from server.protocols.langgraph.runs.run_bodies import resumed
from server.protocols.langgraph.threads.thread_states import Conversation
from server.protocols.langgraph.threads.threads import Threads
from server.protocols.openai.given_messages import read_conversation
from server.requests.chat_inputs import declared_by
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.input_answers import InputAnswers
from server.requests.replays import replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order
from server.settings.sources import Settings

__all__ = ["AgentRuns"]

ROUTE = "agui.run"
TALKS = ("user", "assistant", "system", "developer")
LONGEST_ID = 255


class AgentRuns:
    """Runs chatflows as agents."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        named: NamedFlows,
        orders: ChatOrders,
        service: ExecutionService,
        executions: Executions,
        sessions: Sessions,
        lists: ExecutionLists,
        threads: Threads,
        engine: Engine,
        answers: InputAnswers,
        streams: Streams,
        disconnects: Disconnects,
    ) -> None:
        self._settings = settings
        self._flows = flows
        self._named = named
        self._orders = orders
        self._service = service
        self._executions = executions
        self._sessions = sessions
        self._lists = lists
        self._threads = threads
        self._engine = engine
        self._answers = answers
        self._streams = streams
        self._disconnects = disconnects

    async def run(
        self, request: Request[Any, Any, Any], caller: Caller, slug: str, wanted: AgentInput
    ) -> ASGIResponse:
        """Run an agent and stream its events. The same run id again is the same run.

        Raises:
            Problem: the request cannot be answered.
        """
        flow = await self._flow(caller, slug)
        self._streams.check(caller)
        left = wanted.props.get("onDisconnect")
        cancels = self._disconnects.cancels(request, caller, default=left == "cancel")
        name = session_name(wanted.threadId, pointer="/threadId")
        session = await self._session(caller, name)
        idempotency = self._idempotency(request, flow, name, wanted.runId)
        command: Any = wanted.props.get("command")
        resume = cast("dict[str, Any]", command).get("resume") if isinstance(command, dict) else None
        history: list[dict[str, Any]] | None = None
        snapshot = True
        if wanted.resume or resume is not None:
            accepted = await self._resume(request, caller, flow, session, wanted, resume)
            history = [] if session is None else await self._history(session)
        else:
            order, differs = await self._order(caller, flow, name, session, wanted)
            accepted = await self._service.start(msgspec.structs.replace(order, idempotency=idempotency))
            snapshot = differs
        return await self._streamed(
            caller, accepted, wanted, history=history, snapshot=snapshot, cancels=cancels
        )

    async def rejoin(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        slug: str,
        thread_id: str,
        run_id: str | None,
        *,
        newest: bool,
    ) -> ASGIResponse:
        """Return the events of a run from its beginning, behind the messages before it.

        Raises:
            Problem: 404 if there is no such run.
        """
        flow = await self._flow(caller, slug)
        self._streams.check(caller)
        name = session_name(thread_id, parameter="thread_id")
        session = await self._session(caller, name)
        missing = Problem(404, "not_found", "There is no such run of this thread.")
        if session is None:
            raise missing
        accepted: Accepted | None = None
        if run_id is not None:
            idempotency = self._idempotency(request, flow, name, run_id)
            accepted = await self._executions.known_request(caller.workspace, idempotency)
        elif (last := await self._threads.lists.last_run(session.id)) is not None:
            row = await self._executions.get(caller.workspace, last.id, owner=visible_to(caller))
            accepted = None if row is None else Accepted(row)
        if accepted is None or accepted.execution.flow_id != flow.id:
            raise missing
        wanted = AgentInput(
            threadId=thread_id,
            runId=run_id or accepted.execution.id,
            protocolVersion="1.0" if newest else None,
        )
        own = accepted.execution.id
        before = [
            one
            for one in await self._history(session)
            if one.get("role") == "user" or one.get("metadata", {}).get("execution_id") != own
        ]
        return await self._streamed(caller, accepted, wanted, history=before)

    async def stop(self, caller: Caller, slug: str, thread_id: str) -> None:
        """End what is under way of a thread, and what waits for its turn."""
        flow = await self._flow(caller, slug)
        name = session_name(thread_id, parameter="thread_id")
        for status in ("pending", "running"):  # in this order: none that waits begins in place of another
            wanted = Wanted(session=name, status=status, flow_id=flow.id, owner=visible_to(caller))
            rows, _ = await self._lists.page(caller.workspace, wanted, limit=100)
            for row in rows:
                await self._service.cancel(caller.workspace, row.id)

    async def _flow(self, caller: Caller, slug: str) -> FlowRow:
        flow = await self._named.find(caller, slug, "chatflow")
        if flow is None:
            raise Problem(404, "not_found", f"There is no chatflow '{slug[:80]}' that is switched on.")
        return flow

    async def _session(self, caller: Caller, name: str) -> SessionRow | None:
        row = await self._sessions.get(caller.workspace, name)
        return row if row is not None and may_see(caller, row) else None

    async def _history(self, session: SessionRow) -> list[dict[str, Any]]:
        return await self._engine.sessions.history(session.id, asked=False)

    def _idempotency(
        self, request: Request[Any, Any, Any], flow: FlowRow, name: str, run_id: str
    ) -> Idempotency:
        route = by_caller(request, f"{ROUTE}:{flow.id}")
        return Idempotency(route, f"{name[:120]}/{run_id[:120]}", run_id[:120])

    async def _resume(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow: FlowRow,
        session: SessionRow | None,
        wanted: AgentInput,
        value: Any,
    ) -> Accepted:
        questions = [] if session is None else await self._threads.questions(session)
        given: Any = value
        if wanted.resume:
            given = {
                one.interruptId: "reject" if one.status == "cancelled" else one.payload
                for one in wanted.resume
            }
            unknown = [id for id in given if id not in {one.id for one in questions}]
            if unknown:
                detail = f"The thread has no open interrupt '{unknown[0][:80]}'."
                raise Problem(409, "not_waiting", detail, errors=[Fault(detail, pointer="/resume")])
        of_run = {one.id: one.execution_id for one in questions}
        accepted: Accepted | None = None
        for answer in resumed(given, questions):
            run, _ = await self._answers.questions(caller, of_run[answer.input_id or ""])
            if run.flow_id != flow.id:
                raise Problem(409, "not_waiting", "The thread waits for an answer to another agent.")
            answered = await self._answers.respond(request, caller, run.id, answer)
            after = answered.after if accepted is None else accepted.after
            accepted = Accepted(answered.execution, replayed=answered.replayed, after=after)
        assert accepted is not None, "there is an answer at least"
        return accepted

    async def _order(
        self,
        caller: Caller,
        flow: FlowRow,
        name: str,
        session: SessionRow | None,
        wanted: AgentInput,
    ) -> tuple[Order, bool]:
        """Return the order of a run, and whether the client's messages are others than the session's."""
        tree = [] if session is None else await self._engine.sessions.messages(session.id)
        known = {one["id"]: one for one in tree}
        sent = [one for one in wanted.messages if one.role in TALKS]
        given = [given_message(one) for one in sent]
        said = read_conversation(given, flow.document, self._settings, whole=not tree)
        last = [one for one in sent if one.role == "user"][-1]
        names = {one.name for one in declared_by(flow.document).variables}
        state: Any = wanted.state
        values = cast("dict[str, Any]", state) if isinstance(state, dict) else {}
        inputs: Any = wanted.props.get("inputs")
        chat = ChatRequest(
            message=said.message,
            session_id=name,
            files=said.files,
            inputs=cast("dict[str, Any]", inputs) if isinstance(inputs, dict) else {},
            variables={key: value for key, value in values.items() if key in names},
        )
        before = [one.id for one in sent[: sent.index(last)] if one.id in known]
        conversation = Conversation("", tree, {})
        again, branch = None, None
        if last.id in known and parted(known[last.id].get("content", ""))[0] == said.message:
            again = last.id
            chat = msgspec.structs.replace(chat, files=[])
        elif last.id in known:
            chat = msgspec.structs.replace(chat, edits=last.id)
        elif before and not conversation.is_leaf(before[-1]):
            edited = conversation.first_after(before[-1])
            chat = msgspec.structs.replace(chat, edits=edited or None)
            branch = None if edited else Branch(before[-1])
        order = await self._orders.order(caller, chat, flow=flow, public_inputs=True, again=again)
        order = msgspec.structs.replace(
            order,
            history=said.history,
            history_files=said.history_files,
            message_id="" if last.id in known or len(last.id) > LONGEST_ID else last.id,
        )
        if branch is not None:
            order = msgspec.structs.replace(order, branch=branch, answers="")
        ours = [one["id"] for one in tree if "aside" not in one and one["role"] in TALKS]
        theirs = [one.id for one in sent if one is not last]
        return order, bool(tree) and (ours != theirs or again is not None)

    async def _streamed(
        self,
        caller: Caller,
        accepted: Accepted,
        wanted: AgentInput,
        *,
        history: list[dict[str, Any]] | None,
        snapshot: bool = True,
        cancels: bool = False,
    ) -> ASGIResponse:
        row = accepted.execution
        shown = AgUiEvents(
            wanted.threadId,
            wanted.runId,
            await answering_of(self._flows, row),
            Stretch(row.id, accepted.after),
            shows_nodes=may_see_nodes(caller),
            newest=wanted.protocolVersion is not None,
        )
        headers = {**replayed(accepted), "X-Execution-Id": row.id, "X-Session-Id": row.session or ""}
        stream = AgentStream(
            self._frames(caller, row, shown, history, snapshot), self._streams, headers=headers
        )
        self._disconnects.watch(stream, row, None, left=lambda: cancels and not shown.ended)
        return stream

    async def _frames(
        self,
        caller: Caller,
        row: ExecutionRow,
        shown: AgUiEvents,
        history: list[dict[str, Any]] | None,
        snapshot: bool,
    ) -> AsyncGenerator[bytes]:
        told = False
        async with aclosing(self._service.follow(row.id)) as events:
            async for event in events:
                parts = shown.add(event)
                if shown.began and not told:
                    told = True
                    if history is not None:
                        parts.insert(1, {"type": "MESSAGES_SNAPSHOT", "messages": agui_messages(history)})
                for part in parts:
                    yield agui_frame(part)
                if shown.ended:
                    for part in await self._last(caller, row, shown, snapshot=snapshot):
                        yield agui_frame(part)
                    return
        message = "The server stops; the run goes on. Send the same runId again to read it."
        yield agui_frame({"type": "RUN_ERROR", "message": message, "code": "stopping"})

    async def _last(
        self, caller: Caller, row: ExecutionRow, shown: AgUiEvents, *, snapshot: bool
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if not caller.flow_id and (variables := await self._engine.sessions.variables(row.thread_id)):
            found.append({"type": "STATE_SNAPSHOT", "snapshot": variables})
        if snapshot or shown.retracted:
            messages = await self._engine.sessions.history(row.thread_id, asked=False)
            found.append({"type": "MESSAGES_SNAPSHOT", "messages": agui_messages(messages)})
        return [*found, *shown.end()]


class AgentStream(EventStream):
    """A stream of AG-UI, which says in the protocol's words why it ends early."""

    async def take_away(self, why: Lost) -> None:
        """End the stream with an error: its caller may listen no more."""
        self._last_words = agui_frame({"type": "RUN_ERROR", "message": LOST[why], "code": why})
        self.drop()
