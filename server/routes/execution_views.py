"""Execution views: executions in lists, and one in full."""

from collections.abc import Sequence
from typing import Any

from litestar.di import Provide
from msgspec import Struct

from graphs.document.flow import FlowType
from graphs.parsing.heavy_values import off_the_loop
from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.reports.execution_lists import ExecutionLists, ListedExecution, Wanted
from persistence.runs.executions import ExecutionRow, Executions
from server.flow_choice.stored_flows import get_flow
from server.http.answers.sse_bytes import iso
from server.http.cursors import EXECUTIONS, After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import From, Limit, Offset, Status, StatusWord, To, known_id, moment
from server.http.problems import not_found
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.views.node_runs import NodeRun, NodeRuns
from server.views.run_outputs import output_of
from server.views.usage_views import TokenUsage, UsageEntry

__all__ = [
    "EXECUTION_LISTING",
    "ExecutionListing",
    "listed",
    "ExecutionContext",
    "ExecutionDetails",
    "ExecutionSummary",
    "ExecutionView",
    "FlowExecution",
    "FlowExecutionDetails",
    "FlowExecutionPage",
    "execution_summary",
    "execution_view",
    "flow_execution",
    "flow_executions",
    "get_execution",
    "whole_view",
]


class FlowExecution(Struct, frozen=True, kw_only=True):
    """An execution of a flow, as lists show it."""

    id: str
    workflow_id: str | None
    status: str
    started_at: str | None
    completed_at: str | None
    duration_ms: float | None
    error_message: str | None


class FlowExecutionPage(Struct, frozen=True):
    """A page of a flow's executions."""

    executions: list[FlowExecution]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class ExecutionContext(Struct, frozen=True):
    """What happened in an execution."""

    node_executions: list[NodeRun]


class FlowExecutionDetails(FlowExecution, frozen=True, kw_only=True):
    """An execution of a flow in full."""

    input_data: dict[str, Any]
    output_data: Any
    execution_context: ExecutionContext
    token_usage: list[UsageEntry]


class ExecutionSummary(Struct, frozen=True, kw_only=True):
    """An execution of whatever flow, as lists show it."""

    id: str
    flow_id: str | None
    """Null for a chat by its config alone."""
    workflow_id: str | None
    """The same under its older name."""
    flow_type: str
    flow_version: int | None
    session_id: str | None
    status: str
    error: dict[str, Any] | None
    """`{code, message}`; null if nothing went wrong."""
    error_message: str | None
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: str | None
    started_at: str | None
    completed_at: str | None
    duration_ms: float | None
    schedule_id: str | None
    """The schedule that started it; null if none did."""


class ExecutionView(ExecutionSummary, frozen=True, kw_only=True):
    """An execution, of whatever flow."""

    input_data: dict[str, Any]
    output_data: Any


class ExecutionDetails(ExecutionView, frozen=True, kw_only=True):
    """An execution in full, as far as it has come."""

    node_executions: list[NodeRun]
    """What each node did, while it runs too. Empty once retention has dropped the run's journal."""
    token_usage: list[UsageEntry]


def execution_view(row: ExecutionRow) -> ExecutionView:
    """Return an execution as the API gives it."""
    return ExecutionView(**_summary(row), input_data=row.input, output_data=output_of(row.output))


def execution_summary(row: ListedExecution) -> ExecutionSummary:
    """Return an execution as lists show it."""
    return ExecutionSummary(**_summary(row))


async def get_execution(executions: Executions, caller: Caller, execution_id: str) -> ExecutionRow:
    """Return an execution that the caller may see.

    Raises:
        Problem: 404.
    """
    row = await executions.get(
        caller.workspace, known_id("execution", execution_id), owner=visible_to(caller)
    )
    if row is None:
        raise not_found("execution", execution_id)
    return row


class ExecutionListing(Struct, frozen=True):
    """Which executions a list has, and which page of it."""

    limit: int
    offset: int
    after: str | None
    status: StatusWord | None
    since: str | None
    until: str | None


def _execution_listing(
    limit: Limit = 50,
    offset: Offset = 0,
    after: After = None,
    status: Status = None,
    since: From = None,
    until: To = None,
) -> ExecutionListing:
    return ExecutionListing(limit, offset, after, status, since, until)


EXECUTION_LISTING = {"executions_listing": Provide(_execution_listing, sync_to_thread=False)}
"""Dependencies of a controller that lists executions: the parameters of the query."""


