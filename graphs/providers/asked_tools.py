"""Which tools a message plainly asks for, and with what: for models that cannot choose a tool themselves."""

import re

from graphs.conversation.messages import Message, ModelRequest, ToolSpec

__all__ = ["asked_tools", "question_of", "since_question", "subject_of", "text_of"]

_SUM = re.compile(r"[\d.()\s*/%+-]++")
_OPERATION = re.compile(r"[\d)]\s*+[-+*/%][\s(.+-]*+\d")
"""Something to calculate: ``17 * (3 + 4)``."""


def asked_tools(request: ModelRequest) -> list[ToolSpec]:
    """Return the tools that a message names, has a word of the name of, or has something to calculate for."""
    question = question_of(request)
    words = re.findall(r"[a-z]+", question.lower())
    return [tool for tool in request.tools if _is_asked_for(tool, question, words)]


def _is_asked_for(tool: ToolSpec, question: str, words: list[str]) -> bool:
    parts = [part for part in re.split(r"[_-]", tool.name.lower()) if len(part) >= 4]
    return (
        tool.name.lower() in question.lower()
        or any(word.startswith(part[:6]) for part in parts for word in words)
        or ("expression" in tool.parameters.get("properties", {}) and _sum_in(question) != "")
    )


def subject_of(question: str) -> str:
    """Return what a tool is to be given: what stands in backticks, else what can be calculated, else all."""
    if quoted := re.search(r"`([^`]+)`", question):
        return quoted[1]
    return _sum_in(question) or question


def _sum_in(text: str) -> str:
    """Return the first thing in a text that can be calculated; empty where there is none."""
    for found in _SUM.finditer(text):
        if _OPERATION.search(found[0]):
            return found[0].strip().lstrip("*/%+-) ").rstrip("*/%+-(. ")
    return ""


def since_question(request: ModelRequest) -> list[Message]:
    """Return what came after the user's last message."""
    last = max(
        (place for place, message in enumerate(request.messages) if message.role == "user"), default=-1
    )
    return request.messages[last + 1 :]


def question_of(request: ModelRequest) -> str:
    """Return the user's last message."""
    return next((text_of(message) for message in reversed(request.messages) if message.role == "user"), "")


def text_of(message: Message) -> str:
    """Return a message as text."""
    if isinstance(message.content, str):
        return message.content
    return " ".join(
        str(part.get("text", "")) if part.get("type") == "text" else "[image]" for part in message.content
    )
