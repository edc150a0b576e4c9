"""Results of tools, as every database can keep them and everybody may read them."""

import time
from typing import Any

import msgspec

from graphs.conversation.messages import Citation, ToolResult, ToolUse
from graphs.parsing.text import clean
from graphs.values.secrets_in_answers import Redaction

__all__ = ["clean_result", "facts_of", "since"]


def clean_result(result: ToolResult, concealing: Redaction, began: float) -> ToolResult:
    """Return a result without secrets, with how long it took.

    Args:
        result: As the tool gave it.
        concealing: The secrets that the run has used.
        began: When the tool was begun, by `time.perf_counter`.
    """
    conceal = concealing.value
    return msgspec.structs.replace(
        result,
        content=conceal(clean(result.content)),
        value=conceal(clean(result.value)),
        error=conceal(clean(result.error)),
        citations=msgspec.convert(conceal(msgspec.to_builtins(result.citations)), list[Citation]),
        duration_ms=result.duration_ms or since(began),
    )


def since(began: float) -> float:
    """Return the milliseconds since a moment of `time.perf_counter`."""
    return round((time.perf_counter() - began) * 1000, 3)


def facts_of(use: ToolUse) -> dict[str, Any]:
    """Return what the events of a use say of it."""
    named: dict[str, Any] = {"name": use.name, "call_id": use.call_id}
    return {**named, "source": use.source} if use.source else named
