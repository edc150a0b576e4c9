"""Strategy: which part of a session's history a model is shown, as a value that a flow configures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from graphs.conversation.messages import Message
from graphs.memory.similar_turns import Embed

__all__ = ["Ask", "MaxMessages", "Strategy", "Window", "cut", "introduced", "repair", "turn_of"]

Ask = Callable[[list[Message]], Awaitable[str]]
"""Asks the flow's own model, unseen by the user, and gives the text of its answer."""


MaxMessages = Annotated[
    int, Meta(ge=1, le=1000, description="Number of last messages that the model gets unchanged.")
]


class Window(Struct, frozen=True):
    """What a strategy lets a model see of a history."""

    messages: list[Message]
    """In order, ready for a provider: the user speaks first, no tool call is without its results."""
    summary: dict[str, Any] | None = None
    """The state's new ``summary``; None where it stays as it is."""
    warning: str = ""
    """What went wrong without stopping the turn, a sentence; empty if nothing did."""


class Strategy(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """A kind of memory: its fields are its options."""

    max_messages: MaxMessages = 10

    title: ClassVar[str] = ""

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask, embed: Embed
    ) -> Window:
        """Return what the model sees.

        Args:
            history: The session's messages, this turn's question last: `Message` as plain JSON.
            summary: The state's ``summary``, empty at first.
            ask: Asks the flow's model.
            embed: Embeds texts with the server's embedding model.

        Raises:
            NodeError: a cap of the run is reached.
        """
        raise NotImplementedError


def cut(history: Sequence[Mapping[str, Any]], keep: int) -> int:
    """Return where a window of at most `keep` messages starts: at a user's message.

    A turn that alone is longer than `keep` stays whole: a question is never cut from what was done about it.
    """
    start = max(0, len(history) - keep)
    for index in range(start, len(history)):
        if history[index]["role"] == "user":
            return index
    for index in reversed(range(start)):
        if history[index]["role"] == "user":
            return index
    return start


def turn_of(history: Sequence[Mapping[str, Any]]) -> int:
    """Return where the present turn begins: at the last message of the user, or at the end without one."""
    roles = [message["role"] for message in history]
    return len(roles) - roles[::-1].index("user") - 1 if "user" in roles else len(roles)


def repair(history: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Return messages that every provider takes, without ids, times and metadata.

    Left out are what comes before the user's first message, tool calls whose results do not follow them (a
    cancelled run leaves such), results that nobody asked for, and assistant's messages that are then empty.
    """
    messages = msgspec.convert(list(history), list[Message])
    while messages and messages[0].role != "user":
        messages.pop(0)
    repaired: list[Message] = []
    index = 0
    while index < len(messages):
        message = messages[index]
        index += 1
        if message.role == "tool":
            continue
        results: dict[str, Message] = {}
        if message.tool_calls:
            while index < len(messages) and messages[index].role == "tool":
                results.setdefault(messages[index].tool_call_id, messages[index])
                index += 1
        calls = [call for call in message.tool_calls if call.id in results]
        if message.role == "assistant" and not message.content and not calls:
            continue
        repaired.append(
            Message(
                role=message.role,
                content=message.content,
                tool_calls=calls,
                name=message.name,
                echo=message.echo,
            )
        )
        for call in calls:
            result = results[call.id]
            repaired.append(
                Message(role="tool", content=result.content, tool_call_id=call.id, name=result.name)
            )
    return repaired


def introduced(note: str, messages: list[Message]) -> list[Message]:
    """Put a note before the first message.

    It goes into the user's message: what users said must not gain the weight of a system prompt, and many
    models refuse two user messages in a row.
    """
    if not note or not messages:
        return messages
    first = messages[0]
    content: str | list[dict[str, Any]]
    if isinstance(first.content, str):
        content = note + first.content
    else:
        content = [{"type": "text", "text": note}, *first.content]
    return [msgspec.structs.replace(first, content=content), *messages[1:]]
