"""UI chats: what useChat sends, answered with a chatflow; a chat is a session."""

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.conversation.files import parted
from persistence.journal.journal import Journal
from persistence.library.flows import FlowRow, Flows
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.runs.executions import Accepted, ExecutionRow, Executions, Idempotency
from server.compilation.langgraph_engine import Engine
from server.flow_choice.named_flows import NamedFlows
from server.http.parameters import by_caller, cleared, idempotency_of, session_name
from server.http.problems import Fault, Problem
from server.identity.access_recheck import LOST, Lost
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.protocols.answer_parts import Stretch
from server.protocols.answering_nodes import answering_of
from server.protocols.openai.given_messages import GivenMessage, read_conversation
from server.protocols.vercel.ui_stream import Answered, UiFrames, approvals_of, failure_frames
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.input_answers import InputAnswers, InputResponse
from server.requests.replays import replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService
from server.sessions.chat_sessions import ChatSessions
from server.settings.sources import Settings

__all__ = ["Responded", "UiChatRequest", "UiChats"]

HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
ROUTE = "vercel.chat"


class UiMessage(Struct, frozen=True, kw_only=True):
    """A message as the client has it; what else it has is ignored."""

    role: str
    id: str = ""
    parts: list[dict[str, Any]] = []


class Responded(Struct, frozen=True, kw_only=True):
    """An answer to a question of a run."""

    execution_id: str
    action: str
    input_id: str | None = None
    value: Any = None
    comment: str = ""


class UiChatRequest(Struct, frozen=True, kw_only=True):
    """What useChat sends. What else an application adds is ignored."""

    id: str
    messages: list[UiMessage] = []
    trigger: str = "submit-message"
    messageId: str | None = None  # as the protocol has it
    respond: Responded | None = None
    inputs: dict[str, Any] | None = None
    """Public inputs of the chatflow."""
    approvals: bool = True
    """Whether questions to approve or reject are also shown as approvals of a tool; release 5 knows none."""


