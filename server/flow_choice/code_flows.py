"""Code flows: flows that stand for the operator's graphs in code. Nobody changes them by the API."""

from persistence.library.code_flows import code_flow_id
from persistence.library.flows import FlowRow
from server.http.problems import Problem

__all__ = ["is_code_flow", "refuse_code_flow"]


def is_code_flow(row: FlowRow) -> bool:
    """Say whether a flow stands for a graph in code."""
    return row.id == code_flow_id(row.workspace, row.name)


def refuse_code_flow(row: FlowRow, *, gone: bool = False) -> None:
    """Return if a flow may be changed by the API.

    Args:
        row: The flow.
        gone: Whether it would be deleted: that is allowed where the operator has taken its graph away.

    Raises:
        Problem: 409 if it stands for a graph in code.
    """
    if is_code_flow(row) and not (gone and not row.is_active):
        detail = (
            f"The {row.flow_type} '{row.name}' is a graph in code, which the operator of the server changes. "
            "Change its source and restart the server."
        )
        raise Problem(409, "read_only", detail)
