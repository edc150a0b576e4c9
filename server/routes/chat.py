"""Chats: one message, one answer, whole or streamed."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from graphs.values.text import clean
from persistence.library.flows import FlowRow
from persistence.runs.executions import Accepted, Idempotency, goes_on
from server.description.openapi import operation
from server.http.bodies import explain, read_json, shape
from server.http.parameters import by_caller, cleared, idempotency_of
from server.http.problems import Fault, Problem
from server.identity.auth import TOKEN_IN_QUERY, Caller
from server.projections.answer import ChatAnswer, chat_answer
from server.projections.chat import ChatEvent, ChatFrames
from server.runs.chat_requests import ChatOptions, ChatRequest, ExecutionRequest, chat_order, stored_flow
from server.runs.execution_stream import ended, place_of, resume, watch
from server.runtime import Runtime

__all__ = [
    "CHAT",
    "ChatController",
    "FlowChatController",
    "answering_flow",
    "in_flight",
    "replayed",
    "start_chat",
    "whole_answer",
]

Message = Annotated[str, QueryParameter(min_length=1, description="The user's message.")]
SessionId = Annotated[
    str | None, QueryParameter(description="The session to go on with, or a name for a new one.")
]
Config = Annotated[str | None, QueryParameter(description="The `config` of a chat, as JSON.")]
CHAT = "chatflow.chat"
STREAM = "chatflow.chat.stream"
STREAMED = operation(
    400, 404, 409, 413, 415, 422, needs="runs:start", events=ChatEvent, last=ChatFrames.last, starts_run=True
)


class ChatController(Controller):
    """Chats by a config, or by the stored chatflow that the body names."""

    path = "/chatflow/chat"
    tags = ("Chat",)

    @post(
        "/",
        operation_id="chat",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def chat(
        self,
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> Response[ChatAnswer]:
        """Send a chat message and return the answer.

        The run belongs to the server: it goes on when the client leaves. A run that fails is an answer with
        `success: false` and a sentence in `error`; the HTTP status speaks of the request alone.
        """
        return await whole_answer(request, runtime, caller, data, route=CHAT)

    @post("/stream", operation_id="chatStream", status_code=200, opt=STREAMED)
    async def stream(
        self,
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Send a chat message and stream the answer as Server-Sent Events.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run.
        """
        return await _streamed(request, runtime, caller, data, route=STREAM)

    @get("/stream", operation_id="chatEventSource", opt=STREAMED | TOKEN_IN_QUERY)
    async def event_source(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        message: Message,
        session_id: SessionId = None,
        workflow_id: Annotated[
            str | None, QueryParameter(description="A stored chatflow that answers.")
        ] = None,
        config: Config = None,
    ) -> ASGIResponse:
        """The same for EventSource in browsers. A ticket can be in `?token=`.

        An EventSource reconnects by itself. It then sends `Last-Event-ID` and goes on with its run; and as
        long as the end of a run has not been delivered, the same address leads to it and never starts a
        second one."""
        chat = _chat(message, session_id, workflow_id, config)
        return await _reconnecting(request, runtime, caller, chat, route=STREAM)


