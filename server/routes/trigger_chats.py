"""Chats by trigger: a message to a stored chatflow, its sessions' history, and both over a WebSocket."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, WebSocket, get, post, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from graphs.conversation.messages import Citation
from persistence.library.flows import Flows
from persistence.runs.executions import goes_on
from server.description.operations import operation
from server.flow_choice.stored_flows import stored_flow
from server.http.parameters import idempotency_of
from server.http.problems import not_found
from server.identity.authentication import TOKEN_IN_QUERY
from server.identity.callers import Caller
from server.requests.chat_inputs import ChatValues
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.replays import in_flight, replayed
from server.requests.upload_checks import SentFiles
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams
from server.sessions.chat_sessions import ChatSessions
from server.sockets.chat_session import ChatSockets
from server.sockets.conversation import SocketParts
from server.sockets.trigger import Trigger, trigger_order
from server.views.conversation_files import StoredMessage
from server.views.open_inputs import OpenInput
from server.views.run_answers import chat_answer
from server.views.usage_views import Usage

__all__ = ["TriggerChatsController"]

CHAT = "chat.trigger"


class TriggerRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to a stored chatflow."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: str | None = None
    """The session to continue, or a name for a new one. Null: a new session."""
    metadata: dict[str, Any] = {}
    """The flow reads it as `variables.metadata`. The response returns it."""
    files: SentFiles = []
    """Files of the message, if the chatflow's `uploads` accepts files."""
    inputs: ChatValues = {}
    """Inputs that the chatflow's start node declares, by name. A file is an object with `name` and `data`."""
    variables: ChatValues = {}
    """Values of variables that the chatflow's start node declares, by name."""


class TriggerAnswer(Struct, frozen=True, kw_only=True):
    """A stored chatflow's answer."""

    success: bool
    response: str
    """The text; empty if the run failed."""
    error: str | None
    """What went wrong, as a sentence; null if nothing did."""
    session_id: str
    execution_id: str
    metadata: dict[str, Any]
    """What the request had."""
    usage: Usage
    status: str
    inputs: list[OpenInput]
    """What it waits for, with status `waiting_approval`: answer by `POST /executions/{id}/respond`."""
    citations: list[Citation]
    """The sources of the answer, in the order in which they were cited."""
    error_code: str | None = None
    """What went wrong, as a word for programs; null if nothing did."""
    finish_reason: str | None = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
    `refusal`; null where no model answered."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


class TriggerHistoryPage(Struct, frozen=True, kw_only=True):
    """A session with a stored chatflow, the oldest message first."""

    workflow_id: str
    session_id: str
    history: list[StoredMessage]
    message_count: int


class TriggerChatsController(Controller):
    """Chats with a stored chatflow, named by the address."""

    path = "/chat/{workflow_id:str}"
    tags = ("Chat",)

    @post(
        "/message",
        operation_id="sendMessage",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def message(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[TriggerRequest],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        chat_orders: NamedDependency[ChatOrders],
        execution_service: NamedDependency[ExecutionService],
        execution_streams: NamedDependency[ExecutionStreams],
        caller: NamedDependency[Caller],
    ) -> Response[TriggerAnswer]:
        """Send a message to a stored chatflow. The flow can read its `metadata`."""
        flow = await stored_flow(flows, caller.workspace, workflow_id, "chatflow")
        chat = ChatRequest(
            message=data.message,
            session_id=data.session_id,
            files=data.files,
            inputs=data.inputs,
            variables=data.variables,
        )
        order = await trigger_order(chat_orders, caller, flow, chat, data.metadata)
        idempotency = idempotency_of(request, f"{CHAT}:{flow.id}", data)
        accepted = await execution_service.start(msgspec.structs.replace(order, idempotency=idempotency))
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        answer = chat_answer(await execution_streams.ended(accepted.execution))
        shown = TriggerAnswer(
            success=answer.success,
            response=answer.response,
            error=answer.error,
            session_id=answer.session_id,
            execution_id=answer.execution_id,
            metadata=data.metadata,
            usage=answer.usage,
            status=answer.status,
            inputs=answer.inputs,
            citations=answer.citations,
            error_code=answer.error_code,
            finish_reason=answer.finish_reason,
            warnings=answer.warnings,
        )
        return Response(shown, headers=replayed(accepted))

    @get("/history", operation_id="getMessages", opt=operation(404, 422, needs="runs:read"))
    async def history(
        self,
        workflow_id: FromPath[str],
        flows: NamedDependency[Flows],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        session_id: Annotated[str, QueryParameter(description="The session with this chatflow.")],
    ) -> TriggerHistoryPage:
        """Return the messages of a session, oldest first."""
        flow = await stored_flow(flows, caller.workspace, workflow_id, "chatflow")
        found = await chat_sessions.history(caller, session_id)
        if found.session.chatflow_id != flow.id:
            raise not_found("session", session_id)
        return TriggerHistoryPage(
            workflow_id=flow.id,
            session_id=found.session_id,
            history=found.messages,
            message_count=found.message_count,
        )

    @websocket("/ws", opt=operation(needs="runs:read") | TOKEN_IN_QUERY)
    async def converse(
        self,
        workflow_id: FromPath[str],
        socket: WebSocket[Any, Any, Any],
        chat_sockets: NamedDependency[ChatSockets],
    ) -> None:
        """Chat with a stored chatflow over a WebSocket."""

        async def spoken(parts: SocketParts, caller: Caller) -> Trigger:
            flow = await stored_flow(parts.flows, caller.workspace, workflow_id, "chatflow")
            return Trigger(parts.flows, parts.chat_orders, flow)

        await chat_sockets.talk(socket, spoken)
