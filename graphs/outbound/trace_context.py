"""Trace context: which span of which trace requests that leave belong to, as the header ``traceparent``.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import hashlib
import re
from contextvars import ContextVar
from uuid import UUID

__all__ = ["begin_span", "current_span", "parent_of", "span_id_of", "trace_id_of"]

_GIVEN = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_span: ContextVar[str] = ContextVar("span", default="")


def parent_of(traceparent: str) -> tuple[int, int] | None:
    """Return the ids of a trace and of a span in it; None for what is no ``traceparent``."""
    found = _GIVEN.fullmatch(traceparent)
    return None if found is None else (int(found[1], 16), int(found[2], 16))


def trace_id_of(execution_id: str, traceparent: str) -> int:
    """Return the id of a run's trace: the client's, if it named one, else the execution's."""
    found = parent_of(traceparent)
    return UUID(execution_id).int if found is None else found[0]


def span_id_of(execution_id: str, key: str) -> int:
    """Return the id of a span of a run: the same in whichever process it is made."""
    return int.from_bytes(hashlib.sha256(f"{execution_id}/{key}".encode()).digest()[:8], "big") or 1


def begin_span(execution_id: str, key: str, traceparent: str) -> None:
    """Let requests that this task sends from now on belong to a span of a run.

    Args:
        execution_id: The run.
        key: What the span is known by in it.
        traceparent: What the run's client sent; empty for nothing.
    """
    trace, span = trace_id_of(execution_id, traceparent), span_id_of(execution_id, key)
    _span.set(f"00-{trace:032x}-{span:016x}-01")


def current_span() -> str:
    """Return the ``traceparent`` of requests that leave now; empty where runs are not traced."""
    return _span.get()
