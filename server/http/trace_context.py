"""Trace context: the span of a client's that a request belongs to, by the header ``traceparent``.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

from contextvars import ContextVar
from typing import Any

from graphs.outbound.trace_context import parent_of

__all__ = ["begin_trace", "current_trace"]

_current: ContextVar[str] = ContextVar("traceparent", default="")


def begin_trace(headers: Any) -> None:
    """Remember the trace that a request belongs to; a header that is none is ignored."""
    given = [value for name, value in headers if name == b"traceparent"]
    text = given[0][:200].decode("latin-1").strip() if len(given) == 1 else ""
    _current.set(text[:55] if parent_of(text) else "")


def current_trace() -> str:
    """Return the ``traceparent`` of the request that is being worked on; empty where it has none."""
    return _current.get()
