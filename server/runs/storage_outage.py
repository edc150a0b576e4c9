"""Storage outage: the time in which the database takes no writes, and the runs that wait for its end.

A run whose write was refused for want of room, or because the database was locked or gone, has not failed: it
stops where it stands, costs no recovery, and goes on by itself. One whose storage fails again soon after
waits longer every time, so that a database on the brink is not asked the same model call over and over.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from persistence.storage.errors import StorageError, StorageFull
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["StorageOutage"]

SOON = 60.0
"""Seconds after an outage in which another is taken for the same one."""
LONGEST = 60.0
"""Seconds that runs wait at most between two attempts."""

log = logging.getLogger("agenticrag.storage")


class StorageOutage:
    """Whether the database takes writes. `has_room` says whether it takes more than a small one."""

    def __init__(self, has_room: Callable[[], Awaitable[bool]], *, pause: float) -> None:
        self._error: StorageError | None = None
        self._has_room = has_room
        self._shortest = pause
        self._pause = pause
        self._not_before = 0.0
        self._ended = -SOON
        self._waiting: dict[str, ExecutionRow] = {}
        self._keys: dict[str, str] = {}

    @property
    def reason(self) -> str:
        """Why runs wait, as a sentence; empty while all is well."""
        return "" if self._error is None else str(self._error)

    def __len__(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    def __contains__(self, execution_id: object) -> bool:
        """Say whether a run waits."""
        return execution_id in self._waiting

    def begin(self, error: StorageError) -> None:
        """Take notice of a write that was refused."""
        now = time.monotonic()
        if not self.reason:
            log.warning("Runs wait for the database: %s", error)
            soon = now - self._ended < SOON
            self._pause = min(self._pause * 2, LONGEST) if soon else self._shortest
            self._not_before = now + self._pause
        self._error = error

    def check(self) -> None:
        """Refuse what would only wait.

        Raises:
            StorageError: what kept the database from the write that began the outage.
        """
        if self._error is not None:
            raise type(self._error)(str(self._error))

    def hold(self, row: ExecutionRow, api_key: str) -> None:
        """Keep a run, with its own key for its model, until the outage ends."""
        self._waiting[row.id] = row
        if api_key:
            self._keys[row.id] = api_key

    async def over(self) -> bool:
        """Say whether to go on, given that the database has just taken a small write."""
        if not self.reason:
            return True
        if time.monotonic() < self._not_before:
            return False
        return not isinstance(self._error, StorageFull) or await self._has_room()

    def end(self, handed_back: Sequence[ExecutionRow]) -> None:
        """Take notice that all is well again, and that these runs may be taken up."""
        if self.reason:
            log.warning("The database takes writes again; %d runs go on.", len(handed_back))
            self._error = None
            self._ended = time.monotonic()
        for row in handed_back:
            self._waiting.pop(row.id, None)

    def waiting(self) -> Sequence[ExecutionRow]:
        """Return the runs that wait."""
        return [*self._waiting.values()]

    def key(self, execution_id: str) -> str:
        """Return the own key of a run that goes on; empty if it has none."""
        return self._keys.pop(execution_id, "")

    def forget_keys(self) -> None:
        """Forget keys of runs that went on elsewhere."""
        self._keys.clear()
