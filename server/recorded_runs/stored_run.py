"""A stored run: what the database has of a run that others continue, fork or compare."""

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from graphs.values.events import Event
from graphs.values.run_origin import SessionStart
from persistence.recorded_calls.recorded_calls import StoredCall
from persistence.storage.execution_rows import ExecutionRow

if TYPE_CHECKING:
    from graphs.replay.visits import Visit

__all__ = ["Recorded"]


class Recorded(Struct, frozen=True):
    """What is stored of a run. It may have tens of thousands of calls: they are looked through in threads."""

    row: ExecutionRow
    calls: list[StoredCall]
    events: list[Event]
    start: SessionStart | None
    """What it found of its session."""
    history: list[dict[str, Any]]
    """The messages of its session before its own."""

    async def visits(self) -> "dict[str, Visit]":
        """Return the node runs, by key."""
        from graphs.replay.visits import visits_of

        return await asyncio.to_thread(visits_of, (call.key for call in self.calls))

    async def before(self, visit: "Visit") -> list[StoredCall]:
        """Return the calls that do not depend on a node run."""
        from graphs.replay.visits import independent

        visits = await self.visits()
        calls = self.calls
        return await asyncio.to_thread(
            lambda: [call for call in calls if independent(visits, visit, call.key)]
        )
