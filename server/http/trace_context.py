"""Trace context: the span of a client's that a request belongs to, by the header ``traceparent``, and the
runs that led to it.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

from contextvars import ContextVar
from typing import Any

from graphs.outbound.run_hops import HOPS, read_hops
from graphs.outbound.trace_context import parent_of

__all__ = ["begin_trace", "current_hops", "current_trace", "say_hops"]

_current: ContextVar[str] = ContextVar("traceparent", default="")
_hops: ContextVar[int] = ContextVar("hops", default=0)
_HOPS = HOPS.encode("ascii")


def begin_trace(headers: Any) -> None:
    """Remember the trace that a request belongs to; a header that is none is ignored."""
    given = [value for name, value in headers if name == b"traceparent"]
    text = given[0][:200].decode("latin-1").strip() if len(given) == 1 else ""
    _current.set(text[:55] if parent_of(text) else "")
    _hops.set(0)
    for name, value in headers:
        if name == _HOPS:
            say_hops(value.decode("latin-1"))


def say_hops(value: str) -> None:
    """Remember how many runs led to a request, where that is more than is known already."""
    _hops.set(max(_hops.get(), read_hops(value)))


def current_trace() -> str:
    """Return the ``traceparent`` of the request that is being worked on; empty where it has none."""
    return _current.get()


def current_hops() -> int:
    """Return how many runs, one started by the other, led to the request that is being worked on."""
    return _hops.get()
