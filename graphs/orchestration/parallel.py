"""Parallel: agents side by side, then one result of what they gave."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing
from graphs.orchestration.graph_fragments import aggregation, answered, begun, ended
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.stages import draw_stages, stages
from graphs.orchestration.team import Team
from graphs.values.findings import Finding

__all__ = ["KIND"]


def build(team: Team) -> GraphDefinition:
    """Return the agents side by side, group after group, and what becomes of all their answers."""
    drawing = Drawing()
    made, _ = stages(team, alone=False)
    staged = draw_stages(drawing, team, made, begun(drawing))
    ended(drawing, answered(drawing, team, staged.done, otherwise="object"))
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return a step for each group, and one for what becomes of the answers."""
    steps: list[PlanStep] = []
    for number, stage in enumerate(stages(team, alone=False)[0]):
        names = [member.name for member in stage.members]
        waiting = [
            member.name for member in stage.members if {m.node for m in stage.members} & {*member.after}
        ]
        after = "the request and the previous answers" if number else "the request"
        waits = f" {', '.join(waiting)} wait for their dependencies." if waiting else ""
        steps.append(
            PlanStep(
                title=stage.group or f"Stage {number + 1}",
                agents=names,
                mode="side_by_side",
                explanation=f"{', '.join(names)} work in parallel with {after}.{waits}",
            )
        )
    how = {
        "object": "The output is an object with each answer under its agent's node.",
        "text": "The output is one text with each answer under its agent's name.",
        "model": "The supervisor's model writes one answer from them.",
    }
    return [*steps, PlanStep(title="Aggregation", explanation=how[aggregation(team, "object")])]


def _findings(team: Team) -> list[Finding]:
    return stages(team, alone=False)[1]


def _calls(team: Team) -> int:
    return len(team.members) + (aggregation(team, "object") == "model")


KIND = Kind(
    name="parallel",
    summary="All agents work on the same request in parallel. Their answers become an object, one text, or a "
    "final answer of the supervisor. Groups run one after the other.",
    when="you want several views of one request, and no agent needs another. It is the fastest type.",
    build=build,
    explain=explain,
    calls=_calls,
    findings=_findings,
    unused=frozenset({"subscribes_to", "emits"}),
)
