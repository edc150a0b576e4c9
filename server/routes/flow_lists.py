"""Lists of flows, the same for every kind."""

from typing import Annotated

from litestar.di import Provide
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from graphs.document.flow import FlowType
from persistence.library.flows import Flows
from server.flow_choice.code_flows import refuse_code_flow
from server.flow_choice.stored_flows import get_flow
from server.flows.flow_documents import AgentflowView, ChatflowView, view_of
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Page, PageSize, SortBy, SortOrder
from server.http.problems import not_found

__all__ = ["FLOW_LISTING", "Deleted", "FlowListing", "FlowPage", "delete_flow", "list_flows"]

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


class FlowListing(Struct, frozen=True):
    """Which flows a list has, in which order, and which page of it."""

    search: str | None
    tags: str | None
    category: str | None
    is_active: bool | None
    page: int
    page_size: int
    after: str | None
    sort_by: SortBy
    sort_order: SortOrder


def _flow_listing(
    search: Search = None,
    tags: TagList = None,
    category: CategoryName = None,
    is_active: Active = None,
    page: Page = 1,
    page_size: PageSize = 20,
    after: After = None,
    sort_by: FromQuery[SortBy] = "created_at",
    sort_order: FromQuery[SortOrder] = "desc",
) -> FlowListing:
    return FlowListing(search, tags, category, is_active, page, page_size, after, sort_by, sort_order)


FLOW_LISTING = {"listing": Provide(_flow_listing, sync_to_thread=False)}
"""Dependencies of a controller that lists flows: `listing` holds the parameters of its query."""


async def list_flows(
    flows: Flows, workspace: str, flow_type: FlowType | None, listing: FlowListing
) -> FlowPage:
    """Return a page of flows.

    Raises:
        Problem: 422 for a cursor of another list or order.
    """
    sort_by = listing.sort_by
    order = f"flows {sort_by} {listing.sort_order}"
    keys = (TextKey if sort_by == "name" else TimeKey, TextKey)
    place = place_after(listing.after, order, keys, begins=listing.page == 1)
    rows, total = await flows.list(
        workspace,
        flow_type=flow_type,
        search=listing.search or "",
        tags=[tag.strip() for tag in (listing.tags or "").split(",") if tag.strip()],
        category=listing.category or None,
        is_active=listing.is_active,
        limit=listing.page_size,
        offset=(listing.page - 1) * listing.page_size,
        sort_by=sort_by,
        sort_order=listing.sort_order,
        after=place,
    )
    cursor = next_cursor(order, rows, listing.page_size, lambda row: row.place(sort_by))
    return FlowPage([view_of(row) for row in rows], total, listing.page, listing.page_size, cursor)


async def delete_flow(flows: Flows, workspace: str, flow_id: str, flow_type: FlowType) -> Deleted:
    """Delete a flow.

    Raises:
        Problem: 404, 409 for a graph in code.
    """
    row = await get_flow(flows, workspace, flow_id, flow_type)
    refuse_code_flow(row, gone=True)
    if not await flows.delete(workspace, row.id):
        raise not_found(flow_type, flow_id)
    return Deleted(row.id, True, f"The {flow_type} '{row.name}' is deleted.")
