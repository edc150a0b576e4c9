"""Time-outs: how long one attempt of a node may take, and how long it may be silent."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from graphs.node.node import Node
from graphs.node_execution.node_run import NodeRun
from graphs.values.node_error import NodeError

__all__ = ["within_time_limits"]


@asynccontextmanager
async def within_time_limits(node: Node, run: NodeRun) -> AsyncGenerator[None]:
    """Cancel what is done within when the node's time is up, or when nothing was heard of it for too long.

    Raises:
        NodeError: it was cancelled so (code ``timeout``).
    """
    clock = asyncio.timeout(None)
    watch = _Watch(node, run, clock)
    try:
        async with clock:
            watch.look()
            try:
                yield
            finally:
                watch.stop()
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise NodeError(f"The node {watch.reason}.", code="timeout") from error


class _Watch:
    """Looks at the clock whenever one of the two times may be up."""

    def __init__(self, node: Node, run: NodeRun, clock: asyncio.Timeout) -> None:
        self.reason = ""
        """What the node did too long; empty while it is in time."""
        self._node = node
        self._run = run
        self._clock = clock
        self._began = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """End the node's work if a time is up, else look again when one may be."""
        whole, silent, now = self._node.timeout_seconds, self._node.idle_timeout_seconds, time.monotonic()
        left: list[float] = []
        if whole is not None:
            left.append(self._began + whole - now)
            if left[-1] <= 0:
                self.reason = f"took longer than the {whole:g} seconds that its timeout_seconds allows"
        if silent is not None:
            left.append(max(self._began, self._run.active_at) + silent - now)
            if left[-1] <= 0:
                self.reason = f"was silent for the {silent:g} seconds of its idle_timeout_seconds"
        loop = asyncio.get_running_loop()
        if self.reason:
            self._clock.reschedule(loop.time())
        else:
            self._timer = loop.call_later(min(left), self.look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
