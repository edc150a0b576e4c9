"""Runs that failed: what answers and events say of them, for those who want an exception."""

from __future__ import annotations

from typing import Any, Dict, Optional, cast

from .errors import RunFailedError

__all__ = ["failure_of", "text_of"]

_FAILED = ("failed", "cancelled", "timeout")


def failure_of(found: Any, execution_id: str = "") -> Optional[RunFailedError]:
    """Return the error of an answer or an event that tells of a run that failed; None for any other."""
    kind = getattr(found, "type", "")
    status = str(getattr(found, "status", "") or "")
    error: Any
    code: Any = None
    if kind in ("run.failed", "run.cancelled"):
        facts = _facts(found)
        status, error, code = kind.partition(".")[2], facts.get("error"), facts.get("code")
    elif kind == "error":
        error, code = found.error, found.code
    elif not kind and status in _FAILED and hasattr(found, "error"):
        error = getattr(found, "error_message", None) or found.error
    else:
        return None
    if isinstance(error, dict):
        error = cast("Dict[str, Any]", error).get("message")
    run = getattr(found, "execution_id", "") or execution_id or getattr(found, "id", "")
    told = str(error or f"The run ended as '{status}'.")
    return RunFailedError(told, str(code or status or "failed"), run, found)


def text_of(event: Any) -> str:
    """Return the text that an event adds to an answer; empty for an event of another kind."""
    kind = getattr(event, "type", "")
    if kind in ("content", "token"):
        return str(event.content)
    return str(_facts(event).get("content", "")) if kind == "message.delta" else ""


def _facts(event: Any) -> Dict[str, Any]:
    return event.data or {}
