"""Visitors' chats: a message of a visitor's, run by the embed's chatflow, and the stream of its answer."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Meta, Struct

from persistence.runs.executions import Accepted, ExecutionRow
from server.embed.locales import action_words
from server.embed.visitor_access import SESSION_HEADER, Visit
from server.embed.visitor_sessions import VisitorSession
from server.embed.visitor_streams import Seat
from server.embed.visitors import Visitors, ask_of
from server.http.parameters import idempotency_of
from server.http.problems import Problem
from server.identity.callers import Caller
from server.limits.rate_limits import Limits
from server.requests.chat_inputs import ChatValues
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.upload_checks import SentFiles
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams, Place
from server.settings.sources import Settings
from server.streams.visitor_sse import VisitorFrames

__all__ = ["VisitorChats", "VisitorMessage"]


class VisitorMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A visitor's message."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: Annotated[str, Meta(max_length=512)] | None = None
    """The `session_id` of an earlier response, to continue its conversation. Other names start separate
    conversations for each visitor."""
    files: SentFiles = []
    """Files of the message, if `uploads` of the public configuration allows them."""
    inputs: ChatValues = {}
    """Inputs by name, if the public configuration lists them. A file is an object with `name` and `data`."""


class VisitorChats:
    """Has visitors' messages answered."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        visitors: Visitors,
        orders: ChatOrders,
        service: ExecutionService,
        streams: ExecutionStreams,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._visitors = visitors
        self._orders = orders
        self._service = service
        self._streams = streams

    async def start(
        self,
        request: Request[Any, Any, Any],
        visit: Visit,
        session: VisitorSession,
        data: VisitorMessage,
        route: str,
    ) -> Accepted:
        """Have the chatflow answer a message.

        Raises:
            Problem: 413 for a message that is too long, 429 if the address has sent too many.
        """
        most = self._settings.embed_message_bytes
        size = len(data.message.encode("utf-8", "surrogatepass"))
        if size > most:
            raise Problem(413, "too_large", f"The message has {size:,} bytes; {most:,} are taken.")
        flow = await self._visitors.flow(visit)
        chat = ChatRequest(
            message=data.message, session_id=session.name, files=data.files, inputs=data.inputs
        )
        idempotency = idempotency_of(request, f"embed.{route}:{visit.embed.id}:{session.id}", chat)
        caller = Caller(visit.embed.workspace, "")
        order = await self._orders.order(caller, chat, flow=flow, idempotency=idempotency, visitor=True)
        await self._limits.take(ask_of(request, visit, "messages"))
        request.scope["user"] = msgspec.structs.replace(
            visit, session=session
        )  # who did it, as the audit has it
        return await self._service.start(msgspec.structs.replace(order, labels=action_words()))

    def watch(
        self,
        visit: Visit,
        session: VisitorSession,
        row: ExecutionRow,
        seat: Seat,
        *,
        after: Place | None = None,
        headers: dict[str, str] | None = None,
    ) -> ASGIResponse:
        """Return a run's stream, which takes the seat; 204 where the visitor had all of it."""
        kept = self._visitors.session_headers(visit, session)
        seq = 0 if after is None else after.seq
        if row.completed_at is not None and seq >= row.last_seq:
            seat.leave()
            return ASGIResponse(status_code=204, headers=kept)
        stream = self._streams.watch(
            row,
            VisitorFrames(kept[SESSION_HEADER]),
            after=seq,
            headers={**(headers or {}), SESSION_HEADER: kept[SESSION_HEADER]},
        )
        return seat.take(stream)

    def begun(
        self,
        visit: Visit,
        session: VisitorSession,
        accepted: Accepted,
        seat: Seat,
        headers: dict[str, str],
    ) -> ASGIResponse:
        """Return the stream of what a message has begun, which takes the seat."""
        if not accepted.after:
            return self.watch(visit, session, accepted.execution, seat, headers=headers)
        kept = self._visitors.session_headers(visit, session)
        told = {**headers, SESSION_HEADER: kept[SESSION_HEADER]}
        frames = VisitorFrames(kept[SESSION_HEADER])
        return seat.take(self._streams.begun(accepted, frames, headers=told))
