"""Trigger makers: with whose rights schedules and webhooks start runs, and whether these still have them."""

from typing import Protocol

import msgspec

from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.identity.permissions import PERMISSIONS

__all__ = ["Trigger", "as_allowed", "maker_of", "refusal"]


class Trigger(Protocol):
    """A schedule, a webhook or a webhook target."""

    @property
    def workspace(self) -> str: ...

    @property
    def flow_id(self) -> str | None: ...

    @property
    def key_id(self) -> str: ...

    @property
    def user_id(self) -> str: ...

    @property
    def made_by(self) -> str: ...


def maker_of(row: Trigger) -> Caller:
    """Return who made a trigger, or changed it last, as `Callers.now` takes it."""
    return Caller(row.workspace, row.key_id, row.made_by, user_id=row.user_id)


def as_allowed(caller: Caller | None, auth: str) -> Caller | None:
    """Return a maker with all permissions where auth is off and it is nobody."""
    if auth == "off" and caller is not None and not (caller.key_id or caller.user_id):
        return msgspec.structs.replace(caller, permissions=PERMISSIONS)
    return caller


def refusal(row: Trigger, caller: Caller | None, *, auth: str, starts: bool = True) -> str:
    """Return why a trigger may do nothing any more; empty if it may.

    Args:
        row: The trigger.
        caller: Its maker as they are now; None for one who has no access.
        auth: The setting of this name.
        starts: Whether it starts runs.
    """
    maker = f"'{row.made_by}'" if row.made_by else "who changed it last"
    if caller is None or caller.workspace != row.workspace:
        return f"{maker} has no access to this workspace any more."
    if not (row.key_id or row.user_id) and auth == "on":
        return "It was made while auth was off. Change it with a key or a login, and enable it."
    if starts and "runs:start" not in caller.permissions:
        return f"{maker} lacks the permission runs:start."
    if not is_within(caller, row.flow_id):
        return f"The key of {maker} may not use this flow."
    return ""