async def flow_executions(
    flows: Flows,
    execution_lists: ExecutionLists,
    caller: Caller,
    flow_id: str,
    flow_type: FlowType | None,
    listing: ExecutionListing,
) -> FlowExecutionPage:
    """Return a page of the executions of a flow, of either kind where `flow_type` is None.

    Raises:
        Problem: 404 if there is no such flow, 422 for what is no time.
    """
    flow = await get_flow(flows, caller.workspace, flow_id, flow_type)
    rows, total, cursor = await listed(execution_lists, caller, listing, flow_id=flow.id)
    return FlowExecutionPage(
        [FlowExecution(**_common(row)) for row in rows], total, listing.limit, listing.offset, cursor
    )


async def listed(
    execution_lists: ExecutionLists,
    caller: Caller,
    listing: ExecutionListing,
    *,
    flow_id: str | None,
    session: str | None = None,
    schedule_id: str | None = None,
) -> tuple[list[ListedExecution], int, str | None]:
    """Return a page of the executions that the caller may see, how many there are, and the next cursor.

    Raises:
        Problem: 422 for what is no time, or a cursor of another list.
    """
    place = place_after(listing.after, EXECUTIONS, (TimeKey, TextKey), begins=listing.offset == 0)
    wanted = Wanted(
        flow_id=flow_id,
        session=session,
        schedule_id=schedule_id,
        status=listing.status,
        since=moment(listing.since, "from"),
        until=moment(listing.until, "to"),
        owner=visible_to(caller),
    )
    rows, total = await execution_lists.page(
        caller.workspace, wanted, limit=listing.limit, offset=listing.offset, after=place
    )
    cursor = next_cursor(EXECUTIONS, rows, listing.limit, lambda row: (row.created_at, row.id))
    return rows, total, cursor


async def flow_execution(
    executions: Executions,
    journal: Journal,
    caller: Caller,
    flow_id: str,
    flow_type: FlowType | None,
    execution_id: str,
) -> FlowExecutionDetails:
    """Return an execution of a flow in full, as far as it has come, also of one that is deleted.

    Raises:
        Problem: 404 if the flow has no such execution, or is of another kind.
    """
    row = await get_execution(executions, caller, execution_id)
    if row.flow_id != known_id(flow_type or "flow", flow_id) or flow_type not in (None, row.flow_type):
        raise not_found("execution", execution_id)
    nodes, usage = await _happened(journal, row)
    return FlowExecutionDetails(
        **_common(row),
        input_data=row.input,
        output_data=output_of(row.output),
        execution_context=ExecutionContext(nodes),
        token_usage=usage,
    )


async def whole_view(journal: Journal, row: ExecutionRow) -> ExecutionDetails:
    """Return an execution with what each node did."""
    nodes, usage = await _happened(journal, row)
    return ExecutionDetails(
        **_summary(row),
        input_data=row.input,
        output_data=output_of(row.output),
        node_executions=nodes,
        token_usage=usage,
    )


async def _happened(journal: Journal, row: ExecutionRow) -> tuple[list[NodeRun], list[UsageEntry]]:
    events = await journal.read(row.id, limit=1_000_000)
    return await off_the_loop(events, _of_events, events)


def _of_events(events: Sequence[Event]) -> tuple[list[NodeRun], list[UsageEntry]]:
    usage, nodes = TokenUsage(), NodeRuns()
    for event in events:
        usage.add(event)
        nodes.add(event)
    return nodes.runs(), usage.entries()


def _summary(row: ExecutionRow | ListedExecution) -> dict[str, Any]:
    return {
        "id": row.id,
        "flow_id": row.flow_id,
        "workflow_id": row.flow_id,
        "flow_type": row.flow_type,
        "flow_version": row.flow_version,
        "session_id": row.session,
        "status": row.status,
        "error": row.error,
        "error_message": _message(row),
        "recoveries": row.recoveries,
        "created_at": iso(row.created_at),
        "started_at": iso(row.started_at),
        "completed_at": iso(row.completed_at),
        "duration_ms": row.duration_ms,
        "schedule_id": row.schedule_id,
    }


def _common(row: ExecutionRow | ListedExecution) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": row.flow_id,
        "status": row.status,
        "started_at": iso(row.started_at),
        "completed_at": iso(row.completed_at),
        "duration_ms": row.duration_ms,
        "error_message": _message(row),
    }


def _message(row: ExecutionRow | ListedExecution) -> str | None:
    said = None if row.error is None else row.error.get("message")
    return said if isinstance(said, str) else None
