"""Cost views: what the addresses of costs take and give."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from persistence.reports.costs import DayUse, ModelUse, Record, Use, known_cost
from persistence.spending.prices import Price
from server.http.answers.sse_bytes import iso
from server.routes.budgets import BudgetView

__all__ = [
    "CostDashboard",
    "CostRecord",
    "CostSummary",
    "DayCost",
    "Estimate",
    "ModelCost",
    "ModelPrice",
    "NewRecord",
    "PriceList",
    "PriceView",
    "cost_record",
    "cost_summary",
    "day_cost",
    "model_cost",
    "price_view",
]

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Model = Annotated[str, Meta(min_length=1, max_length=255)]
Amount = Annotated[float, Meta(ge=0, le=1_000_000)]
Tokens = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]


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
    cache_write_price_per_1k: Amount | None = None
    """Of input that the provider writes to its cache. Null: the price of other input."""
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
    cache_write_price_per_1k: float | None
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


def cost_summary(use: Use) -> CostSummary:
    """Return what was used and spent."""
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


def model_cost(one: ModelUse, total: Use, price: Price | None) -> ModelCost:
    """Return what one model used and cost, as a part of all."""
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


def day_cost(one: DayUse) -> DayCost:
    """Return what one day used and cost."""
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


def cost_record(row: Record) -> CostRecord:
    """Return one request that was sent to a model."""
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


def price_view(price: Price) -> PriceView:
    """Return a price as the API gives it."""
    return PriceView(
        provider=price.provider,
        model=price.model,
        input_price_per_1k=price.input_price_per_1k,
        output_price_per_1k=price.output_price_per_1k,
        cached_input_price_per_1k=price.cached_input_price_per_1k,
        cache_write_price_per_1k=price.cache_write_price_per_1k,
        reasoning_price_per_1k=price.reasoning_price_per_1k,
        currency=price.currency,
        valid_from=iso(price.valid_from) if price.valid_from else None,
        source=price.source,
        edited_by_operator=price.edited_by_operator,
    )
