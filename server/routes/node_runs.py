"""Single nodes of flows, run by themselves."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from persistence.runs.executions import Executions
from server.description.operations import operation
from server.flow_choice.wanted_versions import RunVersion
from server.identity.authentication import Caller
from server.recorded_runs.node_runs import NodeRunRequest, NodeRuns
from server.requests.flow_runs import FlowRuns
from server.routes.execution_views import get_execution
from server.views.run_answers import ExecutionAnswer

__all__ = ["NodeRunsController"]


class NodeRunsController(Controller):
    """Runs of single nodes."""

    path = "/flows/{flow_id:str}/nodes"
    tags = ("Flows",)

    @post(
        "/{node_id:str}/run",
        operation_id="runFlowNode",
        status_code=200,
        opt=operation(
            400, 404, 409, 410, 413, 415, 422, needs="runs:start", starts_run=True, sdk="flows.run_node"
        ),
    )
    async def run(
        self,
        flow_id: FromPath[str],
        node_id: FromPath[str],
        data: JSONBody[NodeRunRequest],
        request: Request[Any, Any, Any],
        executions: NamedDependency[Executions],
        flow_runs: NamedDependency[FlowRuns],
        single_nodes: NamedDependency[NodeRuns],
        caller: NamedDependency[Caller],
        version: RunVersion = None,
    ) -> Response[ExecutionAnswer]:
        """Run one node of a flow with given values, and return its output.

        With `execution_id` it finds what it found in that run. Nodes behind it do not run."""
        recorded = None
        if data.execution_id is not None:
            recorded = await get_execution(executions, caller, data.execution_id)
        accepted = await single_nodes.start(request, caller, flow_id, node_id, data, recorded, version)
        return await flow_runs.whole(request, caller, accepted)
