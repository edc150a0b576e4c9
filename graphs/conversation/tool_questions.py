"""Questions that a tool asks people in the middle of a call, and their replies."""

from typing import Any, Literal

from msgspec import Struct

__all__ = ["ToolQuestion", "ToolReply"]


class ToolQuestion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tool needs to know before it can go on."""

    key: str
    """The tool's own name for it."""
    message: str
    schema: dict[str, Any] = {}
    """JSON Schema of the answer, an object; empty for any."""


class ToolReply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person answered."""

    key: str
    action: Literal["accept", "decline"]
    value: Any = None
