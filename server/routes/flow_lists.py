"""Lists of flows, the same for every kind."""

from typing import Annotated, Any

from litestar.params import QueryParameter
from msgspec import Struct

from graphs.flow import FlowType
from persistence.flows import FlowRow, FlowSort
from server.flow_documents import (
    AgentflowChange,
    AgentflowView,
    ChatflowChange,
    ChatflowView,
    changed,
    findings_of,
    refuse_faulty,
    view_of,
)
from server.problems import Fault, not_found
from server.routes.parameters import SortOrder, known_id
from server.runtime import Runtime

__all__ = [
    "Active",
    "CategoryName",
    "Checked",
    "Deleted",
    "FlowPage",
    "Search",
    "TagList",
    "check_flow",
    "create_flow",
    "delete_flow",
    "get_flow",
    "list_flows",
    "replace_flow",
]

Search = Annotated[
    str | None, QueryParameter(max_length=255, description="Text in the name, description or tags.")
]
TagList = Annotated[
    str | None, QueryParameter(max_length=1000, description="Tags, separated by commas: all must be there.")
]
CategoryName = Annotated[str | None, QueryParameter(max_length=64, description="The category.")]
Active = Annotated[bool | None, QueryParameter(description="Only flows that are switched on, or off.")]


class FlowPage(Struct, frozen=True):
    """A page of flows."""

    flows: list[ChatflowView | AgentflowView]
    total: int
    """How many match in all."""
    page: int
    page_size: int


class Deleted(Struct, frozen=True):
    """What was deleted."""

    id: str
    deleted: bool
    message: str


async def list_flows(
    runtime: Runtime,
    workspace: str,
    flow_type: FlowType | None,
    *,
    search: str | None,
    tags: str | None,
    category: str | None,
    is_active: bool | None,
    page: int,
    page_size: int,
    sort_by: FlowSort,
    sort_order: SortOrder,
) -> FlowPage:
    """Return a page of flows."""
    rows, total = await runtime.ready.flows.list(
        workspace,
        flow_type=flow_type,
        search=search or "",
        tags=[tag.strip() for tag in (tags or "").split(",") if tag.strip()],
        category=category or None,
        is_active=is_active,
        page=page,
        page_size=page_size,
        sort_by=sort_by,
        sort_order=sort_order,
    )
    return FlowPage([view_of(row) for row in rows], total, page, page_size)


async def get_flow(runtime: Runtime, workspace: str, flow_id: str, flow_type: FlowType | None) -> FlowRow:
    """Return a flow, switched on or not.

    Raises:
        Problem: 404.
    """
    what = flow_type or "flow"
    row = await runtime.ready.flows.get(workspace, known_id(what, flow_id), flow_type)
    if row is None:
        raise not_found(what, flow_id)
    return row


class Checked(Struct, frozen=True):
    """What a check found."""

    valid: bool
    errors: list[Fault]
    """What keeps it from running."""
    warnings: list[Fault]
    """What is odd and does not."""


async def create_flow(
    runtime: Runtime, workspace: str, flow_type: FlowType, document: dict[str, Any]
) -> tuple[FlowRow, list[Fault]]:
    """Store a flow that can run, and return it with its warnings.

    Raises:
        FlowError: it cannot run.
    """
    warnings = refuse_faulty(document, max_steps=runtime.settings.max_steps)
    row = await runtime.ready.flows.create(workspace, flow_type, document=document, **_columns(document))
    return row, warnings


async def replace_flow(
    runtime: Runtime,
    workspace: str,
    flow_id: str,
    flow_type: FlowType,
    change: ChatflowChange | AgentflowChange,
) -> tuple[FlowRow, list[Fault]]:
    """Change a flow, and return it with its warnings.

    Raises:
        Problem: 404.
        FlowError: it could not run.
    """
    known = await get_flow(runtime, workspace, flow_id, flow_type)
    document = changed(known, change)
    warnings = refuse_faulty(document, max_steps=runtime.settings.max_steps)
    row = await runtime.ready.flows.replace(workspace, known.id, document=document, **_columns(document))
    if row is None:
        raise not_found(flow_type, flow_id)
    return row, warnings


async def delete_flow(runtime: Runtime, workspace: str, flow_id: str, flow_type: FlowType) -> Deleted:
    """Delete a flow.

    Raises:
        Problem: 404.
    """
    row = await get_flow(runtime, workspace, flow_id, flow_type)
    if not await runtime.ready.flows.delete(workspace, row.id):
        raise not_found(flow_type, flow_id)
    return Deleted(row.id, True, f"The {flow_type} '{row.name}' is deleted.")


def check_flow(runtime: Runtime, row: FlowRow) -> Checked:
    """Return what is wrong or odd with a stored flow."""
    found = findings_of(row.document, max_steps=runtime.settings.max_steps)
    faults = [
        (
            finding.severity,
            Fault(finding.message, finding.pointer, "", finding.code, finding.node, finding.edge),
        )
        for finding in found
    ]
    errors = [fault for severity, fault in faults if severity == "error"]
    return Checked(not errors, errors, [fault for severity, fault in faults if severity == "warning"])


def _columns(document: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "tags", "category", "is_active", "is_public")
    return {name: document[name] for name in names}
