"""The outbox: deliveries to webhook targets, claimed by one process each, in order for each flow of a target.

Of each lane, a flow of a target, only the first delivery that waits may be sent. It ends, or its lane waits
for it. What a process leaves when it dies is claimed by another.
"""

import builtins
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, and_, delete, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.clock import clock, steady
from persistence.storage.database import Database
from persistence.storage.tables.runs import processes
from persistence.storage.tables.triggers import webhook_deliveries, webhook_targets

__all__ = ["DeliveryRow", "DeliveryStatus", "Outbox", "Sent"]

DeliveryStatus = Literal["waiting", "delivered", "dead"]
ERROR = 2000
"""Characters of an error that a delivery keeps."""
LOOKED_AT = 200
"""Deliveries that one claim looks at."""
BEHIND = 15.0
"""Seconds until a delivery is looked at again that waits for one before it; sooner where that one ends."""
DROPPED = 1000
"""Old deliveries that one write drops."""

_table = webhook_deliveries
_c = webhook_deliveries.c


class DeliveryRow(Struct, frozen=True, kw_only=True):
    """A delivery. Times are Unix seconds; each column says what it holds."""

    number: int
    id: str
    workspace: str
    target_id: str
    flow_id: str
    execution_id: str
    type: str
    data: dict[str, Any]
    status: DeliveryStatus
    attempts: int
    due_at: float
    last_status: int | None
    last_error: str
    created_at: float
    ended_at: float | None


class Sent(Struct, frozen=True, kw_only=True):
    """What came of an attempt."""

    status: DeliveryStatus
    """``waiting`` where it is tried again."""
    answer: int | None = None
    """The status of the receiver's answer; None where there was none."""
    error: str = ""
    again_in: float = 0.0
    """Seconds."""
    counts: bool = True
    """Whether it was an attempt: it was not where nothing could be sent."""


_stored = DeliveryRow.__struct_fields__
_selected = select(*(_c[name] for name in _stored))


