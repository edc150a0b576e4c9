"""Costs: what was spent, what models cost, and what a call would cost."""

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from graphs.values.messages import Usage
from persistence.reports.costs import DayUse, ModelUse, Record, Use, known_cost
from persistence.spending.prices import Price
from server.description.openapi import operation
from server.http.parameters import known_id
from server.http.problems import Problem, not_found
from server.http.sse import iso
from server.identity.auth import Caller
from server.identity.permissions import WORKSPACE
from server.routes.budgets import BudgetView, budget_view
from server.runtime import Runtime

__all__ = ["CostsController"]

Days = Annotated[int, QueryParameter(ge=1, le=3660, description="How many days, today's included.")]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Model = Annotated[str, Meta(min_length=1, max_length=255)]
Amount = Annotated[float, Meta(ge=0, le=1_000_000)]
Tokens = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
TokensParameter = Annotated[int, QueryParameter(ge=0, le=1_000_000_000_000)]
RECENT = 50


class CostSummary(Struct, frozen=True, kw_only=True):
    """What was used and spent."""

    total_input_tokens: int
    total_output_tokens: int
    total_cached_input_tokens: int
    total_reasoning_tokens: int
    total_tokens: int
    total_cost_usd: float
    """Of the requests whose price is known."""
    request_count: int
    unpriced_requests: int
    """Requests whose price is not known: they are no part of the cost."""
    estimated_requests: int
    """Requests whose tokens are an estimate, since the provider told none."""
    avg_tokens_per_request: float
    avg_cost_per_request: float
    """Over the requests whose price is known."""


class ModelCost(Struct, frozen=True, kw_only=True):
    """What one model used and cost."""

    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float | None
    """Null where the price is not known of any of its requests that used tokens."""
    request_count: int
    unpriced_requests: int
    percentage: float
    """Of all known cost; 0 where nothing that is known costs anything."""
    token_percentage: float
    """Of all tokens."""


class DayCost(Struct, frozen=True, kw_only=True):
    """What one day used and cost, in UTC."""

    date: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float
    request_count: int
    unpriced_requests: int


class CostRecord(Struct, frozen=True, kw_only=True):
    """One request that was sent to a model."""

    execution_id: str | None
    workflow_id: str | None
    node_id: str
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
    created_at: str


class CostDashboard(Struct, frozen=True):
    """Spending over the last days."""

    summary: CostSummary
    by_model: list[ModelCost]
    daily_usage: list[DayCost]
    recent_records: list[CostRecord]
    budget_status: list[BudgetView]


class ModelPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Price of a model per thousand tokens."""

    provider: Name
    model: Model
    """`*` sets the price of all models of the provider without their own price."""
    input_price_per_1k: Amount
    output_price_per_1k: Amount
    cached_input_price_per_1k: Amount | None = None
    """Null: the price of other input."""
    reasoning_price_per_1k: Amount | None = None
    """Null: the price of other output."""
    currency: Literal["USD"] = "USD"
    valid_from: str | None = None
    """ISO 8601. Null: from now on. Recorded costs do not change."""


class PriceView(Struct, frozen=True, kw_only=True):
    """A price that counts now."""

    provider: str
    model: str
    input_price_per_1k: float
    output_price_per_1k: float
    cached_input_price_per_1k: float | None
    reasoning_price_per_1k: float | None
    currency: str
    valid_from: str | None
    """Null: always."""
    source: str
    edited_by_operator: bool


class PriceList(Struct, frozen=True):
    """Prices that count now."""

    pricing: list[PriceView]
    total: int


class Estimate(Struct, frozen=True, kw_only=True):
    """What a call would cost."""

    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_cost_usd: float | None
    output_cost_usd: float | None
    cost_usd: float | None
    """Null: the price is not known."""
    source: str | None
    """Where the price is from."""


class NewRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Usage of a model outside of this server."""

    provider: Name
    model: Model
    input_tokens: Tokens
    output_tokens: Tokens
    cached_input_tokens: Tokens = 0
    reasoning_tokens: Tokens = 0
    workflow_id: Annotated[str, Meta(max_length=64)] | None = None
    """A flow of the workspace."""
    execution_id: Annotated[str, Meta(max_length=64)] | None = None
    """A run of the workspace."""
    node_id: Annotated[str, Meta(max_length=255)] = ""


