"""Embedded chat: a visitor's message, and its answer, whole or streamed."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Meta, Struct

from persistence.runs.executions import Accepted, ExecutionRow, goes_on
from server.description.openapi import operation
from server.embed.visitor_access import BRINGS_FILES, SESSION_HEADER, Visit
from server.embed.visitor_sessions import PREFIX, VisitorSession
from server.embed.visitor_streams import Seat
from server.http.parameters import idempotency_of
from server.http.problems import Problem
from server.identity.auth import OPEN, Caller
from server.projections.visitor import VisitorAnswer, VisitorEvent, VisitorFrames, visitor_answer
from server.routes.chat import in_flight, replayed
from server.routes.embed_visits import (
    IN_SESSION,
    VisitorController,
    ask_of,
    embedded_flow,
    needed_session,
    own_run,
    session_headers,
)
from server.runs.chat_requests import ChatRequest, chat_order
from server.runs.execution_stream import Place, ended, place_of, watch
from server.runs.uploads import SentFiles
from server.runtime import Runtime

__all__ = ["EmbedChatController"]

IN_MESSAGE: dict[str, Any] = {**IN_SESSION, "opt": OPEN | {BRINGS_FILES: True}}
OF_MESSAGE = (400, 401, 403, 404, 409, 413, 415, 422, 429)
"""What a message may be refused with."""


class VisitorMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visitor's message."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: Annotated[str, Meta(max_length=512)] | None = None
    """The `session_id` of an earlier response, to continue its conversation. Other names start separate
    conversations for each visitor."""
    files: SentFiles = []
    """Files of the message, if `uploads` of the public configuration allows them."""


class EmbedChatController(VisitorController):
    """What a visitor says, and what is answered."""

    @post(
        "/chat",
        operation_id="embedChat",
        status_code=200,
        request_max_body_size=None,  # the door sets a limit, by what the chatflow takes
        opt=operation(
            *OF_MESSAGE,
            starts_run=True,
            sdk="embeds.visitor_chat",
            **IN_MESSAGE,
        ),
    )
    async def chat(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorMessage],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> Response[VisitorAnswer]:
        """Send a visitor's message and return the answer."""
        session = _session(runtime, visit, data)
        accepted = await _start(request, runtime, visit, session, data, "chat")
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        events = await ended(runtime.ready, accepted.execution)
        headers = session_headers(runtime, visit, session)
        answer = visitor_answer(events, headers[SESSION_HEADER])
        return Response(answer, headers={**replayed(accepted), **headers})

    @post(
        "/chat/stream",
        operation_id="embedChatStream",
        status_code=200,
        request_max_body_size=None,  # the door sets a limit, by what the chatflow takes
        opt=operation(
            *OF_MESSAGE,
            events=VisitorEvent,
            last=VisitorFrames.last,
            starts_run=True,
            sdk="embeds.visitor_chat_stream",
            **IN_MESSAGE,
        ),
    )
    async def stream(
        self,
        embed_token: FromPath[str],
        data: JSONBody[VisitorMessage],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Send a visitor's message and stream the answer as Server-Sent Events.

        A repeated request with the same `Idempotency-Key` goes on with its run, after `Last-Event-ID` where
        it has one.
        """
        session = _session(runtime, visit, data)
        seat = await runtime.ready.visitor_streams.seat(visit.embed.token, session.id, visit.page)
        try:
            place = place_of(request)
            if place is not None and place.execution_id:
                row = await own_run(runtime, visit, session, place.execution_id)
                return _watch(runtime, visit, session, row, seat, after=place)
            accepted = await _start(request, runtime, visit, session, data, "chat.stream")
            return _watch(runtime, visit, session, accepted.execution, seat, headers=replayed(accepted))
        except BaseException:
            seat.leave()
            raise

    @get(
        "/chat/stream",
        operation_id="embedChatResume",
        opt=operation(
            400,
            401,
            403,
            404,
            429,
            events=VisitorEvent,
            last=VisitorFrames.last,
            sdk="embeds.visitor_chat_resume",
            **IN_SESSION,
        ),
    )
    async def resume(
        self,
        embed_token: FromPath[str],
        execution_id: Annotated[str, QueryParameter(description="A run of the visitor's own.")],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Stream a run of the visitor from its first event, or after `Last-Event-ID`."""
        session = needed_session(visit)
        row = await own_run(runtime, visit, session, execution_id)
        place = place_of(request)
        seat = await runtime.ready.visitor_streams.seat(visit.embed.token, session.id, visit.page)
        return _watch(runtime, visit, session, row, seat, after=place)


def _session(runtime: Runtime, visit: Visit, data: VisitorMessage) -> VisitorSession:
    """Return the session that a message belongs to: the header's, the body's, or a new one."""
    if visit.session is not None:
        return visit.session
    sessions = runtime.ready.visitor_sessions
    if data.session_id is not None and data.session_id.startswith(PREFIX):
        return sessions.read(visit.embed, data.session_id)
    return sessions.begin()


async def _start(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    visit: Visit,
    session: VisitorSession,
    data: VisitorMessage,
    route: str,
) -> Accepted:
    """Have the chatflow answer a message.

    Raises:
        Problem: 413 for a message that is too long, 429 if the address has sent too many.
    """
    most = runtime.settings.embed_message_bytes
    size = len(data.message.encode("utf-8", "surrogatepass"))
    if size > most:
        raise Problem(413, "too_large", f"The message has {size:,} bytes; {most:,} are taken.")
    flow = await embedded_flow(runtime, visit)
    chat = ChatRequest(message=data.message, session_id=session.name, files=data.files)
    idempotency = idempotency_of(request, f"embed.{route}:{visit.embed.id}:{session.id}", chat)
    caller = Caller(visit.embed.workspace, "")
    order = await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    await runtime.limits.take(ask_of(request, visit, "messages"))
    request.scope["user"] = msgspec.structs.replace(visit, session=session)  # who did it, as the audit has it
    return await runtime.ready.service.start(msgspec.structs.replace(order, visitor=True))


def _watch(
    runtime: Runtime,
    visit: Visit,
    session: VisitorSession,
    row: ExecutionRow,
    seat: Seat,
    *,
    after: Place | None = None,
    headers: dict[str, str] | None = None,
) -> ASGIResponse:
    kept = session_headers(runtime, visit, session)
    seq = 0 if after is None else after.seq
    if row.completed_at is not None and seq >= row.last_seq:
        seat.leave()
        return ASGIResponse(status_code=204, headers=kept)
    stream = watch(
        runtime,
        row,
        VisitorFrames(kept[SESSION_HEADER]),
        after=seq,
        headers={**(headers or {}), SESSION_HEADER: kept[SESSION_HEADER]},
    )
    return seat.take(stream)
