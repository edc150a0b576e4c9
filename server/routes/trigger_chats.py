"""Chats by trigger: a message to a stored chatflow, its sessions' history, and both over a WebSocket."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, WebSocket, get, post, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from graphs.values.messages import Citation
from persistence.runs.executions import goes_on
from server.description.openapi import operation
from server.http.parameters import idempotency_of
from server.http.problems import not_found
from server.identity.auth import TOKEN_IN_QUERY
from server.identity.callers import Caller
from server.projections.answer import chat_answer
from server.projections.chat import Usage
from server.projections.inputs import OpenInput
from server.routes.chat import in_flight, replayed
from server.routes.sessions import session_history
from server.runs.chat_requests import ChatRequest, stored_flow
from server.runs.conversation_files import StoredMessage
from server.runs.execution_stream import ended
from server.runs.uploads import SentFiles
from server.runtime import Runtime
from server.sockets.chat_session import talk
from server.sockets.trigger import Trigger, trigger_order

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
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> Response[TriggerAnswer]:
        """Send a message to a stored chatflow. The flow can read its `metadata`."""
        parts = runtime.ready
        flow = await stored_flow(runtime, caller.workspace, workflow_id, "chatflow")
        chat = ChatRequest(message=data.message, session_id=data.session_id, files=data.files)
        order = await trigger_order(runtime, caller, flow, chat, data.metadata)
        idempotency = idempotency_of(request, f"{CHAT}:{flow.id}", data)
        accepted = await parts.service.start(msgspec.structs.replace(order, idempotency=idempotency))
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        answer = chat_answer(await ended(parts, accepted.execution))
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
        )
        return Response(shown, headers=replayed(accepted))

    @get("/history", operation_id="getMessages", opt=operation(404, 422, needs="runs:read"))
    async def history(
        self,
        workflow_id: FromPath[str],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        session_id: Annotated[str, QueryParameter(description="The session with this chatflow.")],
    ) -> TriggerHistoryPage:
        """Return the messages of a session, oldest first."""
        flow = await stored_flow(runtime, caller.workspace, workflow_id, "chatflow")
        found = await session_history(runtime, caller, session_id)
        if found.session.chatflow_id != flow.id:
            raise not_found("session", session_id)
        return TriggerHistoryPage(
            workflow_id=flow.id,
            session_id=found.session_id,
            history=found.messages,
            message_count=found.message_count,
        )

    @websocket("/ws", opt=operation(needs="runs:read") | TOKEN_IN_QUERY)
    async def converse(self, workflow_id: FromPath[str], socket: WebSocket[Any, Any, Any]) -> None:
        """Chat with a stored chatflow over a WebSocket."""

        async def dialect(runtime: Runtime, caller: Caller) -> Trigger:
            return Trigger(runtime, await stored_flow(runtime, caller.workspace, workflow_id, "chatflow"))

        await talk(socket, dialect)
