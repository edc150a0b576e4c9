"""The body of a chat completions request, from our plain values straight to OpenAI's wire format."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from graphs.values.messages import Message, ModelRequest, ToolSpec

__all__ = ["payload", "tool_choice", "wire_message", "wire_tool"]


def payload(request: ModelRequest, base_url: str) -> dict[str, Any]:
    """Return the JSON body that asks `request` as a stream with usage."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [wire_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = request.stop
    if request.max_tokens is not None:
        body[limit_field(base_url)] = request.max_tokens
    if request.response_format is not None:
        body["response_format"] = request.response_format
    if request.tools:
        body["tools"] = [wire_tool(tool) for tool in request.tools]
        if request.tool_choice:
            body["tool_choice"] = tool_choice(request.tool_choice)
    return body


def limit_field(base_url: str) -> str:
    """Return the field that limits an answer: OpenAI renamed it, other servers know the old name best."""
    host = urlsplit(base_url).hostname or ""
    return "max_completion_tokens" if host.endswith((".openai.com", ".azure.com")) else "max_tokens"


def tool_choice(choice: str) -> str | dict[str, Any]:
    """Return ``tool_choice`` on the wire: one of three words, or a tool's name in an object."""
    if choice in ("auto", "required", "none"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def wire_tool(tool: ToolSpec) -> dict[str, Any]:
    """Return a tool on the wire."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def wire_message(message: Message) -> dict[str, Any]:
    """Return a message on the wire."""
    wire: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name and message.role != "tool":
        wire["name"] = message.name
    if message.tool_calls:
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": call.invalid or msgspec.json.encode(call.arguments).decode(),
                },
            }
            for call in message.tool_calls
        ]
        wire["content"] = message.content or None
    if message.role == "tool":
        wire["tool_call_id"] = message.tool_call_id
    return wire
