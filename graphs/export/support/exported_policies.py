"""How a node is tried again, how long it may take, and what is done where it fails."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from langgraph.errors import GraphBubbleUp

__all__ = ["Node", "policy", "failure"]

Node = TypeVar("Node", bound=Callable[..., Awaitable[dict[str, Any]]])


def policy(
    *,
    attempts: int = 1,
    delay: float = 0.5,
    backoff: float = 2.0,
    longest: float = 20.0,
    seconds: float | None = None,
    on_error: Callable[[Exception], dict[str, Any]] | None = None,
) -> Callable[[Node], Node]:
    """Return a decorator of nodes.

    Args:
        attempts: How often the node is tried.
        delay: The longest wait before the second try, in seconds.
        backoff: By what each further wait is multiplied.
        longest: The longest wait of all.
        seconds: What a try may take.
        on_error: What the node gives where the last try failed; None to let the run fail.
    """

    def decorate(node: Node) -> Node:
        @functools.wraps(node)
        async def tried(state: Any) -> dict[str, Any]:
            for attempt in range(1, attempts + 1):
                try:
                    async with asyncio.timeout(seconds):
                        return await node(state)
                except GraphBubbleUp:
                    raise
                except Exception as error:
                    if attempt < attempts:
                        await asyncio.sleep(random.uniform(0, min(longest, delay * backoff ** (attempt - 1))))
                    elif on_error is None:
                        raise
                    else:
                        return on_error(error)
            return {}

        return cast("Any", tried)

    return decorate


def failure(error: Exception, node: str) -> dict[str, Any]:
    """Return what later nodes read of a node that failed."""
    return {"code": type(error).__name__, "message": str(error), "node": node}
