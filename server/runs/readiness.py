"""Readiness: whether this process can work, and what it waits for where it cannot."""

from persistence.storage.database import Database
from persistence.storage.migrate import is_current
from server.http.problems import Problem
from server.runs.storage_outage import StorageOutage

__all__ = ["Readiness"]


class Readiness:
    """Whether the database is open, migrated and takes writes."""

    def __init__(self) -> None:
        self.waiting_for = "The database is being opened."
        """Why the server is not ready, as a sentence; empty when it is."""
        self._opened: tuple[Database, StorageOutage] | None = None

    def begin(self, database: Database, outage: StorageOutage) -> None:
        """Say that everything is open."""
        self.waiting_for = ""
        self._opened = database, outage

    def end(self, waiting_for: str) -> None:
        """Say what the server waits for from now on."""
        self.waiting_for = waiting_for
        self._opened = None

    def refusal(self) -> Problem:
        """Return the 503 for what cannot be done yet."""
        return Problem(
            503, "not_ready", f"{self.waiting_for} Try again in a moment.", headers={"Retry-After": "1"}
        )

    async def check(self) -> None:
        """Return if the server can work at this moment.

        Raises:
            Problem: 503.
        """
        if self._opened is None:
            raise self.refusal()
        database, outage = self._opened
        if outage.reason:
            raise Problem(
                503,
                "storage_paused",
                f"paused: storage. {outage.reason} {len(outage)} runs wait; they go on by themselves.",
                headers={"Retry-After": "5"},
            )
        if not await is_current(database):
            raise Problem(
                503,
                "not_ready",
                "The database is not migrated to this release.",
                headers={"Retry-After": "5"},
            )
