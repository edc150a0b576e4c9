"""Session messages: edited, answered again, chosen and deleted; each alternative is kept with its session."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response.base import ASGIResponse
from msgspec import Meta, Struct

from graphs.values.run_options import FlowLimits
from server.description.operations import operation
from server.http.parameters import session_name
from server.identity.authentication import Caller
from server.requests.chat_answers import CHAT, STREAM, ChatAnswers
from server.requests.chat_requests import ChatOptions, ChatRequest
from server.sessions.chat_sessions import ChatSessions
from server.sessions.message_branches import MessageBranches
from server.sessions.session_edits import SessionEdits
from server.streams.chat_sse import ChatEvent, ChatFrames
from server.views.run_answers import ChatAnswer
from server.views.session_views import DeletedMessages, SessionHistory

__all__ = ["SessionMessagesController"]


class MessageEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another wording of a message of the user."""

    content: Annotated[str, Meta(min_length=1)]
    config: ChatOptions | None = None
    """Another model for the answer. A stored chatflow takes `provider`, `model`, `temperature`, `max_tokens`,
    `top_p` and `seed`; its other settings are its own."""
    flow_version: int | str | None = None
    """Version of the chatflow that answers: a number, a label, `draft` or `current`. Null: `current`."""
    limits: FlowLimits | None = None
    """Limits of this run, instead of the chatflow's. They cannot exceed the server's settings."""


class MessageAgain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a message is answered again."""

    config: ChatOptions | None = None
    """Another model for the answer. A stored chatflow takes `provider`, `model`, `temperature`, `max_tokens`,
    `top_p` and `seed`; its other settings are its own."""
    flow_version: int | str | None = None
    """Version of the chatflow that answers: a number, a label, `draft` or `current`. Null: `current`."""
    limits: FlowLimits | None = None
    """Limits of this run, instead of the chatflow's. They cannot exceed the server's settings."""


class SessionMessagesController(Controller):
    """Messages of the workspace's conversations."""

    path = "/chatflow/sessions/{session_id:str}/messages/{message_id:str}"
    tags = ("Sessions",)

    @put(
        "/",
        operation_id="editMessage",
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def edit(
        self,
        session_id: FromPath[str],
        message_id: FromPath[str],
        data: JSONBody[MessageEdit],
        request: Request[Any, Any, Any],
        message_branches: NamedDependency[MessageBranches],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
    ) -> Response[ChatAnswer]:
        """Edit a message of the user and return the answer to it.

        The old message and what followed it are kept as alternatives. The session continues from the new one.
        For a stream, send `edits` with `POST /chatflow/chat/stream`.
        """
        flow = await message_branches.flow(caller, session_id, message_id, data.flow_version, again=False)
        chat = ChatRequest(
            message=data.content,
            session_id=session_name(session_id, parameter="session_id"),
            config=data.config,
            limits=data.limits,
            edits=message_id,
        )
        return await chat_answers.whole(request, caller, chat, route=f"{CHAT}.edit", flow=flow)

    @post(
        "/regenerate",
        operation_id="regenerateMessage",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def regenerate(
        self,
        session_id: FromPath[str],
        message_id: FromPath[str],
        data: JSONBody[MessageAgain],
        request: Request[Any, Any, Any],
        message_branches: NamedDependency[MessageBranches],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
    ) -> Response[ChatAnswer]:
        """Answer a message of the user again, perhaps with another model or version of the chatflow.

        An answer stands for the message that it answers. The earlier answer and what followed it are kept as
        alternatives. The session continues from the new one.
        """
        flow = await message_branches.flow(caller, session_id, message_id, data.flow_version, again=True)
        chat = _chat(session_id, data)
        route = f"{CHAT}.regenerate:{message_id}"
        return await chat_answers.whole(request, caller, chat, route=route, flow=flow, again=message_id)

    @post(
        "/regenerate/stream",
        operation_id="regenerateMessageStream",
        status_code=200,
        opt=operation(
            400, 404, 409, 413, 415, 422, needs="runs:start", events=ChatEvent, last=ChatFrames.last,
            starts_run=True,
        ),
    )  # fmt: skip
    async def stream(
        self,
        session_id: FromPath[str],
        message_id: FromPath[str],
        data: JSONBody[MessageAgain],
        request: Request[Any, Any, Any],
        message_branches: NamedDependency[MessageBranches],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer a message of the user again and stream the answer as Server-Sent Events."""
        flow = await message_branches.flow(caller, session_id, message_id, data.flow_version, again=True)
        chat = _chat(session_id, data)
        route = f"{STREAM}.regenerate:{message_id}"
        return await chat_answers.streamed(request, caller, chat, route=route, flow=flow, again=message_id)

    @post(
        "/choose",
        operation_id="chooseMessage",
        status_code=200,
        opt=operation(404, 409, 422, needs="runs:start"),
    )
    async def choose(
        self,
        session_id: FromPath[str],
        message_id: FromPath[str],
        session_edits: NamedDependency[SessionEdits],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> SessionHistory:
        """Choose an alternative: the session continues from it and the newest of what followed it."""
        await session_edits.choose(caller, session_id, message_id)
        return await chat_sessions.history(caller, session_id)

    @delete(
        "/",
        operation_id="deleteMessage",
        status_code=200,
        opt=operation(404, 409, 422, needs="runs:start"),
    )
    async def delete(
        self,
        session_id: FromPath[str],
        message_id: FromPath[str],
        session_edits: NamedDependency[SessionEdits],
        caller: NamedDependency[Caller],
    ) -> DeletedMessages:
        """Delete a message with all that followed it, alternatives too, and the runs that answered.

        If the chosen line went through it, the session continues from the newest alternative that is left.
        """
        return await session_edits.delete(caller, session_id, message_id)


def _chat(session_id: str, data: MessageAgain) -> ChatRequest:
    """Return the chat of an answer that is given again; its message is the one that is answered."""
    name = session_name(session_id, parameter="session_id")
    return ChatRequest(message="-", session_id=name, config=data.config, limits=data.limits)
