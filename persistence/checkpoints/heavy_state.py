"""Splitting large values off in threads, before what holds them is encoded on the event loop."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.parsing.heavy_values import heavy
from persistence.storage.value_references import Kept

__all__ = ["HeavyState"]


class HeavyState:
    """Looks through heavy values of threads, so that encoding them finds each large one seen already."""

    def __init__(self) -> None:
        self._under_way: dict[str, set[asyncio.Task[None]]] = {}

    async def look_through(self, thread_id: str, kept: Kept, values: Mapping[Any, Any]) -> None:
        """Have what is large in values remembered in what `kept` has seen; at once if that takes no time.

        Args:
            thread_id: Whose state they are.
            kept: Of this alone: what it splits off is not what is written.
            values: Of the state; a task's writes may be pairs of channel and value.
        """
        if not kept.splits or not heavy(*values.values(), known=kept.seen.find):
            return
        task = asyncio.create_task(asyncio.to_thread(_split, kept, [*values.values()]))
        under_way = self._under_way.setdefault(thread_id, set())
        under_way.add(task)
        try:
            await asyncio.shield(task)
        finally:
            under_way.discard(task)
            if not under_way:
                self._under_way.pop(thread_id, None)

    async def settled(self, thread_id: str | None) -> None:
        """Return when nothing of a thread, or of all, is looked through: its writes are queued then."""
        while waiting := [
            task
            for id, tasks in self._under_way.items()
            if thread_id is None or id == thread_id
            for task in tasks
        ]:
            await asyncio.wait(waiting)
            await asyncio.sleep(0)  # those that it is done for go on first


def _split(kept: Kept, values: Sequence[Any]) -> None:
    """Split off what is large; what cannot be stored is refused when it is encoded."""
    with contextlib.suppress(TypeError):
        for value in values:
            kept.split(value)
