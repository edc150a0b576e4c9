"""The ledger: a row for every request that was sent to a model, with what it used and what that cost.

A row is written in the transaction that stores the answer, or the news that none came; so are the sums that
dashboards and metrics read, and the settlement with the budgets that the request was sent under.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert

from graphs.conversation.messages import Attempt, ModelRequest
from persistence.spending.budgets import Budget, Budgets
from persistence.spending.prices import Price, Prices
from persistence.spending.reservations import Alert, Refusal, Reservations
from persistence.spending.rollups import Rollups
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.tables.spending import usage

__all__ = ["Entry", "Ledger", "Totals", "UnknownPrice"]

MARGIN = 1.1
"""What an estimate of a request's tokens is multiplied by to be reserved: providers count otherwise."""


class UnknownPrice(Struct, frozen=True):
    """Why a call was not allowed: a budget in money cannot tell what it may cost."""

    budget: Budget
    provider: str
    model: str


class Entry(Struct, frozen=True):
    """A row of the ledger before it is written."""

    row: dict[str, Any]
    held: str
    """The reservation that the request was sent under; empty for none."""
    retry_of: str | None = None
    """The class of the failure that the request repeats; None for a first one."""

    def facts(self) -> dict[str, Any]:
        """Return what its ``usage`` event tells."""
        told = {name: self.row[name] for name in _TOLD}
        return told if self.retry_of is None else {**told, "retry_of": self.retry_of}


_TOLD = (
    "provider",
    "model",
    "status",
    "error_class",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "estimated",
    "cost_usd",
    "first_token_ms",
    "duration_ms",
)


_PARTS = ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens")
"""Counts that lie within the input and the output, shown where there are any."""


class Totals(Struct):
    """What an execution has used so far, over all its attempts and all its crashes."""

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    priced_usd: float = 0.0
    """What the requests cost whose price is known."""
    unpriced: int = 0
    """Requests without a known price."""
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def cost_usd(self) -> float | None:
        """What it cost in US dollars; None where the price of a part of it is not known."""
        return None if self.unpriced else self.priced_usd

    def add(self, entry: Entry) -> None:
        """Count a row."""
        row = entry.row
        self.input_tokens += row["input_tokens"]
        self.output_tokens += row["output_tokens"]
        for name in _PARTS:
            setattr(self, name, getattr(self, name) + row[name])
        self.estimated |= row["estimated"]
        if row["cost_usd"] is None:
            self.unpriced += 1
        else:
            self.priced_usd += row["cost_usd"]

    def shown(self) -> dict[str, Any]:
        """Return them as answers and events show them."""
        shown: dict[str, Any] = {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
            "estimated": self.estimated,
        }
        shown |= {name: count for name in _PARTS if (count := getattr(self, name))}
        return {**shown, "unpriced": self.unpriced} if self.unpriced else shown


