"""Messages about budgets: a sentence for people, facts for programs."""

from typing import Any

from persistence.spending.ledger import UnknownPrice
from persistence.spending.reservations import Alert, Refusal

__all__ = ["refusal", "told"]

PERIODS = {"day": "a day", "month": "a month"}


def refusal(refused: Refusal | UnknownPrice) -> tuple[str, dict[str, Any]]:
    """Return why a call was refused: a sentence, and the facts of a ``budget.refused`` event."""
    budget = refused.budget
    facts = {"budget_id": budget.id, "budget": budget.name, "unit": budget.unit, "most": budget.amount}
    if isinstance(refused, UnknownPrice):
        sentence = (
            f"Budget '{budget.name}' is in US dollars, and what model '{refused.model}' of "
            f"{refused.provider} costs is not known. Set its price, or a default price for budgets."
        )
        return sentence, {**facts, "reason": "unknown_price"}
    amounts = {
        "spent": refused.spent,
        "reserved": max(0.0, refused.reserved),
        "asked": refused.asked,
    }
    spent, reserved, asked = (_amount(amount, budget.unit) for amount in amounts.values())
    ends = "day" if budget.period == "day" else "month"
    sentence = (
        f"Budget '{budget.name}' allows {_amount(budget.amount, budget.unit)} {PERIODS[budget.period]}: "
        f"{spent} are spent, {reserved} reserved for calls under way, and this call may take {asked}. "
        f"Raise the budget, let answers be shorter, or wait for the next {ends} (UTC)."
    )
    return sentence, {**facts, "reason": "exhausted", "period": refused.period, **amounts}


def told(alert: Alert) -> dict[str, Any]:
    """Return the facts of a ``budget.alert`` event."""
    budget = alert.budget
    return {
        "budget_id": budget.id,
        "budget": budget.name,
        "scope": budget.scope,
        "unit": budget.unit,
        "period": alert.period,
        "level": alert.level,
        "spent": alert.spent,
        "most": budget.amount,
    }


def _amount(amount: float, unit: str) -> str:
    return f"{amount:,.0f} tokens" if unit == "tokens" else f"${amount:,.6f}".rstrip("0").rstrip(".")
