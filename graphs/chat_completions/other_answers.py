"""Answers of other protocols as chunks of a chat completion: gateways and misconfigured addresses send them
under an address that should speak OpenAI's.

Each reader takes one JSON object, a whole answer or a part of one, and returns None for what is not its own.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

__all__ = ["as_chunk"]

_Fields = Mapping[str, Any]
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LIFE = frozenset(
    {
        "ping",
        "heartbeat",
        "keepalive",
        "content_block_stop",
        "message_stop",
        "message-start",
        "content-start",
        "content-end",
        "tool-call-end",
        "tool-plan-delta",
        "citation-start",
        "citation-end",
    }
)
"""Types of events that tell nothing of an answer."""


def as_chunk(fields: _Fields) -> dict[str, Any] | None:
    """Return what an object of another protocol says, as a chunk; None for what is of none that is known."""
    for read in _READERS:
        if (found := read(fields)) is not None:
            return found
    return None


def _chunk(
    delta: dict[str, Any] | None = None,
    *,
    whole: dict[str, Any] | None = None,
    finish: Any = None,
    usage: Any = None,
) -> dict[str, Any]:
    """Return a chunk with one choice, or with counts alone."""
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish or None}
    if whole is not None:
        choice["message"] = whole
    else:
        choice["delta"] = delta or {}
    told = delta or whole or finish
    return {"choices": [choice] if told else [], "usage": usage}


def _tencent(fields: _Fields) -> dict[str, Any] | None:
    """Names in Pascal case, as Tencent's own API has them."""
    if not isinstance(fields.get("Choices"), list):
        return None
    return cast("dict[str, Any]", _small(dict(fields), 0))


def _small(found: Any, depth: int) -> Any:
    if depth > 8:
        return found
    if isinstance(found, dict):
        return {
            _WORD_START.sub("_", str(name)).lower(): _small(value, depth + 1)
            for name, value in cast("_Fields", found).items()
        }
    if isinstance(found, list):
        return [_small(each, depth + 1) for each in cast("list[Any]", found)]
    return found


def _anthropic(fields: _Fields) -> dict[str, Any] | None:
    """Anthropic's messages, whole, and the events of their streams."""
    kind = fields.get("type")
    if kind == "message" and isinstance(fields.get("content"), list):
        content = [_block(part) for part in fields["content"]]
        reason = fields.get("stop_reason") or "stop"
        return _chunk(whole={"content": content}, finish=reason, usage=_beside(fields.get("usage")))
    match kind:
        case "message_start":
            return _chunk(usage=_beside(_object(fields.get("message")).get("usage")))
        case "message_delta":
            reason = _object(fields.get("delta")).get("stop_reason")
            return _chunk(finish=reason, usage=_beside(fields.get("usage")))
        case "content_block_start":
            block = _object(fields.get("content_block"))
            if block.get("type") == "tool_use":
                called = {"index": fields.get("index"), "id": block.get("id"), "name": block.get("name")}
                return _chunk({"tool_calls": [called | {"arguments": block.get("input") or ""}]})
            return _chunk({"content": block.get("text"), "thinking": block.get("thinking")})
        case "content_block_delta":
            delta = _object(fields.get("delta"))
            if delta.get("type") == "input_json_delta":
                part = {"index": fields.get("index"), "arguments": delta.get("partial_json")}
                return _chunk({"tool_calls": [part]})
            return _chunk({"content": delta.get("text"), "thinking": delta.get("thinking")})
        case _:
            return None


def _beside(usage: Any) -> Any:
    """Return Anthropic's counts, where the cache lies beside the input, with it inside."""
    counts = dict(_object(usage))
    cached = [counts.get(name) for name in ("cache_read_input_tokens", "cache_creation_input_tokens")]
    if isinstance(given := counts.get("input_tokens"), int):
        counts["input_tokens"] = given + sum(count for count in cached if isinstance(count, int))
        # Said in full, so that nobody looks for what lies beside.
        counts["total_tokens"] = counts["input_tokens"] + (counts.get("output_tokens") or 0)
    return counts or None


