"""Budgets: what a workspace, a flow, an API key or a user may spend in a day or a month.

Every process knows all budgets, so that runs without one pay nothing for those that there are. What is spent
and reserved of them is in the database alone: see `persistence.spending.reservations`.
"""

import time
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, and_, func, insert, select, update

from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import invitations, users
from persistence.storage.tables.spending import budget_periods, budgets, usage

__all__ = ["Budget", "BudgetState", "Budgets", "NotAwaited", "Period", "Scope", "Unit", "period_of"]

Scope = Literal["workspace", "flow", "key", "user"]
Period = Literal["day", "month"]
Unit = Literal["usd", "tokens"]


class Budget(Struct, frozen=True, kw_only=True):
    """What may be spent. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    scope: Scope
    scope_id: str = ""
    """The flow, key or user; empty for the workspace."""
    period: Period
    unit: Unit
    amount: float
    """US dollars, or input and output tokens."""
    created_at: float
    updated_at: float


class NotAwaited(Exception):
    """A budget is for nobody: its awaited user has become a member under another id, or was taken back."""


class BudgetState(Struct, frozen=True, kw_only=True):
    """How a budget stands in the period that runs."""

    budget: Budget
    period: str
    """``2026-11-23`` or ``2026-11``, in UTC."""
    spent: float
    reserved: float
    """For calls under way, at their worst."""


def period_of(kind: Period, moment: float) -> str:
    """Return the name of the day or month, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d" if kind == "day" else "%Y-%m")


_columns = [budgets.c[name] for name in Budget.__struct_fields__]


class Budgets:
    """The budgets of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_scope: dict[tuple[str, str, str], list[Budget]] = {}
        self._by_id: dict[str, Budget] = {}
        self._revision = -1

    def of(
        self, workspace: str, flow_id: str | None, key_id: str | None, user_id: str | None
    ) -> list[Budget]:
        """Return the budgets that a run of these draws on, in the order in which they are locked."""
        if not self._by_scope:
            return []
        found = [
            budget
            for place in (
                (workspace, "workspace", ""),
                (workspace, "flow", flow_id or ""),
                (workspace, "key", key_id or ""),
                (workspace, "user", user_id or ""),
            )
            for budget in self._by_scope.get(place, ())
        ]
        return sorted(found, key=lambda budget: budget.id) if len(found) > 1 else found

    @property
    def any(self) -> bool:
        """Whether there is any budget at all."""
        return bool(self._by_id)

    async def refresh(self) -> None:
        """Read the budgets if one of them has changed, here or in another process."""

        def work(connection: Connection) -> tuple[int, list[Budget]] | None:
            revision = int(connection.scalar(select(func.coalesce(func.sum(budgets.c.revision), 0))) or 0)
            if revision == self._revision:
                return None
            rows = connection.execute(select(*_columns).where(budgets.c.deleted_at.is_(None)))
            return revision, [_budget(row) for row in rows]

        read = await self._database.read(work)
        if read is None:
            return
        self._revision, known = read
        self._by_id = {budget.id: budget for budget in known}
        self._by_scope = {}
        for budget in known:
            place = (budget.workspace, budget.scope, budget.scope_id)
            self._by_scope.setdefault(place, []).append(budget)

    async def create(
        self,
        workspace: str,
        *,
        name: str,
        scope: Scope,
        scope_id: str,
        period: Period,
        unit: Unit,
        amount: float,
    ) -> Budget:
        """Make a budget. What was spent of it in the running period is taken from the ledger.

        Raises:
            NotAwaited: it is for a user whom the workspace awaits no more, as they have just accepted.
        """
        now = time.time()
        budget = Budget(
            id=new_id(),
            workspace=workspace,
            name=name,
            scope=scope,
            scope_id=scope_id,
            period=period,
            unit=unit,
            amount=amount,
            created_at=now,
            updated_at=now,
        )

        def work(connection: Connection) -> None:
            if scope == "user" and not _is_known(connection, scope_id):
                raise NotAwaited(scope_id)
            connection.execute(insert(budgets).values({**msgspec.structs.asdict(budget), "revision": 1}))
            connection.execute(
                insert(budget_periods).values(
                    budget_id=budget.id,
                    period=period_of(period, now),
                    spent=_spent_before(connection, budget, now),
                    reserved=0.0,
                    alerted=0,
                )
            )

        await self._database.write(work)
        await self.refresh()
        return budget

    async def change(
        self, workspace: str, budget_id: str, *, name: str | None = None, amount: float | None = None
    ) -> bool:
        """Change a budget's name or amount; say whether there is one."""
        values = {"name": name, "amount": amount}
        return await self._update(
            workspace, budget_id, {key: value for key, value in values.items() if value is not None}
        )

    async def delete(self, workspace: str, budget_id: str) -> bool:
        """Take a budget away; say whether there was one. What was spent of it is kept."""
        return await self._update(workspace, budget_id, {"deleted_at": time.time()})

    async def states(self, workspace: str, budget_id: str | None = None) -> list[BudgetState]:
        """Return the workspace's budgets, or the one, and how they stand; the newest first."""
        now = time.time()
        wanted = [budgets.c.workspace == workspace, budgets.c.deleted_at.is_(None)]
        if budget_id is not None:
            wanted.append(budgets.c.id == budget_id)

        def work(connection: Connection) -> list[BudgetState]:
            rows = connection.execute(
                select(*_columns).where(*wanted).order_by(budgets.c.created_at.desc(), budgets.c.id.desc())
            ).all()
            return [_state(connection, _budget(row), now) for row in rows]

        return await self._database.read(work)

    async def _update(self, workspace: str, budget_id: str, values: dict[str, object]) -> bool:
        statement = (
            update(budgets)
            .where(
                budgets.c.id == budget_id, budgets.c.workspace == workspace, budgets.c.deleted_at.is_(None)
            )
            .values(**values, updated_at=time.time(), revision=budgets.c.revision + 1)
        )
        changed = await self._database.write(lambda connection: connection.execute(statement).rowcount)
        await self.refresh()
        return changed == 1


