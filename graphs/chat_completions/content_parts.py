"""What a message's ``content`` and its many fields for reasoning say, in whichever form a server writes
them."""

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["plain_text", "reasoning_of", "refuses", "split_content", "spoken"]

_REASONING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thought",
    "thoughts",
    "reasoning_details",
    "thinking_blocks",
)
_THOUGHTS = frozenset({"thinking", "reasoning", "thought", "reasoning_text", "redacted_thinking", "summary"})
_TEXTS = (
    "text",
    "content",
    "summary",
    "thinking",
    "reasoning",
    "thought",
    "output_text",
    "value",
    "refusal",
    "parts",
)
_DEEPEST = 6


def split_content(content: Any) -> tuple[str, str]:
    """Return the text and the reasoning of a ``content`` that may be text, parts, or one part."""
    if isinstance(content, str):
        return content, ""
    if content is None:
        return "", ""
    text: list[str] = []
    reasoning: list[str] = []
    for part in cast("list[Any]", content) if isinstance(content, list) else [content]:
        if isinstance(part, dict) and _is_thought(cast("Mapping[str, Any]", part)):
            reasoning.append(plain_text(part))
        else:
            text.append(plain_text(part))
    return "".join(text), "".join(reasoning)


def refuses(content: Any) -> bool:
    """Whether a ``content`` has a part in which the model refuses to answer."""
    if not isinstance(content, list):
        return False
    parts = [cast("Mapping[str, Any]", part) for part in cast("list[Any]", content) if isinstance(part, dict)]
    return any(part.get("type") == "refusal" for part in parts)


def spoken(audio: Any) -> str:
    """Return the words of a model that answers with speech; empty where none are told."""
    told: Any = cast("Mapping[str, Any]", audio).get("transcript") if isinstance(audio, dict) else None
    return told if isinstance(told, str) else ""


def reasoning_of(delta: Any) -> str:
    """Return the reasoning in a delta: servers send it under several names at once, so the first counts."""
    for name in _REASONING_FIELDS:
        value = getattr(delta, name)
        if value is not None and (text := plain_text(value)):
            return text
    return ""


def plain_text(value: Any, depth: int = 0) -> str:
    """Return the text in a value: itself, a number's digits, or that of its parts; empty for what has
    none."""
    match value:
        case str():
            return value
        case bool() | None:
            return ""
        case int() | float():
            return str(value)
        case list() if depth < _DEEPEST:
            return "".join(plain_text(each, depth + 1) for each in cast("list[Any]", value))
        case dict() if depth < _DEEPEST:
            part = cast("Mapping[str, Any]", value)
            for name in _TEXTS:
                if (found := plain_text(part.get(name), depth + 1)) != "":
                    return found
            return ""
        case _:
            return ""


def _is_thought(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    if isinstance(kind, str):
        return kind in _THOUGHTS or kind.startswith("reasoning.")
    return part.get("thought") is True or ("thinking" in part and "text" not in part)
