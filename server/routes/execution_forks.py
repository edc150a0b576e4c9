"""Runs that go on from others: resume, fork, family, state at a past point, replay, comparison."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from graphs.values.run_origin import RunOrigin
from persistence.runs.executions import Executions
from persistence.runs.recorded_runs import Kin
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.problems import Problem
from server.identity.authentication import Caller
from server.identity.ownership import visible_to
from server.recorded_runs.comparisons import Comparison, Comparisons
from server.recorded_runs.continued_runs import ContinuedRuns, ForkRequest, ResumeRequest
from server.recorded_runs.recorded_states import RecordedStates, ReplayReport, RunState
from server.requests.replays import replayed
from server.routes.execution_views import ExecutionView, execution_view, get_execution

__all__ = ["ExecutionForksController"]


class ContinuedExecution(ExecutionView, frozen=True, kw_only=True):
    """A run that goes on from another."""

    parent: str
    """ID of the other run."""


class Replaying(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run is replayed."""

    flow_version: int | str | None = None
    """Version to replay: a number, a label, `draft` or `current`. Null: that of the run."""


class Relative(Struct, frozen=True, kw_only=True):
    """A run of a family."""

    id: str
    parent: str | None
    """Null for a run that goes on from no other."""
    kind: str | None
    """`resume` or `fork`; null for a run of its own."""
    node: str
    """The node from which it was resumed or forked."""
    path: str
    occurrence: int
    status: str
    flow_version: int | None
    session_id: str | None
    created_at: str | None
    completed_at: str | None


class Lineage(Struct, frozen=True):
    """The family of a run, oldest first."""

    executions: list[Relative]