def _ollama(fields: _Fields) -> dict[str, Any] | None:
    """Ollama's chats and completions; Cloudflare's have the same ``response``."""
    ended = fields.get("done")
    finish = (fields.get("done_reason") or "stop") if ended is True else None
    if finish == "load":
        finish = None
    usage = fields if fields.get("eval_count") is not None else fields.get("usage")
    if isinstance(message := fields.get("message"), dict) and isinstance(ended, bool):
        return _chunk(cast("dict[str, Any]", message), finish=finish, usage=usage)
    if isinstance(said := fields.get("response"), str):
        if "done" not in fields and isinstance(usage, dict) and said:
            # A whole answer of Cloudflare; the last part of a stream has counts and no text.
            return _chunk(whole={"content": said}, finish="stop", usage=cast("Any", usage))
        delta = {"content": said, "thinking": fields.get("thinking"), "tool_calls": fields.get("tool_calls")}
        return _chunk(delta, finish=finish, usage=usage)
    return None


def _gemini(fields: _Fields) -> dict[str, Any] | None:
    """Gemini's ``generateContent``."""
    candidates = fields.get("candidates")
    if not isinstance(candidates, list):
        return None
    choices: list[dict[str, Any]] = []
    for candidate in map(_object, cast("list[Any]", candidates)):
        parts = _object(candidate.get("content")).get("parts")
        blocks = [_block(part) for part in cast("list[Any]", parts)] if isinstance(parts, list) else []
        choices.append(
            {
                "index": candidate.get("index", 0),
                "delta": {"content": blocks or None},
                "finish_reason": candidate.get("finishReason"),
            }
        )
    return {"choices": choices, "usageMetadata": fields.get("usageMetadata")}


def _block(part: Any) -> Any:
    """Return a part of a content, with what calls a tool as Anthropic writes it."""
    fields = _object(part)
    for name, told, given in (("functionCall", "id", "args"), ("toolUse", "toolUseId", "input")):
        if called := _object(fields.get(name)):
            call = {"type": "tool_use", "id": called.get(told), "name": called.get("name")}
            return call | {"input": called.get(given) or {}}
    if "reasoningContent" in fields:
        return {"type": "thinking", "thinking": _object(fields["reasoningContent"]).get("reasoningText")}
    return part


def _bedrock(fields: _Fields) -> dict[str, Any] | None:
    """Bedrock's ``Converse``, whole, and the events of its stream."""
    message = _object(_object(fields.get("output")).get("message"))
    if isinstance(content := message.get("content"), list):
        blocks = [_block(part) for part in cast("list[Any]", content)]
        reason = fields.get("stopReason") or "stop"
        return _chunk(whole={"content": blocks}, finish=reason, usage=fields.get("usage"))
    if told := _object(fields.get("contentBlockStart")):
        called = _object(_object(told.get("start")).get("toolUse"))
        start = {"id": called.get("toolUseId"), "name": called.get("name")}
        return _chunk({"tool_calls": [{"index": told.get("contentBlockIndex")} | start]} if called else None)
    if told := _object(fields.get("contentBlockDelta")):
        delta = _object(told.get("delta"))
        if called := _object(delta.get("toolUse")):
            part = {"index": told.get("contentBlockIndex"), "arguments": called.get("input")}
            return _chunk({"tool_calls": [part]})
        return _chunk({"content": delta.get("text"), "thinking": delta.get("reasoningContent")})
    if told := _object(fields.get("messageStop")):
        return _chunk(finish=told.get("stopReason") or "stop")
    return _chunk() if "messageStart" in fields or "contentBlockStop" in fields else None


def _cohere(fields: _Fields) -> dict[str, Any] | None:
    """Cohere's chat, whole, and the events of its stream."""
    delta = _object(fields.get("delta"))
    match fields.get("type"):
        case "content-delta":
            return _chunk({"content": _object(delta.get("message")).get("content")})
        case "tool-call-start" | "tool-call-delta":
            called = _object(_object(delta.get("message")).get("tool_calls"))
            return _chunk({"tool_calls": [{"index": fields.get("index"), **called}]})
        case "message-end":
            return _chunk(finish=delta.get("finish_reason") or "stop", usage=delta.get("usage"))
        case _:
            pass
    message = _object(fields.get("message"))
    if message and fields.get("finish_reason"):
        return _chunk(whole=dict(message), finish=fields["finish_reason"], usage=fields.get("usage"))
    return None


