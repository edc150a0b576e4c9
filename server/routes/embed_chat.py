"""Embedded chat: a visitor's message, and its answer, whole or streamed."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from persistence.runs.executions import goes_on
from server.description.operations import operation
from server.embed.visitor_access import BRINGS_FILES, SESSION_HEADER, Visit
from server.embed.visitor_chats import VisitorChats, VisitorMessage
from server.embed.visitors import Visitors
from server.identity.authentication import OPEN
from server.requests.replays import in_flight, replayed
from server.routes.embed_visits import IN_SESSION, VisitorController, needed_session
from server.runs.execution_stream import ExecutionStreams, place_of
from server.streams.visitor_sse import VisitorAnswer, VisitorEvent, VisitorFrames, visitor_answer

__all__ = ["EmbedChatController"]

IN_MESSAGE: dict[str, Any] = {**IN_SESSION, "opt": OPEN | {BRINGS_FILES: True}}
OF_MESSAGE = (400, 401, 403, 404, 409, 413, 415, 422, 429)
"""What a message may be refused with."""


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
        visitors: NamedDependency[Visitors],
        visitor_chats: NamedDependency[VisitorChats],
        execution_streams: NamedDependency[ExecutionStreams],
        visit: NamedDependency[Visit],
    ) -> Response[VisitorAnswer]:
        """Send a visitor's message and return the answer."""
        session = visitors.session_of(visit, data.session_id)
        accepted = await visitor_chats.start(request, visit, session, data, "chat")
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        events = await execution_streams.ended(accepted.execution)
        headers = visitors.session_headers(visit, session)
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
        visitors: NamedDependency[Visitors],
        visitor_chats: NamedDependency[VisitorChats],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Send a visitor's message and stream the answer as Server-Sent Events.

        A repeated request with the same `Idempotency-Key` goes on with its run, after `Last-Event-ID` where
        it has one.
        """
        session = visitors.session_of(visit, data.session_id)
        seat = await visitors.seat(visit, session)
        try:
            place = place_of(request)
            if place is not None and place.execution_id:
                row = await visitors.own_run(visit, session, place.execution_id)
                return visitor_chats.watch(visit, session, row, seat, after=place)
            accepted = await visitor_chats.start(request, visit, session, data, "chat.stream")
            return visitor_chats.begun(visit, session, accepted, seat, replayed(accepted))
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
        visitors: NamedDependency[Visitors],
        visitor_chats: NamedDependency[VisitorChats],
        visit: NamedDependency[Visit],
    ) -> ASGIResponse:
        """Stream a run of the visitor from its first event, or after `Last-Event-ID`."""
        session = needed_session(visit)
        row = await visitors.own_run(visit, session, execution_id)
        place = place_of(request)
        seat = await visitors.seat(visit, session)
        return visitor_chats.watch(visit, session, row, seat, after=place)
