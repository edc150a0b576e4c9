"""Sequential: one agent after the other, each with what the one before it gave."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing
from graphs.orchestration.graph_fragments import aggregation, answered, begun, ended
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.stages import Stage, draw_stages, stages
from graphs.orchestration.team import Team
from graphs.values.findings import Finding

__all__ = ["KIND"]


def build(team: Team) -> GraphDefinition:
    """Return the chain of agents; those of one parallel group stand side by side in it."""
    drawing = Drawing()
    made, _ = stages(team, alone=True)
    staged = draw_stages(drawing, team, made, begun(drawing))
    otherwise = "object" if made and len(made[-1].members) > 1 else ""
    ways = staged.done if aggregation(team, otherwise) else staged.last
    ended(drawing, answered(drawing, team, ways, otherwise=otherwise))
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return a step for each stage."""
    return [_explained(stage, number) for number, stage in enumerate(stages(team, alone=True)[0])]


def _explained(stage: Stage, number: int) -> PlanStep:
    names = [member.name for member in stage.members]
    after = "the previous answers" if number else "the request"
    if len(names) == 1:
        return PlanStep(title=names[0], agents=names, explanation=f"{names[0]} works with {after}.")
    return PlanStep(
        title=stage.group,
        agents=names,
        mode="side_by_side",
        explanation=f"{', '.join(names)} work in parallel with {after}.",
    )


def _findings(team: Team) -> list[Finding]:
    return stages(team, alone=True)[1]


def _calls(team: Team) -> int:
    return len(team.members) + (aggregation(team, "") == "model")


KIND = Kind(
    name="sequential",
    summary="One agent after the other. Each gets the request and the previous answer. The last answer is "
    "the "
    "output of the run.",
    when="each step needs the previous one: research, then write, then check.",
    build=build,
    explain=explain,
    calls=_calls,
    findings=_findings,
    unused=frozenset({"subscribes_to", "emits"}),
)
