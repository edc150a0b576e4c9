"""The dialect of `/ai-agent-chat/ws`: a model answers as each message's config says."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from server.http.answers.sse_bytes import iso
from server.http.problems import Problem
from server.identity.callers import Caller
from server.requests.chat_requests import ChatOptions, ChatOrders, ChatRequest
from server.runs.run_requests import Order
from server.sockets.commands import COMMANDS, Command, Says
from server.streams.agent_websocket import (
    AgentError,
    AgentFrames,
    AgentHistory,
    AgentMetadata,
    AgentPong,
    AgentStatus,
)
from server.views.conversation_files import StoredMessage

__all__ = ["Agent", "AgentSays"]


class AgentSays(Says, frozen=True, kw_only=True, tag="message"):
    """Say something to the model."""

    content: Annotated[str, Meta(min_length=1)]
    config: ChatOptions | None = None
    """How it is answered, as in `POST /chatflow/chat`."""


class Agent:
    """Speaks of chats that no stored flow answers."""

    kinds: Mapping[str, type[Command]] = {"message": AgentSays, **COMMANDS}
    default = ""
    flow_id = None

    def __init__(self, orders: ChatOrders, node_id: str) -> None:
        self._orders = orders
        self._node_id = node_id

    async def order(self, said: Command, caller: Caller, session: str) -> Order:
        """Return the run that a message asks for."""
        assert isinstance(said, AgentSays)
        chat = ChatRequest(message=said.content, session_id=session, config=said.config, edits=said.edits)
        return await self._orders.order(caller, chat, idempotency=said.idempotency("ai-agent-chat.socket"))

    def projection(self) -> AgentFrames:
        """Return a projection for one run."""
        return AgentFrames(self._node_id)

    def connected(self, session: str) -> Struct:
        """Return the first frame."""
        return AgentStatus(content="connected", **self._now(session))

    def pong(self) -> Struct:
        """Return the answer to a ping."""
        return AgentPong(content="", **self._now())

    def cleared(self, session: str) -> Struct:
        """Return the answer to a clear."""
        return AgentStatus(content="cleared", **self._now(session))

    def history(self, session: str, messages: list[StoredMessage], count: int) -> Struct:
        """Return the last messages of a session."""
        return AgentHistory(content="", messages=messages, message_count=count, **self._now(session))

    def error(self, problem: Problem, execution_id: str) -> Struct:
        """Return what is said of a command that could not be done."""
        document = problem.document
        return AgentError(
            content=document.detail, code=document.code, execution_id=execution_id, **self._now()
        )

    def _now(self, session: str = "") -> dict[str, Any]:
        metadata = AgentMetadata(session_id=session, node_id=self._node_id if session else "")
        return {"timestamp": iso(time.time()), "metadata": metadata}
