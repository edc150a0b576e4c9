"""Branches: passes through bodies side by side, each heard of as soon as it ends."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from graphs.values.node_error import NodeError

__all__ = ["as_completed"]

T = TypeVar("T")


async def as_completed(
    jobs: Sequence[Callable[[], Coroutine[Any, Any, T]]], *, limit: int
) -> AsyncGenerator[tuple[int, T | NodeError]]:
    """Run jobs, at most `limit` at once, and yield each one's number with its result, or with why it failed.

    Jobs begin in order. Whoever stops listening (`contextlib.aclosing`) cancels the others; they have ended,
    with the requests that they had under way, when the generator is closed. A job that pauses the run does
    not hold up the others: the pause is raised when all have ended. Once the run is to be handed to another
    process no more are begun.

    Raises:
        GraphBubbleUp: the run pauses or is drained.
    """
    from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt

    waiting = deque(enumerate(jobs))
    under_way: dict[asyncio.Task[T], int] = {}
    interrupts: list[Any] = []
    leaving: GraphBubbleUp | None = None
    try:
        while under_way or waiting:
            while waiting and len(under_way) < limit:
                number, job = waiting.popleft()
                under_way[asyncio.create_task(job())] = number
            ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(ended, key=under_way.__getitem__):
                number = under_way.pop(task)
                try:
                    result = task.result()
                except NodeError as error:
                    yield number, error
                except GraphInterrupt as pause:
                    interrupts += pause.args[0]
                except GraphDrained as drained:
                    leaving = drained
                    waiting.clear()
                else:
                    yield number, result
    finally:
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
            for task in under_way:
                if not task.cancelled():
                    task.exception()
    if leaving is not None:
        raise leaving
    if interrupts:
        raise GraphInterrupt(tuple(interrupts))
