"""Lists of flows, the same for every kind."""

from typing import Annotated

from litestar.params import QueryParameter
from msgspec import Struct

from graphs.document.flow import FlowType
from persistence.library.flows import Flows, FlowSort
from server.flows.flow_documents import AgentflowView, ChatflowView, view_of
from server.http.cursors import TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import SortOrder
from server.http.problems import not_found
from server.requests.stored_flows import get_flow

__all__ = ["Active", "CategoryName", "Deleted", "FlowPage", "Search", "TagList", "delete_flow", "list_flows"]

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
    flows: Flows,
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
    rows, total = await flows.list(
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


async def delete_flow(flows: Flows, workspace: str, flow_id: str, flow_type: FlowType) -> Deleted:
    """Delete a flow.

    Raises:
        Problem: 404.
    """
    row = await get_flow(flows, workspace, flow_id, flow_type)
    if not await flows.delete(workspace, row.id):
        raise not_found(flow_type, flow_id)
    return Deleted(row.id, True, f"The {flow_type} '{row.name}' is deleted.")
