"""A stand-in for Anthropic's Messages API: its events, its rules for turns and its errors."""

import json
from collections.abc import Sequence
from typing import Any

from tests.runtimes.wire_server import Asked, Part, http

__all__ = ["SIGNATURE", "answers", "events", "failed", "text_block", "thought_block", "tool_block"]

SIGNATURE = "EqQBCkYIBxgCKkCs1gn+Signed"
_OPTIONAL = frozenset(
    {"messages", "model", "max_tokens", "stream", "system", "tools", "tool_choice", "temperature", "top_p"}
    | {"top_k", "stop_sequences", "thinking", "metadata", "output_config", "cache_control", "service_tier"}
)


def events(
    *blocks: Sequence[dict[str, Any]], stop: str = "end_turn", usage: dict[str, int] | None = None
) -> bytes:
    """Return a streamed answer of blocks, each as its events; the counts come as they do: in two places."""
    counted = {"input_tokens": 12, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0} | (
        usage or {}
    )
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude"}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": counted | {"output_tokens": 1}}
    told: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for place, block in enumerate(blocks):
        told += [{**event, "index": place} for event in block]
        told.append({"type": "ping"})
    told.append(
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 20},
        }
    )
    told.append({"type": "message_stop"})
    return _sse(told)


def text_block(*parts: str) -> list[dict[str, Any]]:
    """Return the events of a text."""
    deltas = [
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": part}} for part in parts
    ]
    return _block({"type": "text", "text": ""}, deltas)


def thought_block(*parts: str) -> list[dict[str, Any]]:
    """Return the events of thinking, which end with its signature."""
    deltas: list[dict[str, Any]] = [
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": part}}
        for part in parts
    ]
    signed = {"type": "signature_delta", "signature": SIGNATURE}
    deltas.append({"type": "content_block_delta", "delta": signed})
    return _block({"type": "thinking", "thinking": "", "signature": ""}, deltas)


def tool_block(name: str, arguments: dict[str, Any], id: str = "toolu_01A") -> list[dict[str, Any]]:
    """Return the events of a call, its arguments in pieces."""
    text = json.dumps(arguments)
    parts = ["", text[: len(text) // 2], text[len(text) // 2 :]]
    deltas = [
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": part}}
        for part in parts
    ]
    return _block({"type": "tool_use", "id": id, "name": name, "input": {}}, deltas)


def failed(status: int, kind: str, message: str, **headers: str) -> bytes:
    """Return an error as the API words it."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return http(status, json.dumps(body).encode(), headers=headers)


def answers(asked: Asked, given: Sequence[Part]) -> Sequence[Part]:
    """Return what the API answers: `given`, or the refusal of a request that breaks its rules."""
    wrong = _wrong(asked)
    return [failed(400, "invalid_request_error", wrong)] if wrong else given


def _wrong(asked: Asked) -> str:
    body = asked.body
    if asked.path != "/v1/messages" or not asked.headers.get("anthropic-version"):
        return f"no such path: {asked.path}"
    if unknown := sorted(set(body) - _OPTIONAL):
        return f"{unknown[0]}: Extra inputs are not permitted"
    if "max_tokens" not in body:
        return "max_tokens: Field required"
    roles = [one["role"] for one in body["messages"]]
    if set(roles) - {"user", "assistant"} or roles[:1] != ["user"]:
        return 'messages: first message must use the "user" role'
    thinks = body.get("thinking", {}).get("type") == "enabled"
    if thinks and body.get("temperature", 1) != 1:
        return "`temperature` may only be set to 1 when thinking is enabled."
    if thinks and body["max_tokens"] <= body["thinking"]["budget_tokens"]:
        return "`max_tokens` must be greater than `thinking.budget_tokens`."
    waiting: set[str] = set()
    for place, one in enumerate(body["messages"]):
        blocks = (
            one["content"] if isinstance(one["content"], list) else [{"type": "text", "text": one["content"]}]
        )
        if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            return f"messages.{place}: text content blocks must be non-empty"
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if results != waiting:
            return (
                f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after"
            )
        waiting = {block["id"] for block in blocks if block["type"] == "tool_use"}
        if waiting and thinks:
            first = blocks[0]
            if first["type"] not in ("thinking", "redacted_thinking"):
                return f"messages.{place}.content.0.type: Expected `thinking`, but found `{first['type']}`."
            if first["type"] == "thinking" and (first["signature"], set(first)) != (
                SIGNATURE,
                {"type", "thinking", "signature"},
            ):
                return f"messages.{place}.content.0: Invalid `signature` in `thinking` block"
    return ""


def _block(start: dict[str, Any], deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "content_block_start", "content_block": start}, *deltas, {"type": "content_block_stop"}]


def _sse(told: Sequence[dict[str, Any]]) -> bytes:
    body = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told)
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"
        + body.encode()
    )
