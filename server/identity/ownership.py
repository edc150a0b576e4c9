"""Ownership of sessions: who may see one, and with it the runs in it."""

from persistence.library.sessions import SessionRow
from server.identity.callers import Caller

__all__ = ["may_see", "visible_to"]


def visible_to(caller: Caller) -> str | None:
    """Return whose sessions a caller sees beside those without an owner; None for everybody's."""
    return None if caller.any_session else caller.owner


def may_see(caller: Caller, row: SessionRow) -> bool:
    """Say whether a session is a caller's to see: its own, one without an owner, or any with the right.

    A key of one flow sees its own alone.
    """
    if caller.flow_id:
        return row.owner == caller.owner
    return not row.owner or row.owner == caller.owner or caller.any_session