class Ledger:
    """Prices what is used, writes it down, and keeps budgets. `refresh` it every few seconds."""

    def __init__(
        self, database: Database, *, default_price_per_1m: float | None = None, reserved_output: int = 4096
    ) -> None:
        self.prices = Prices(database)
        self.budgets = Budgets(database)
        self.periods = Rollups(database)
        self.reservations = Reservations(database)
        self._database = database
        self._default = None if default_price_per_1m is None else default_price_per_1m / 1000
        self._reserved_output = reserved_output
        self._book = database.prepare(
            insert(usage)
            .values({column.name: bindparam(column.name) for column in usage.c if column.name != "id"})
            .inline()
        )

    async def refresh(self) -> None:
        """Learn of prices and budgets that changed, here or in another process."""
        await self.prices.refresh()
        await self.budgets.refresh()

    def entry(self, row: ExecutionRow, node: str, attempt: Attempt) -> Entry:
        """Return the row of an attempt, priced."""
        spent = attempt.usage
        booked = {
            "execution_id": row.id,
            "workspace": row.workspace,
            "flow_id": row.flow_id,
            "session_id": row.session_id,
            "key_id": row.options.get("key_id"),
            "user_id": row.options.get("user_id"),
            "node": node,
            "provider": attempt.provider,
            "model": attempt.model,
            "status": attempt.status,
            "error_class": attempt.error_class,
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
            "cached_input_tokens": spent.cached_input_tokens,
            "cache_write_tokens": spent.cache_write_tokens,
            "reasoning_tokens": spent.reasoning_tokens,
            "estimated": spent.estimated,
            "cost_usd": self.prices.cost(
                attempt.provider,
                attempt.model,
                spent,
                attempt.started_at,
                connection=(row.workspace, attempt.connection),
            ),
            "first_token_ms": attempt.first_token_ms,
            "duration_ms": attempt.duration_ms,
            "created_at": attempt.started_at,
        }
        return Entry(booked, attempt.held, attempt.retry_of)

    def write(self, connection: Connection, process_id: str, entries: Sequence[Entry]) -> list[Alert]:
        """Write rows, add them to the sums, and settle with their budgets."""
        rows = [entry.row for entry in entries]
        self._book.execute(connection, *rows)
        self.periods.count_usage(connection, rows, process_id)
        alerts: list[Alert] = []
        for entry in entries:
            row = entry.row
            drawn = self.budgets.of(row["workspace"], row["flow_id"], row["key_id"], row["user_id"])
            if drawn or entry.held:
                spent = [(budget, self._spent(budget, row)) for budget in drawn]
                alerts += self.reservations.settle(connection, entry.held, spent)
        return alerts

    def keeps(self, row: ExecutionRow) -> bool:
        """Say whether a run draws on any budget: a look into memory."""
        return bool(self._drawn(row))

    def _drawn(self, row: ExecutionRow) -> list[Budget]:
        asked = row.options
        return self.budgets.of(row.workspace, row.flow_id, asked.get("key_id"), asked.get("user_id"))

    async def admit(
        self, row: ExecutionRow, request: ModelRequest, held: str
    ) -> tuple[ModelRequest, Refusal | UnknownPrice | None]:
        """Reserve what a request may cost at worst of the run's budgets, of which it has some.

        A request that says nothing of how long its
        answer may be is sent with a limit, since what has no end cannot be reserved.

        Args:
            row: The run.
            request: What is about to be sent, as it is: this provider, this model.
            held: Id of the reservation.
        """
        drawn = self._drawn(row)
        from graphs.model_api.token_estimate import estimate_usage  # a part of the engine, which runs by now

        answered = request.max_tokens or self._reserved_output
        asked = int(estimate_usage(request, "").input_tokens * MARGIN) + 1
        connection = (row.workspace, request.connection)
        price = self.prices.find(request.provider, request.model, time.time(), connection=connection)
        price = price or self._default_price()
        worst: list[tuple[Budget, float]] = []
        for budget in drawn:
            if budget.unit == "tokens":
                worst.append((budget, float(asked + answered)))
            elif price is None:
                return request, UnknownPrice(budget, request.provider, request.model)
            else:
                dearest = max(price.output_price_per_1k, price.reasoning_price_per_1k or 0.0)
                cost = (asked * price.input_price_per_1k + answered * dearest) / 1000
                worst.append((budget, cost))
        process_id = row.process_id or ""
        refusal = await asyncio.shield(
            self._database.write(
                lambda connection: self.reservations.take(connection, held, process_id, worst)
            )
        )
        return msgspec.structs.replace(request, max_tokens=answered), refusal

    def release(self, held: Sequence[str]) -> None:
        """Give reservations back, with the next write, of requests that were never booked."""
        if held:
            self._database.write(lambda connection: self.reservations.release(connection, held))

    def _spent(self, budget: Budget, row: dict[str, Any]) -> float:
        if budget.unit == "tokens":
            return float(row["input_tokens"] + row["output_tokens"])
        if row["cost_usd"] is None and (price := self._default_price()) is not None:
            tokens = row["input_tokens"] + row["output_tokens"]
            return tokens * price.input_price_per_1k / 1000
        return row["cost_usd"] or 0.0

    def _default_price(self) -> Price | None:
        if self._default is None:
            return None
        return Price(
            provider="",
            model="*",
            input_price_per_1k=self._default,
            output_price_per_1k=self._default,
            source="setting",
        )
