"""Reservations: what a call may cost at worst, held back from its budgets until it is known what it cost.

Taking is one guarded statement for each budget, so that of calls at the same moment none goes past what is
left. A reservation belongs to a process: what a dead one held is given back with its lease.
"""

import time
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import (
    Connection,
    Double,
    Integer,
    bindparam,
    case,
    delete,
    insert,
    select,
    text,
    update,
)

from persistence.spending.budgets import Budget, period_of
from persistence.storage.clock import steady
from persistence.storage.database import Database
from persistence.storage.tables.runs import processes
from persistence.storage.tables.spending import budget_periods, reservations

__all__ = ["LEVELS", "Alert", "Refusal", "Reservations"]

LEVELS = (50, 80, 100)
"""Per cent of a budget at which it is told that so much is spent."""
SLACK = 1e-9
"""What a sum of dollars may miss by in its last digits."""


class Refusal(Struct, frozen=True):
    """Why a call was not allowed."""

    budget: Budget
    period: str
    spent: float
    reserved: float
    asked: float
    """What the call may cost at worst."""


class Alert(Struct, frozen=True):
    """A budget is spent to a level that it had not reached before in its period."""

    budget: Budget
    period: str
    level: int
    """Per cent."""
    spent: float


_this = (
    budget_periods.c.budget_id == bindparam("b_budget"),
    budget_periods.c.period == bindparam("b_period"),
)
_amount = bindparam("amount", type_=Double)
_back = budget_periods.c.reserved - bindparam("held", type_=Double)
_less = case((_back < SLACK, 0.0), else_=_back)


class Reservations:
    """What is reserved and spent. Its statements are compiled once: calls under a budget pass here."""

    def __init__(self, database: Database) -> None:
        self._take = database.prepare(
            update(budget_periods)
            .where(
                *_this,
                budget_periods.c.spent + budget_periods.c.reserved + _amount
                <= bindparam("most", type_=Double),
            )
            .values(reserved=budget_periods.c.reserved + _amount)
        )
        self._start = database.prepare(
            text(
                "INSERT INTO budget_periods (budget_id, period, spent, reserved, alerted) "
                "VALUES (:budget, :period, 0, 0, 0) ON CONFLICT (budget_id, period) DO NOTHING"
            )
        )
        self._note = database.prepare(insert(reservations))
        self._drop = database.prepare(
            delete(reservations)
            .where(reservations.c.id == bindparam("b_id"))
            .returning(reservations.c.budget_id, reservations.c.period, reservations.c.amount)
        )
        self._give_back = database.prepare(update(budget_periods).where(*_this).values(reserved=_less))
        self._spend = database.prepare(
            update(budget_periods)
            .where(*_this)
            .values(reserved=_less, spent=budget_periods.c.spent + _amount)
            .returning(budget_periods.c.spent, budget_periods.c.alerted)
        )
        self._tell = database.prepare(
            update(budget_periods)
            .where(*_this, budget_periods.c.alerted < bindparam("level", type_=Integer))
            .values(alerted=bindparam("level", type_=Integer))
        )

    def take(
        self, connection: Connection, held: str, process_id: str, asked: Sequence[tuple[Budget, float]]
    ) -> Refusal | None:
        """Reserve an amount of each budget, of all or of none; say which one refused.

        Args:
            connection: The transaction.
            held: Id of the reservation.
            process_id: Who makes the call.
            asked: The budgets in the order of their ids, each with what the call may cost of it at worst.
        """
        now = time.time()
        taken: list[tuple[Budget, str, float]] = []
        for budget, amount in asked:
            period = period_of(budget.period, now)
            if not self._took(connection, budget, period, amount):
                for other, its_period, its_amount in taken:
                    self._return(connection, other.id, its_period, its_amount)
                spent, reserved = connection.execute(
                    select(budget_periods.c.spent, budget_periods.c.reserved).where(*_this),
                    {"b_budget": budget.id, "b_period": period},
                ).one()
                return Refusal(budget, period, spent, reserved, amount)
            taken.append((budget, period, amount))
        for budget, period, amount in taken:
            note = {"id": held, "budget_id": budget.id, "period": period, "amount": amount}
            self._note.execute(connection, {**note, "process_id": process_id, "created_at": now})
        return None

    def settle(self, connection: Connection, held: str, spent: Sequence[tuple[Budget, float]]) -> list[Alert]:
        """Book what a call cost of each budget, and give its reservation back."""
        kept = {row[0]: (row[1], row[2]) for row in self._drop.fetch(connection, b_id=held)} if held else {}
        alerts: list[Alert] = []
        for budget, amount in spent:
            period, reserved = kept.pop(budget.id, (period_of(budget.period, time.time()), 0.0))
            values = {"amount": amount, "held": reserved}
            found = self._spend.fetch(connection, b_budget=budget.id, b_period=period, **values)
            if not found:
                self._begin(connection, budget, period)
                found = self._spend.fetch(connection, b_budget=budget.id, b_period=period, **values)
            total, told = found[0]
            level = max(
                (level for level in LEVELS if total + SLACK >= budget.amount * level / 100), default=0
            )
            if level > told and self._tell.execute(
                connection, {"b_budget": budget.id, "b_period": period, "level": level}
            ):
                alerts.append(Alert(budget, period, level, total))
        for budget_id, (period, reserved) in kept.items():  # of budgets that were taken away meanwhile
            self._return(connection, budget_id, period, reserved)
        return alerts

    def release(self, connection: Connection, held: Sequence[str]) -> None:
        """Give reservations back of calls that never were."""
        for one in held:
            for budget_id, period, amount in self._drop.fetch(connection, b_id=one):
                self._return(connection, budget_id, period, amount)

    def reap(self, connection: Connection, lease: float) -> int:
        """Give back what processes hold that were not seen for `lease` seconds; return how many calls'."""
        alive = select(processes.c.id).where(processes.c.seen_at > steady(connection) - lease)
        gone = connection.execute(
            delete(reservations)
            .where(reservations.c.process_id.not_in(alive))
            .returning(
                reservations.c.id, reservations.c.budget_id, reservations.c.period, reservations.c.amount
            )
        ).all()
        for row in sorted(gone, key=lambda row: row.budget_id):
            self._return(connection, row.budget_id, row.period, row.amount)
        return len({row.id for row in gone})

    def _took(self, connection: Connection, budget: Budget, period: str, amount: float) -> bool:
        values = {
            "b_budget": budget.id,
            "b_period": period,
            "amount": amount,
            "most": budget.amount + SLACK,
        }
        if self._take.execute(connection, values) == 1:
            return True
        self._begin(connection, budget, period)
        return self._take.execute(connection, values) == 1

    def _begin(self, connection: Connection, budget: Budget, period: str) -> None:
        """Begin a period if nobody has yet: with nothing spent, for it has just begun."""
        self._start.execute(connection, {"budget": budget.id, "period": period})

    def _return(self, connection: Connection, budget_id: str, period: str, amount: float) -> None:
        self._give_back.execute(connection, {"b_budget": budget_id, "b_period": period, "held": amount})
