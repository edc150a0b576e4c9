"""Request rates: how many requests a caller made in a span of time, counted over all processes.

The count is one number for a caller, as in the generic cell rate algorithm: the moment at which all that it
has had is made good again. Taking is one statement, timed by the database's own clock, so that of takers at
the same moment none gets what another has got.
"""

# ruff: noqa: S608
# The statement is made of the texts of this file alone.

import hashlib

from msgspec import Struct
from sqlalchemy import Connection, Double, Integer, String, TextClause, bindparam, delete, text

from persistence.storage.clock import STEADY, steady
from persistence.storage.database import Database
from persistence.storage.tables.counters import rate_limits

__all__ = ["Grant", "Rate", "RequestRates"]

LONGEST = 128
"""Characters of a name that are stored as they are; a longer one is stored as its hash."""
ALMOST = 0.001
"""Parts of one that the count of what is left may miss by in its last digits."""


class Rate(Struct, frozen=True):
    """So many in so much time: all of them at once, and from then on as they come back, evenly."""

    limit: int
    window: float
    """Seconds."""

    @property
    def each(self) -> float:
        """Seconds after which there is one more."""
        return self.window / self.limit


class Grant(Struct, frozen=True):
    """What came of asking."""

    granted: int
    wait: float
    """Seconds until there is one more; 0 where some were granted."""


class RequestRates:
    """The counts of everybody. Its statement is compiled once: busy callers pass here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._take = database.prepare(_taking(database.dialect))

    async def take(self, name: str, count: int, rate: Rate, *, owed: int = 0) -> Grant:
        """Take up to `count` of what `name` may have; fewer are granted where there are fewer.

        Args:
            name: Who, and of what.
            count: How many at most.
            rate: How many there are in which time.
            owed: How many it has had already, without asking.

        Raises:
            StorageError: the database takes no writes.
        """
        values = {
            "name": _stored(name),
            "count": count,
            "owed": owed,
            "each": rate.each,
            "window": rate.window,
        }

        def work(connection: Connection) -> tuple[int, float]:
            [(granted, spent)] = self._take.fetch(connection, **values)
            return int(granted), float(spent)

        granted, spent = await self._database.step(work)
        return Grant(granted, 0.0 if granted else max(0.0, spent + rate.each - rate.window))

    async def prune(self) -> int:
        """Forget those that may have all again; return how many."""

        def work(connection: Connection) -> int:
            rested = delete(rate_limits).where(rate_limits.c.spent < steady(connection))
            return connection.execute(rested).rowcount

        return await self._database.step(work)


def _taking(dialect: str) -> TextClause:
    """Return the statement that takes.

    `owed` is counted in any case; of `count` as many are granted as there are.
    """
    most, least = ("max", "min") if dialect == "sqlite" else ("greatest", "least")
    floor = "" if dialect == "sqlite" else "floor"  # where CAST rounds, and does not cut off
    now = STEADY[dialect]

    def granted(had: str, moment: str) -> str:
        left = f"(({moment}) + :window - ({had})) / :each + {ALMOST}"
        return f"{least}(:count, CAST({floor}({most}(0.0, {left})) AS INTEGER))"

    new = granted(":owed * :each", "0.0")
    # Nobody owes more than two spans: a clock that was set back would keep callers out for as long.
    known = f"{least}(rate_limits.spent, excluded.seen + 2 * :window)"
    had = f"{most}({known}, excluded.seen) + :owed * :each"
    some = granted(had, "excluded.seen")
    return text(
        "INSERT INTO rate_limits (name, spent, seen, granted) "
        f"VALUES (:name, {now} + (:owed + {new}) * :each, {now}, {new}) "
        f"ON CONFLICT (name) DO UPDATE SET spent = {had} + {some} * :each, seen = excluded.seen, "
        f"granted = {some} RETURNING granted, spent - seen"
    ).bindparams(
        bindparam("name", type_=String),
        bindparam("count", type_=Integer),
        bindparam("owed", type_=Integer),
        bindparam("each", type_=Double),
        bindparam("window", type_=Double),
    )


def _stored(name: str) -> str:
    name = name.replace("\0", "")
    return name if len(name) <= LONGEST else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
