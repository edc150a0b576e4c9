"""Schedules: when flows start by themselves, and which process starts each run.

A run is started under a claim, which keeps two processes from doing the same work. What keeps them from
starting one run twice is another thing: the schedule moves on to its next time in the transaction that
accepts the run, and only if it still stands at the time that the run is for.
"""

import builtins
import time
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.clock import clock, steady
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.named_locks import hold
from persistence.storage.tables.runs import executions, processes
from persistence.storage.tables.triggers import schedules

__all__ = [
    "ClaimedSchedule",
    "Missed",
    "Moved",
    "ScheduleRow",
    "Schedules",
    "Step",
    "TooManySchedules",
    "new_schedule",
]

Missed = Literal["skip", "once", "all"]
ERROR = 2000
"""Characters of an error that a schedule keeps."""


class TooManySchedules(Exception):
    """The workspace has as many schedules as it may have."""


class Moved(Exception):
    """The schedule does not stand at this time any more: it was changed, or another process was faster."""


class ScheduleRow(Struct, frozen=True, kw_only=True):
    """A stored schedule. Times are Unix seconds; each column says what it holds."""

    id: str
    workspace: str
    name: str
    flow_id: str
    cron: str
    timezone: str
    input: dict[str, Any]
    version: str
    missed: Missed
    ends_at: float | None
    jitter_seconds: float
    enabled: bool
    key_id: str
    user_id: str
    made_by: str
    stopped: str
    revision: int
    next_at: float | None
    due_at: float | None
    last_at: float | None
    last_execution_id: str | None
    last_error: str
    runs: int
    missed_runs: int
    created_at: float
    updated_at: float
    last_status: str | None = None
    """The status of its last run; None where it had none, or that was deleted."""


class ClaimedSchedule(Struct, frozen=True):
    """A schedule whose time has come, for the process that claimed it."""

    row: ScheduleRow
    now: float
    """The database's time of the claim."""


class Step(Struct, frozen=True, kw_only=True):
    """From one time of a schedule to the next."""

    next_at: float | None
    due_at: float | None
    missed: int = 0
    """How many times are left out with it."""
    error: str = ""


_stored = [name for name in ScheduleRow.__struct_fields__ if name != "last_status"]
_selected = select(*(schedules.c[name] for name in _stored), executions.c.status).select_from(
    schedules.outerjoin(executions, executions.c.id == schedules.c.last_execution_id)
)


