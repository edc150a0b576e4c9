"""Complete tool calls: drops tool calls without a result, which providers refuse in a history."""

from collections.abc import Sequence

import msgspec

from graphs.conversation.messages import Message

__all__ = ["complete_tool_calls"]


def complete_tool_calls(messages: Sequence[Message]) -> list[Message]:
    """Return messages without tool calls that nobody answered, and without results that nobody asked for.

    Most providers refuse a conversation with either, so one such message would spoil its session for ever.
    """
    results = {message.tool_call_id for message in messages if message.role == "tool"}
    asked = {call.id for message in messages for call in message.tool_calls}
    kept: list[Message] = []
    for message in messages:
        if message.role == "tool" and message.tool_call_id not in asked:
            continue
        calls = [call for call in message.tool_calls if call.id in results]
        if message.tool_calls and not calls and not message.content:
            continue
        kept.append(msgspec.structs.replace(message, tool_calls=calls))
    return kept
