"""Variable checks: whether values are ones that a flow's session variables may have."""

from typing import Any

from persistence.library.flows import Flows
from server.http.problems import Fault, Problem
from server.identity.callers import Caller

__all__ = ["refuse_misfits"]

MOST = 100
"""Variables that one request may change."""


async def refuse_misfits(
    flows: Flows, caller: Caller, flow_id: str | None, values: dict[str, Any], *, pointer: str = "/variables"
) -> None:
    """Return if values fit the session variables that a flow declares.

    Raises:
        Problem: 422 with all that do not, and for too many.
    """
    from graphs.analysis.chatflow import definition_of
    from graphs.analysis.session_variables import session_variables, variable_problems

    if len(values) > MOST:
        raise Problem(422, "invalid", f"A request changes {MOST} variables at most, found {len(values)}.")
    flow = None if flow_id is None else await flows.get(caller.workspace, flow_id)
    declared = {} if flow is None else session_variables(definition_of(flow.document))
    if problems := variable_problems(values, declared):
        faults = [Fault(said, pointer=f"{pointer}/{name}") for name, said in problems.items()]
        raise Problem(422, "invalid", next(iter(problems.values())), errors=faults)
