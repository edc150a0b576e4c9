"""Tool calls in a chunk of a chat completion, in each of the forms in which servers send them."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from graphs.chat_completions.openai_chunks import Delta
from graphs.model_api.provider import ToolPiece
from graphs.parsing.json_text import tolerant_json

__all__ = ["tool_pieces"]

_ARGUMENTS = ("arguments", "parameters", "input", "args")
_CALL_PARTS = frozenset({"tool_use", "tool_call", "function_call"})
_OTHERS = ("functionCall", "function_call", "toolUse")
"""Fields in which Gemini and Bedrock have a call, where a gateway passes their parts on."""


def tool_pieces(delta: Delta) -> list[ToolPiece]:
    """Return the parts of tool calls in a delta: in a list or not, as parts of the content, the old
    ``function_call``."""
    found: Any = delta.tool_calls or delta.toolCalls or delta.tool_call
    if isinstance(found, str):
        found = tolerant_json(found)
    if isinstance(delta.content, list) and not found:
        parts = cast("list[Any]", delta.content)
        found = [
            part for part in parts if isinstance(part, dict) and _is_call(cast("Mapping[str, Any]", part))
        ]
    if not found and delta.function_call is None:
        return []
    if isinstance(found, dict) and all(str(key).isdecimal() for key in cast("dict[Any, Any]", found)):
        found = [*cast("dict[Any, Any]", found).values()]
    calls = [_piece(each) for each in (cast("list[Any]", found) if isinstance(found, list) else [found])]
    legacy: Any = delta.function_call
    given = cast("list[Any]", legacy) if isinstance(legacy, list) else [legacy]
    calls += [_piece({"index": 0, "function": each}) for each in given if isinstance(each, dict)]
    return [call for call in calls if call is not None]


def _is_call(part: Mapping[str, Any]) -> bool:
    return part.get("type") in _CALL_PARTS or any(isinstance(part.get(name), dict) for name in _OTHERS)


def _piece(found: Any) -> ToolPiece | None:
    """Return a part of a tool call; None for what has nothing of one."""
    if not isinstance(found, dict):
        return None
    call = cast("Mapping[str, Any]", found)
    function: Any = next((call[name] for name in ("function", *_OTHERS, "custom") if name in call), None)
    if isinstance(function, str):
        function = tolerant_json(function) or {**call, "name": function}
    if not isinstance(function, dict):
        function = call
    given = cast("Mapping[str, Any]", function)
    arguments: Any = next(
        (place[name] for place in (given, call) for name in _ARGUMENTS if place.get(name) is not None), None
    )
    if arguments is not None and not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode()
    extra = call.get("extra_content")
    return ToolPiece(
        _index(call.get("index")),
        _word(call.get("id") or given.get("toolUseId")),
        _word(given.get("name")),
        arguments or "",
        extra={"extra_content": extra} if isinstance(extra, dict) else None,
    )


def _index(found: Any) -> int | None:
    if isinstance(found, str) and found.strip().isdecimal():
        return int(found)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _word(found: Any) -> str:
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""
