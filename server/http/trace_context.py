"""Trace context: the span of a client's that a request belongs to, by the header ``traceparent``.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from contextvars import ContextVar
from typing import Any

__all__ = ["begin_trace", "current_trace", "parent_of"]

_GIVEN = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_current: ContextVar[str] = ContextVar("traceparent", default="")


def begin_trace(headers: Any) -> None:
    """Remember the trace that a request belongs to; a header that is none is ignored."""
    given = [value for name, value in headers if name == b"traceparent"]
    text = given[0][:200].decode("latin-1").strip() if len(given) == 1 else ""
    _current.set(text[:55] if _GIVEN.fullmatch(text) else "")


def current_trace() -> str:
    """Return the ``traceparent`` of the request that is being worked on; empty where it has none."""
    return _current.get()


def parent_of(traceparent: str) -> tuple[int, int] | None:
    """Return the ids of a trace and of a span in it; None for what is no ``traceparent``."""
    found = _GIVEN.fullmatch(traceparent)
    return None if found is None else (int(found[1], 16), int(found[2], 16))
