"""Attributes of spans: messages by the conventions for generative AI, and the names of OpenInference."""

from typing import Any

import msgspec

from graphs.conversation.files import parted
from graphs.conversation.messages import ModelRequest

__all__ = ["LONGEST", "input_messages", "openinference_of", "output_messages"]

LONGEST = 8_000
"""Characters of a text that a span carries."""


def input_messages(request: ModelRequest) -> str:
    """Return the last messages of a request as JSON, without what files hold.

    Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ (``gen_ai.input.messages``)
    """
    found: list[dict[str, Any]] = []
    left = LONGEST
    for message in reversed(request.messages):
        text = parted(message.content)[0][:left]
        parts: list[dict[str, Any]] = [{"type": "text", "content": text}] if text else []
        if message.tool_call_id:
            parts = [{"type": "tool_call_response", "id": message.tool_call_id, "result": text}]
        for call in message.tool_calls:
            arguments = msgspec.json.encode(call.arguments).decode()[:left]
            parts.append({"type": "tool_call", "id": call.id, "name": call.name, "arguments": arguments})
            left -= len(arguments)
        found.append({"role": message.role, "parts": parts})
        left -= len(text)
        if left <= 0:
            break
    return msgspec.json.encode(found[::-1]).decode()


def output_messages(completed: dict[str, Any]) -> str:
    """Return a model's message as JSON, from the facts of ``message.completed``."""
    parts: list[dict[str, Any]] = []
    if text := str(completed.get("content", "")):
        parts.append({"type": "text", "content": text[:LONGEST]})
    for call in completed.get("tool_calls") or ():
        arguments = msgspec.json.encode(call.get("arguments")).decode()[:LONGEST]
        parts.append(
            {"type": "tool_call", "id": call.get("id"), "name": call.get("name"), "arguments": arguments}
        )
    message = {"role": "assistant", "parts": parts, "finish_reason": completed.get("finish_reason") or "stop"}
    return msgspec.json.encode([message]).decode()


def openinference_of(attributes: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the same facts by the names of OpenInference.

    Source: https://arize-ai.github.io/openinference/spec/semantic_conventions.html
    """
    counts = [attributes.get(f"gen_ai.usage.{way}_tokens") for way in ("input", "output")]
    known = [count for count in counts if count is not None]
    given, came = "agenticrag.input", "agenticrag.output"
    if kind == "TOOL":
        given, came = "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"
    elif kind == "LLM":
        given, came = "gen_ai.input.messages", "gen_ai.output.messages"
    found: dict[str, Any] = {
        "openinference.span.kind": kind,
        "input.value": attributes.get(given),
        "output.value": attributes.get(came),
    }
    if kind == "LLM":
        found |= {
            "llm.model_name": attributes.get("gen_ai.request.model"),
            "llm.provider": attributes.get("gen_ai.provider.name"),
            "llm.token_count.prompt": counts[0],
            "llm.token_count.completion": counts[1],
            "llm.token_count.total": sum(known) if known else None,
        }
    elif kind == "TOOL":
        found["tool.name"] = attributes.get("gen_ai.tool.name")
    elif kind == "AGENT":
        found["agent.name"] = attributes.get("gen_ai.agent.name")
    return found