class UiChats:
    """Answers chats of the AI SDK."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        named: NamedFlows,
        orders: ChatOrders,
        service: ExecutionService,
        executions: Executions,
        sessions: ChatSessions,
        lists: ExecutionLists,
        engine: Engine,
        journal: Journal,
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
        self._engine = engine
        self._journal = journal
        self._answers = answers
        self._streams = streams
        self._disconnects = disconnects

    async def flow(self, caller: Caller, slug: str) -> FlowRow:
        """Return the chatflow of a path.

        Raises:
            Problem: 404 if there is none that is switched on.
        """
        flow = await self._named.find(caller, slug, "chatflow")
        if flow is None:
            raise Problem(404, "not_found", f"There is no chatflow '{slug[:80]}' that is switched on.")
        return flow

    async def send(
        self, request: Request[Any, Any, Any], caller: Caller, slug: str, wanted: UiChatRequest
    ) -> ASGIResponse:
        """Answer the last message of a chat as a stream.

        Raises:
            Problem: the request cannot be answered.
        """
        flow = await self.flow(caller, slug)
        self._streams.check(caller)
        cancels = self._disconnects.cancels(request, caller)
        if wanted.respond is not None:
            return await self._respond(request, caller, flow, [wanted.respond], wanted, cancels=cancels)
        last = wanted.messages[-1] if wanted.messages else None
        if last is not None and last.role == "assistant" and (given := approvals_of(last.parts)):
            answered = Answered(last.id, given)
            responded = [
                Responded(
                    execution_id=one.execution_id,
                    action="approve" if one.approved else "reject",
                    input_id=one.input_id,
                    comment=one.reason,
                )
                for one in given
            ]
            return await self._respond(
                request, caller, flow, responded, wanted, answered=answered, cancels=cancels
            )
        session = session_name(wanted.id, pointer="/id")
        given = [_given(one) for one in wanted.messages]
        anew = wanted.trigger == "regenerate-message" or wanted.messageId is not None
        if anew and given and given[-1].role == "assistant":
            given.pop()
        known = await self._known(caller, session)
        said = read_conversation(given, flow.document, self._settings, whole=not known)
        before = None
        if known and anew:
            before = await self._earlier(caller, session, sum(one.role == "user" for one in given))
        idempotency = idempotency_of(request, f"{ROUTE}.key:{flow.id}", wanted)
        if idempotency is None and not anew and last is not None and last.id:
            body = cleared({"session": session, "message": msgspec.to_builtins(last)})
            route = by_caller(request, f"{ROUTE}:{flow.id}")
            idempotency = Idempotency(route, f"{session[:120]}/{last.id[:120]}", body)
        chat = ChatRequest(
            message=said.message, session_id=session, files=said.files, inputs=wanted.inputs or {}
        )
        again = None
        if before is not None and parted(before.get("content", ""))[0] == said.message:
            again = str(before["id"])
            chat = msgspec.structs.replace(chat, files=[])
        elif before is not None:
            chat = msgspec.structs.replace(chat, edits=str(before["id"]))
        order = await self._orders.order(
            caller, chat, flow=flow, idempotency=idempotency, public_inputs=True, again=again
        )
        accepted = await self._service.start(
            msgspec.structs.replace(order, history=said.history, history_files=said.history_files)
        )
        return await self._streamed(accepted, idempotency, wanted=wanted, cancels=cancels)

    async def resume(self, caller: Caller, slug: str, chat_id: str) -> ASGIResponse:
        """Return the answer that is under way from its beginning, or 204 where nothing is."""
        flow = await self.flow(caller, slug)
        row = await self._under_way(caller, flow, chat_id)
        if row is None:
            return ASGIResponse(status_code=204)
        self._streams.check(caller)
        after = 0
        for event in await self._journal.read(row.id, limit=sys.maxsize):
            if event.type == "run.paused" and event.data.get("status") == "waiting_approval":
                after = event.seq
        return await self._streamed(Accepted(row, after=after))

    async def stop(self, caller: Caller, slug: str, chat_id: str) -> None:
        """End the answer that is under way, if one is, and those that wait for their turn.

        A run of another process ends when that has noticed.
        """
        flow = await self.flow(caller, slug)
        for status in ("pending", "running"):  # in this order: none that waits begins in place of another
            for id in await self._answers_with(status, caller, flow, chat_id, limit=100):
                await self._service.cancel(caller.workspace, id)

    async def _under_way(self, caller: Caller, flow: FlowRow, chat_id: str) -> ExecutionRow | None:
        for status in ("running", "pending"):
            for id in await self._answers_with(status, caller, flow, chat_id, limit=1):
                return await self._executions.get(caller.workspace, id)
        return None

    async def _answers_with(
        self, status: str, caller: Caller, flow: FlowRow, chat_id: str, *, limit: int
    ) -> list[str]:
        """Return the ids of a chat's runs that have a status."""
        session = session_name(chat_id, parameter="chat_id")
        wanted = Wanted(session=session, status=status, flow_id=flow.id, owner=visible_to(caller))
        rows, _ = await self._lists.page(caller.workspace, wanted, limit=limit)
        return [row.id for row in rows]

    async def _known(self, caller: Caller, session: str) -> bool:
        try:
            return (await self._sessions.get(caller, session)).message_count >= 0
        except Problem:
            return False

    async def _earlier(self, caller: Caller, session: str, users: int) -> dict[str, Any] | None:
        """Return the message of the user's that is edited or answered again; None for a new one. Runs of the
        session end: what they would say is not wanted any more.

        Args:
            caller: Who asks.
            session: Their name of it.
            users: Which message of the user's it is, from 1.
        """
        row = await self._sessions.get(caller, session)
        await self._sessions.end_runs(caller, row)
        messages = await self._engine.sessions.history(row.id)
        said = [one for one in messages if one.get("role") == "user"]
        return said[users - 1] if 1 <= users <= len(said) else None

    async def _respond(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow: FlowRow,
        given: list[Responded],
        wanted: UiChatRequest,
        *,
        answered: Answered | None = None,
        cancels: bool,
    ) -> ASGIResponse:
        """Answer questions of a run, and stream what it says then."""
        accepted: Accepted | None = None
        for one in given:
            run, _ = await self._answers.questions(caller, one.execution_id)
            if run.flow_id != flow.id:
                detail = f"Execution '{one.execution_id[:80]}' is not of the chatflow '{flow.slug}'."
                fault = Fault(detail, pointer="/respond/execution_id")
                raise Problem(404, "not_found", detail, errors=[fault])
            data = InputResponse(
                action=one.action, input_id=one.input_id, value=one.value, comment=one.comment
            )
            done = await self._answers.respond(request, caller, run.id, data)
            after = done.after if accepted is None else accepted.after
            accepted = Accepted(done.execution, replayed=done.replayed, after=after)
        assert accepted is not None, "there is an answer at least"
        return await self._streamed(accepted, wanted=wanted, answered=answered, cancels=cancels)

    async def _streamed(
        self,
        accepted: Accepted,
        idempotency: Idempotency | None = None,
        *,
        wanted: UiChatRequest | None = None,
        answered: Answered | None = None,
        cancels: bool = False,
    ) -> ASGIResponse:
        row = accepted.execution
        stretch = Stretch(row.id, accepted.after)
        approvals = wanted is None or wanted.approvals
        answering = await answering_of(self._flows, row)
        frames = UiFrames(answering, stretch, approvals=approvals, answered=answered)
        named = {**HEADERS, **replayed(accepted), "X-Session-Id": row.session or ""}
        stream = UiStream(self._frames(stretch, frames), self._streams, headers=named)
        self._disconnects.watch(stream, row, idempotency, left=lambda: cancels and not frames.ended)
        return stream

    async def _frames(self, stretch: Stretch, frames: UiFrames) -> AsyncGenerator[bytes]:
        async with aclosing(self._service.follow(stretch.execution_id)) as events:
            async for event in events:
                for shown in frames.frames(event):
                    yield shown
                if frames.ended:
                    return
        for shown in failure_frames("The server stops; the run goes on. Resume the chat to read the rest."):
            yield shown


class UiStream(EventStream):
    """A stream of UI messages, which says in the protocol's words why it ends early."""

    async def take_away(self, why: Lost) -> None:
        """End the stream with an error: its caller may listen no more."""
        self._last_words = b"".join(failure_frames(LOST[why]))
        self.drop()


def _given(message: UiMessage) -> GivenMessage:
    """Return a message of the client's with its text and its files."""
    parts: list[dict[str, Any]] = []
    for part in message.parts:
        match part:
            case {"type": "text", "text": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": "file", "url": str(url), **more}:
                if str(more.get("mediaType", "")).startswith("image/"):
                    parts.append({"type": "image_url", "image_url": {"url": url}})
                else:
                    file = {"file_data": url, "filename": more.get("filename")}
                    parts.append({"type": "file", "file": file})
            case _:
                pass
    return GivenMessage(role=message.role, content=parts)
