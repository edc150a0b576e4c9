"""What one run's model calls cost: reserved before they are sent, booked after, also when they come late."""

import asyncio
import logging
from collections.abc import Sequence

from graphs.conversation.messages import Attempt, ModelRequest
from persistence.spending.ledger import Entry, Ledger, Totals, UnknownPrice
from persistence.spending.reservations import Alert, Refusal
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.ids import new_id

__all__ = ["RunUsage"]

log = logging.getLogger("agenticrag.budgets")


class RunUsage:
    """The reservations and the sums of one run."""

    def __init__(self, database: Database, ledger: Ledger, row: ExecutionRow, totals: Totals) -> None:
        self.totals = totals
        """What the run has used, earlier processes included."""
        self._database = database
        self._ledger = ledger
        self._row = row
        self._held: set[str] = set()

    async def reserve(self, request: ModelRequest) -> tuple[ModelRequest, str, Refusal | UnknownPrice | None]:
        """Reserve what a request may cost of the run's budgets; without any that costs nothing.

        Returns:
            The request, perhaps with a lower `max_tokens`; the reservation's id, empty without budgets; and
            the budget that does not allow it.
        """
        if not self._ledger.keeps(self._row):
            return request, "", None
        held = new_id()
        self._held.add(held)
        request, refused = await self._ledger.admit(self._row, request, held)
        if refused is not None:
            self._held.discard(held)
        return request, held, refused

    def count(self, attempt: Attempt, node: str) -> Entry:
        """Add an attempt to the run's sums and return its ledger entry, which is still to be written."""
        entry = self._ledger.entry(self._row, node, attempt)
        self.totals.add(entry)
        self._held.discard(attempt.held)
        return entry

    def release(self) -> None:
        """Give back what is reserved and was not spent."""
        self._ledger.release([*self._held])
        self._held.clear()

    def book_late(self, entries: Sequence[Entry]) -> None:
        """Book answers that came to a run which another process has taken over: they are paid for."""
        entries = [entry for entry in entries if entry.row["status"] == "completed"]
        if not entries:
            return
        process, execution = self._row.process_id or "", self._row.id
        booked = self._database.write(lambda connection: self._ledger.write(connection, process, entries))

        def told(done: "asyncio.Future[list[Alert]]") -> None:
            if (failure := done.exception()) is not None:
                log.warning("Usage of execution %s could not be booked: %s", execution, failure)

        booked.add_done_callback(told)
