"""Flow runs: stored flows, started over HTTP with an input of the caller's."""

from typing import Any

from litestar import Request, Response
from litestar.response.base import ASGIResponse

from graphs.values.findings import FlowError
from graphs.values.run_options import FlowLimits
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from persistence.runs.executions import Accepted, Idempotency, goes_on
from server.flow_choice.stored_flows import stored_flow
from server.flow_choice.wanted_versions import at_version, draft_of
from server.http.parameters import idempotency_of
from server.http.problems import Problem
from server.identity.bound_keys import require_within
from server.identity.callers import Caller
from server.requests.chat_answers import ChatAnswers
from server.requests.chat_requests import ExecutionRequest
from server.requests.limit_values import refuse_above
from server.requests.replays import in_flight, replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams
from server.runs.run_requests import Order
from server.settings.sources import Settings
from server.streams.execution_sse import ExecutionFrames
from server.views.run_answers import ExecutionAnswer, execution_answer

__all__ = ["FlowRuns", "has_work", "nothing_to_run"]


class FlowRuns:
    """Starts stored flows, and answers with what came of them."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        versions: FlowVersions,
        chats: ChatAnswers,
        service: ExecutionService,
        streams: ExecutionStreams,
        disconnects: Disconnects,
    ) -> None:
        self._settings = settings
        self._flows = flows
        self._versions = versions
        self._chats = chats
        self._service = service
        self._streams = streams
        self._disconnects = disconnects

    async def runnable(self, caller: Caller, flow_id: str, version: str | None = None) -> FlowRow:
        """Return an agentflow, as it is in the wanted version, that has something to run.

        Raises:
            Problem: 404 if there is none, or no such version; 409 if it is switched off, or has neither a
                graph nor agents.
            FlowError: its agents cannot run as they are.
        """
        flow = await stored_flow(self._flows, caller.workspace, flow_id, "agentflow")
        flow = await at_version(self._versions, flow, version, caller=caller)
        if not has_work(flow):
            raise nothing_to_run(flow)
        if not flow.document.get("graph_definition"):
            from graphs.orchestration.compose import team_of  # with every type

            _, _, findings = team_of(flow.document)
            if any(finding.severity == "error" for finding in findings):
                raise FlowError(findings)
        return flow

    async def start(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow: FlowRow,
        wanted: ExecutionRequest,
        *,
        kind: str,
        idempotency: Idempotency | None = None,
    ) -> Accepted:
        """Have an agentflow run; `kind` keeps the idempotency keys of the ways to ask apart.

        An `idempotency` is taken in place of the one that the request's headers name.

        Raises:
            Problem: 422 for limits above those of the server.
        """
        known = idempotency or idempotency_of(request, f"agentflow.{kind}:{flow.id}", wanted)
        return await self._service.start(self._order(caller, flow, wanted, known))

    def _order(
        self, caller: Caller, flow: FlowRow, wanted: ExecutionRequest, idempotency: Idempotency | None
    ) -> Order:
        require_within(caller, flow.id)
        refuse_above(self._settings, wanted.limits)
        return Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            flow=flow,
            document=draft_of(flow),
            flow_type=flow.flow_type,
            input=wanted.input_data,
            variables=wanted.variables,
            limits=wanted.limits or FlowLimits(),
            idempotency=idempotency,
        )

    async def wanted(self, caller: Caller, flow_id: str, version: str | None) -> FlowRow:
        """Return a flow of either kind, as it is in the wanted version, that can be run.

        Raises:
            Problem: 404 if there is none, 409 if it is switched off or empty.
            FlowError: its agents cannot run as they are.
        """
        flow = await stored_flow(self._flows, caller.workspace, flow_id)
        if flow.flow_type == "chatflow":
            require_within(caller, flow.id)
            return await at_version(self._versions, flow, version, caller=caller)
        return await self.runnable(caller, flow_id, version)

    async def order_of(
        self, caller: Caller, flow: FlowRow, wanted: ExecutionRequest, idempotency: Idempotency | None
    ) -> Order:
        """Return the order of a run of a flow of either kind, which no request of the moment asks for.

        Raises:
            Problem: 422 for what is no input.
        """
        if flow.flow_type == "chatflow":
            return await self._chats.order(caller, flow, wanted, idempotency)
        return self._order(caller, flow, wanted, idempotency)

    async def start_any(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        flow_id: str,
        wanted: ExecutionRequest,
        version: str | None = None,
    ) -> tuple[FlowRow, Accepted]:
        """Have a flow of either kind run.

        Raises:
            Problem: 404 if there is none, 409 if it is switched off or empty, 422 for what is no input.
            FlowError: its agents cannot run as they are.
        """
        flow = await stored_flow(self._flows, caller.workspace, flow_id)
        if flow.flow_type == "chatflow":
            flow = await at_version(self._versions, flow, version, caller=caller)
            return flow, await self._chats.start(request, caller, flow, wanted)
        flow = await self.runnable(caller, flow_id, version)
        return flow, await self.start(request, caller, flow, wanted, kind="start")

    async def whole(
        self, request: Request[Any, Any, Any], caller: Caller, accepted: Accepted
    ) -> Response[ExecutionAnswer]:
        """Return the answer of a run when it has ended, or waits for people.

        Raises:
            Problem: 409 if the request repeats one that is still under way, 503 if the server stops first.
        """
        if accepted.replayed and goes_on(accepted.execution):
            raise in_flight(accepted)
        ended = self._streams.ended(accepted.execution)
        cancels = self._disconnects.cancels(request, caller)
        events = await self._disconnects.answered(request, ended, accepted.execution, None, cancels=cancels)
        return Response(execution_answer(events), headers=replayed(accepted))

    def streamed(self, request: Request[Any, Any, Any], caller: Caller, accepted: Accepted) -> ASGIResponse:
        """Return the stream of a run that was begun."""
        row, cancels = accepted.execution, self._disconnects.cancels(request, caller)
        stream = self._streams.watch(row, ExecutionFrames(), headers=replayed(accepted))
        self._disconnects.watch(stream, row, None, left=lambda: cancels)
        return stream


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
