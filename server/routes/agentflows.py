"""Agentflows: stored flows that work on an input."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response.base import ASGIResponse

from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.reports.execution_lists import ExecutionLists
from persistence.runs.executions import Executions
from server.compilation.tool_setup import ServerTools
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import RunVersion
from server.flows.execution_plans import ExecutionPlan, execution_plan
from server.flows.flow_checks import checked
from server.flows.flow_documents import Agentflow, AgentflowChange, AgentflowView, document_of
from server.flows.flow_editor import Checked, FlowEditor
from server.http.answers.etags import expected
from server.http.bodies import FLOW_BODY
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
from server.routes.flow_lists import (
    FLOW_LISTING,
    Deleted,
    FlowListing,
    FlowPage,
    delete_flow,
    list_flows,
)
from server.routes.flow_views import agentflow_view, tagged
from server.runs.execution_stream import ExecutionStreams, place_of
from server.settings.sources import Settings
from server.streams.execution_sse import ExecutionEvent, ExecutionFrames
from server.views.run_answers import ExecutionAnswer

__all__ = ["AgentflowsController"]


class AgentflowsController(Controller):
    """Create, read, change, delete and run agentflows."""

    path = "/agentflows"
    tags = ("Agentflows",)
    dependencies = FLOW_LISTING | EXECUTION_LISTING

    @post(
        "/",
        operation_id="createAgentflow",
        opt=operation(400, 409, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def create(
        self,
        data: JSONBody[Agentflow],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[AgentflowView]:
        """Store an agentflow.

        A `graph_definition` that could not run is refused: `errors` has everything that is wrong with it.
        """
        row, warnings = await flow_editor.create(caller, "agentflow", document_of(data), data.slug)
        return tagged(agentflow_view(row, warnings))

    @get("/", operation_id="listAgentflows", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        listing: NamedDependency[FlowListing],
    ) -> FlowPage:
        """List agentflows, the newest first."""
        return await list_flows(flows, caller.workspace, "agentflow", listing)

    @get("/{flow_id:str}", operation_id="getAgentflow", opt=operation(404, needs="flows:read"))
    async def read(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Response[AgentflowView]:
        """Return an agentflow."""
        return tagged(agentflow_view(await get_flow(flows, caller.workspace, flow_id, "agentflow")))

    @put(
        "/{flow_id:str}",
        operation_id="updateAgentflow",
        opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def update(
        self,
        flow_id: FromPath[str],
        data: JSONBody[AgentflowChange],
        request: Request[Any, Any, Any],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[AgentflowView]:
        """Update an agentflow. Missing fields stay unchanged, and active runs keep their version."""
        row, warnings = await flow_editor.replace(caller, flow_id, "agentflow", data, expected(request))
        return tagged(agentflow_view(row, warnings))

    @delete(
        "/{flow_id:str}",
        operation_id="deleteAgentflow",
        status_code=200,
        opt=operation(404, needs="flows:write"),
    )
    async def delete(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete an agentflow. Its executions stay readable."""
        return await delete_flow(flows, caller.workspace, flow_id, "agentflow")

    @get("/{flow_id:str}/validate", operation_id="validateAgentflow", opt=operation(404, needs="flows:read"))
    async def validate(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Checked:
        """Validate an agentflow without running it."""
        row = await get_flow(flows, caller.workspace, flow_id, "agentflow")
        return await flow_editor.check(row)

    @get(
        "/{flow_id:str}/execution-plan", operation_id="planAgentflow", opt=operation(404, needs="flows:read")
    )
    async def plan(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        settings: NamedDependency[Settings],
        tools: NamedDependency[ServerTools],
        caller: NamedDependency[Caller],
    ) -> ExecutionPlan:
        """Explain the steps of an agentflow without running it."""
        row = await get_flow(flows, caller.workspace, flow_id, "agentflow")
        return await checked(row.document, execution_plan, row, settings, tools)

    @post(
        "/{flow_id:str}/execute",
        operation_id="executeAgentflow",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def execute(
        self,
        flow_id: FromPath[str],
        data: JSONBody[ExecutionRequest],
        request: Request[Any, Any, Any],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[ExecutionAnswer]:
        """Run an agentflow and return its output.

        The run continues if the client disconnects, unless the request or its key says otherwise."""
        flow = await flow_runs.runnable(caller, flow_id, version)
        accepted = await flow_runs.start(request, caller, flow, data, kind="execute")
        return await flow_runs.whole(request, caller, accepted)

    @post(
        "/{flow_id:str}/execute/stream",
        operation_id="executeAgentflowStream",
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
        flow_id: FromPath[str],
        data: JSONBody[ExecutionRequest],
        request: Request[Any, Any, Any],
        flow_runs: NamedDependency[FlowRuns],
        execution_streams: NamedDependency[ExecutionStreams],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> ASGIResponse:
        """Run an agentflow and stream its events. The data of the last event is the text `[DONE]`.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run.
        """
        flow = await flow_runs.runnable(caller, flow_id, version)
        if (place := place_of(request)) is not None and place.execution_id:
            return await execution_streams.resume(caller, place, ExecutionFrames(), flow_id=flow.id)
        accepted = await flow_runs.start(request, caller, flow, data, kind="stream")
        return flow_runs.streamed(request, caller, accepted)

    @get(
        "/{flow_id:str}/executions",
        operation_id="listAgentflowExecutions",
        opt=operation(404, 422, needs="runs:read"),
    )
    async def executions(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        execution_lists: NamedDependency[ExecutionLists],
        caller: NamedDependency[Caller],
        executions_listing: NamedDependency[ExecutionListing],
    ) -> FlowExecutionPage:
        """List an agentflow's executions, the newest first."""
        return await flow_executions(flows, execution_lists, caller, flow_id, "agentflow", executions_listing)

    @get(
        "/{flow_id:str}/executions/{execution_id:str}",
        operation_id="getAgentflowExecution",
        opt=operation(404, needs="runs:read"),
    )
    async def execution(
        self,
        flow_id: FromPath[str],
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        journal: NamedDependency[Journal],
        caller: NamedDependency[Caller],
    ) -> FlowExecutionDetails:
        """Return an execution with its input, output, nodes and tokens."""
        return await flow_execution(executions, journal, caller, flow_id, "agentflow", execution_id)
