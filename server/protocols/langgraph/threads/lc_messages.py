"""LangChain messages: messages of a session as LangChain writes them, and what its clients send as ours."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

import msgspec
from msgspec import Struct

from graphs.conversation.files import parted
from server.http.problems import Fault, Problem
from server.protocols.openai.given_messages import GivenMessage

__all__ = ["LONGEST_ID", "SentMessage", "read_messages", "shown_message", "shown_messages"]

LONGEST_ID = 255
TYPES = {"user": "human", "assistant": "ai", "system": "system", "tool": "tool"}
ROLES = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "AIMessageChunk": "assistant",
    "HumanMessageChunk": "user",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "remove": "remove",
}


class SentMessage(Struct, frozen=True):
    """A message as a client sends it."""

    id: str
    """Empty where the client gives none."""
    role: str
    """One of ours, or ``remove``."""
    given: GivenMessage


def shown_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return messages of a session as LangChain writes them."""
    return [shown_message(one) for one in messages]


def shown_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of a session as LangChain writes it."""
    kind = TYPES[message["role"]]
    content, files = parted(message.get("content", ""))
    shown: dict[str, Any] = {
        "id": message.get("id") or None,
        "type": kind,
        "content": content,
        "additional_kwargs": {},
        "response_metadata": {},
        "name": message.get("name") or None,
    }
    if files:
        shown["additional_kwargs"] = {"files": [{"id": file.id, "name": file.name} for file in files]}
    if kind == "ai":
        calls = cast("list[dict[str, Any]]", message.get("tool_calls") or [])
        shown["tool_calls"] = [
            {"id": one["id"], "name": one["name"], "args": one.get("arguments", {}), "type": "tool_call"}
            for one in calls
        ]
        shown["invalid_tool_calls"] = []
        shown["usage_metadata"] = _usage(message.get("metadata", {}).get("usage"))
    elif kind == "tool":
        shown |= {"tool_call_id": message.get("tool_call_id", ""), "artifact": None, "status": "success"}
    return shown


def _usage(usage: Any) -> dict[str, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, int]", usage)
    read, written = counts.get("input_tokens", 0), counts.get("output_tokens", 0)
    return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}


def read_messages(given: Any, pointer: str) -> list[SentMessage]:
    """Return messages as a client sends them: one or several, a text alone being the user's.

    Raises:
        Problem: 422 for what is no message.
    """
    messages = cast("list[Any]", given) if isinstance(given, list) else [given]
    return [_read(one, f"{pointer}/{place}") for place, one in enumerate(messages)]


def _read(given: Any, pointer: str) -> SentMessage:
    match given:
        case str():
            return SentMessage("", "user", GivenMessage(role="user", content=given))
        case [str(kind), str(text)]:
            given = {"role": kind, "content": text}
        case dict():
            given = cast("dict[str, Any]", given)
        case _:
            _refuse("Expected a message with 'role' or 'type', and 'content'.", pointer)
    kind = given.get("role") or given.get("type") or ""
    role = ROLES.get(kind) if isinstance(kind, str) else None
    if role is None:
        _refuse(
            f"Expected a role user, assistant, system or tool, found {str(kind)[:40]!r}.", f"{pointer}/role"
        )
    id = given.get("id") or ""
    if not isinstance(id, str) or len(id) > LONGEST_ID or not id.isprintable():
        _refuse(f"A message's id has at most {LONGEST_ID} printable characters.", f"{pointer}/id")
    calls = [_call(one) for one in given.get("tool_calls") or [] if isinstance(one, dict)]
    content = given.get("content")
    return SentMessage(
        id,
        role,
        GivenMessage(
            role=role,
            content=_content(cast("list[Any]", content)) if isinstance(content, list) else str(content or ""),
            tool_calls=calls or None,
            tool_call_id=given.get("tool_call_id"),
        ),
    )


def _call(call: dict[str, Any]) -> dict[str, Any]:
    """Return a tool call as OpenAI's API writes it."""
    if "function" in call:
        return call
    arguments = msgspec.json.encode(call.get("args") or {}).decode()
    return {"id": call.get("id") or "", "function": {"name": call.get("name", ""), "arguments": arguments}}


def _content(blocks: list[Any]) -> list[dict[str, Any]]:
    """Return content blocks as parts that OpenAI's API has: both LangChain's and those of providers."""
    parts: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case str():
                parts.append({"type": "text", "text": block})
            case {"type": "text" | "input_text", "text": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": "image_url"}:
                parts.append(cast("dict[str, Any]", block))
            case {"type": "image" | "file", **more} if _data(more):
                kind = str(more.get("mime_type") or more.get("mimeType") or "application/octet-stream")
                url = f"data:{kind};base64,{_data(more)}"
                facts: Any = more.get("metadata")
                named = cast("dict[str, Any]", facts) if isinstance(facts, dict) else {}
                name = named.get("filename") or named.get("name") or more.get("filename")
                if block["type"] == "image":
                    parts.append({"type": "image_url", "image_url": {"url": url}})
                else:
                    parts.append({"type": "file", "file": {"file_data": url, "filename": name}})
            case dict():
                parts.append(cast("dict[str, Any]", block))
            case _:
                parts.append({"type": "none"})
    return parts


def _data(block: Mapping[str, Any]) -> str:
    data = block.get("data") or block.get("base64")
    return data if isinstance(data, str) else ""


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
