"""Adaptive: a router picks the agents that a request needs; these work, the others do not."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.graph_fragments import agent, aggregation, answered, begun, choices, ended, strategy
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import listed, reading, sections
from graphs.orchestration.stages import in_order
from graphs.orchestration.team import Member, Team

__all__ = ["KIND"]

TASK = """You receive requests for a group of agents:
{team}

Choose those that the request needs: one if one is enough, several only where each has a part of its own."""


def build(team: Team) -> GraphDefinition:
    """Return a router, the agents side by side behind their conditions, and what becomes of the answers."""
    drawing = Drawing()
    routed = drawing.node(
        "router",
        "decide",
        "Router",
        begun(drawing),
        choices=choices(team, open=_condition),
        several=True,
        prompt="{{ nodes.request }}",
        **strategy(team, TASK.format(team=listed(team))),
    )
    done: list[Way] = []
    out: dict[str, tuple[Way, ...]] = {}
    for member in in_order(team.members):
        entry = tuple(way for node in member.after for way in out[node]) or routed
        context: list[str] = []
        if member.after and not member.agent.input_mapping:
            before = f"{member.node}.before"
            together = sections(team, {node: node for node in member.after})
            entry = drawing.node(before, "transform", f"For {member.name}", entry, expression=together)
            context = [f'From {team.named(member.after)}:\n{{{{ nodes["{before}"] }}}}']
        answered_by, past = agent(
            drawing,
            team,
            member,
            entry,
            prompt=reading(member, *context),
            condition=_picked(team, member),
        )
        out[member.node] = (*answered_by, *past)
        done += answered_by
    ended(drawing, answered(drawing, team, done, otherwise=""))
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return a step for the choice, one for the work and one for what becomes of the answers."""
    names = [member.name for member in team.members]
    how = {
        "": "If one agent ran, its answer is the output. Otherwise the output is an object with each answer.",
        "object": "The output is an object with each answer under its agent's node.",
        "text": "The output is one text with each answer under its agent's name.",
        "model": "The supervisor's model writes one answer from them.",
    }
    return [
        PlanStep(title="Router", explanation="The router chooses the agents that the request needs."),
        PlanStep(
            title="Work",
            agents=names,
            mode="several_of",
            explanation="The chosen agents run in parallel, after the agents that they depend on.",
        ),
        PlanStep(title="Aggregation", explanation=how[aggregation(team, "")]),
    ]


def _condition(member: Member) -> str:
    return member.agent.condition


def _picked(team: Team, member: Member) -> str:
    """Return an expression that says whether an agent or one that depends on it was chosen."""
    wanted = {member.node: None}
    while more := [one.node for one in team.members if one.node not in wanted and {*one.after} & {*wanted}]:
        wanted |= dict.fromkeys(more)
    return " or ".join(f"'{node}' in nodes.router.choices" for node in wanted)


def _calls(team: Team) -> int:
    asked = team.supervisor.decision_strategy == "llm_based" and len(team.members) > 1
    return asked + len(team.members) + (aggregation(team, "") == "model")


KIND = Kind(
    name="adaptive",
    summary="A router picks the agents that a request needs. These run in parallel; the others do not run.",
    when="each request needs only some of the agents.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=frozenset({"parallel_group", "subscribes_to", "emits"}),
)
