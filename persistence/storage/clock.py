"""The database's own clocks: what several processes compare times by.

`clock` is the wall clock, for times that people see. `steady` is for what lives or does not: on SQLite it is
one for all processes of a boot and goes on whatever happens to the wall clock.
"""

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, literal_column
from sqlalchemy.sql.elements import ColumnElement

__all__ = ["STEADY", "SteadyClock", "clock", "steady"]

CLOCKS: Mapping[str, str] = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}
"""The SQL of each database for its time now in Unix seconds."""
STEADY: Mapping[str, str] = {"sqlite": "agenticrag_steady()", "postgresql": CLOCKS["postgresql"]}
"""The SQL for the steady time."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def clock(connection: Connection) -> ColumnElement[float]:
    """Return the database's time now in Unix seconds, as an expression of a statement."""
    return literal_column(CLOCKS[connection.dialect.name])


def steady(connection: Connection) -> ColumnElement[float]:
    """Return the time now by the steady clock, in seconds that are Unix seconds but for jumps."""
    return literal_column(STEADY[connection.dialect.name])


class SteadyClock:
    """The steady clock of a SQLite file: the monotonic clock, set once a boot.

    The first process of a boot writes down what the wall clock says then, and all others of that boot read
    it. Where the system does not tell one boot from another it is the wall clock.
    """

    def __init__(self) -> None:
        self._boot = _BOOT.read_text("ascii").strip() if _BOOT.is_file() else ""
        self._began: float | None = None

    def give(self, connection: Any) -> None:
        """Give a driver's connection the function that `steady` calls."""
        own = time.time() - time.monotonic()  # until the file has been asked
        if self._boot:
            connection.create_function(
                "agenticrag_steady",
                0,
                lambda: (own if self._began is None else self._began) + time.monotonic(),
            )
        else:
            connection.create_function("agenticrag_steady", 0, time.time)

    def begin(self, connection: Any) -> None:
        """Set it by the file; `connection` is the one that writes."""
        if not self._boot or self._began is not None:
            return
        known = "SELECT began_at FROM boots WHERE id = ?"
        try:
            found = connection.execute(known, (self._boot,)).fetchone()
            if found is None:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM boots WHERE id <> ?", (self._boot,))  # of no use any more
                began = time.time() - time.monotonic()
                connection.execute("INSERT OR IGNORE INTO boots VALUES (?, ?)", (self._boot, began))
                connection.execute("COMMIT")
                found = connection.execute(known, (self._boot,)).fetchone()
            self._began = float(found[0])
        except sqlite3.Error:  # no tables yet, or a file that nobody may write now
            if connection.in_transaction:
                connection.execute("ROLLBACK")
