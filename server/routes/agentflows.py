"""Agentflows: stored flows that work on an input."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response.base import ASGIResponse

from graphs.values.findings import FlowError
from graphs.values.run_options import FlowLimits
from persistence.library.flows import FlowRow
from persistence.runs.executions import Accepted, goes_on
from server.description.openapi import operation
from server.flows.execution_plans import ExecutionPlan, execution_plan
from server.flows.flow_documents import Agentflow, AgentflowChange, AgentflowView, document_of
from server.http.bodies import FLOW_BODY
from server.http.cursors import After
from server.http.parameters import (
    Limit,
    Offset,
    Page,
    PageSize,
    SortBy,
    SortOrder,
    Status,
    idempotency_of,
)
from server.http.problems import Problem
from server.identity.auth import Caller
from server.projections.answer import ExecutionAnswer, execution_answer
from server.projections.execution import ExecutionEvent, ExecutionFrames
from server.routes.chat import in_flight, replayed
from server.routes.execution_views import (
    FlowExecutionDetails,
    FlowExecutionPage,
    flow_execution,
    flow_executions,
)
from server.routes.flow_lists import (
    Active,
    CategoryName,
    Checked,
    Deleted,
    FlowPage,
    Search,
    TagList,
    check_flow,
    create_flow,
    delete_flow,
    get_flow,
    list_flows,
    replace_flow,
)
from server.routes.flow_views import agentflow_view
from server.runs.chat_requests import ExecutionRequest, refuse_above, stored_flow
from server.runs.execution_service import Order
from server.runs.execution_stream import ended, place_of, resume, watch
from server.runtime import Runtime

__all__ = [
    "AgentflowsController",
    "has_work",
    "nothing_to_run",
    "runnable",
    "start_execution",
    "whole_execution",
]


class AgentflowsController(Controller):
    """Create, read, change, delete and run agentflows."""

    path = "/agentflows"
    tags = ("Agentflows",)

    @post(
        "/",
        operation_id="createAgentflow",
        opt=operation(400, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def create(
        self, data: JSONBody[Agentflow], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> AgentflowView:
        """Store an agentflow.

        A `graph_definition` that could not run is refused: `errors` has everything that is wrong with it.
        """
        row, warnings = await create_flow(runtime, caller.workspace, "agentflow", document_of(data))
        return agentflow_view(row, warnings)

    @get("/", operation_id="listAgentflows", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        search: Search = None,
        tags: TagList = None,
        category: CategoryName = None,
        is_active: Active = None,
        page: Page = 1,
        page_size: PageSize = 20,
        after: After = None,
        sort_by: FromQuery[SortBy] = "created_at",
        sort_order: FromQuery[SortOrder] = "desc",
    ) -> FlowPage:
        """List agentflows, the newest first."""
        return await list_flows(
            runtime,
            caller.workspace,
            "agentflow",
            search=search,
            tags=tags,
            category=category,
            is_active=is_active,
            page=page,
            page_size=page_size,
            sort_by=sort_by,
            sort_order=sort_order,
            after=after,
        )

    @get("/{flow_id:str}", operation_id="getAgentflow", opt=operation(404, needs="flows:read"))
    async def read(
        self, flow_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> AgentflowView:
        """Return an agentflow."""
        return agentflow_view(await get_flow(runtime, caller.workspace, flow_id, "agentflow"))

    @put(
        "/{flow_id:str}",
        operation_id="updateAgentflow",
        opt=operation(400, 404, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def update(
        self,
        flow_id: FromPath[str],
        data: JSONBody[AgentflowChange],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> AgentflowView:
        """Update an agentflow. Missing fields stay unchanged, and active runs keep their version."""
        row, warnings = await replace_flow(runtime, caller.workspace, flow_id, "agentflow", data)
        return agentflow_view(row, warnings)

    @delete(
        "/{flow_id:str}",
        operation_id="deleteAgentflow",
        status_code=200,
        opt=operation(404, needs="flows:write"),
    )
    async def delete(
        self, flow_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete an agentflow. Its executions stay readable."""
        return await delete_flow(runtime, caller.workspace, flow_id, "agentflow")

    @get("/{flow_id:str}/validate", operation_id="validateAgentflow", opt=operation(404, needs="flows:read"))
    async def validate(
        self, flow_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> Checked:
        """Validate an agentflow without running it."""
        row = await get_flow(runtime, caller.workspace, flow_id, "agentflow")
        return await check_flow(runtime, row)

    @get(
        "/{flow_id:str}/execution-plan", operation_id="planAgentflow", opt=operation(404, needs="flows:read")
    )
    async def plan(
        self, flow_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> ExecutionPlan:
        """Explain the steps of an agentflow without running it."""
        return execution_plan(runtime, await get_flow(runtime, caller.workspace, flow_id, "agentflow"))

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
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> Response[ExecutionAnswer]:
        """Run an agentflow and return its output. The run continues if the client disconnects."""
        flow = await runnable(runtime, caller, flow_id)
        accepted = await start_execution(request, runtime, caller, flow, data, kind="execute")
        return await whole_execution(runtime, accepted)

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
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Run an agentflow and stream its events. The data of the last event is the text `[DONE]`.

        A repeated request that carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run.
        """
        flow = await runnable(runtime, caller, flow_id)
        if (place := place_of(request)) is not None and place.execution_id:
            return await resume(runtime, caller, place, ExecutionFrames(), flow_id=flow.id)
        accepted = await start_execution(request, runtime, caller, flow, data, kind="stream")
        return watch(runtime, accepted.execution, ExecutionFrames(), headers=replayed(accepted))

    @get(
        "/{flow_id:str}/executions",
        operation_id="listAgentflowExecutions",
        opt=operation(404, 422, needs="runs:read"),
    )
    async def executions(
        self,
        flow_id: FromPath[str],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
        status: Status = None,
    ) -> FlowExecutionPage:
        """List an agentflow's executions, the newest first."""
        return await flow_executions(
            runtime,
            caller,
            flow_id,
            "agentflow",
            limit=limit,
            offset=offset,
            after=after,
            status=status,
        )

    @get(
        "/{flow_id:str}/executions/{execution_id:str}",
        operation_id="getAgentflowExecution",
        opt=operation(404, needs="runs:read"),
    )
    async def execution(
        self,
        flow_id: FromPath[str],
        execution_id: FromPath[str],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> FlowExecutionDetails:
        """Return an execution with its input, output, nodes and tokens."""
        return await flow_execution(runtime, caller, flow_id, "agentflow", execution_id)


async def runnable(runtime: Runtime, caller: Caller, flow_id: str) -> FlowRow:
    """Return an agentflow that has something to run.

    Raises:
        Problem: 404 if there is none, 409 if it is switched off or has neither graph nor agents.
        FlowError: its agents cannot run as they are.
    """
    flow = await stored_flow(runtime, caller.workspace, flow_id, "agentflow")
    if not has_work(flow):
        raise nothing_to_run(flow)
    if not flow.document.get("graph_definition"):
        from graphs.orchestration.compose import team_of  # with every type

        _, _, findings = team_of(flow.document)
        if any(finding.severity == "error" for finding in findings):
            raise FlowError(findings)
    return flow


def has_work(flow: FlowRow) -> bool:
    """Say whether an agentflow has a graph, or agents to make one of."""
    return bool(flow.document.get("graph_definition") or flow.document.get("agents"))


def nothing_to_run(flow: FlowRow) -> Problem:
    """Return the problem that an agentflow has neither a graph nor agents."""
    return Problem(
        409,
        "not_available",
        f"Agentflow '{flow.name}' has neither a graph_definition nor agents. Attach agents with "
        f"POST /agentflows/{flow.id}/agents, or give it a graph_definition.",
    )


async def start_execution(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    caller: Caller,
    flow: FlowRow,
    wanted: ExecutionRequest,
    *,
    kind: str,
) -> Accepted:
    """Have an agentflow run; `kind` keeps the idempotency keys of the ways to ask apart.

    Raises:
        Problem: 422 for limits above those of the server.
    """
    refuse_above(runtime.settings, wanted.limits)
    return await runtime.ready.service.start(
        Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            flow=flow,
            flow_type=flow.flow_type,
            input=wanted.input_data,
            variables=wanted.variables,
            limits=wanted.limits or FlowLimits(),
            idempotency=idempotency_of(request, f"agentflow.{kind}:{flow.id}", wanted),
        )
    )


async def whole_execution(runtime: Runtime, accepted: Accepted) -> Response[ExecutionAnswer]:
    """Return the answer of a run when it has ended, or waits for people.

    Raises:
        Problem: 409 if the request repeats one that is still under way, 503 if the server stops first.
    """
    if accepted.replayed and goes_on(accepted.execution):
        raise in_flight(accepted)
    events = await ended(runtime.ready, accepted.execution)
    return Response(execution_answer(events), headers=replayed(accepted))
