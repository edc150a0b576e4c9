"""Lists of flows, the same for every kind."""

from collections.abc import Callable
from typing import Annotated, Any

from litestar.params import QueryParameter
from msgspec import Struct

from graphs.document.flow import FlowType
from graphs.values.findings import Finding, FlowError
from persistence.library.flows import FlowRow, FlowSort
from server.flows.execution_plans import fault_of
from server.flows.flow_documents import (
    AgentflowChange,
    AgentflowView,
    ChatflowChange,
    ChatflowView,
    changed,
    findings_of,
    refuse_faulty,
    view_of,
)
from server.flows.references import references_of
from server.flows.subflow_references import subflow_findings
from server.http.cursors import TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import SortOrder, known_id
from server.http.problems import Fault, not_found
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
    "edit_flow",
    "get_flow",
    "known_here",
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
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


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
    after: str | None = None,
) -> FlowPage:
    """Return a page of flows.

    Raises:
        Problem: 422 for a cursor of another list or order.
    """
    order = f"flows {sort_by} {sort_order}"
    place = place_after(after, order, (TextKey if sort_by == "name" else TimeKey, TextKey), begins=page == 1)
    rows, total = await runtime.ready.flows.list(
        workspace,
        flow_type=flow_type,
        search=search or "",
        tags=[tag.strip() for tag in (tags or "").split(",") if tag.strip()],
        category=category or None,
        is_active=is_active,
        limit=page_size,
        offset=(page - 1) * page_size,
        sort_by=sort_by,
        sort_order=sort_order,
        after=place,
    )
    cursor = next_cursor(order, rows, page_size, lambda row: row.place(sort_by))
    return FlowPage([view_of(row) for row in rows], total, page, page_size, cursor)


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
        Problem: 404 for a stored agent that it names and that is not there.
        FlowError: it cannot run.
    """
    warnings = refuse_faulty(document, **await _known_of(runtime, workspace, document))
    warnings += _warnings(await _about_subflows(runtime, workspace, document))
    await _refuse_unknown_agents(runtime, workspace, document, {})
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
    return await edit_flow(runtime, workspace, flow_id, flow_type, lambda known: changed(known, change))


async def edit_flow(
    runtime: Runtime,
    workspace: str,
    flow_id: str,
    flow_type: FlowType,
    edit: Callable[[FlowRow], dict[str, Any]],
) -> tuple[FlowRow, list[Fault]]:
    """Store what `edit` makes of a flow as its next version, and return it with its warnings.

    Where somebody else changed the flow meanwhile, `edit` is asked again, so that no change is lost.

    Raises:
        Problem: 404.
        FlowError: it could not run.
    """
    while True:
        known = await get_flow(runtime, workspace, flow_id, flow_type)
        document = edit(known)
        warnings = refuse_faulty(document, **await _known_of(runtime, workspace, document, known.id))
        warnings += _warnings(await _about_subflows(runtime, workspace, document, known.id))
        await _refuse_unknown_agents(runtime, workspace, document, known.document)
        row = await runtime.ready.flows.replace(
            workspace, known.id, document=document, version=known.version, **_columns(document)
        )
        if row is not None:
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


async def check_flow(runtime: Runtime, row: FlowRow) -> Checked:
    """Return what is wrong or odd with a stored flow."""
    found = findings_of(row.document, **await _known_of(runtime, row.workspace, row.document, row.id))
    found += await _about_subflows(runtime, row.workspace, row.document, row.id)
    errors = [fault_of(finding) for finding in found if finding.severity == "error"]
    warnings = [fault_of(one) for one in found if one.severity == "warning"]
    return Checked(not errors, errors, warnings)


async def known_here(runtime: Runtime, workspace: str) -> dict[str, Any]:
    """Return what a flow is held against: what `refuse_faulty` takes beside the document."""
    return {
        "max_steps": runtime.settings.max_steps,
        "tools": runtime.tools.loaded.kinds,
        "size": runtime.settings.flow_size(),
        "limits": runtime.settings.run_limits(),
        "credentials": await runtime.ready.credentials.names(workspace),
    }


async def _known_of(
    runtime: Runtime, workspace: str, document: dict[str, Any], flow_id: str = ""
) -> dict[str, Any]:
    """Return what one document is held against: `known_here`, and what it leaves to others."""
    ready = runtime.ready
    elsewhere = await references_of(
        ready.flows, ready.agents, ready.embeds, workspace, document, flow_id=flow_id
    )
    return await known_here(runtime, workspace) | {"elsewhere": elsewhere}


async def _about_subflows(
    runtime: Runtime, workspace: str, document: dict[str, Any], flow_id: str = ""
) -> list[Finding]:
    tools = runtime.tools.loaded.kinds
    return await subflow_findings(runtime.ready.flows, workspace, document, flow_id, tools=tools)


def _warnings(findings: list[Finding]) -> list[Fault]:
    """Return warnings as the API shows them.

    Raises:
        FlowError: there are errors among them.
    """
    if any(finding.severity == "error" for finding in findings):
        raise FlowError(findings)
    return [fault_of(finding) for finding in findings]


async def _refuse_unknown_agents(
    runtime: Runtime, workspace: str, document: dict[str, Any], before: dict[str, Any]
) -> None:
    """Return if all stored agents are there that a document names and did not name before.

    Raises:
        Problem: 404.
    """
    known = {agent["agent_id"] for agent in before.get("agents") or []}
    for agent in document.get("agents") or []:
        id = agent["agent_id"]
        if id is None or id in known:
            continue
        if await runtime.ready.agents.get(workspace, known_id("agent", id)) is None:
            raise not_found("agent", id)


def _columns(document: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "tags", "category", "is_active", "is_public")
    return {name: document[name] for name in names}