class FlowChatController(Controller):
    """Chats with a stored chatflow."""

    path = "/chatflow/workflows/{workflow_id:str}/chat"
    tags = ("Chat",)

    @post(
        "/",
        operation_id="chatWithFlow",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def chat(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> Response[ChatAnswer]:
        """Send a message to a stored chatflow and return the answer."""
        flow = await answering_flow(runtime, caller, workflow_id, data)
        return await whole_answer(request, runtime, caller, data, route=f"{CHAT}:{flow.id}", flow=flow)

    @post("/stream", operation_id="chatWithFlowStream", status_code=200, opt=STREAMED)
    async def stream(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Send a message to a stored chatflow and stream the answer as Server-Sent Events."""
        flow = await answering_flow(runtime, caller, workflow_id, data)
        return await _streamed(request, runtime, caller, data, route=f"{STREAM}:{flow.id}", flow=flow)

    @get("/stream", operation_id="chatWithFlowEventSource", opt=STREAMED | TOKEN_IN_QUERY)
    async def event_source(
        self,
        workflow_id: FromPath[str],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        message: Message,
        session_id: SessionId = None,
        config: Config = None,
    ) -> ASGIResponse:
        """The same for EventSource in browsers."""
        chat = _chat(message, session_id, None, config)
        flow = await answering_flow(runtime, caller, workflow_id, chat)
        return await _reconnecting(request, runtime, caller, chat, route=f"{STREAM}:{flow.id}", flow=flow)


async def whole_answer(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    caller: Caller,
    chat: ChatRequest,
    *,
    route: str,
    flow: FlowRow | None = None,
) -> Response[ChatAnswer]:
    """Run a chat and return its answer when it has ended.

    Raises:
        Problem: 409 if the request repeats one that is still under way, 503 if the server stops first.
    """
    parts = runtime.ready
    idempotency = idempotency_of(request, route, chat)
    accepted = await parts.service.start(
        await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    )
    if accepted.replayed and goes_on(accepted.execution):
        raise in_flight(accepted)
    events = await ended(parts, accepted.execution)
    return Response(chat_answer(events), headers=replayed(accepted))


async def start_chat(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    caller: Caller,
    flow: FlowRow,
    wanted: ExecutionRequest,
) -> Accepted:
    """Have a stored chatflow answer in the background; its input is a message, perhaps a session_id.

    Raises:
        Problem: 422 for an input that is no message.
    """
    try:
        chat = msgspec.convert(wanted.input_data, ChatRequest)
    except msgspec.ValidationError as error:
        message, pointer = explain(str(error), ChatRequest)
        detail = f"A chatflow takes a message as its input: {message}"
        raise Problem(
            422, "invalid", detail, errors=[Fault(message, pointer=f"/input_data{pointer}")]
        ) from error
    idempotency = idempotency_of(
        request,
        f"{CHAT}.start:{flow.id}",
        {"chat": msgspec.to_builtins(chat), "variables": wanted.variables},
    )
    if wanted.limits is not None:
        chat = msgspec.structs.replace(chat, limits=wanted.limits)
    order = await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    return await runtime.ready.service.start(msgspec.structs.replace(order, variables=wanted.variables))


def in_flight(accepted: Accepted) -> Problem:
    """Return the 409 for a request that repeats one that has no answer yet."""
    return Problem(
        409,
        "in_flight",
        "The first request with this Idempotency-Key is under way. Ask again in a moment for its answer.",
        headers={"Retry-After": "1"},
        execution_id=accepted.execution.id,
    )


def replayed(accepted: Accepted) -> dict[str, str]:
    """Return the headers that tell a first answer from a repeated one."""
    named = {"X-Execution-Id": accepted.execution.id}
    return {**named, "Idempotent-Replayed": "true"} if accepted.replayed else named


async def _streamed(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    caller: Caller,
    chat: ChatRequest,
    *,
    route: str,
    flow: FlowRow | None = None,
) -> ASGIResponse:
    if (place := place_of(request)) is not None and place.execution_id:
        return await resume(runtime, caller, place, ChatFrames())
    idempotency = idempotency_of(request, route, chat)
    accepted = await runtime.ready.service.start(
        await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    )
    return watch(runtime, accepted.execution, ChatFrames(), headers=replayed(accepted))


async def _reconnecting(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    caller: Caller,
    chat: ChatRequest,
    *,
    route: str,
    flow: FlowRow | None = None,
) -> ASGIResponse:
    """Stream a chat to an EventSource: what it asks for again is its own run, until it had that run's end."""
    if (place := place_of(request)) is not None and place.execution_id:
        return await resume(runtime, caller, place, ChatFrames())
    parts = runtime.ready
    own = idempotency_of(request, route, chat)
    body = cleared(chat)
    idempotency = own or Idempotency(by_caller(request, f"GET {route}"), body, body)
    accepted = await parts.service.start(
        await chat_order(runtime, caller, chat, flow=flow, idempotency=idempotency)
    )

    async def forget() -> None:
        """Let the same words be a new turn: a client that comes back for this one has its Last-Event-ID."""
        if own is None:
            await parts.executions.forget_request(caller.workspace, idempotency)

    return watch(runtime, accepted.execution, ChatFrames(), headers=replayed(accepted), before_end=forget)


async def answering_flow(runtime: Runtime, caller: Caller, workflow_id: str, chat: ChatRequest) -> FlowRow:
    """Return the stored chatflow that an address names.

    Raises:
        Problem: 422 if the body names another one, 404 if there is none.
    """
    if chat.workflow_id is not None and chat.workflow_id != workflow_id:
        detail = "workflow_id in the body differs from the one in the address. Leave it out of the body."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/workflow_id")])
    return await stored_flow(runtime, caller.workspace, workflow_id, "chatflow")


def _chat(message: str, session_id: str | None, workflow_id: str | None, config: str | None) -> ChatRequest:
    """Return the chat that an address asks for."""
    message = clean(message)
    if not message:
        raise Problem(
            422, "invalid", "The message is empty.", errors=[Fault("It is empty.", parameter="message")]
        )
    chat = ChatRequest(message=message, session_id=session_id, workflow_id=workflow_id)
    if config is None:
        return chat
    options = shape(read_json(config.encode("utf-8", "surrogatepass")), ChatOptions)
    return msgspec.structs.replace(chat, config=options)