class CostsController(Controller):
    """What was spent in the workspace, and what models cost."""

    path = "/cost-tracking"
    tags = ("Costs",)

    @get("/dashboard", operation_id="costDashboard", opt=operation(422, needs="costs:read"))
    async def dashboard(
        self,
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        days: Days = 30,
        workflow_id: FromQuery[str | None] = None,
    ) -> CostDashboard:
        """Return costs by model and day, the last requests, and budgets."""
        parts = runtime.ready
        costs, prices = parts.metering.costs, parts.metering.ledger.prices
        total, models, by_day = await costs.look(caller.workspace, days, workflow_id)
        recent = await costs.recent(caller.workspace, workflow_id, RECENT)
        states = await parts.metering.ledger.budgets.states(caller.workspace)
        return CostDashboard(
            summary=_summary(total),
            by_model=sorted(
                (_model(one, total, prices.find(one.provider, one.model, time.time())) for one in models),
                key=lambda one: (one.percentage, one.total_tokens),
                reverse=True,
            ),
            daily_usage=[_day(one) for one in by_day],
            recent_records=[_record(one) for one in recent],
            budget_status=[budget_view(state) for state in states],
        )

    @get("/pricing", operation_id="listPricing", opt=operation(422, needs="costs:read"))
    async def prices(
        self,
        runtime: NamedDependency[Runtime],
        provider: FromQuery[str | None] = None,
        model: FromQuery[str | None] = None,
    ) -> PriceList:
        """List current prices."""
        known = runtime.ready.metering.ledger.prices.current(time.time())
        wanted = [
            _price(price)
            for price in known
            if provider in (None, price.provider) and model in (None, price.model)
        ]
        return PriceList(wanted, len(wanted))

    @post("/pricing", operation_id="setPricing", opt=operation(400, 413, 415, 422, needs="costs:write"))
    async def set_price(
        self,
        data: JSONBody[ModelPrice],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> PriceView:
        """Set the price of a model. It wins over the price list, also over newer lists.

        Prices are the server's, and only its first workspace sets them."""
        if caller.workspace != WORKSPACE:
            raise Problem(403, "forbidden", f"Prices are the whole server's: '{WORKSPACE}' alone sets them.")
        price = Price(
            provider=data.provider,
            model=data.model,
            input_price_per_1k=data.input_price_per_1k,
            output_price_per_1k=data.output_price_per_1k,
            cached_input_price_per_1k=data.cached_input_price_per_1k,
            reasoning_price_per_1k=data.reasoning_price_per_1k,
            currency=data.currency,
            valid_from=time.time() if data.valid_from is None else _moment(data.valid_from),
            source="operator",
            edited_by_operator=True,
        )
        await runtime.ready.metering.ledger.prices.add(price)
        return _price(price)

    @get("/estimate", operation_id="estimateCost", opt=operation(422, needs="costs:read"))
    async def estimate(
        self,
        runtime: NamedDependency[Runtime],
        model: FromQuery[str],
        provider: FromQuery[str],
        input_tokens: TokensParameter = 0,
        output_tokens: TokensParameter = 0,
    ) -> Estimate:
        """Estimate the cost of a number of tokens."""
        price = runtime.ready.metering.ledger.prices.find(provider, model, time.time())
        asked = None if price is None else price.cost(Usage(input_tokens=input_tokens))
        answered = None if price is None else price.cost(Usage(output_tokens=output_tokens))
        return Estimate(
            provider=provider,
            model=model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            total_tokens=input_tokens + output_tokens,
            input_cost_usd=asked,
            output_cost_usd=answered,
            cost_usd=None if asked is None or answered is None else asked + answered,
            source=None if price is None else price.source,
        )

    @post("/record", operation_id="recordCost", opt=operation(400, 404, 413, 415, 422, needs="costs:write"))
    async def record(
        self,
        data: JSONBody[NewRecord],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> CostRecord:
        """Record usage of a model from another system."""
        now, parts = time.time(), runtime.ready
        costs = parts.metering.costs
        if (flow_id := data.workflow_id) is not None:
            flow_id = known_id("flow", flow_id)
            if await parts.flows.get(caller.workspace, flow_id, None) is None:
                raise not_found("flow", flow_id)
        if (execution_id := data.execution_id) is not None:
            execution_id = known_id("execution", execution_id)
            if await parts.executions.get(caller.workspace, execution_id) is None:
                raise not_found("execution", execution_id)
        usage = Usage(
            input_tokens=data.input_tokens,
            output_tokens=data.output_tokens,
            cached_input_tokens=data.cached_input_tokens,
            reasoning_tokens=data.reasoning_tokens,
        )
        booked = await costs.record(
            caller.workspace,
            caller.key_id or None,
            caller.user_id or None,
            Record(
                execution_id=execution_id or "",
                flow_id=flow_id,
                node=data.node_id,
                provider=data.provider,
                model=data.model,
                status="completed",
                error_class=None,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_input_tokens=usage.cached_input_tokens,
                reasoning_tokens=usage.reasoning_tokens,
                estimated=False,
                cost_usd=runtime.ready.metering.ledger.prices.cost(data.provider, data.model, usage, now),
                duration_ms=0.0,
                created_at=now,
            ),
        )
        return _record(booked)


def _summary(use: Use) -> CostSummary:
    tokens, priced = use.input_tokens + use.output_tokens, use.requests - use.unpriced
    return CostSummary(
        total_input_tokens=use.input_tokens,
        total_output_tokens=use.output_tokens,
        total_cached_input_tokens=use.cached_input_tokens,
        total_reasoning_tokens=use.reasoning_tokens,
        total_tokens=tokens,
        total_cost_usd=use.cost_usd,
        request_count=use.requests,
        unpriced_requests=use.unpriced,
        estimated_requests=use.estimated,
        avg_tokens_per_request=tokens / use.requests if use.requests else 0.0,
        avg_cost_per_request=use.cost_usd / priced if priced else 0.0,
    )


def _model(one: ModelUse, total: Use, price: Price | None) -> ModelCost:
    use, tokens = one.use, one.use.input_tokens + one.use.output_tokens
    unknown = use.requests if price is None and not use.cost_usd else use.unpriced
    return ModelCost(
        model=one.model,
        provider=one.provider,
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        total_tokens=tokens,
        cost_usd=known_cost(use.cost_usd, use.requests, unknown),
        request_count=use.requests,
        unpriced_requests=use.unpriced,
        percentage=_percent(use.cost_usd, total.cost_usd),
        token_percentage=_percent(tokens, total.input_tokens + total.output_tokens),
    )


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _day(one: DayUse) -> DayCost:
    use = one.use
    return DayCost(
        date=datetime.fromtimestamp(one.start, UTC).strftime("%Y-%m-%d"),
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        total_tokens=use.input_tokens + use.output_tokens,
        cost_usd=use.cost_usd,
        request_count=use.requests,
        unpriced_requests=use.unpriced,
    )


def _record(row: Record) -> CostRecord:
    return CostRecord(
        execution_id=row.execution_id or None,
        workflow_id=row.flow_id,
        node_id=row.node,
        provider=row.provider,
        model=row.model,
        status=row.status,
        error_class=row.error_class,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        reasoning_tokens=row.reasoning_tokens,
        estimated=row.estimated,
        cost_usd=row.cost_usd,
        duration_ms=row.duration_ms,
        created_at=iso(row.created_at) or "",
    )


def _price(price: Price) -> PriceView:
    return PriceView(
        provider=price.provider,
        model=price.model,
        input_price_per_1k=price.input_price_per_1k,
        output_price_per_1k=price.output_price_per_1k,
        cached_input_price_per_1k=price.cached_input_price_per_1k,
        reasoning_price_per_1k=price.reasoning_price_per_1k,
        currency=price.currency,
        valid_from=iso(price.valid_from) if price.valid_from else None,
        source=price.source,
        edited_by_operator=price.edited_by_operator,
    )


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        raise Problem(
            422, "invalid", f"valid_from is no time: '{text[:40]}'. Write it as 2026-11-23T00:00:00Z."
        ) from None
