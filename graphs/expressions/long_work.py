"""Long evaluations: what a flow computes for more than some milliseconds is computed in a thread."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["SHORT", "Lengthy", "aside"]

SHORT: ContextVar[int | None] = ContextVar("short", default=None)
"""The work, in characters, after which an evaluation is given up as lengthy; None where it goes on."""
AT_ONCE = 100_000
"""Characters of work that the event loop does at once: about ten milliseconds."""

T = TypeVar("T")


class Lengthy(Exception):
    """An evaluation takes longer than the event loop should be held."""


async def aside(work: Callable[[], T]) -> T:
    """Return what evaluations give: at once where they are short, else from a thread, from their start on.

    Args:
        work: Evaluates expressions and templates, and does nothing else.
    """
    before = SHORT.set(AT_ONCE)
    try:
        return work()
    except Lengthy:
        pass
    finally:
        SHORT.reset(before)
    return await asyncio.to_thread(work)