def _budget(row: Row[tuple[object, ...]]) -> Budget:
    return msgspec.convert(dict(zip(Budget.__struct_fields__, row, strict=True)), Budget)


def _state(connection: Connection, budget: Budget, now: float) -> BudgetState:
    period = period_of(budget.period, now)
    found = connection.execute(
        select(budget_periods.c.spent, budget_periods.c.reserved).where(
            budget_periods.c.budget_id == budget.id, budget_periods.c.period == period
        )
    ).one_or_none()
    spent, reserved = (0.0, 0.0) if found is None else found
    return BudgetState(budget=budget, period=period, spent=spent, reserved=max(0.0, reserved))


def _is_known(connection: Connection, user_id: str) -> bool:
    """Say whether an id is a user's, or an awaited user's who does not accept before the end of the
    transaction."""
    if connection.scalar(select(users.c.id).where(users.c.id == user_id)) is not None:
        return True
    awaited = select(invitations.c.id).where(invitations.c.id == user_id)
    return connection.scalar(awaited.with_for_update(read=True, key_share=True)) is not None


def _spent_before(connection: Connection, budget: Budget, now: float) -> float:
    """Return what the ledger has of the running period."""
    moment = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    began = (moment if budget.period == "day" else moment.replace(day=1)).timestamp()
    of_scope = {"flow": usage.c.flow_id, "key": usage.c.key_id, "user": usage.c.user_id}.get(budget.scope)
    wanted = [usage.c.workspace == budget.workspace, usage.c.created_at >= began]
    if of_scope is not None:
        wanted.append(of_scope == budget.scope_id)
    spent = usage.c.cost_usd if budget.unit == "usd" else usage.c.input_tokens + usage.c.output_tokens
    return float(connection.scalar(select(func.coalesce(func.sum(spent), 0)).where(and_(*wanted))) or 0.0)
