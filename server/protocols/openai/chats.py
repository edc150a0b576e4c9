"""Chats: chat completions asked for, run and answered."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from persistence.library.flows import FlowRow, Flows
from persistence.runs.executions import Accepted, ExecutionRow, Idempotency
from server.flow_choice.named_flows import NamedFlows
from server.http.parameters import retry_of, session_name
from server.http.problems import Fault, Problem, known_problem
from server.identity.access_recheck import LOST, Lost
from server.identity.callers import Caller
from server.protocols.answer_parts import Stretch
from server.protocols.answering_nodes import answering_of
from server.protocols.followed_answers import until_answered
from server.protocols.openai.completions import ChunkFrames, Wanted, completion
from server.protocols.openai.errors import accepted as after_acceptance
from server.protocols.openai.errors import error_frame, failed
from server.protocols.openai.given_messages import GivenMessage, read_conversation
from server.protocols.openai.model_settings import ModelSettings, is_plain_chat, read_settings
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.replays import replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order
from server.settings.sources import Settings

__all__ = ["ChatCompletions", "CompletionRequest", "CompletionStream", "in_a_form"]

ROUTE = "openai.chat"
SESSION_HEADERS = ("x-session-id", "x-openwebui-chat-id")


class StreamOptions(Struct, frozen=True):
    """How a stream is wanted."""

    include_usage: bool | None = None


class CompletionRequest(ModelSettings, frozen=True, kw_only=True):
    """A chat completion as it is asked for. What else a client sends is ignored."""

    model: str
    messages: list[GivenMessage]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None
    """Public inputs of the chatflow: OpenAI's clients send them by `extra_body`."""


