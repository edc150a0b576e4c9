"""Workflows: flows of both kinds under the word that the SDKs have for them."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Struct

from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.reports.execution_lists import ExecutionLists
from persistence.runs.executions import Executions
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import RunVersion
from server.flows.flow_documents import AgentflowView, ChatflowView, view_of
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit
from server.identity.authentication import Caller
from server.requests.chat_requests import ExecutionRequest
from server.requests.flow_runs import FlowRuns
from server.routes.execution_views import (
    EXECUTION_LISTING,
    ExecutionListing,
    FlowExecutionDetails,
    FlowExecutionPage,
    flow_execution,
    flow_executions,
)
from server.routes.flow_lists import Search
from server.runs.execution_stream import ExecutionStreams, place_of
from server.streams.execution_sse import ExecutionEvent, ExecutionFrames
from server.views.run_answers import ExecutionAnswer

__all__ = ["WorkflowsController"]

Skip = Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="How many to leave out first.")]


class WorkflowPage(Struct, frozen=True):
    """Some workflows."""

    workflows: list[ChatflowView | AgentflowView]
    total: int
    """How many match in all."""
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


ORDER = "workflows"


class WorkflowsController(Controller):
    """List, read and run flows of both kinds."""

    path = "/workflows"
    tags = ("Workflows",)
    dependencies = EXECUTION_LISTING

    @get("/", operation_id="listWorkflows", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        skip: Skip = 0,
        limit: Limit = 50,
        search: Search = None,
        after: After = None,
    ) -> WorkflowPage:
        """List workflows, the newest first."""
        place = place_after(after, ORDER, (TimeKey, TextKey), begins=skip == 0)
        rows, total = await flows.list(
            caller.workspace, search=search or "", limit=limit, offset=skip, after=place
        )
        cursor = next_cursor(ORDER, rows, limit, lambda row: row.place("created_at"))
        return WorkflowPage([view_of(row) for row in rows], total, cursor)

    @get("/{workflow_id:str}", operation_id="getWorkflow", opt=operation(404, needs="flows:read"))
    async def read(
        self, workflow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Response[ChatflowView | AgentflowView]:
        """Return a flow of any kind."""
        return Response(view_of(await get_flow(flows, caller.workspace, workflow_id, None)))

    @post(
        "/{workflow_id:str}/execute",
        operation_id="executeWorkflow",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def execute(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ExecutionRequest],
        request: Request[Any, Any, Any],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[ExecutionAnswer]:
        """Run a flow of any kind and return its output.

        A chatflow takes the message as `input_data.message`, and `input_data.session_id` if it is to go on
        with a session."""
        _, accepted = await flow_runs.start_any(request, caller, workflow_id, data, version)
        return await flow_runs.whole(request, caller, accepted)

    @post(
        "/{workflow_id:str}/execute/stream",
        operation_id="executeWorkflowStream",
        status_code=200,
        opt=operation(
            400,
            404,
            409,
            413,
            415,
            422,
            needs="runs:start",
            events=ExecutionEvent,
            last=ExecutionFrames.last,
            starts_run=True,
        ),
    )
    async def stream(
        self,
        workflow_id: FromPath[str],
        data: JSONBody[ExecutionRequest],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        execution_streams: NamedDependency[ExecutionStreams],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> ASGIResponse:
        """Run a flow of any kind and stream its events. The data of the last event is `[DONE]`.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run.
        """
        if (place := place_of(request)) is not None and place.execution_id:
            flow = await get_flow(flows, caller.workspace, workflow_id, None)
            return await execution_streams.resume(caller, place, ExecutionFrames(), flow_id=flow.id)
        _, accepted = await flow_runs.start_any(request, caller, workflow_id, data, version)
        return flow_runs.streamed(request, caller, accepted)

    @get(
        "/{workflow_id:str}/executions",
        operation_id="listWorkflowExecutions",
        opt=operation(404, 422, needs="runs:read"),
    )
    async def executions(
        self,
        workflow_id: FromPath[str],
        flows: NamedDependency[Flows],
        execution_lists: NamedDependency[ExecutionLists],
        caller: NamedDependency[Caller],
        executions_listing: NamedDependency[ExecutionListing],
    ) -> FlowExecutionPage:
        """List a workflow's executions, the newest first."""
        return await flow_executions(flows, execution_lists, caller, workflow_id, None, executions_listing)

    @get(
        "/{workflow_id:str}/executions/{execution_id:str}",
        operation_id="getWorkflowExecution",
        opt=operation(404, needs="runs:read"),
    )
    async def execution(
        self,
        workflow_id: FromPath[str],
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        journal: NamedDependency[Journal],
        caller: NamedDependency[Caller],
    ) -> FlowExecutionDetails:
        """Return an execution of a workflow with its input, output, nodes and tokens."""
        return await flow_execution(executions, journal, caller, workflow_id, None, execution_id)
