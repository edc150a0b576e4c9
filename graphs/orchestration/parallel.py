"""Parallel: agents side by side, then one result of what they gave."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing
from graphs.orchestration.kind import Kind, PlanStep
from graphs.orchestration.parts import aggregation, answered, begun, ended
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
        after = "the request and the answers of the stage before" if number else "the request"
        waits = f" {', '.join(waiting)} wait for those that they depend on." if waiting else ""
        steps.append(
            PlanStep(
                title=stage.group or f"Stage {number + 1}",
                agents=names,
                mode="side_by_side",
                explanation=f"{', '.join(names)} work side by side with {after}.{waits}",
            )
        )
    how = {
        "object": "The answers are given as an object, each under its agent's node.",
        "text": "The answers are joined into one text, each under its agent's name.",
        "model": "The supervisor's model makes one answer of them.",
    }
    return [*steps, PlanStep(title="Aggregation", explanation=how[aggregation(team, "object")])]


def _findings(team: Team) -> list[Finding]:
    return stages(team, alone=False)[1]


def _calls(team: Team) -> int:
    return len(team.members) + (aggregation(team, "object") == "model")


KIND = Kind(
    name="parallel",
    summary="All agents side by side on the same request, group after group where they are in groups; their "
    "answers become an object, one text, or an answer that the supervisor makes of them.",
    when="several views of one request are wanted and none needs another: it is the quickest.",
    build=build,
    explain=explain,
    calls=_calls,
    findings=_findings,
    unused=frozenset({"subscribes_to", "emits"}),
)
