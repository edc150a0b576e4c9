"""Consistency: whether what is stored agrees with itself, as sentences about what does not."""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection, and_, exists, func, or_, select

from graphs.values.events import TERMINAL
from persistence.journal.stored_events import StoredEvent, unpack
from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.execution_rows import OPEN
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints
from persistence.storage.tables.library import sessions
from persistence.storage.tables.runs import executions, journal, processes
from persistence.upkeep.value_checks import (
    checkpoints_that_lack,
    count_unreferred,
    runs_that_lack,
    some_checkpoints,
)

__all__ = ["Finding", "examine"]

STEP = 200
"""Executions whose journals are read at once."""
NAMED = 5
"""Ids that a sentence names."""


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "broken"]
    """``note``: worth knowing, and sees to itself."""
    detail: str


async def examine(database: Database, *, lease: float) -> list[Finding]:
    """Look through a migrated database, beside servers that write to it. Changes nothing.

    Args:
        database: What to look through.
        lease: Seconds after which a silent process counts as dead.
    """
    findings = [await database.read(_structure)]
    faults: dict[str, list[str]] = {"numbers": [], "ends": [], "values": []}
    looked, after = 0, ""
    while True:
        ids = await database.read(lambda connection: _some(connection, after))  # noqa: B023 (awaited here)
        if not ids:
            break
        suspects = await database.read(lambda connection: [*_journals(connection, ids)])  # noqa: B023
        if suspects:  # on PostgreSQL each statement has its own moment: who wrote between two looks wrong
            named = [id for _, id in suspects]
            suspects = await database.read(lambda connection: [*_journals(connection, named)])  # noqa: B023
        for fault, id in suspects:
            faults[fault].append(id)
        looked, after = looked + len(ids), ids[-1]
    findings += [
        _finding(
            "Journals",
            faults["numbers"],
            f"The events of {looked:,} executions are numbered without a gap.",
            "have events that are missing or numbered twice",
        ),
        _finding(
            "Ends",
            faults["ends"],
            f"Each of {looked:,} executions has one end if it has ended, else none.",
            "have more or fewer ends than they should",
        ),
        await database.read(_orphans),
        await _large_values(database, faults["values"]),
        await database.read(lambda connection: _abandoned(connection, lease)),
    ]
    return findings


def _structure(connection: Connection) -> Finding:
    if connection.dialect.name != "sqlite":
        return Finding("Database", "ok", "PostgreSQL answers; it watches over its files and keys itself.")
    said = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    if said != ["ok"]:
        return Finding("Database", "broken", f"The file is damaged: {'; '.join(said)[:500]}.")
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if lost:
        tables = ", ".join(sorted({row[0] for row in lost}))
        return Finding("Database", "broken", f"{len(lost)} rows lack the row they belong to, in {tables}.")
    return Finding("Database", "ok", "The SQLite file is whole, and every row has the row it belongs to.")


def _some(connection: Connection, after: str) -> list[str]:
    c = executions.c
    wanted = select(c.id).where(c.id > after, c.pruned_at.is_(None)).order_by(c.id).limit(STEP)
    return [*connection.scalars(wanted)]


def _journals(connection: Connection, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with which execution's journal."""
    wanted = select(executions.c.id, executions.c.completed_at, executions.c.last_seq).where(
        executions.c.id.in_(ids), executions.c.pruned_at.is_(None)
    )
    known = {row.id: row for row in connection.execute(wanted)}
    rows = connection.execute(
        select(journal).where(journal.c.execution_id.in_(ids)).order_by(journal.c.execution_id, journal.c.seq)
    )
    lacking = {*runs_that_lack(connection, [*known])}
    stored = {id: [*group] for id, group in groupby(rows, key=lambda row: row.execution_id)}
    for id, execution in known.items():
        theirs = stored.get(id, [])
        if not _numbered(theirs) or (execution.completed_at and theirs[-1].last_seq != execution.last_seq):
            yield "numbers", id
        if id in lacking:
            yield "values", id
        ends = sum(record.type in TERMINAL for row in theirs for record in unpack(row.body))
        if ends != (1 if execution.completed_at else 0):
            yield "ends", id


def _numbered(rows: list[Any]) -> bool:
    return (
        bool(rows)
        and rows[0].seq == 1
        and all(row.last_seq - row.seq + 1 == _events(unpack(row.body)) for row in rows)
        and all(later.seq == earlier.last_seq + 1 for earlier, later in pairwise(rows))
    )


def _events(records: Iterable[StoredEvent]) -> int:
    return sum(len(record.chunks) or 1 for record in records)


async def _large_values(database: Database, lacking: list[str]) -> Finding:
    """Say whether all large values are there that runs, which are `lacking`, and checkpoints refer to."""
    lacking, after = [*lacking], ("", "", "")
    while places := await database.read(lambda connection: some_checkpoints(connection, after)):  # noqa: B023
        threads = await database.read(lambda connection: [*checkpoints_that_lack(connection, places)])
        if threads:  # who wrote between two looks wrong
            threads = await database.read(lambda connection: [*checkpoints_that_lack(connection, places)])
        lacking += threads
        after = places[-1]
    left = await database.read(count_unreferred)
    if left and not lacking:
        detail = f"{left:,} large values belong to nothing any more; the next cleanup drops them."
        return Finding("Large values", "note", detail)
    fine = "Every large value that is referred to is there, and each belongs to something."
    return _finding("Large values", sorted({*lacking}), fine, "refer to large values that are not stored")


def _orphans(connection: Connection) -> Finding:
    threads: set[str] = set()
    for table in (checkpoints, checkpoint_writes):
        c = table.c
        threads.update(
            connection.scalars(
                select(c.thread_id)
                .distinct()
                .where(
                    ~exists(select(sessions.c.id).where(sessions.c.id == c.thread_id)),
                    ~exists(select(executions.c.id).where(executions.c.id == c.thread_id)),
                )
            )
        )
    fine = "Every checkpoint belongs to a session or an execution."
    wrong = "have checkpoints that belong to no session and no execution"
    return _finding("Checkpoints", sorted(threads), fine, wrong)


def _abandoned(connection: Connection, lease: float) -> Finding:
    alive = select(processes.c.id).where(processes.c.seen_at > steady(connection) - lease)
    waiting = connection.scalar(
        select(func.count())
        .select_from(executions)
        .where(
            and_(
                executions.c.status.in_([status for status in OPEN if status != "waiting_approval"]),
                or_(executions.c.process_id.is_(None), executions.c.process_id.not_in(alive)),
            )
        )
    )
    if not waiting:
        return Finding("Open runs", "ok", "Every open run has a process that lives.")
    detail = f"{waiting:,} open runs have no process that lives; the next server to start takes them up."
    return Finding("Open runs", "note", detail)


def _finding(name: str, broken: list[str], fine: str, wrong: str) -> Finding:
    if not broken:
        return Finding(name, "ok", fine)
    more = f" and {len(broken) - NAMED:,} more" if len(broken) > NAMED else ""
    return Finding(name, "broken", f"{', '.join(broken[:NAMED])}{more} {wrong}.")