class Schedules:
    """The schedules of all workspaces. Requests see one workspace; `claim` sees all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> float:
        """Return the database's time in Unix seconds."""
        return await self._database.read(lambda held: float(held.scalar(select(clock(held))) or 0.0))

    async def create(self, row: ScheduleRow, *, most: int) -> None:
        """Store a schedule.

        Raises:
            TooManySchedules: the workspace has `most` already.
        """
        count = select(func.count()).select_from(schedules).where(schedules.c.workspace == row.workspace)

        def work(held: Connection) -> None:
            hold(held, f"schedules of {row.workspace}")
            if (held.scalar(count) or 0) >= most:
                raise TooManySchedules
            held.execute(insert(schedules).values(id=row.id, **_values(row)))

        await self._database.write(work)

    async def list(
        self, workspace: str, *, flow_id: str | None, limit: int, after: tuple[float, str] | None
    ) -> tuple[builtins.list[ScheduleRow], int]:
        """Return schedules from the newest, and how many there are."""
        c = schedules.c
        where: builtins.list[ColumnElement[bool]] = [c.workspace == workspace]
        if flow_id is not None:
            where.append(c.flow_id == flow_id)
        page = _selected.where(*where).order_by(c.created_at.desc(), c.id.desc()).limit(limit)
        if after is not None:
            page = page.where(or_(c.created_at < after[0], (c.created_at == after[0]) & (c.id < after[1])))

        def work(held: Connection) -> tuple[builtins.list[ScheduleRow], int]:
            total = held.scalar(select(func.count()).select_from(schedules).where(*where)) or 0
            return [_row(row) for row in held.execute(page)], total

        return await self._database.read(work)

    async def get(self, workspace: str, id: str) -> ScheduleRow | None:
        """Return a schedule of a workspace."""
        wanted = _selected.where(schedules.c.workspace == workspace, schedules.c.id == id)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)

    async def replace(self, known: ScheduleRow, row: ScheduleRow) -> bool:
        """Store a schedule anew; False if it was changed or deleted since it was read.

        A run that is being started by the settings of before is not accepted any more.
        """
        values = {
            name: value
            for name, value in _values(row).items()
            if name not in ("runs", "missed_runs", "last_at", "last_execution_id", "created_at")
        }
        changed = (
            update(schedules)
            .where(schedules.c.id == known.id, schedules.c.revision == known.revision)
            .values({**values, "revision": known.revision + 1, "claimed_by": None})
        )
        return await self._database.write(lambda held: held.execute(changed).rowcount > 0)

    async def delete(self, workspace: str, id: str) -> bool:
        """Delete a schedule; False if there is none. Its runs stay."""
        gone = delete(schedules).where(schedules.c.workspace == workspace, schedules.c.id == id)
        return await self._database.write(lambda held: held.execute(gone).rowcount > 0)

    async def any_due(self) -> bool:
        """Say whether there may be something to claim."""
        c = schedules.c
        wanted = select(c.id).where(c.enabled, c.due_at.is_not(None)).limit(1)
        return await self._database.read(
            lambda held: held.scalar(wanted.where(c.due_at <= clock(held))) is not None
        )

    async def claim(self, process_id: str, *, lease: float, limit: int) -> builtins.list[ClaimedSchedule]:
        """Claim schedules whose time has come: of nobody's, or of a process that lost its lease.

        A process that does not renew its own lease claims none.
        """
        c = schedules.c

        def work(held: Connection) -> builtins.list[ClaimedSchedule]:
            recent = processes.c.seen_at > steady(held) - lease
            if not held.scalar(select(recent).where(processes.c.id == process_id)):
                return []
            free = or_(
                c.claimed_by.is_(None),
                c.claimed_by.not_in(select(processes.c.id).where(recent)),
                c.claimed_until < steady(held),
            )
            due = (
                select(c.id)
                .where(c.enabled, c.due_at.is_not(None), c.due_at <= clock(held), free)
                .order_by(c.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = [*held.scalars(due)]
            if not ids:
                return []
            held.execute(
                update(schedules)
                .where(c.id.in_(ids))
                .values(claimed_by=process_id, claimed_until=steady(held) + lease)
            )
            now = float(held.scalar(select(clock(held))) or 0.0)
            rows = held.execute(_selected.where(c.id.in_(ids)).order_by(c.due_at))
            return [ClaimedSchedule(_row(row), now) for row in rows]

        return await self._database.write(work)

    async def release(self, row: ScheduleRow, process_id: str, *, again_in: float | None = None) -> None:
        """Give a claim back; with `again_in`, the schedule is due again after so many seconds."""
        mine = (schedules.c.id == row.id, schedules.c.claimed_by == process_id)

        def work(held: Connection) -> None:
            values: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
            if again_in is not None:
                values["due_at"] = clock(held) + again_in
            held.execute(update(schedules).where(*mine).values(values))

        await self._database.write(work)

    def start(self, row: ScheduleRow, at: float, step: Step, held: Connection, execution_id: str) -> None:
        """Move a schedule on, in the transaction that accepts its run for the time `at`.

        Raises:
            Moved: it does not stand there any more; nothing of the transaction may stay.
        """
        started = {
            "last_at": at,
            "last_execution_id": execution_id,
            "runs": schedules.c.runs + 1,
            "last_error": "",
        }
        if held.execute(_moved(row, step).values(started)).rowcount != 1:
            raise Moved

    async def step(self, row: ScheduleRow, step: Step) -> bool:
        """Move a schedule on without a run; False if it does not stand there any more."""
        values = {"last_error": step.error[:ERROR]} if step.error else {}
        return await self._database.write(
            lambda held: held.execute(_moved(row, step).values(values)).rowcount == 1
        )

    async def stop(self, row: ScheduleRow, why: str) -> bool:
        """Pause a schedule that may not start runs any more; False if it was changed meanwhile."""
        stopped = (
            update(schedules)
            .where(schedules.c.id == row.id, schedules.c.revision == row.revision, schedules.c.enabled)
            .values(
                enabled=False,
                stopped=why[:ERROR],
                revision=row.revision + 1,
                next_at=None,
                due_at=None,
                claimed_by=None,
                updated_at=time.time(),
            )
        )
        return await self._database.write(lambda held: held.execute(stopped).rowcount == 1)


def _moved(row: ScheduleRow, step: Step) -> Any:
    """Return the statement that moves a schedule on from where it was read."""
    c = schedules.c
    return (
        update(schedules)
        .where(c.id == row.id, c.revision == row.revision, c.next_at == row.next_at, c.enabled)
        .values(next_at=step.next_at, due_at=step.due_at, missed_runs=c.missed_runs + step.missed)
    )


def _values(row: ScheduleRow) -> builtins.dict[str, Any]:
    values = {name: getattr(row, name) for name in _stored if name != "id"}
    return {**values, "input": msgspec.json.encode(row.input).decode()}


def _row(row: Row[Any]) -> ScheduleRow:
    *values, status = row
    found: builtins.dict[str, Any] = dict(zip(_stored, values, strict=True))
    found["input"] = msgspec.json.decode(found["input"])
    found["enabled"] = bool(found["enabled"])
    return ScheduleRow(**found, last_status=status)


def new_schedule(**values: Any) -> ScheduleRow:
    """Return a row that is not stored yet, with nothing started."""
    now = time.time()
    return ScheduleRow(
        **values,
        id=new_id(),
        stopped="",
        revision=1,
        last_at=None,
        last_execution_id=None,
        last_error="",
        runs=0,
        missed_runs=0,
        created_at=now,
        updated_at=now,
    )
