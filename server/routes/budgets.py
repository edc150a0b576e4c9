"""Budgets: what a workspace, a flow, an API key or a user may spend in a day or a month."""

from typing import Annotated, Literal

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from persistence.identity.api_keys import Keys
from persistence.identity.invitations import Invitations
from persistence.identity.workspaces import Workspaces
from persistence.library.flows import Flows
from persistence.spending.budgets import Budgets, BudgetState, NotAwaited
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.identity.member_views import find_member
from server.routes.flow_lists import Deleted

__all__ = ["BudgetView", "BudgetsController", "budget_view"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Amount = Annotated[float, Meta(ge=1e-6, le=1e15)]


class NewBudget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new budget."""

    name: Name
    scope: Literal["workspace", "flow", "key", "user"] = "workspace"
    scope_id: Annotated[str, Meta(max_length=64)] = ""
    """ID of the flow, API key or user. All keys of a user count together. Empty for a workspace."""
    period: Literal["day", "month"]
    """Calendar day or month, in UTC."""
    unit: Literal["usd", "tokens"] = "usd"
    amount: Amount
    """US dollars, or input and output tokens."""


class BudgetChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a budget. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET


class BudgetView(Struct, frozen=True, kw_only=True):
    """A budget, and how it stands in the period that runs."""

    id: str
    name: str
    scope: str
    scope_id: str
    period: str
    unit: str
    amount: float
    current_period: str
    """The day or month that runs, in UTC."""
    spent: float
    reserved: float
    """For calls under way, at their worst."""
    remaining: float
    percentage: float
    """Spent, of the amount."""
    created_at: str
    updated_at: str


class BudgetList(Struct, frozen=True):
    """The workspace's budgets."""

    budgets: list[BudgetView]
    total: int


class BudgetsController(Controller):
    """Create, read, change and delete budgets."""

    path = "/budgets"
    tags = ("Costs",)

    @post("/", operation_id="createBudget", opt=operation(400, 404, 413, 415, 422, needs="costs:write"))
    async def create(
        self,
        data: JSONBody[NewBudget],
        budgets: NamedDependency[Budgets],
        flows: NamedDependency[Flows],
        keys: NamedDependency[Keys],
        workspaces: NamedDependency[Workspaces],
        invitations: NamedDependency[Invitations],
        caller: NamedDependency[Caller],
    ) -> BudgetView:
        """Create a budget. Earlier spending in the current period counts."""
        scope_id = await _scope_id(flows, keys, workspaces, invitations, caller, data)
        try:
            budget = await budgets.create(
                caller.workspace,
                name=data.name,
                scope=data.scope,
                scope_id=scope_id,
                period=data.period,
                unit=data.unit,
                amount=data.amount,
            )
        except NotAwaited:
            raise not_found("user", data.scope_id) from None
        return await _view(budgets, caller, budget.id)

    @get("/", operation_id="listBudgets", opt=operation(needs="costs:read"))
    async def list(self, budgets: NamedDependency[Budgets], caller: NamedDependency[Caller]) -> BudgetList:
        """List budgets with their current amounts, newest first."""
        states = await budgets.states(caller.workspace)
        return BudgetList([budget_view(state) for state in states], len(states))

    @get("/{budget_id:str}", operation_id="getBudget", opt=operation(404, needs="costs:read"))
    async def read(
        self, budget_id: FromPath[str], budgets: NamedDependency[Budgets], caller: NamedDependency[Caller]
    ) -> BudgetView:
        """Return a budget with its current amounts."""
        return await _view(budgets, caller, known_id("budget", budget_id))

    @put(
        "/{budget_id:str}",
        operation_id="updateBudget",
        opt=operation(400, 404, 413, 415, 422, needs="costs:write"),
    )
    async def update(
        self,
        budget_id: FromPath[str],
        data: JSONBody[BudgetChange],
        budgets: NamedDependency[Budgets],
        caller: NamedDependency[Caller],
    ) -> BudgetView:
        """Update the name or amount of a budget. Other processes use it within two seconds."""
        known = known_id("budget", budget_id)
        changed = await budgets.change(
            caller.workspace,
            known,
            name=None if data.name is UNSET else data.name,
            amount=None if data.amount is UNSET else data.amount,
        )
        if not changed:
            raise not_found("budget", budget_id)
        return await _view(budgets, caller, known)

    @delete(
        "/{budget_id:str}",
        operation_id="deleteBudget",
        status_code=200,
        opt=operation(404, needs="costs:write"),
    )
    async def delete(
        self, budget_id: FromPath[str], budgets: NamedDependency[Budgets], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete a budget."""
        view = await _view(budgets, caller, known_id("budget", budget_id))
        await budgets.delete(caller.workspace, view.id)
        return Deleted(view.id, True, f"The budget '{view.name}' is deleted.")


def budget_view(state: BudgetState) -> BudgetView:
    """Return a budget as the API shows it."""
    budget = state.budget
    return BudgetView(
        id=budget.id,
        name=budget.name,
        scope=budget.scope,
        scope_id=budget.scope_id,
        period=budget.period,
        unit=budget.unit,
        amount=budget.amount,
        current_period=state.period,
        spent=state.spent,
        reserved=state.reserved,
        remaining=max(0.0, budget.amount - state.spent - state.reserved),
        percentage=round(100 * state.spent / budget.amount, 2),
        created_at=iso(budget.created_at) or "",
        updated_at=iso(budget.updated_at) or "",
    )


async def _view(budgets: Budgets, caller: Caller, budget_id: str) -> BudgetView:
    states = await budgets.states(caller.workspace, budget_id)
    if not states:
        raise not_found("budget", budget_id)
    return budget_view(states[0])


async def _scope_id(
    flows: Flows,
    keys: Keys,
    workspaces: Workspaces,
    invitations: Invitations,
    caller: Caller,
    wanted: NewBudget,
) -> str:
    """Return the id that the budget is for, which the caller's workspace has.

    Raises:
        Problem: 404 where there is none, 422 where one is missing or too many.
    """
    match wanted.scope:
        case "workspace":
            if wanted.scope_id:
                detail = "A budget of the workspace has no scope_id. Leave it out, or choose another scope."
                raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/scope_id")])
            return ""
        case "flow":
            flow_id = known_id("flow", wanted.scope_id)
            if await flows.get(caller.workspace, flow_id, None) is None:
                raise not_found("flow", wanted.scope_id)
            return flow_id
        case "key":
            key_id = known_id("API key", wanted.scope_id)
            if await keys.get(caller.workspace, key_id) is None:
                raise not_found("API key", wanted.scope_id)
            return key_id
        case "user":
            return (await find_member(workspaces, invitations, caller.workspace, wanted.scope_id)).id
