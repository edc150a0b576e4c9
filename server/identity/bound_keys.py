"""Bound keys: API keys that may use one flow. What they reach is listed here, and all else is refused."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from persistence.runs.executions import Executions
from server.http.problems import Problem, not_found
from server.identity.callers import Caller

__all__ = ["check_bound", "is_within", "require_within"]

FLOW = frozenset({"workflow_id", "flow_id"})
"""Parts of a path that name a flow."""
WITHIN = frozenset({"execution_id", "session_id"})
"""Parts of a path that name what is of a flow. The sessions of such a key are its own."""
NAMES = frozenset({*FLOW, *WITHIN, "version", "file_id"})


def is_within(caller: Caller, flow_id: str | None) -> bool:
    """Say whether a caller may use a flow, as far as its key says."""
    return not caller.flow_id or caller.flow_id == flow_id


def require_within(caller: Caller, flow_id: str | None) -> None:
    """Let a caller on whose key may use a flow.

    Raises:
        Problem: 403.
    """
    if not is_within(caller, flow_id):
        raise _refused()


async def check_bound(
    caller: Caller,
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,
    executions: Executions,
) -> None:
    """Let a key of one flow on to a handler that is about this flow alone.

    The path must name the flow, one of its executions or a session. Other handlers are refused, unless their
    ``opt`` has ``bound``: they look at the flow themselves.

    Raises:
        Problem: 403 for what is not of the flow, 404 for an execution that is not.
    """
    names = connection.path_params
    named = {*names} & {*FLOW, *WITHIN}
    if connection.scope["type"] == "websocket" or not (
        handler.opt.get("bound") or (named and {*names} <= NAMES)
    ):
        raise _refused()
    for name in FLOW & {*names}:
        require_within(caller, str(names[name]).lower())
    if (id := names.get("execution_id")) is not None:
        row = await executions.get(caller.workspace, str(id)[:64], owner=caller.owner)
        if row is None or row.flow_id != caller.flow_id:
            raise not_found("execution", str(id))


def _refused() -> Problem:
    return Problem(
        403,
        "key_of_one_flow",
        "This API key may use one flow, and this is not about that flow. Use a key without flow_id.",
    )
