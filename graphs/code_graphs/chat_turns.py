"""Chat turns: what a graph whose input is messages is given of a conversation, and what it has said."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import BaseMessage, HumanMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from msgspec import Struct

from graphs.conversation.files import parted
from graphs.parsing.text import as_text
from graphs.values.node_view import View

__all__ = ["ChatInput", "chat_input", "continued", "said_last"]


class ChatInput(Struct, frozen=True):
    """A conversation, the user's message last."""

    messages: list[dict[str, Any]]
    """``{"role", "content", "id"}``."""


def chat_input(view: View) -> ChatInput:
    """Return the conversation of a chat's turn."""
    kept = [
        {"role": one["role"], "content": parted(one.get("content", ""))[0], "id": one.get("id") or None}
        for one in view.messages
        if one["role"] in ("user", "assistant", "system")
    ]
    if not kept:
        kept = [{"role": "user", "content": as_text(view.input.get("message", "")), "id": None}]
    return ChatInput(kept)


def continued(given: ChatInput, values: Any) -> dict[str, Any]:
    """Return what the graph is given: the last message, where its state has those before it.

    Where the conversation has been edited, or goes on from an earlier message, it is the whole of it.
    """
    state = cast("Mapping[str, Any]", values if isinstance(values, Mapping) else {})
    known = [
        one for one in cast("Sequence[Any]", state.get("messages") or ()) if isinstance(one, BaseMessage)
    ]
    users = [str(one.text) for one in known if isinstance(one, HumanMessage)]
    before = [one["content"] for one in given.messages[:-1] if one["role"] == "user"]
    last = given.messages[-1:]
    if users == before:
        return {"messages": last if known or not before else given.messages}
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *given.messages] if known else given.messages}


def said_last(output: Any) -> Any:
    """Return the text of the last message of an output; the output where there is none."""
    messages = output.get("messages") if isinstance(output, dict) else None
    if not messages:
        return output
    last = cast("Mapping[str, Any]", messages[-1])
    content = last.get("content", "")
    if isinstance(content, list):
        parts = cast("list[Any]", content)
        return "".join(one if isinstance(one, str) else str(one.get("text", "")) for one in parts)
    return content