class Outbox:
    """The deliveries of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def any_due(self) -> bool:
        """Say whether there may be something to claim."""
        wanted = select(_c.number).where(_c.status == "waiting").limit(1)
        return await self._database.read(
            lambda held: held.scalar(wanted.where(_c.due_at <= clock(held))) is not None
        )

    async def claim(self, process_id: str, *, seconds: float, lease: float, limit: int) -> list[DeliveryRow]:
        """Claim first deliveries of lanes that are due: nobody's, or those of a process that is gone.

        Args:
            process_id: Who claims them. A process that does not renew its own lease claims none.
            seconds: How long the claim lasts at most.
            lease: Seconds after which a process that was not seen is gone.
            limit: How many.
        """

        def work(held: Connection) -> list[DeliveryRow]:
            recent = processes.c.seen_at > steady(held) - lease
            own = select(recent, clock(held)).where(processes.c.id == process_id)
            lives, now = held.execute(own).one_or_none() or (False, 0.0)
            if not lives:
                return []
            due = (
                select(_c.number, _c.target_id, _c.flow_id)
                .join(webhook_targets, and_(webhook_targets.c.id == _c.target_id, webhook_targets.c.enabled))
                .where(_c.status == "waiting", _c.due_at <= clock(held), _free(held, lease))
                .order_by(_c.due_at, _c.number)
                .limit(LOOKED_AT)
                .with_for_update(skip_locked=True, of=_table)
            )
            first: dict[tuple[str, str], tuple[int, float]] = {}
            taken: list[int] = []
            behind: dict[float, list[int]] = {}
            for number, target_id, flow_id in held.execute(due).all():
                lane = (target_id, flow_id)
                if lane not in first:
                    found = held.execute(_first_of(*lane)).one()
                    first[lane] = found.number, found.due_at
                head, head_due = first[lane]
                if number != head:
                    behind.setdefault(max(head_due, now + BEHIND), []).append(number)
                elif len(taken) < limit:
                    taken.append(number)
            for later, numbers in behind.items():
                held.execute(update(_table).where(_c.number.in_(numbers)).values(due_at=later))
            return _claimed(held, taken, process_id, seconds) if taken else []

        return await self._database.write(work)

    async def settle(
        self, row: DeliveryRow, sent: Sent, process_id: str, *, seconds: float, more: bool
    ) -> DeliveryRow | None:
        """Write down what came of an attempt; with `more`, claim and return the next one of the lane.

        Nothing is written if another process has the delivery by now.
        """
        ended = sent.status != "waiting"

        def work(held: Connection) -> DeliveryRow | None:
            mine = (_c.number == row.number, _c.claimed_by == process_id, _c.status == "waiting")
            values: dict[str, Any] = {
                "status": sent.status,
                "claimed_by": None,
                "claimed_until": None,
                "attempts": _c.attempts + (1 if sent.counts else 0),
                "last_status": sent.answer,
                "last_error": sent.error[:ERROR],
                "due_at": clock(held) + sent.again_in,
                "ended_at": clock(held) if ended else None,
            }
            if not held.execute(update(_table).where(*mine).values(values)).rowcount or not ended:
                return None
            following = held.execute(_first_of(row.target_id, row.flow_id)).one_or_none()
            if following is None:
                return None
            if more and following.claimed_by is None and following.enabled:
                return _claimed(held, [following.number], process_id, seconds)[0]
            due = update(_table).where(_c.number == following.number, _c.attempts == 0)
            held.execute(due.values(due_at=clock(held)))
            return None

        return await self._database.write(work)

    async def list(
        self, target_id: str, *, status: DeliveryStatus | None, limit: int, after: int | None
    ) -> builtins.list[DeliveryRow]:
        """Return deliveries of a target, the newest first."""
        where: list[ColumnElement[bool]] = [_c.target_id == target_id]
        if status is not None:
            where.append(_c.status == status)
        if after is not None:
            where.append(_c.number < after)
        wanted = _selected.where(*where).order_by(_c.number.desc()).limit(limit)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        return [_row(row) for row in rows]

    async def get(self, target_id: str, id: str) -> DeliveryRow | None:
        """Return a delivery of a target by the id of its event."""
        wanted = _selected.where(_c.target_id == target_id, _c.id == id)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)

    async def send_again(self, row: DeliveryRow) -> DeliveryRow | None:
        """Have a delivery sent that was delivered or given up; None if it waits, or is gone.

        It keeps its id and its place: it is sent before those of its lane that came later.
        """
        ended = (_c.number == row.number, _c.status != "waiting")

        def work(held: Connection) -> DeliveryRow | None:
            values = {"status": "waiting", "attempts": 0, "due_at": clock(held), "ended_at": None}
            if not held.execute(update(_table).where(*ended).values(values)).rowcount:
                return None
            return _row(held.execute(_selected.where(_c.number == row.number)).one())

        return await self._database.write(work)

    async def prune(self, before: float) -> int:
        """Drop deliveries that ended before a time in Unix seconds; return how many."""
        old = select(_c.number).where(_c.ended_at.is_not(None), _c.ended_at < before).limit(DROPPED)
        gone = delete(_table).where(_c.number.in_(old))
        total = 0
        while done := await self._database.write(lambda held: held.execute(gone).rowcount):
            total += done
        return total


def _free(held: Connection, lease: float) -> ColumnElement[bool]:
    recent = processes.c.seen_at > steady(held) - lease
    return or_(
        _c.claimed_by.is_(None),
        _c.claimed_by.not_in(select(processes.c.id).where(recent)),
        _c.claimed_until < steady(held),
    )


def _first_of(target_id: str, flow_id: str) -> Any:
    return (
        select(_c.number, _c.due_at, _c.claimed_by, webhook_targets.c.enabled)
        .join(webhook_targets, webhook_targets.c.id == _c.target_id)
        .where(_c.target_id == target_id, _c.flow_id == flow_id, _c.status == "waiting")
        .order_by(_c.number)
        .limit(1)
    )


def _claimed(held: Connection, numbers: list[int], process_id: str, seconds: float) -> list[DeliveryRow]:
    chosen = _c.number.in_(numbers)
    claim = {"claimed_by": process_id, "claimed_until": steady(held) + seconds}
    held.execute(update(_table).where(chosen).values(claim))
    return [_row(row) for row in held.execute(_selected.where(chosen).order_by(_c.number))]


def _row(row: Row[Any]) -> DeliveryRow:
    found = dict(zip(_stored, row, strict=True))
    return DeliveryRow(**{**found, "data": msgspec.json.decode(found["data"])})
