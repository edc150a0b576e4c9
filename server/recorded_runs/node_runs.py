"""Node runs: one node of a flow, run by itself with given values or those of a recorded run."""

from typing import Any

import msgspec
from litestar import Request
from msgspec import Struct

from graphs.values.run_options import FlowLimits
from graphs.values.run_origin import RunOrigin
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.runs.executions import Accepted, ExecutionRow
from server.compilation.langgraph_engine import Engine
from server.flow_choice.stored_flows import stored_flow
from server.flow_choice.wanted_versions import at_version, draft_of
from server.http.parameters import idempotency_of
from server.http.problems import Problem
from server.identity.callers import Caller
from server.recorded_runs.recorded_states import RecordedStates
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order

__all__ = ["NodeRunRequest", "NodeRuns"]


class NodeRunRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a node that runs by itself finds."""

    input_data: dict[str, Any] = {}
    """Input of the run. The node reads it as `input.<name>`."""
    variables: dict[str, Any] = {}
    """Variables by name."""
    outputs: dict[str, Any] = {}
    """Outputs of other nodes by node ID. Those of the nodes before it are what comes in."""
    execution_id: str | None = None
    """A run of the flow whose values count where the fields above give none: what the node saw in it."""
    limits: FlowLimits | None = None
    """Limits of this run. They cannot exceed the server's settings."""


class NodeRuns:
    """Starts runs of single nodes."""

    def __init__(
        self,
        flows: Flows,
        versions: FlowVersions,
        states: RecordedStates,
        engine: Engine,
        service: ExecutionService,
    ) -> None:
        self._flows = flows
        self._versions = versions
        self._states = states
        self._engine = engine
        self._service = service

    async def start(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow_id: str,
        node: str,
        wanted: NodeRunRequest,
        recorded: ExecutionRow | None,
        version: str | None,
    ) -> Accepted:
        """Have one node of a flow run.

        Args:
            request: Whose idempotency key counts.
            caller: Who asks.
            flow_id: The flow.
            node: ID of the node.
            wanted: What it finds.
            recorded: The run whose values it finds besides.
            version: The version of the flow.

        Raises:
            Problem: 404 if there is no such flow, version or node; 422 for a run of another flow.
            FlowError: the version is no flow that can run.
        """
        flow = await stored_flow(self._flows, caller.workspace, flow_id)
        flow = await at_version(self._versions, flow, version, caller=caller)
        from graphs.run_state.run_scope import key_below

        pins = await self._engine.pinning.pins(caller.workspace, flow, draft_of(flow))
        read = self._engine.compiled.read(flow.id, flow.flow_type, flow.document, pins)
        if all(step.id != node for step in read.steps):
            raise Problem(404, "not_found", f"The {flow.flow_type} '{flow.name}' has no node '{node}'.")
        input, variables, outputs = wanted.input_data, wanted.variables, wanted.outputs
        if recorded is not None:
            if recorded.flow_id != flow.id:
                raise Problem(422, "invalid", "The run in 'execution_id' is of another flow.")
            state = await self._states.state(recorded, node, "", 1)
            input = {**state.input, **input}
            variables = {**state.variables, **variables}
            outputs = {**state.outputs, **outputs}
        origin = RunOrigin(
            parent="" if recorded is None else recorded.id,
            kind="fork",
            node=node,
            key=key_below("", node, "#0"),
            variables=variables,
            outputs=outputs,
        )
        return await self._service.start(
            Order(
                workspace=caller.workspace,
                key_id=caller.key_id,
                user_id=caller.user_id,
                flow=flow,
                document=draft_of(flow),
                flow_type=flow.flow_type,
                input=input,
                limits=wanted.limits or FlowLimits(),
                pins=pins,
                from_run={"alone": node, "origin": msgspec.to_builtins(origin)},
                idempotency=idempotency_of(request, f"node:{flow.id}:{node}", wanted),
            )
        )
