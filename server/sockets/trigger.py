"""The dialect of `/chat/{workflow_id}/ws`: a stored chatflow answers."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from persistence.library.flows import FlowRow, Flows
from server.flow_choice.stored_flows import stored_flow
from server.http.problems import Problem
from server.identity.callers import Caller
from server.requests.chat_inputs import ChatValues
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.upload_checks import SentFile, SentFiles
from server.runs.run_requests import Order
from server.sockets.commands import COMMANDS, Command, Says
from server.streams.chat_websocket import (
    TriggerCleared,
    TriggerConnected,
    TriggerError,
    TriggerFrames,
    TriggerHistory,
    TriggerPong,
)
from server.views.conversation_files import StoredMessage

__all__ = ["Trigger", "TriggerMessage", "trigger_order"]


class TriggerMessage(Says, frozen=True, kw_only=True, tag="message"):
    """Say something to the flow. `type` may be left out."""

    message: Annotated[str, Meta(min_length=1)]
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the flow reads as `variables.metadata`."""
    files: SentFiles = field(default_factory=list[SentFile])
    """Files of the message, if the chatflow's `uploads` accepts files."""
    inputs: ChatValues = field(default_factory=dict[str, Any])
    """Inputs that the chatflow's start node declares, by name. A file is an object with `name` and `data`."""
    variables: ChatValues = field(default_factory=dict[str, Any])
    """Values of variables that the chatflow's start node declares, by name."""


class Trigger:
    """Speaks of one stored chatflow."""

    kinds: Mapping[str, type[Command]] = {"message": TriggerMessage, **COMMANDS}
    default = "message"

    def __init__(self, flows: Flows, orders: ChatOrders, flow: FlowRow) -> None:
        self._flows = flows
        self._orders = orders
        self.flow_id = flow.id

    async def order(self, said: Command, caller: Caller, session: str) -> Order:
        """Return the run that a message asks for, by the flow as it is stored now."""
        assert isinstance(said, TriggerMessage)
        flow = await stored_flow(self._flows, caller.workspace, self.flow_id, "chatflow")
        chat = ChatRequest(
            message=said.message,
            session_id=session,
            files=said.files,
            inputs=said.inputs,
            variables=said.variables,
            edits=said.edits,
        )
        order = await trigger_order(self._orders, caller, flow, chat, said.metadata)
        return msgspec.structs.replace(order, idempotency=said.idempotency(f"chat.socket:{flow.id}"))

    def projection(self) -> TriggerFrames:
        """Return a projection for one run."""
        return TriggerFrames()

    def connected(self, session: str) -> Struct:
        """Return the first frame."""
        return TriggerConnected(session, self.flow_id)

    def pong(self) -> Struct:
        """Return the answer to a ping."""
        return TriggerPong()

    def cleared(self, session: str) -> Struct:
        """Return the answer to a clear."""
        return TriggerCleared(session)

    def history(self, session: str, messages: list[StoredMessage], count: int) -> Struct:
        """Return the last messages of a session."""
        return TriggerHistory(session, messages, count)

    def error(self, problem: Problem, execution_id: str) -> Struct:
        """Return what is said of a command that could not be done."""
        document = problem.document
        return TriggerError(error=document.detail, code=document.code, execution_id=execution_id)


async def trigger_order(
    orders: ChatOrders, caller: Caller, flow: FlowRow, chat: ChatRequest, metadata: dict[str, Any]
) -> Order:
    """Return the order of a message to a stored chatflow, whose `metadata` the flow reads as a variable."""
    order = await orders.order(caller, chat, flow=flow)
    if not metadata:
        return order
    return msgspec.structs.replace(order, variables={**order.variables, "metadata": metadata})
