"""Costs: what was spent, what models cost, and what a call would cost."""

import time
from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from graphs.conversation.messages import Usage
from persistence.library.flows import Flows
from persistence.reports.costs import Costs, Record
from persistence.runs.executions import Executions
from persistence.spending.budgets import Budgets
from persistence.spending.prices import Price, Prices
from server.description.operations import operation
from server.http.parameters import known_id
from server.http.problems import Problem, not_found
from server.identity.authentication import Caller
from server.identity.permissions import WORKSPACE
from server.routes.budgets import budget_view
from server.routes.cost_views import (
    CostDashboard,
    CostRecord,
    Estimate,
    ModelPrice,
    NewRecord,
    PriceList,
    PriceView,
    cost_record,
    cost_summary,
    day_cost,
    model_cost,
    price_view,
)

__all__ = ["CostsController"]

Days = Annotated[int, QueryParameter(ge=1, le=3660, description="How many days, today's included.")]
TokensParameter = Annotated[int, QueryParameter(ge=0, le=1_000_000_000_000)]
RECENT = 50


class CostsController(Controller):
    """What was spent in the workspace, and what models cost."""

    path = "/cost-tracking"
    tags = ("Costs",)

    @get("/dashboard", operation_id="costDashboard", opt=operation(422, needs="costs:read"))
    async def dashboard(
        self,
        costs: NamedDependency[Costs],
        prices: NamedDependency[Prices],
        budgets: NamedDependency[Budgets],
        caller: NamedDependency[Caller],
        days: Days = 30,
        workflow_id: FromQuery[str | None] = None,
    ) -> CostDashboard:
        """Return costs by model and day, the last requests, and budgets."""
        total, models, by_day = await costs.look(caller.workspace, days, workflow_id)
        recent = await costs.recent(caller.workspace, workflow_id, RECENT)
        states = await budgets.states(caller.workspace)
        return CostDashboard(
            summary=cost_summary(total),
            by_model=sorted(
                (model_cost(one, total, prices.find(one.provider, one.model, time.time())) for one in models),
                key=lambda one: (one.percentage, one.total_tokens),
                reverse=True,
            ),
            daily_usage=[day_cost(one) for one in by_day],
            recent_records=[cost_record(one) for one in recent],
            budget_status=[budget_view(state) for state in states],
        )

    @get("/pricing", operation_id="listPricing", opt=operation(422, needs="costs:read"))
    async def prices(
        self,
        prices: NamedDependency[Prices],
        provider: FromQuery[str | None] = None,
        model: FromQuery[str | None] = None,
    ) -> PriceList:
        """List current prices."""
        known = prices.current(time.time())
        wanted = [
            price_view(price)
            for price in known
            if provider in (None, price.provider) and model in (None, price.model)
        ]
        return PriceList(wanted, len(wanted))

    @post("/pricing", operation_id="setPricing", opt=operation(400, 413, 415, 422, needs="costs:write"))
    async def set_price(
        self,
        data: JSONBody[ModelPrice],
        prices: NamedDependency[Prices],
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
            cache_write_price_per_1k=data.cache_write_price_per_1k,
            reasoning_price_per_1k=data.reasoning_price_per_1k,
            currency=data.currency,
            valid_from=time.time() if data.valid_from is None else _moment(data.valid_from),
            source="operator",
            edited_by_operator=True,
        )
        await prices.add(price)
        return price_view(price)

    @get("/estimate", operation_id="estimateCost", opt=operation(422, needs="costs:read"))
    async def estimate(
        self,
        prices: NamedDependency[Prices],
        model: FromQuery[str],
        provider: FromQuery[str],
        input_tokens: TokensParameter = 0,
        output_tokens: TokensParameter = 0,
    ) -> Estimate:
        """Estimate the cost of a number of tokens."""
        price = prices.find(provider, model, time.time())
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
        costs: NamedDependency[Costs],
        flows: NamedDependency[Flows],
        executions: NamedDependency[Executions],
        prices: NamedDependency[Prices],
        caller: NamedDependency[Caller],
    ) -> CostRecord:
        """Record usage of a model from another system."""
        now = time.time()
        if (flow_id := data.workflow_id) is not None:
            flow_id = known_id("flow", flow_id)
            if await flows.get(caller.workspace, flow_id, None) is None:
                raise not_found("flow", flow_id)
        if (execution_id := data.execution_id) is not None:
            execution_id = known_id("execution", execution_id)
            if await executions.get(caller.workspace, execution_id) is None:
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
                cost_usd=prices.cost(data.provider, data.model, usage, now),
                duration_ms=0.0,
                created_at=now,
            ),
        )
        return cost_record(booked)


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        raise Problem(
            422, "invalid", f"valid_from is no time: '{text[:40]}'. Write it as 2026-11-23T00:00:00Z."
        ) from None
