"""Chat answers: a chat as it was asked over HTTP, answered whole, as a stream, or in the background."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse

from persistence.library.flows import FlowRow
from persistence.runs.executions import Accepted, Executions, Idempotency, goes_on
from server.http.bodies import faults_of, invalid
from server.http.parameters import by_caller, cleared, idempotency_of
from server.identity.callers import Caller
from server.requests.chat_requests import ChatOrders, ChatRequest, ExecutionRequest
from server.requests.replays import in_flight, replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams, place_of
from server.runs.run_requests import Order
from server.streams.chat_sse import ChatFrames
from server.views.run_answers import ChatAnswer, chat_answer

__all__ = ["CHAT", "STREAM", "ChatAnswers", "chat_of"]

CHAT = "chatflow.chat"
"""Begins the name by which whole chats keep their idempotency keys apart from others."""
STREAM = "chatflow.chat.stream"
"""The same of streamed ones."""


class ChatAnswers:
    """Has chats answered, by a stored flow or by their own config."""

    def __init__(
        self,
        orders: ChatOrders,
        service: ExecutionService,
        streams: ExecutionStreams,
        executions: Executions,
        disconnects: Disconnects,
    ) -> None:
        self._orders = orders
        self._service = service
        self._streams = streams
        self._executions = executions
        self._disconnects = disconnects

    async def whole(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        chat: ChatRequest,
        *,
        route: str,
        flow: FlowRow | None = None,
        again: str | None = None,
    ) -> Response[ChatAnswer]:
        """Run a chat and return its answer when it has ended; `again`: see `ChatOrders.order`.

        Raises:
            Problem: 409 if the request repeats one that is still under way, 503 if the server stops first.
        """
        cancels = self._disconnects.cancels(request, caller)
        idempotency = idempotency_of(request, route, chat)
        accepted = await self._service.start(
            await self._orders.order(caller, chat, flow=flow, idempotency=idempotency, again=again)
        )
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        row = accepted.execution
        ended = self._streams.ended(row)
        events = await self._disconnects.answered(request, ended, row, idempotency, cancels=cancels)
        return Response(chat_answer(events), headers=replayed(accepted))

    async def start(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow: FlowRow,
        wanted: ExecutionRequest,
    ) -> Accepted:
        """Have a stored chatflow answer in the background; its input is a message, perhaps a session_id.

        Raises:
            Problem: 422 for an input that is no message.
        """
        chat = chat_of(wanted)
        idempotency = idempotency_of(
            request,
            f"{CHAT}.start:{flow.id}",
            {"chat": msgspec.to_builtins(chat), "variables": wanted.variables},
        )
        return await self._service.start(await self.order(caller, flow, wanted, idempotency))

    async def order(
        self, caller: Caller, flow: FlowRow, wanted: ExecutionRequest, idempotency: Idempotency | None
    ) -> Order:
        """Return the order of a chat whose message is the input of a run.

        Raises:
            Problem: 422 for an input that is no message.
        """
        chat = chat_of(wanted)
        if wanted.limits is not None:
            chat = msgspec.structs.replace(chat, limits=wanted.limits)
        order = await self._orders.order(caller, chat, flow=flow, idempotency=idempotency)
        return msgspec.structs.replace(order, variables={**wanted.variables, **order.variables})

    async def streamed(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        chat: ChatRequest,
        *,
        route: str,
        flow: FlowRow | None = None,
        again: str | None = None,
    ) -> ASGIResponse:
        """Stream a chat; a request that says how far it had come goes on with its run."""
        if (place := place_of(request)) is not None and place.execution_id:
            return await self._streams.resume(caller, place, ChatFrames())
        cancels = self._disconnects.cancels(request, caller)
        idempotency = idempotency_of(request, route, chat)
        accepted = await self._service.start(
            await self._orders.order(caller, chat, flow=flow, idempotency=idempotency, again=again)
        )
        stream = self._streams.begun(accepted, ChatFrames(), headers=replayed(accepted))
        self._disconnects.watch(stream, accepted.execution, idempotency, left=lambda: cancels)
        return stream

    async def reconnecting(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        chat: ChatRequest,
        *,
        route: str,
        flow: FlowRow | None = None,
    ) -> ASGIResponse:
        """Stream a chat to an EventSource: until it had a run's end, what it asks for again is that run."""
        if (place := place_of(request)) is not None and place.execution_id:
            return await self._streams.resume(caller, place, ChatFrames())
        own = idempotency_of(request, route, chat)
        body = cleared(chat)
        idempotency = own or Idempotency(by_caller(request, f"GET {route}"), body, body)
        accepted = await self._service.start(
            await self._orders.order(caller, chat, flow=flow, idempotency=idempotency)
        )

        async def forget() -> None:
            """Let the same words be a new turn: who comes back for this one has its Last-Event-ID."""
            if own is None:
                await self._executions.forget_request(caller.workspace, idempotency)

        return self._streams.begun(accepted, ChatFrames(), headers=replayed(accepted), before_end=forget)


def chat_of(wanted: ExecutionRequest) -> ChatRequest:
    """Return the chat that an input of a chatflow asks for.

    Raises:
        Problem: 422 for an input that is no message.
    """
    try:
        return msgspec.convert(wanted.input_data, ChatRequest)
    except msgspec.ValidationError as error:
        faults = faults_of(wanted.input_data, ChatRequest, whole="The input", pointer="/input_data")
        raise invalid(faults, before="A chatflow takes a message as its input: ") from error
