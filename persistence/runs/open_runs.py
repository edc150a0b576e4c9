"""How many runs of a workspace, and of one flow, may be open at once, over all processes.

A process does not count for every start. Where there is much room it lets the next starts in by itself: as
many as a hundredth of the room. So a limit below a hundred is exact, whatever comes at once; of a larger one
every process may let in a hundredth more than there is, and never more.
"""

import time
from collections import OrderedDict
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, func, literal_column, select, text
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.database import Database, Statement
from persistence.storage.tables.runs import executions

__all__ = ["OpenRuns", "TooManyRuns"]

T = TypeVar("T")

PARTS = 100
"""The part of the room that a process lets in without counting again: one in a hundred."""
REMEMBERED = 10_000
"""Workspaces and flows that a process remembers the room of."""
PAUSE = 1e-5
"""Seconds for each run of a limit that is reached until it is counted again: what is dear is not done for all
who are refused."""
LOCK = 7_046_029_254_386_353_132  # any number that no other program takes as an advisory lock


class TooManyRuns(Exception):
    """As many runs are open as may be."""

    def __init__(self, limit: int, of: str) -> None:
        super().__init__(f"{limit:,} runs of this {of} are open")
        self.limit = limit
        self.of = of
        """``workspace`` or ``flow``."""


class OpenRuns:
    """The room for further runs, as this process knows it. A limit of 0 is none, and costs nothing."""

    def __init__(self, database: Database, *, most: int, most_of_flow: int) -> None:
        self._most = most
        self._most_of_flow = most_of_flow
        self._of_workspace = database.prepare(_count(executions.c.workspace == bindparam("subject")))
        self._of_flow = database.prepare(_count(executions.c.flow_id == bindparam("subject")))
        self._locks = database.dialect == "postgresql"  # SQLite has one writer at a time
        self._left: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._full_until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def refusal(self, connection: Connection, workspace: str, flow_id: str | None) -> TooManyRuns | None:
        """Return why no further run may be accepted in this transaction; None if one may."""
        if self._full(connection, self._of_workspace, ("workspace", workspace), self._most):
            return TooManyRuns(self._most, "workspace")
        if flow_id and self._full(connection, self._of_flow, ("flow", flow_id), self._most_of_flow):
            return TooManyRuns(self._most_of_flow, "flow")
        return None

    def _full(self, connection: Connection, count: Statement, place: tuple[str, str], most: int) -> bool:
        if not most:
            return False
        left = self._left.pop(place, 0)
        if left:
            self._left[place] = left - 1
            return False
        if time.monotonic() < self._full_until.get(place, 0.0):
            return True
        if self._locks:  # one lock for all, so that nobody holds one and waits for another
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        [(found,)] = count.fetch(connection, subject=place[1], most=most)
        if room := (most - found) // PARTS:
            _remember(self._left, place, room)
        if found >= most:
            _remember(self._full_until, place, time.monotonic() + most * PAUSE)
        return found >= most


def _remember(known: OrderedDict[tuple[str, str], T], place: tuple[str, str], value: T) -> None:
    known[place] = value
    if len(known) > REMEMBERED:
        known.popitem(last=False)


def _count(condition: ColumnElement[bool]) -> Any:
    """Return the count of a subject's runs that are pending or running, which stops at the limit."""
    waiting = executions.c.status.in_([literal_column("'pending'"), literal_column("'running'")])
    found = select(executions.c.id).where(condition, waiting).limit(bindparam("most"))
    return select(func.count()).select_from(found.subquery())
