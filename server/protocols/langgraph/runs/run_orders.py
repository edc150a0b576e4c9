"""Run orders: what an input makes of a flow: a chat, an edit, another answer, or an agentflow's run."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from graphs.conversation.files import parted
from graphs.run_state.message_tree import active_line
from graphs.values.run_options import Branch
from persistence.library.flows import FlowRow
from persistence.library.sessions import SessionRow
from server.flow_choice.wanted_versions import draft_of
from server.http.problems import Fault, Problem
from server.identity.bound_keys import require_within
from server.identity.callers import Caller
from server.protocols.langgraph.threads.lc_messages import SentMessage, read_messages
from server.protocols.langgraph.threads.thread_requests import place_of
from server.protocols.langgraph.threads.thread_states import Conversation
from server.protocols.langgraph.threads.threads import Threads
from server.protocols.openai.given_messages import read_conversation
from server.requests.chat_inputs import declared_by
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.flow_runs import has_work, nothing_to_run
from server.runs.run_requests import Order
from server.settings.sources import Settings

__all__ = ["RunOrders"]


class RunOrders:
    """Makes inputs into orders."""

    def __init__(self, settings: Settings, threads: Threads, orders: ChatOrders) -> None:
        self._settings = settings
        self._threads = threads
        self._orders = orders

    async def order(
        self,
        caller: Caller,
        flow: FlowRow,
        thread: SessionRow | None,
        name: str,
        given: Any,
        checkpoint: str | None,
    ) -> Order:
        """Return the order of an input.

        Args:
            caller: Who asks.
            flow: What is run.
            thread: The thread's session; None where it is made by the run.
            name: The name of that session.
            given: The input.
            checkpoint: Where in the conversation it begins; None for its end.

        Raises:
            Problem: 404 without such a checkpoint, 422 for what cannot be run.
        """
        if flow.flow_type == "agentflow":
            return self._agentflow(caller, flow, name, given)
        return await self._chat(caller, flow, thread, name, given, checkpoint)

    def _agentflow(self, caller: Caller, flow: FlowRow, name: str, given: Any) -> Order:
        require_within(caller, flow.id)
        if not has_work(flow):
            raise nothing_to_run(flow)
        values = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        if given is not None and not isinstance(given, dict):
            values = {"input": given}
        said = read_messages(values.get("messages") or [], "/input/messages")
        if said and "message" not in values and isinstance(said[-1].given.content, str):
            values = {**values, "message": said[-1].given.content}
        return Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            bound=bool(caller.flow_id),
            flow=flow,
            document=draft_of(flow),
            flow_type=flow.flow_type,
            input=values,
            session=name,
            any_session=caller.any_session,
            by=caller.name,
        )

    async def _chat(
        self,
        caller: Caller,
        flow: FlowRow,
        thread: SessionRow | None,
        name: str,
        given: Any,
        checkpoint: str | None,
    ) -> Order:
        conversation = None if thread is None else await self._threads.conversation(caller, thread)
        place = None
        if checkpoint is not None:
            if conversation is None:
                raise Problem(404, "not_found", f"The thread has no checkpoint '{checkpoint[:80]}'.")
            place = place_of(conversation, checkpoint)
        sent, values = _said(given)
        if not sent and conversation is not None:
            return await self._again(caller, flow, name, conversation, place and place.message)
        if not sent:
            detail = "Expected input with 'messages', the user's last."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input")])
        tree = [] if conversation is None else conversation.tree
        known = {one["id"] for one in tree}
        new = not active_line(tree) or (place is not None and place.message is None)
        said = read_conversation([one.given for one in sent], flow.document, self._settings, whole=not tree)
        last = sent[-1]
        declared = {one.name for one in declared_by(flow.document).inputs}
        chat = ChatRequest(
            message=said.message,
            session_id=name,
            files=said.files,
            inputs={key: value for key, value in values.items() if key in declared},
        )
        branch: Branch | None = None
        if last.id in known and place is None:
            chat = msgspec.structs.replace(chat, edits=last.id)
        elif place is not None and conversation is not None and not conversation.is_leaf(place.message_id):
            edited = conversation.first_after(place.message_id)
            if edited:
                chat = msgspec.structs.replace(chat, edits=edited)
            else:
                branch = Branch(place.message_id)
        order = await self._orders.order(caller, chat, flow=flow)
        order = msgspec.structs.replace(order, message_id="" if last.id in known else last.id)
        if branch is not None:
            order = msgspec.structs.replace(order, branch=branch, answers="")
        if new and not tree:
            order = msgspec.structs.replace(
                order, history=said.history, history_files=said.history_files, answers=""
            )
        return order

    async def _again(
        self,
        caller: Caller,
        flow: FlowRow,
        name: str,
        conversation: Conversation,
        message: Mapping[str, Any] | None,
    ) -> Order:
        """Return the order of a run without new messages: another answer to the user's message."""
        line = active_line(conversation.tree)
        at = message or (line[-1] if line else None)
        if at is None or at["role"] != "user":
            detail = "There is nothing to run: the state has no message of a user that waits for an answer."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input")])
        text = parted(at.get("content", ""))[0]
        chat = ChatRequest(message=text or " ", session_id=name)
        return await self._orders.order(caller, chat, flow=flow, again=str(at["id"]))


def _said(given: Any) -> tuple[list[SentMessage], dict[str, Any]]:
    """Return the messages of an input, and its other values."""
    if given is None:
        return [], {}
    if isinstance(given, dict):
        values = cast("dict[str, Any]", given)
        messages = values.get("messages")
        for name in ("message", "input", "question"):
            if messages is None and isinstance(values.get(name), str):
                messages = values[name]
        pointer = "/input/messages"
        rest = {key: value for key, value in values.items() if key != "messages"}
        return [] if not messages else read_messages(messages, pointer), rest
    return read_messages(given, "/input"), {}
