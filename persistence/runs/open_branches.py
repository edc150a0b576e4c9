"""Open branches: runs that give a message another wording or answer, which its session does not show yet."""

from collections.abc import Callable, Collection

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, or_, select

from graphs.values.run_options import Branch
from persistence.storage.execution_rows import is_open
from persistence.storage.tables.runs import executions

__all__ = ["counting_branches"]

APART = 60.0
"""Seconds that the clocks of servers may differ by."""


class _Options(Struct, frozen=True):
    """What is read of a run's options."""

    branch: Branch | None = None


def counting_branches(
    session_id: str, after: str, *, read_at: float, shown: Collection[str], refuse: Callable[[int], None]
) -> Callable[[Connection, str], None]:
    """Return what counts, when a run is accepted that goes on from a message, the others that do.

    Args:
        session_id: Our own id of the session, which is locked then.
        after: The message; empty for the begin of the session.
        read_at: When the session's messages were read, in Unix seconds.
        shown: The runs that these messages are of: they are not counted.
        refuse: Takes the number, and raises where it is too large.
    """
    c = executions.c
    ended = and_(c.status == "completed", c.completed_at >= read_at - APART)
    wanted = select(c.id, c.options).where(
        c.session_id == session_id, c.options.contains('"branch":'), or_(is_open(), ended)
    )

    def work(connection: Connection, execution_id: str) -> None:
        refuse(
            sum(
                id not in (execution_id, *shown)
                and (branch := msgspec.json.decode(options, type=_Options).branch) is not None
                and branch.after == after
                for id, options in connection.execute(wanted)
            )
        )

    return work