class ChatCompletions:
    """Answers chat completions with the chatflows of a workspace."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        named: NamedFlows,
        orders: ChatOrders,
        service: ExecutionService,
        streams: Streams,
        disconnects: Disconnects,
    ) -> None:
        self._named = named
        self._settings = settings
        self._flows = flows
        self._orders = orders
        self._service = service
        self._streams = streams
        self._disconnects = disconnects

    async def model(self, caller: Caller, name: str) -> FlowRow:
        """Return the chatflow that a caller names by id, slug or former slug, perhaps with a version.

        Raises:
            Problem: 404 if the workspace has none that is switched on.
        """
        flow = await self._named.find(caller, name, "chatflow")
        if flow is None:
            detail = (
                f"The model '{name[:80]}' does not exist. A model is the slug or the ID of a chatflow that "
                "is switched on: GET /v1/models lists them."
            )
            raise Problem(404, "model_not_found", detail, errors=[Fault(detail, pointer="/model")])
        return flow

    async def answer(
        self, request: Request[Any, Any, Any], caller: Caller, wanted: CompletionRequest, body: Any
    ) -> ASGIResponse:
        """Run a conversation and return its answer, whole or as a stream.

        Args:
            request: Whose headers may name a session, an idempotency key, and what a cut connection means.
            caller: Who asks.
            wanted: What they ask.
            body: The same as it was sent: a repeated request is known by it.

        Raises:
            Problem: the request cannot be answered, or its run failed.
        """
        flow = await self.model(caller, wanted.model)
        session = _session(request, wanted)
        idempotency = retry_of(
            request, f"{ROUTE}:{flow.id}", body, session=session, seconds=self._settings.retry_seconds
        )
        cancels = self._cancels(request, caller, session, idempotency)
        if wanted.stream:
            self._streams.check(caller)
        order = await self._order(caller, flow, wanted, session, idempotency)
        accepted = await self._service.start(order)
        row = accepted.execution
        asked = Wanted(
            model=wanted.model,
            answering=frozenset() if in_a_form(row) else await answering_of(self._flows, row),
            after=accepted.after,
            include_usage=bool(wanted.stream_options and wanted.stream_options.include_usage),
            stateful=session is not None,
        )
        headers = {**replayed(accepted), "X-Session-Id": row.session or ""}
        if wanted.stream:
            return self._streamed(row, asked, headers, idempotency, cancels=cancels)
        return await self._whole(request, accepted, asked, headers, idempotency, cancels=cancels)

    async def _order(
        self,
        caller: Caller,
        flow: FlowRow,
        wanted: CompletionRequest,
        session: str | None,
        idempotency: Idempotency | None,
    ) -> Order:
        plain = is_plain_chat(flow.document)
        said = read_conversation(
            wanted.messages, flow.document, self._settings, whole=session is None, tools=plain
        )
        settings = read_settings(wanted, plain=plain, resumes=said.resumes)
        chat = ChatRequest(
            message=said.message, session_id=session, files=said.files, inputs=wanted.inputs or {}
        )
        order = await self._orders.order(caller, chat, flow=flow, idempotency=idempotency, public_inputs=True)
        return msgspec.structs.replace(
            order,
            history=said.history,
            history_files=said.history_files,
            call_settings=settings,
            answers="" if said.resumes else order.answers,
        )

    async def _whole(
        self,
        request: Request[Any, Any, Any],
        accepted: Accepted,
        asked: Wanted,
        headers: dict[str, str],
        idempotency: Idempotency | None,
        *,
        cancels: bool,
    ) -> ASGIResponse:
        row = accepted.execution
        events = until_answered(self._service, Stretch(row.id, asked.after))
        try:
            read = await self._disconnects.answered(request, events, row, idempotency, cancels=cancels)
            answer = completion(read, asked)
        except Problem as problem:
            if problem.document.code == "approval_required":
                self._disconnects.give_up(row)
            raise _of_run(problem, headers) from None
        except Exception as error:
            if (known := known_problem(error)) is None:
                raise
            raise _of_run(known, headers) from error
        return ASGIResponse(body=msgspec.json.encode(answer), media_type="application/json", headers=headers)

    def _streamed(
        self,
        row: ExecutionRow,
        asked: Wanted,
        headers: dict[str, str],
        idempotency: Idempotency | None,
        *,
        cancels: bool,
    ) -> "CompletionStream":
        frames = ChunkFrames(asked)
        stream = CompletionStream(self._frames(row, frames), self._streams, headers=headers)
        self._disconnects.watch(
            stream,
            row,
            idempotency,
            left=lambda: cancels and not frames.ended,
            unanswerable=lambda: frames.unanswerable,
        )
        return stream

    async def _frames(self, row: ExecutionRow, frames: ChunkFrames) -> AsyncGenerator[bytes]:
        async with aclosing(self._service.follow(row.id)) as events:
            async for event in events:
                for _, shown in frames.frames(event):
                    yield shown
                if frames.ended:
                    return
        message = f"The server stops; the run goes on. See /api/agent-builder/executions/{row.id}."
        yield error_frame(failed("stopping", message, row.id))

    def _cancels(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        session: str | None,
        idempotency: Idempotency | None,
    ) -> bool:
        """Say whether the run ends where the client leaves before it has its answer."""
        usual = self._settings.openai_on_disconnect
        named = idempotency is not None and idempotency.attempt is None
        auto = usual == "auto" and session is None and not named
        return self._disconnects.cancels(request, caller, default=usual == "cancel" or auto)


class CompletionStream(EventStream):
    """A stream of chunks, which says in OpenAI's shape why it ends early."""

    async def take_away(self, why: Lost) -> None:
        """End the stream with an error: its caller may listen no more."""
        self._last_words = error_frame(failed(why, LOST[why], ""))
        self.drop()


def _of_run(problem: Problem, headers: dict[str, str]) -> Problem:
    """Return a problem of a run as its request is answered."""
    budget = problem.document.status == 429 and problem.document.code in ("budget", "quota")
    told = problem if budget else after_acceptance(problem)
    told.headers.update(headers)
    return told


def in_a_form(row: ExecutionRow) -> bool:
    """Say whether the client asked for JSON: it is checked as a whole before any of it is sent."""
    settings: dict[str, Any] = row.options.get("call_settings") or {}
    return bool(settings.get("response_format"))


def _session(request: Request[Any, Any, Any], wanted: CompletionRequest) -> str | None:
    """Return the session that a request names; None for a conversation of its own.

    Raises:
        Problem: 422 for what is no name of a session.
    """
    for header in SESSION_HEADERS:
        if given := request.headers.get(header):
            return session_name(given, pointer=f"/{header}")
    named: Any = (wanted.metadata or {}).get("session_id")
    return session_name(named, pointer="/metadata/session_id") if isinstance(named, str) and named else None
