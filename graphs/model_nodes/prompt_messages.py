"""Prompt messages: what stands between a model's instructions and the conversation, each with a role."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from graphs import expressions
from graphs.conversation.messages import Message
from graphs.expressions import templates
from graphs.values.node_view import View

__all__ = ["PromptMessage", "PromptMessages", "prompt_messages", "prompt_sources"]


class PromptMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that the model is shown, such as an example."""

    role: Annotated[Literal["user", "assistant", "system"], Meta(description="Role of the message.")]
    content: Annotated[str, Meta(min_length=1, description="Template of the message.")]


PromptMessages = Annotated[
    list[PromptMessage],
    Meta(
        max_length=100,
        description="Messages before the conversation, such as examples of questions and answers.",
    ),
]


def prompt_messages(messages: Sequence[PromptMessage], view: View) -> list[Message]:
    """Return messages as a model is sent them; those that come out empty are left out."""
    if not messages:
        return []
    scope = expressions.scope(view)
    rendered = [
        Message(role=one.role, content=templates.parse(one.content).render(scope)) for one in messages
    ]
    return [message for message in rendered if message.content]


def prompt_sources(messages: Sequence[PromptMessage]) -> dict[str, str]:
    """Return the templates by field, for `Node.templates`."""
    return {f"messages[{place}].content": one.content for place, one in enumerate(messages)}
