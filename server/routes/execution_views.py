"""Execution views: executions in lists, and one in full."""

from typing import Any

from msgspec import Struct

from persistence.executions import ExecutionRow
from server.projections.execution import NodeRun, NodeRuns, TokenUsage, UsageEntry, output_of
from server.projections.frames import iso
from server.runtime import Runtime

__all__ = [
    "ExecutionContext",
    "ExecutionView",
    "FlowExecution",
    "FlowExecutionDetails",
    "FlowExecutionPage",
    "execution_details",
    "execution_view",
    "flow_executions",
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


class ExecutionContext(Struct, frozen=True):
    """What happened in an execution."""

    node_executions: list[NodeRun]


class FlowExecutionDetails(FlowExecution, frozen=True, kw_only=True):
    """An execution of a flow in full."""

    input_data: dict[str, Any]
    output_data: Any
    execution_context: ExecutionContext
    token_usage: list[UsageEntry]


class ExecutionView(Struct, frozen=True, kw_only=True):
    """An execution, of whatever flow."""

    id: str
    flow_id: str | None
    """Null for a chat by its config alone."""
    workflow_id: str | None
    """The same under its older name."""
    flow_type: str
    flow_version: int | None
    session_id: str | None
    status: str
    input_data: dict[str, Any]
    output_data: Any
    error: dict[str, Any] | None
    """`{code, message}`; null if nothing went wrong."""
    error_message: str | None
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: str | None
    started_at: str | None
    completed_at: str | None
    duration_ms: float | None


def execution_view(row: ExecutionRow) -> ExecutionView:
    """Return an execution as the API gives it."""
    return ExecutionView(
        id=row.id,
        flow_id=row.flow_id,
        workflow_id=row.flow_id,
        flow_type=row.flow_type,
        flow_version=row.flow_version,
        session_id=row.session,
        status=row.status,
        input_data=row.input,
        output_data=output_of(row.output),
        error=row.error,
        error_message=_message(row),
        recoveries=row.recoveries,
        created_at=iso(row.created_at),
        started_at=iso(row.started_at),
        completed_at=iso(row.completed_at),
        duration_ms=row.duration_ms,
    )


async def flow_executions(
    runtime: Runtime, workspace: str, flow_id: str, *, limit: int, offset: int, status: str | None
) -> FlowExecutionPage:
    """Return a page of a flow's executions."""
    rows, total = await runtime.ready.executions.list(
        workspace, flow_id=flow_id, status=status, limit=limit, offset=offset
    )
    return FlowExecutionPage([FlowExecution(**_common(row)) for row in rows], total, limit, offset)


async def execution_details(runtime: Runtime, row: ExecutionRow) -> FlowExecutionDetails:
    """Return an execution in full, as far as it has come."""
    usage, nodes = TokenUsage(), NodeRuns()
    for event in await runtime.ready.journal.read(row.id, limit=1_000_000):
        usage.add(event)
        nodes.add(event)
    return FlowExecutionDetails(
        **_common(row),
        input_data=row.input,
        output_data=output_of(row.output),
        execution_context=ExecutionContext(nodes.runs()),
        token_usage=usage.entries(),
    )


def _common(row: ExecutionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": row.flow_id,
        "status": row.status,
        "started_at": iso(row.started_at),
        "completed_at": iso(row.completed_at),
        "duration_ms": row.duration_ms,
        "error_message": _message(row),
    }


def _message(row: ExecutionRow) -> str | None:
    return None if row.error is None else row.error.get("message")
