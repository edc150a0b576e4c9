"""Bounds of a whole run: what all its graphs do together, however they lie in one another.

`max_steps` and `max_depth` measure one way through a run. These count the tree: node runs, passes at once,
bytes in memory and bytes stored, over all containers and sub-flows.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from graphs.parsing.heavy_values import as_json, off_the_loop
from graphs.values.node_error import NodeError
from graphs.values.run_options import Limits

__all__ = ["RunBounds"]

OPEN = 4
"""Passes that may be open at once, as a multiple of those of one depth."""
QUEUED = 100
"""Passes that may be open or wait for their turn, as the same multiple."""

COUNTED_DEPTH, COUNTED_ITEMS = 2, 256
"""Lists and objects up to this depth and length are counted item by item; the others are encoded."""


class RunBounds:
    """What a run has used of the bounds that hold for all its graphs together.

    Whoever goes beyond one of them ends the run, whatever `on_error` or `retry` a node on the way has.

    Args:
        limits: The bounds.
        end: Notes why the run ends and stops what it has under way; returns the error to raise.
        node_runs: How many nodes ran before.
    """

    def __init__(self, limits: Limits, end: Callable[[NodeError], NodeError], node_runs: int = 0) -> None:
        self._end_with = end
        self._exceeded: NodeError | None = None
        self._limits = limits
        self._node_runs = node_runs
        self._open = 0
        self._queued = 0
        self._memory = 0
        self._begin = asyncio.Lock()
        self._turns: dict[int, asyncio.Semaphore] = {}

    def check(self) -> None:
        """Return while the run is within its bounds.

        Raises:
            NodeError: it is not (code ``limit_reached``).
        """
        if self._exceeded is not None:
            raise self._exceeded

    def node_run(self) -> None:
        """Count a node that is about to run.

        Raises:
            NodeError: the run may run no more (code ``limit_reached``).
        """
        self.check()
        self._node_runs += 1
        most = self._limits.max_node_runs
        if self._node_runs > most:
            self._end(
                f"The run has run the {most:,} nodes that max_node_runs allows, those of all containers and "
                "sub-flows counted. Raise that limit, or let the flow repeat less."
            )

    def stored(self, written: int) -> None:
        """Look at how many bytes the run has stored by now.

        Raises:
            NodeError: it may store no more (code ``limit_reached``).
        """
        self.check()
        most = self._limits.max_run_bytes
        if written > most:
            self._end(
                f"The run has stored {written:,} bytes; max_run_bytes allows {most:,}. Raise that limit, or "
                "let the flow hand on smaller values."
            )

    async def hold(self, value: Any) -> int:
        """Count what a node gave and return its bytes as JSON; `release` them when its graph has ended.

        Raises:
            NodeError: the run holds too much at once (code ``limit_reached``).
        """
        size = await off_the_loop(value, _bytes, value)
        self._memory += size
        most = self._limits.max_memory_bytes
        if self._memory > most:
            self._end(
                f"The run holds {self._memory:,} bytes of values at once; max_memory_bytes allows {most:,}. "
                "Raise that limit, or let the flow hand on smaller values."
            )
        return size

    def release(self, size: int) -> None:
        """Count what is held no more."""
        self._memory -= size

    @asynccontextmanager
    async def one_pass(self, level: int) -> AsyncGenerator[None]:
        """Hold one of the turns that passes of this depth have; wait for it where all are taken.

        A pass waits for passes deeper in it alone, and each depth has turns of its own: no two wait for each
        other.

        Raises:
            NodeError: too many passes are open or wait (code ``limit_reached``).
        """
        self.check()
        most = self._limits.max_parallel_passes
        turns = self._turns.setdefault(level, asyncio.Semaphore(most))
        self._queued += 1
        try:
            if self._queued > most * QUEUED:
                self._end(_too_many(self._queued, "wait or are open", most))
            async with turns:
                async with self._begin:  # one in a turn of the loop: others' work comes between
                    await asyncio.sleep(0)
                self.check()
                self._open += 1
                try:
                    if self._open > most * OPEN:
                        self._end(_too_many(self._open, "are open", most))
                    yield
                finally:
                    self._open -= 1
        finally:
            self._queued -= 1

    def _end(self, message: str) -> None:
        if self._exceeded is None:
            self._exceeded = self._end_with(NodeError(message, code="limit_reached"))
        raise self._exceeded


def _bytes(value: Any, depth: int = 0) -> int:
    """Return about how many bytes a value has as JSON, without a copy of its long texts."""
    if type(value) is str:
        return 2 + (len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass")))
    if isinstance(value, Struct):
        total = 2
        for name in value.__struct_fields__:
            held = getattr(value, name)
            total += len(name) + (_bytes(held, depth) if held else 4) + 4
        return total
    if depth < COUNTED_DEPTH and type(value) in (list, dict) and len(value) <= COUNTED_ITEMS:
        items: Any = [*value, *value.values()] if type(value) is dict else value
        return 2 + sum(1 + _bytes(item, depth + 1) for item in items)
    return len(as_json(value))


def _too_many(found: int, how: str, most: int) -> str:
    return (
        f"{found:,} passes of the run through containers and sub-flows {how} at once, far more than the "
        f"{most:,} of one depth that max_parallel_passes allows. Nest containers less, or raise that limit."
    )
