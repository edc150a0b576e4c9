"""Costs: what the ledger's sums say of spending, by model and by day, without reading the ledger."""

import time
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Connection, Integer, Label, func, insert, literal, select
from sqlalchemy import cast as as_type

from persistence.spending.ledger import Ledger
from persistence.spending.rollups import DAY, day_of
from persistence.storage.database import Database
from persistence.storage.tables.spending import usage, usage_periods

__all__ = ["Costs", "DayUse", "ModelUse", "Record", "Use", "known_cost", "use_of"]


class Use(Struct, frozen=True, kw_only=True):
    """What was used and what it cost."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float = 0.0
    """Of the requests whose price is known."""
    unpriced: int = 0
    """Requests without a known price."""
    estimated: int = 0
    """Requests whose tokens a provider did not tell."""


class ModelUse(Struct, frozen=True):
    """The use of one model."""

    provider: str
    model: str
    use: Use


class DayUse(Struct, frozen=True):
    """The use of one day, in UTC."""

    start: int
    """Unix seconds."""
    use: Use


class Record(Struct, frozen=True, kw_only=True):
    """A row of the ledger."""

    execution_id: str
    flow_id: str | None
    node: str
    provider: str
    model: str
    status: str
    error_class: str | None
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    reasoning_tokens: int
    estimated: bool
    cost_usd: float | None
    duration_ms: float
    created_at: float


_SUMS = tuple(name for name in Use.__struct_fields__)


class Costs:
    """What was spent, in a workspace."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def look(
        self, workspace: str, days: int, flow_id: str | None
    ) -> tuple[Use, list[ModelUse], list[DayUse]]:
        """Return the use of the last days, today's included: in all, by model, by day."""
        wanted = [
            usage_periods.c.workspace == workspace,
            usage_periods.c.start >= day_of(time.time()) - (days - 1) * DAY,
        ]
        if flow_id is not None:
            wanted.append(usage_periods.c.flow_id == flow_id)
        start = usage_periods.c.start
        day = as_type(start - func.mod(start, literal(DAY, Integer)), usage_periods.c.start.type)

        def work(connection: Connection) -> tuple[Use, list[ModelUse], list[DayUse]]:
            total = connection.execute(select(*_summed()).where(*wanted)).one()
            keys = (usage_periods.c.provider, usage_periods.c.model)
            models: Any = connection.execute(select(*keys, *_summed()).where(*wanted).group_by(*keys))
            by_day: Any = connection.execute(
                select(day.label("day"), *_summed()).where(*wanted).group_by("day").order_by("day")
            )
            return (
                use_of(total),
                [ModelUse(provider, model, use_of(sums)) for provider, model, *sums in models],
                [DayUse(int(start), use_of(sums)) for start, *sums in by_day],
            )

        return await self._database.read(work)

    async def recent(self, workspace: str, flow_id: str | None, limit: int) -> list[Record]:
        """Return the newest rows of the ledger."""
        wanted: list[ColumnElement[bool]] = [usage.c.workspace == workspace]
        if flow_id is not None:
            wanted.append(usage.c.flow_id == flow_id)
        newest = (
            select(*(usage.c[name] for name in Record.__struct_fields__))
            .where(*wanted)
            .order_by(usage.c.created_at.desc(), usage.c.id.desc())
            .limit(limit)
        )

        def work(connection: Connection) -> list[Record]:
            rows = connection.execute(newest)
            return [Record(**dict(zip(Record.__struct_fields__, row, strict=True))) for row in rows]

        return await self._database.read(work)

    async def record(self, workspace: str, key_id: str | None, user_id: str | None, record: Record) -> Record:
        """Write a row of the ledger for use outside of this server's runs."""
        row = {**structs.asdict(record), "workspace": workspace, "key_id": key_id, "user_id": user_id}

        def work(connection: Connection) -> None:
            connection.execute(insert(usage).values(row))
            self._ledger.periods.count_usage(connection, [row], "")

        await self._database.write(work)
        return record


def known_cost(cost: float, requests: int, unpriced: int) -> float | None:
    """Return what requests cost in US dollars; None where the price is not known of any that used something.

    A request that failed before it used anything costs nothing, whatever its price: of itself it tells none.
    """
    return None if not requests or (unpriced and not cost) else cost


def _summed() -> list[Label[Any]]:
    return [func.coalesce(func.sum(usage_periods.c[name]), 0).label(name) for name in _SUMS]


def use_of(sums: Iterable[Any]) -> Use:
    """Return sums, in the order of its fields, as a `Use`."""
    values = dict(zip(_SUMS, sums, strict=True))
    cost = float(values.pop("cost_usd"))
    return Use(cost_usd=cost, **{name: int(value) for name, value in values.items()})
