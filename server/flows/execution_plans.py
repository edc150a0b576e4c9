"""Execution plans: how an agentflow would run, as the API explains it."""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.orchestration.orchestration_type import PlanStep
from graphs.values.findings import Finding, FlowError
from persistence.library.flows import FlowRow
from server.compilation.tool_setup import ServerTools
from server.http.problems import Fault
from server.settings.sources import Settings

__all__ = ["ExecutionPlan", "execution_plan", "fault_of"]


class PlannedStep(PlanStep, frozen=True, kw_only=True):
    """A part of how an agentflow would run."""

    step: int
    """1 for the first."""


class ExecutionPlan(Struct, frozen=True, kw_only=True):
    """How an agentflow would run, without running it."""

    flow_id: str
    name: str
    version: int
    orchestration_type: str
    valid: bool
    """Whether it can run; `errors` says what keeps it from it."""
    source: str
    """What decides how it runs: its `agents` with their type, or its `graph_definition`; empty if nothing
    can run."""
    summary: str
    steps: list[PlannedStep]
    most_steps: int
    """Supersteps that a run takes at most: nodes side by side share one."""
    most_model_calls: int
    """Answers of models that a run takes at most, without repairs, retries and turns with tools."""
    graph_definition: dict[str, Any] | None
    """The graph that runs, as it was made of the agents; it may be changed and stored as the flow's own."""
    errors: list[Fault]
    warnings: list[Fault]


def execution_plan(row: FlowRow, settings: Settings, tools: ServerTools) -> ExecutionPlan:
    """Return the plan of a stored agentflow."""
    from graphs.analysis.chatflow import definition_of  # with the parsers and every node type
    from graphs.analysis.plan import plan_of

    common: dict[str, Any] = {
        "flow_id": row.id,
        "name": row.name,
        "version": row.version,
        "orchestration_type": row.document.get("orchestration_type", "sequential"),
    }
    try:
        plan = plan_of(
            row.document,
            max_steps=settings.max_steps,
            max_model_calls=settings.max_model_calls,
            tools=tools.loaded.kinds,
        )
    except FlowError as error:
        return ExecutionPlan(
            **common,
            valid=False,
            source="",
            summary=f"It cannot run: {error}",
            steps=[],
            most_steps=0,
            most_model_calls=0,
            graph_definition=None,
            errors=[fault_of(found) for found in error.findings if found.severity == "error"],
            warnings=[fault_of(found) for found in error.findings if found.severity == "warning"],
        )
    steps = [
        PlannedStep(step=number, **msgspec.structs.asdict(step))
        for number, step in enumerate(plan.steps, start=1)
    ]
    return ExecutionPlan(
        **common,
        valid=True,
        source=plan.source,
        summary=plan.summary,
        steps=steps,
        most_steps=plan.most_steps,
        most_model_calls=plan.most_model_calls,
        graph_definition=msgspec.to_builtins(definition_of(row.document)),
        errors=[],
        warnings=[fault_of(found) for found in plan.findings],
    )


def fault_of(finding: Finding) -> Fault:
    """Return a finding as the API tells it."""
    return Fault(finding.message, finding.pointer, "", finding.code, finding.node, finding.edge)
