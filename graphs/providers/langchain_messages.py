"""Our messages as LangChain's, for the adapters that go through a LangChain chat model."""

from collections.abc import Iterable
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from graphs.conversation.messages import Message

__all__ = ["to_langchain"]


def to_langchain(messages: Iterable[Message]) -> list[BaseMessage]:
    """Return LangChain messages: images as parts, tool calls and tool results included."""
    return [_one(message) for message in messages]


def _one(message: Message) -> BaseMessage:
    # LangChain types parts as a union that our own parts are a subset of.
    content: Any = message.content
    named: dict[str, Any] = {"name": message.name} if message.name else {}
    match message.role:
        case "system":
            return SystemMessage(content, **named)
        case "user":
            return HumanMessage(content, **named)
        case "tool":
            return ToolMessage(content, tool_call_id=message.tool_call_id, **named)
        case "assistant":
            good = [
                {"type": "tool_call", "id": call.id, "name": call.name, "args": call.arguments}
                for call in message.tool_calls
                if not call.invalid
            ]
            bad = [
                {
                    "type": "invalid_tool_call",
                    "id": call.id,
                    "name": call.name,
                    "args": call.invalid,
                    "error": None,
                }
                for call in message.tool_calls
                if call.invalid
            ]
            return AIMessage(content, tool_calls=good, invalid_tool_calls=bad, **named)