def _responses(fields: _Fields) -> dict[str, Any] | None:
    """OpenAI's Responses API, whole, and the events of its stream."""
    kind = fields.get("type")
    if isinstance(kind, str) and kind.startswith("response."):
        match kind:
            case "response.output_text.delta":
                return _chunk({"content": fields.get("delta")})
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return _chunk({"reasoning": fields.get("delta")})
            case "response.refusal.delta":
                return _chunk({"refusal": fields.get("delta")})
            case "response.completed" | "response.incomplete":
                done = _object(fields.get("response"))
                calls = [item for item in _items(done) if item.get("type") == "function_call"]
                found = _chunk({"tool_calls": calls} if calls else None, finish=_status(done))
                return found | {"usage": done.get("usage")}
            case _:
                return _chunk() if kind != "response.failed" else None
    if fields.get("object") != "response" or not isinstance(fields.get("output"), list):
        return None
    content: list[Any] = []
    calls: list[Any] = []
    for item in _items(fields):
        match item.get("type"):
            case "function_call":
                calls.append(item)
            case "reasoning":
                content.append({"type": "reasoning", "summary": item.get("summary") or item.get("content")})
            case _:
                content.append(item.get("content"))
    said = {"content": [part for each in content for part in (each if isinstance(each, list) else [each])]}
    whole = said | ({"tool_calls": calls} if calls else {})
    return _chunk(whole=whole, finish=_status(fields), usage=fields.get("usage"))


def _items(response: _Fields) -> list[_Fields]:
    listed = response.get("output")
    return [_object(item) for item in cast("list[Any]", listed)] if isinstance(listed, list) else []


def _status(response: _Fields) -> Any:
    return _object(response.get("incomplete_details")).get("reason") or response.get("status") or "stop"


def _plain(fields: _Fields) -> dict[str, Any] | None:
    """A text and its end without a choice: TGI, llama.cpp, watsonx, DashScope."""
    token = _object(fields.get("token"))
    details = _object(fields.get("details"))
    if isinstance(token.get("text"), str):
        said = "" if token.get("special") is True else token["text"]
        ended = isinstance(fields.get("generated_text"), str)
        return _chunk({"content": said}, finish=(details.get("finish_reason") or "stop") if ended else None)
    if isinstance(whole := fields.get("generated_text"), str):
        finish = details.get("finish_reason") or fields.get("stop_reason") or "stop"
        names = (("prompt_tokens", "input_token_count"), ("completion_tokens", "generated_token_count"))
        counts = {name: fields[told] for name, told in names if told in fields}
        return _chunk(whole={"content": whole}, finish=finish, usage=counts or None)
    if isinstance(said := fields.get("content"), str) and isinstance(ended := fields.get("stop"), bool):
        counts = {"prompt_tokens": fields.get("tokens_evaluated"), "completion_tokens": None}
        counts["completion_tokens"] = fields.get("tokens_predicted")
        finish = ("length" if fields.get("stop_type") == "limit" else "stop") if ended else None
        return _chunk({"content": said}, finish=finish, usage=counts if ended else None)
    if isinstance(said := fields.get("text"), str) and "finish_reason" in fields:
        return _chunk(whole={"content": said}, finish=fields["finish_reason"])
    return None


def _lively(fields: _Fields) -> dict[str, Any] | None:
    return _chunk() if fields.get("type") in _LIFE else None


def _object(found: Any) -> _Fields:
    return cast("_Fields", found) if isinstance(found, dict) else {}


_READERS: tuple[Callable[[_Fields], dict[str, Any] | None], ...] = (
    _anthropic,
    _gemini,
    _ollama,
    _responses,
    _cohere,
    _bedrock,
    _tencent,
    _plain,
    _lively,
)
