"""Flows of both kinds: list, read, check and run them without saying which kind they are."""

from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.reports.execution_lists import ExecutionLists
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import RunVersion
from server.flows.flow_documents import AgentflowView, ChatflowView, view_of
from server.flows.flow_editor import Checked, FlowEditor
from server.http.answers.sse_bytes import iso
from server.identity.authentication import Caller
from server.requests.chat_answers import CHAT, ChatAnswers
from server.requests.chat_requests import ChatRequest, ExecutionRequest, answering_flow
from server.requests.flow_runs import FlowRuns
from server.requests.replays import replayed
from server.routes.execution_views import (
    EXECUTION_LISTING,
    ExecutionListing,
    FlowExecutionPage,
    flow_executions,
)
from server.routes.flow_lists import FLOW_LISTING, FlowListing, FlowPage, list_flows
from server.routes.flow_views import tagged
from server.views.run_answers import ChatAnswer

__all__ = ["FlowsController"]


class AcceptedExecution(Struct, frozen=True, kw_only=True):
    """A run that goes on in the background."""

    id: str
    flow_id: str
    flow_type: str
    status: str
    """`pending`: it was accepted and will run. `GET /executions/{id}` says how far it is."""
    started_at: str | None
    """When it was accepted."""
    input_data: dict[str, Any]


class FlowsController(Controller):
    """Chatflows and agentflows side by side."""

    path = "/flows"
    tags = ("Flows",)
    dependencies = FLOW_LISTING | EXECUTION_LISTING

    @get("/", operation_id="listFlows", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        listing: NamedDependency[FlowListing],
        flow_type: Annotated[
            Literal["chatflow", "agentflow"] | None, QueryParameter(description="Only flows of this kind.")
        ] = None,
    ) -> FlowPage:
        """List flows, the newest first."""
        return await list_flows(flows, caller.workspace, flow_type, listing)

    @get("/{flow_id:str}", operation_id="getFlow", opt=operation(404, needs="flows:read"))
    async def read(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Response[ChatflowView | AgentflowView]:
        """Return a flow of any kind."""
        return tagged(view_of(await get_flow(flows, caller.workspace, flow_id, None)))

    @get("/{flow_id:str}/validate", operation_id="validateFlow", opt=operation(404, needs="flows:read"))
    async def validate(
        self,
        flow_id: FromPath[str],
        flow_editor: NamedDependency[FlowEditor],
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
    ) -> Checked:
        """Validate a flow of any kind without running it."""
        return await flow_editor.check(await get_flow(flows, caller.workspace, flow_id, None))

    @get(
        "/{flow_id:str}/executions",
        operation_id="listFlowExecutions",
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
        """List a flow's executions, the newest first."""
        return await flow_executions(flows, execution_lists, caller, flow_id, None, executions_listing)

    @post(
        "/{flow_id:str}/execute",
        operation_id="executeFlow",
        status_code=202,
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
    ) -> Response[AcceptedExecution]:
        """Start a flow of any kind in the background.

        A chatflow takes the message as `input_data.message`, and `input_data.session_id` if it is to go on
        with a session."""
        flow, accepted = await flow_runs.start_any(request, caller, flow_id, data, version)
        row = accepted.execution
        return Response(
            AcceptedExecution(
                id=row.id,
                flow_id=flow.id,
                flow_type=flow.flow_type,
                status="pending",
                started_at=iso(row.created_at),
                input_data=data.input_data,
            ),
            headers={**replayed(accepted), "Location": f"/api/agent-builder/executions/{row.id}"},
        )

    @post(
        "/agentflows/{flow_id:str}/execute",
        operation_id="startAgentflow",
        status_code=202,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True),
    )
    async def start_agentflow(
        self,
        flow_id: FromPath[str],
        data: JSONBody[ExecutionRequest],
        request: Request[Any, Any, Any],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[AcceptedExecution]:
        """Start an agentflow in the background."""
        flow = await flow_runs.runnable(caller, flow_id, version)
        accepted = await flow_runs.start(request, caller, flow, data, kind="start")
        row = accepted.execution
        return Response(
            AcceptedExecution(
                id=row.id,
                flow_id=flow.id,
                flow_type=flow.flow_type,
                status="pending",
                started_at=iso(row.created_at),
                input_data=row.input,
            ),
            headers={**replayed(accepted), "Location": f"/api/agent-builder/executions/{row.id}"},
        )

    @post(
        "/chatflows/{flow_id:str}/chat",
        operation_id="chatWithChatflow",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start", starts_run=True, sdk="flows.chat"),
    )
    async def chat(
        self,
        flow_id: FromPath[str],
        data: JSONBody[ChatRequest],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        chat_answers: NamedDependency[ChatAnswers],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[ChatAnswer]:
        """Send a message to a stored chatflow and return the answer."""
        flow = await answering_flow(flows, flow_versions, caller, flow_id, data, version)
        return await chat_answers.whole(request, caller, data, route=f"{CHAT}:{flow.id}", flow=flow)
