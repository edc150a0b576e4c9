"""Stored flows by the ids that addresses name; the 404 says where a flow of the other kind is."""

from graphs.document.flow import FlowType
from persistence.library.flows import FlowRow, Flows
from server.http.parameters import known_id
from server.http.problems import Problem, not_found

__all__ = ["get_flow", "stored_flow"]

_USED_AT: dict[str, str] = {
    "chatflow": "Read and change it at {api}/chatflows/{id}. Chat with it by POST "
    "{api}/chatflow/workflows/{id}/chat.",
    "agentflow": "Read and change it at {api}/agentflows/{id}. Run it by POST {api}/agentflows/{id}/execute.",
}
"""Where each kind of flow is."""
_API = "/api/agent-builder"


async def get_flow(flows: Flows, workspace: str, flow_id: str, flow_type: FlowType | None) -> FlowRow:
    """Return a flow, switched on or not.

    Raises:
        Problem: 404 if the workspace has none of this id and kind; of the other kind, it says where that is.
    """
    what = flow_type or "flow"
    id = known_id(what, flow_id)
    row = await flows.get(workspace, id, flow_type)
    if row is not None:
        return row
    other = None if flow_type is None else await flows.get(workspace, id)
    if other is None:
        raise not_found(what, flow_id)
    where = _USED_AT[other.flow_type].format(api=_API, id=other.id)
    detail = f"No {what} has the id '{id}': it is the id of the {other.flow_type} '{other.name}'. {where}"
    raise Problem(404, "not_found", detail)


async def stored_flow(
    flows: Flows, workspace: str, flow_id: str, flow_type: FlowType | None = None
) -> FlowRow:
    """Return a flow that may be run.

    Raises:
        Problem: 404 if the workspace has none of this id and kind, 409 if it is switched off.
    """
    row = await get_flow(flows, workspace, flow_id, flow_type)
    if not row.is_active:
        raise Problem(
            409,
            "not_available",
            f"The {row.flow_type} '{row.name}' is switched off. Set is_active to true first.",
        )
    return row
