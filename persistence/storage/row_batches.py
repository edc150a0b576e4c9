"""Several rows in one statement: compiled once for a few counts of rows, and padded to the next of them.

Between two statements a thread waits for its turn, so that one for all rows costs less than one for each.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection

from persistence.storage.database import Database, Statement

__all__ = ["RowBatches"]


class RowBatches:
    """A statement that writes one row for each set of parameters it is given.

    `statement_for` returns the statement for a count of rows; `counts` are the counts it is compiled for,
    ascending. Room that is left is given `filler`, the parameters of a row that the statement writes nowhere;
    without one the last row is repeated, which the statement must pass over.
    """

    def __init__(
        self,
        database: Database,
        statement_for: Callable[[int], ClauseElement],
        counts: Sequence[int],
        filler: Sequence[Any] | None = None,
    ) -> None:
        self._statements: Mapping[int, Statement] = {
            count: database.prepare(statement_for(count)) for count in counts
        }
        self._most = counts[-1]
        self._filler = filler

    def write(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Write rows, each as its parameters in the statement's order; return how many it counted."""
        written = 0
        for start in range(0, len(rows), self._most):
            some = rows[start : start + self._most]
            count = next(count for count in self._statements if count >= len(some))
            filler = some[-1] if self._filler is None else self._filler
            padded = (*some, *(filler for _ in range(count - len(some))))
            written += self._statements[count].execute_values(
                connection, [value for row in padded for value in row]
            )
        return written
