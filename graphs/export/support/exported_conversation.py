"""What models get to see of a conversation."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage

from graphs.export.support.exported_expressions import text

__all__ = ["SAID", "window", "unprompted", "asked", "ask", "told", "examples"]

SAID = "said_meanwhile"
"""Marks what the flow said to the user before its answer."""


def window(history: Sequence[AnyMessage], most: int) -> list[AnyMessage]:
    """Return the last messages before the present turn, and the turn: it begins with the user's message."""
    turn = max((at for at, message in enumerate(history) if message.type == "human"), default=len(history))
    keep = most + len(history) - turn
    start = max(0, len(history) - keep)
    users = [at for at, message in enumerate(history) if message.type == "human"]
    later = [at for at in users if at >= start]
    begins = later[0] if later else users[-1] if users else start
    seen = [*history[begins:]]
    while seen and seen[0].type != "human":
        seen.pop(0)
    return [message for message in seen if message.type == "human" or message.content]


def unprompted(state: Any, arrived: Any) -> str:
    """Return what to ask without a prompt: what arrived, or the user's message where that is all."""
    given: dict[str, Any] = state["input"]
    if (arrived is None or arrived == given) and given.get("message"):
        return text(given["message"])
    return text(arrived)


def asked(history: Sequence[AnyMessage], prompt: str | None, otherwise: str = "") -> list[AnyMessage]:
    """Return the history with the question last.

    Args:
        history: The conversation.
        prompt: What stands in place of the text of the user's message; None for that message itself.
        otherwise: What to ask where there is neither.
    """
    known = [*history]
    while known and known[-1].additional_kwargs.get(SAID):
        known.pop()
    question = known[-1] if known and known[-1].type == "human" else None
    if prompt is None:
        return known if question is not None else [*known, ask(otherwise)]
    if question is None:
        return [*known, ask(prompt)]
    parts: list[Any] = question.content if isinstance(question.content, list) else []
    pictures = [part for part in parts if not isinstance(part, str) and part.get("type") != "text"]
    if pictures:
        return [*known[:-1], HumanMessage([{"type": "text", "text": prompt}, *pictures])]
    return [*known[:-1], HumanMessage(prompt)]


def ask(question: str) -> HumanMessage:
    """Return a question to a model.

    Raises:
        ValueError: there is nothing to ask.
    """
    if not question:
        raise ValueError("There is nothing to ask the model: no message came in and nothing arrived.")
    return HumanMessage(question)


def told(*prompts: str) -> list[AnyMessage]:
    """Return the system prompt, no message where it is empty."""
    prompt = "\n\n".join(one for one in prompts if one)
    return [SystemMessage(prompt)] if prompt else []


def examples(*messages: tuple[str, str]) -> list[AnyMessage]:
    """Return messages that come before the conversation, by role; those that are empty are left out."""
    kinds: dict[str, type[HumanMessage | AIMessage | SystemMessage]] = {
        "user": HumanMessage,
        "assistant": AIMessage,
        "system": SystemMessage,
    }
    return [kinds[role](content) for role, content in messages if content]