class ExecutionForksController(Controller):
    """Runs that go on from others."""

    path = "/executions"
    tags = ("Executions",)

    @post(
        "/{execution_id:str}/resume",
        operation_id="resumeExecution",
        status_code=202,
        opt=operation(
            400, 403, 404, 409, 410, 415, 422, needs="runs:start", starts_run=True, sdk="executions.resume"
        ),
    )
    async def resume(
        self,
        execution_id: FromPath[str],
        data: JSONBody[ResumeRequest],
        request: Request[Any, Any, Any],
        executions: NamedDependency[Executions],
        continued_runs: NamedDependency[ContinuedRuns],
        caller: NamedDependency[Caller],
    ) -> Response[ContinuedExecution]:
        """Continue a run that failed, timed out or was cancelled, as a new run of the same session.

        What the run completed is reused: no model and no tool is called for it again. The failed run stays as
        it is. With `flow_version` the rest runs by another version of the flow."""
        row = await get_execution(executions, caller, execution_id)
        accepted = await continued_runs.resume(request, caller, row, data)
        return _begun(accepted.execution, row.id, replayed(accepted))

    @post(
        "/{execution_id:str}/fork",
        operation_id="forkExecution",
        status_code=202,
        opt=operation(
            400, 403, 404, 409, 410, 415, 422, needs="runs:start", starts_run=True, sdk="executions.fork"
        ),
    )
    async def fork(
        self,
        execution_id: FromPath[str],
        data: JSONBody[ForkRequest],
        request: Request[Any, Any, Any],
        executions: NamedDependency[Executions],
        continued_runs: NamedDependency[ContinuedRuns],
        caller: NamedDependency[Caller],
    ) -> Response[ContinuedExecution]:
        """Run an ended run again from a node on, as a new run; what came before the node is reused.

        A tool that must not be repeated, and that the repeated part used, asks a person first."""
        row = await get_execution(executions, caller, execution_id)
        accepted = await continued_runs.fork(request, caller, row, data)
        return _begun(accepted.execution, row.id, replayed(accepted))

    @get(
        "/{execution_id:str}/lineage",
        operation_id="readExecutionLineage",
        opt=operation(404, needs="runs:read", sdk="executions.lineage"),
    )
    async def lineage(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        continued_runs: NamedDependency[ContinuedRuns],
        caller: NamedDependency[Caller],
    ) -> Lineage:
        """Return the runs that a run comes from, and all that come from those."""
        row = await get_execution(executions, caller, execution_id)
        owner = visible_to(caller)
        family = await continued_runs.runs.family(row)
        seen = [await executions.get(caller.workspace, one.id, owner=owner) for one in family]
        return Lineage([_relative(one) for one, row in zip(family, seen, strict=True) if row is not None])

    @get(
        "/{execution_id:str}/state",
        operation_id="readExecutionState",
        opt=operation(404, 409, 410, 422, needs="runs:read", sdk="executions.state"),
    )
    async def state(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        recorded_states: NamedDependency[RecordedStates],
        caller: NamedDependency[Caller],
        node: Annotated[
            str | None,
            QueryParameter(
                description="Node ID. Default: the node that failed, or the last one.", max_length=255
            ),
        ] = None,
        path: Annotated[
            str,
            QueryParameter(description="Containers and sub-flows around it: `each[3]`.", max_length=2000),
        ] = "",
        occurrence: Annotated[
            int, QueryParameter(ge=1, le=100_000, description="Which run of the node, from 1.")
        ] = 1,
    ) -> RunState:
        """Return the state of a run as one of its nodes saw it, for as long as the journal is kept."""
        row = await get_execution(executions, caller, execution_id)
        return await recorded_states.state(row, node, path, occurrence)

    @post(
        "/{execution_id:str}/replay",
        operation_id="replayExecution",
        status_code=200,
        opt=operation(400, 404, 409, 410, 415, 422, needs="runs:read", sdk="executions.replay"),
    )
    async def replay(
        self,
        execution_id: FromPath[str],
        data: JSONBody[Replaying],
        executions: NamedDependency[Executions],
        recorded_states: NamedDependency[RecordedStates],
        caller: NamedDependency[Caller],
    ) -> ReplayReport:
        """Run a run again in memory with the recorded answers of models and tools, and compare.

        Nothing is sent and nothing is stored. With `flow_version` it shows the first call that another
        version makes differently."""
        row = await get_execution(executions, caller, execution_id)
        return await recorded_states.replay(caller, row, data.flow_version)

    @get(
        "/compare",
        operation_id="compareExecutions",
        opt=operation(403, 404, 409, 410, 422, needs="runs:read", sdk="executions.compare"),
    )
    async def compare(
        self,
        executions: NamedDependency[Executions],
        run_comparisons: NamedDependency[Comparisons],
        caller: NamedDependency[Caller],
        a: Annotated[str, QueryParameter(description="ID of the first run.")],
        b: Annotated[str, QueryParameter(description="ID of the second run.")],
        prompts: Annotated[
            bool, QueryParameter(description="true: show what models were asked, and the differences.")
        ] = False,
    ) -> Comparison:
        """Compare two runs node by node: output, path, tokens, cost, time and prompt.

        With `prompts` both runs are replayed. Prompts are parts of the flow: they need `flows:read`."""
        if prompts and "flows:read" not in caller.permissions:
            raise Problem(403, "forbidden", "Prompts are parts of the flow: they need flows:read.")
        first = await get_execution(executions, caller, a)
        second = await get_execution(executions, caller, b)
        return await run_comparisons.compare(first, second, prompts=prompts)


def _begun(row: Any, parent: str, headers: dict[str, str]) -> Response[ContinuedExecution]:
    view = msgspec.structs.asdict(execution_view(row))
    return Response(ContinuedExecution(**view, parent=parent), headers=headers)


def _relative(one: Kin) -> Relative:
    options = msgspec.json.decode(one.options)
    origin = msgspec.convert(options.get("origin"), RunOrigin | None)
    return Relative(
        id=one.id,
        parent=one.parent_id,
        kind=None if origin is None or one.parent_id is None else origin.kind,
        node="" if origin is None else origin.node,
        path="" if origin is None else origin.path,
        occurrence=1 if origin is None else origin.occurrence,
        status=one.status,
        flow_version=one.flow_version,
        session_id=one.session,
        created_at=iso(one.created_at),
        completed_at=iso(one.completed_at),
    )
