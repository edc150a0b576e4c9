"""Ownership of sessions: who may see one, and with it the runs in it."""

from persistence.library.sessions import SessionRow, Sessions
from persistence.storage.execution_rows import ExecutionRow
from server.http.problems import not_found
from server.identity.callers import Caller
from server.settings.sources import Settings

__all__ = ["may_see", "refuse_foreign_run", "sees_all_sessions", "visible_to"]


def sees_all_sessions(caller: Caller, settings: Settings) -> bool:
    """Say whether a caller may see and write to the sessions of others: with ``sessions:all``, or as who may
    change flows where the operator lets editors."""
    editors = settings.editor_sessions == "all" and "flows:write" in caller.permissions
    return editors or "sessions:all" in caller.permissions


def may_see(caller: Caller, row: SessionRow, settings: Settings) -> bool:
    """Say whether a session is a caller's to see: its own, one without an owner, or any with the right."""
    return not row.owner or row.owner == caller.owner or sees_all_sessions(caller, settings)


def visible_to(caller: Caller, settings: Settings) -> str | None:
    """Return whose sessions and runs a list shows, beside those without an owner; None for everybody's."""
    return None if sees_all_sessions(caller, settings) else caller.owner


async def refuse_foreign_run(
    sessions: Sessions, settings: Settings, caller: Caller, row: ExecutionRow
) -> None:
    """Return unless a run is in a session that is another's.

    Raises:
        Problem: 404.
    """
    if row.session is None or sees_all_sessions(caller, settings):
        return
    session = await sessions.get(row.workspace, row.session)
    if session is not None and not may_see(caller, session, settings):
        raise not_found("execution", row.id)
