"""A request of the Messages API, from our plain values: its parameters, and turns with their thinking."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.chat_completions.openai_payload import formed
from graphs.chat_completions.server_capabilities import Learned
from graphs.chat_completions.server_profiles import PROFILES
from graphs.chat_completions.wire_messages import merged
from graphs.conversation.messages import Message, ModelRequest, ToolCall

__all__ = ["DROPPABLE", "KIND", "MessageRequest", "api_root", "message_request"]

KIND = "anthropic"
"""The kind of server in `Message.echo`."""
DROPPABLE = (
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "thinking",
    "reasoning_effort",
    "tool_choice",
    "metadata",
)
"""What a refusal may teach to leave out."""
_BUDGETS = {"low": 1024, "medium": 4096, "high": 16_384}
"""Tokens for thinking, by the words of `think`; true is ``medium``."""
_PROTECTED = frozenset({"messages", "model", "stream", "tools", "system"})
"""What no `extra_body` can overwrite."""


class MessageRequest(Struct, frozen=True):
    """What is sent."""

    messages: list[Message]
    """Turns of user and assistant that alternate, after at most one system text."""
    parameters: dict[str, Any]
    """By their names in the API; `reasoning_effort` is one of ChatAnthropic."""
    extra: dict[str, Any]
    """Further fields of the body."""
    warnings: tuple[str, ...]
    """What was left out, for people."""
    structured: str
    """How JSON is asked for; empty where it is not."""


def message_request(request: ModelRequest, learned: Learned, *, max_tokens: int) -> MessageRequest:
    """Return what is sent for a request, without what the model was found to refuse.

    Args:
        request: What is asked.
        learned: What the model is known not to take.
        max_tokens: Longest answer where the request names none: the API must be told one.
    """
    messages, _ = formed(request, PROFILES["anthropic-compatible"], learned)
    parameters: dict[str, Any] = {"max_tokens": request.max_tokens or max_tokens}
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "stop_sequences": request.stop or None,
        "reasoning_effort": request.reasoning_effort or None,
        "metadata": {"user_id": request.user} if request.user else None,
    }
    parameters |= {name: value for name, value in settings.items() if value is not None}
    if request.tools:
        parameters["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in request.tools
        ]
        if choice := _tool_choice(request):
            parameters["tool_choice"] = choice
    warnings = _think(request, parameters)
    form = request.response_format
    return MessageRequest(
        messages=_alternating(messages),
        parameters={name: value for name, value in parameters.items() if name not in learned.dropped},
        extra={name: value for name, value in request.extra_body.items() if name not in _PROTECTED},
        warnings=warnings,
        structured="instruction" if form is not None and form.get("type") != "text" else "",
    )


def api_root(base_url: str) -> str:
    """Return the URL that the API's paths follow; a pasted ``…/v1`` or ``…/v1/messages`` is understood."""
    return base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")


def _think(request: ModelRequest, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Ask for thinking where the request does. It allows no temperature; its tokens are the answer's."""
    if request.think is None:
        return ()
    if request.think is False:
        parameters["thinking"] = {"type": "disabled"}
        return ()
    budget = _BUDGETS.get(str(request.think).lower(), _BUDGETS["medium"])
    if request.max_tokens is None:
        parameters["max_tokens"] += budget
    budget = min(budget, parameters["max_tokens"] - 1)
    parameters["thinking"] = {"type": "enabled", "budget_tokens": budget}
    left_out = [name for name in ("temperature", "top_k") if parameters.pop(name, None) is not None]
    if not left_out:
        return ()
    return (f"{request.model} takes no {' and no '.join(left_out)} while it thinks: asked without.",)


def _tool_choice(request: ModelRequest) -> dict[str, Any]:
    kind = {"required": "any", "": "auto"}.get(request.tool_choice, request.tool_choice)
    choice: dict[str, Any] = {"type": kind}
    if kind not in ("auto", "any", "none"):
        choice = {"type": "tool", "name": kind}
    if request.parallel_tool_calls is not None and kind != "none":
        choice["disable_parallel_tool_use"] = not request.parallel_tool_calls
    elif not request.tool_choice:
        return {}
    return choice


def _alternating(messages: Sequence[Message]) -> list[Message]:
    """Return one system text, then turns of which the first is a user's."""
    plain = merged(messages)
    told = "\n\n".join(_text(one) for one in plain if one.role == "system")
    turns = [_with_arguments(one) for one in merged([one for one in plain if one.role != "system"])]
    if not turns or turns[0].role == "assistant":
        turns.insert(0, Message(role="user", content="Go on."))
    return [Message(role="system", content=told), *turns] if told else turns


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(str(part.get("text", "")) for part in message.content)


def _with_arguments(message: Message) -> Message:
    """Return a turn whose calls all have an object as arguments: the result of each says what was wrong."""
    if not any(call.invalid for call in message.tool_calls):
        return message
    calls = [
        ToolCall(id=call.id, name=call.name, arguments={}, extra=call.extra) if call.invalid else call
        for call in message.tool_calls
    ]
    return msgspec.structs.replace(message, tool_calls=calls)
