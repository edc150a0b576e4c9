"""Run hops: how many runs have started each other over HTTP, as a header that requests of a run carry.

A flow can call a server that starts the next run: its own, by the public URL of a webhook. The count ends
such a circle, as ``CDN-Loop`` does for proxies (RFC 8586).
"""

from contextvars import ContextVar

__all__ = ["HOPS", "META", "begin_hops", "hops_header", "hops_meta", "read_hops"]

HOPS = "agenticrag-hops"
"""The header."""
META = "agenticrag/hops"
"""The same in the ``_meta`` of a call of an MCP tool: its connection serves many runs."""
_runs: ContextVar[int] = ContextVar("runs", default=0)


def begin_hops(before: int) -> None:
    """Let requests that this task sends from now on say that so many runs, and one more, led to them."""
    _runs.set(before + 1)


def hops_header() -> dict[str, str]:
    """Return the header of requests that leave now; none where no run sends them."""
    return {HOPS: str(runs)} if (runs := _runs.get()) else {}


def hops_meta() -> dict[str, str]:
    """Return the same for the ``_meta`` of a call of an MCP tool."""
    return {META: str(runs)} if (runs := _runs.get()) else {}


def read_hops(value: str) -> int:
    """Return how many runs led to a request that has this header; 0 for what is no number."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 6 else 0
