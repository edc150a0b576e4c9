"""The body of a chat completions request, from our plain values to OpenAI's wire, as a server takes it."""

import hashlib
import string
from typing import Any

import msgspec

from graphs.chat_completions.server_capabilities import Learned
from graphs.chat_completions.server_profiles import ServerProfile
from graphs.chat_completions.wire_messages import wire_messages
from graphs.conversation.messages import Message, ModelRequest, ToolSpec

__all__ = ["call_id_of", "formed", "payload", "tool_choice", "wire_tool"]

_LETTERS = string.ascii_letters + string.digits
_LONGEST_ID = 40
_PROTECTED = frozenset({"messages", "model", "stream", "tools"})
"""What no `extra_body` can overwrite."""


def payload(request: ModelRequest, profile: ServerProfile, learned: Learned) -> dict[str, Any]:
    """Return the JSON body that asks `request`, as a stream with counts where the server takes that."""
    messages, form = formed(request, profile, learned)
    nine = learned.nine or profile.call_ids == "nine"
    body: dict[str, Any] = {
        "model": request.model,
        "messages": wire_messages(messages, profile, learned, lambda call_id: call_id_of(call_id, nine=nine)),
        "stream": not learned.whole,
    }
    if profile.counts and not learned.whole:
        body["stream_options"] = {"include_usage": True}
    for name in (
        "temperature",
        "top_p",
        "seed",
        "stop",
        "top_k",
        "min_p",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "user",
        "reasoning_effort",
        "chat_template_kwargs",
    ):
        value = getattr(request, name)
        if value not in (None, "", [], {}):
            body[name] = value
    if request.max_tokens is not None:
        body[learned.limit or profile.limit] = request.max_tokens
    if form is not None:
        body["response_format"] = form
    if request.tools:
        body["tools"] = [wire_tool(tool) for tool in request.tools]
        if request.tool_choice:
            body["tool_choice"] = tool_choice(request.tool_choice)
        if request.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = request.parallel_tool_calls
    body |= {name: value for name, value in request.extra_body.items() if name not in _PROTECTED}
    if "tools" in learned.dropped:
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            body.pop(name, None)
    return {name: value for name, value in body.items() if name not in learned.dropped}


def structured_as(request: ModelRequest, profile: ServerProfile, learned: Learned) -> str:
    """Return how JSON is asked for: ``json_schema``, ``json_object``, ``instruction``; empty where it is
    not."""
    form = request.response_format
    if form is None:
        return ""
    wanted = str(form.get("type"))
    if wanted == "text":
        return ""
    best = learned.json or profile.json
    order = ("json_schema", "json_object", "instruction")
    return max(wanted, best, key=order.index)


def formed(
    request: ModelRequest, profile: ServerProfile, learned: Learned
) -> tuple[list[Message], dict[str, Any] | None]:
    """Return the messages and the form of the answer: what the server cannot be told as one, it is told in
    words."""
    used = structured_as(request, profile, learned)
    form = request.response_format
    if form is None or not used or used == form.get("type"):
        return request.messages, form
    told = "Answer with JSON and nothing else."
    if schema := (form.get("json_schema") or {}).get("schema"):
        told += f" It must fit this JSON Schema: {msgspec.json.encode(schema).decode()}"
    first = next(iter(request.messages), None)
    if first is not None and first.role == "system" and isinstance(first.content, str):
        first = msgspec.structs.replace(first, content=f"{first.content}\n\n{told}")
        messages = [first, *request.messages[1:]]
    else:
        messages = [Message(role="system", content=told), *request.messages]
    return messages, {"type": "json_object"} if used == "json_object" else None


def tool_choice(choice: str) -> str | dict[str, Any]:
    """Return ``tool_choice`` on the wire: one of three words, or a tool's name in an object."""
    if choice in ("auto", "required", "none"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def wire_tool(tool: ToolSpec) -> dict[str, Any]:
    """Return a tool on the wire."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def call_id_of(call_id: str, *, nine: bool) -> str:
    """Return an id that a server takes, the same each time for the same id."""
    good = len(call_id) == 9 and call_id.isascii() and call_id.isalnum()
    if good or (not nine and 0 < len(call_id) <= _LONGEST_ID):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:8])
    letters: list[str] = []
    for _ in range(9):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
