"""Chats by a config alone: over a WebSocket, their history, and a look whether a model answers."""

from typing import Annotated, Any

from litestar import Controller, WebSocket, delete, get, post, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from graphs.parsing.text import clean
from persistence.library.sessions import Sessions
from server.description.operations import operation
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import TOKEN_IN_QUERY
from server.identity.callers import Caller
from server.sessions.chat_sessions import ChatSessions
from server.settings.sources import Settings
from server.sockets.agent import Agent
from server.sockets.chat_session import ChatSockets
from server.sockets.conversation import SocketParts
from server.views.conversation_files import StoredMessage
from server.views.session_views import Cleared

__all__ = ["AgentChatsController"]

LONGEST_NODE_ID = 255


class AgentHistoryPage(Struct, frozen=True, kw_only=True):
    """A session's messages, the oldest first."""

    session_id: str
    messages: list[StoredMessage]
    message_count: int


class ConnectionCheck(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider and a model to check."""

    provider: Annotated[str, Meta(min_length=1, max_length=100)]
    model: Annotated[str, Meta(max_length=300)] = ""
    """Empty: any."""
    api_key: Annotated[str, Meta(max_length=512)] = ""
    """API key to try instead of the operator's. It is never stored, logged or shown."""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"ConnectionCheck(provider={self.provider!r}, model={self.model!r})"


class ConnectionFound(Struct, frozen=True, kw_only=True):
    """What a provider said."""

    success: bool
    """True if it answers and has the model, as far as it tells which it has."""
    provider: str
    model: str
    message: str
    """What was found, or what to do, as a sentence."""
    models: list[str]
    """Chat models that it has; empty where it names none."""


class AgentChatsController(Controller):
    """Chats that no stored flow answers."""

    path = "/ai-agent-chat"
    tags = ("Chat",)

    @get(
        "/sessions/{session_id:str}/history",
        operation_id="getAgentSession",
        opt=operation(404, 422, needs="runs:read"),
    )
    async def history(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> AgentHistoryPage:
        """Return the messages of a session, oldest first."""
        found = await chat_sessions.history(caller, session_id)
        return AgentHistoryPage(
            session_id=found.session_id, messages=found.messages, message_count=found.message_count
        )

    @delete(
        "/sessions/{session_id:str}",
        operation_id="deleteAgentSession",
        status_code=200,
        opt=operation(404, 422, needs="runs:start"),
    )
    async def delete(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> Cleared:
        """Delete a session with its runs and their events. Active runs are cancelled first."""
        row = await chat_sessions.get(caller, session_id)
        await chat_sessions.end_runs(caller, row)
        if not await sessions.delete(caller.workspace, row.name):
            raise not_found("session", session_id)
        return Cleared(row.name, True, "The session is deleted, with its history and executions.")

    @post(
        "/check-connection",
        operation_id="checkConnection",
        status_code=200,
        opt=operation(400, 413, 415, 422, needs="runs:start"),
    )
    async def check(
        self, data: JSONBody[ConnectionCheck], settings: NamedDependency[Settings]
    ) -> ConnectionFound:
        """Check that a provider is reachable at the operator's URL and has a model.

        No model is asked anything, so it costs nothing."""
        from graphs.model_calls import known_providers, probe, unknown_provider

        if data.provider not in known_providers():
            detail = unknown_provider(data.provider)
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/provider")])
        found = await probe(data.provider, settings.models(), api_key=data.api_key)
        has = not data.model or not found.models or data.model in found.models
        message = found.detail
        if found.answers and not has:
            message = f"It answers and has no model '{data.model}'; it has {', '.join(found.models[:20])}."
        return ConnectionFound(
            success=found.answers and has,
            provider=data.provider,
            model=data.model,
            message=message,
            models=found.models,
        )

    @websocket("/ws", opt=operation(needs="runs:read") | TOKEN_IN_QUERY)
    async def converse(
        self, socket: WebSocket[Any, Any, Any], chat_sockets: NamedDependency[ChatSockets]
    ) -> None:
        """Chat by a config over a WebSocket."""

        async def spoken(parts: SocketParts, _: Caller) -> Agent:
            node_id: str = clean(socket.query_params.get("node_id") or "")
            return Agent(parts.chat_orders, node_id[:LONGEST_NODE_ID])

        await chat_sockets.talk(socket, spoken, ("node_id",))
