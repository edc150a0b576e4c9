"""Questions to people: a run pauses with one, and goes on with the answer that it is resumed with."""

from typing import Any

__all__ = ["decided", "outlet_of"]


def decided(answer: Any, shown: Any) -> dict[str, Any]:
    """Return what a person decided, as later nodes read it.

    Args:
        answer: What the run is resumed with: an object with ``action`` (``approve``, ``edit``, ``submit``,
            ``reject`` or ``expired``) and, where the action has one, a ``value``; or the action alone.
        shown: The value that was asked about.
    """
    given: dict[str, Any] = answer if isinstance(answer, dict) else {"action": answer}
    action = str(given.get("action", ""))
    if action not in ("approve", "edit", "submit", "reject", "expired"):
        raise ValueError(f"Expected approve, edit, submit, reject or expired as 'action', found {action!r}.")
    value = shown if action == "approve" else given.get("value")
    return {"action": action, "value": value, "comment": given.get("comment", ""), "by": given.get("by", "")}


def outlet_of(decision: dict[str, Any]) -> str:
    """Return where the run goes on after a decision."""
    return {"expired": "expired", "reject": "rejected"}.get(decision["action"], "approved")
