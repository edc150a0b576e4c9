"""Dynamic routing: after each step a router chooses who goes on; the last answer is the run's."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing
from graphs.orchestration.graph_fragments import FINISH, begun, ended
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import listed
from graphs.orchestration.team import Team
from graphs.orchestration.turns import IN_TURNS, Turns, asked_by_model, draw_turns

__all__ = ["KIND"]

TASK = """You route a request through a line of agents:
{team}

Read the request and what was answered so far. Choose who takes the next step. Choose '{finish}' when the \
last answer is what the request asks for."""


def build(team: Team) -> GraphDefinition:
    """Return a loop in which a router chooses who goes on with what the last one gave."""
    drawing = Drawing()
    turns = Turns(
        decider="router",
        label="Router",
        instructions=TASK.format(team=listed(team), finish=FINISH),
        prompt="The request:\n{{ nodes.request }}\n\nThe steps so far:\n{{ loop.results }}",
        reading=(
            "The steps so far, the last one first for you to go on from:\n{{ loop.results }}",
            "Take the next step: give the whole answer as it should be now.",
        ),
        record="{agent: nodes.router.choice, answer: arrived}",
    )
    ended(drawing, draw_turns(drawing, team, begun(drawing), turns), "nodes.work.answer")
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return the one step, with its turns."""
    names = [member.name for member in team.members]
    most = team.supervisor.max_iterations
    return [
        PlanStep(
            title="Next step",
            agents=names,
            mode="one_of",
            turns=most,
            explanation=f"The router chooses {' or '.join(names)} to continue from the last answer. It stops "
            f"when the answer is good, after at most {most} rounds. The last answer is the output.",
        )
    ]


def _calls(team: Team) -> int:
    return team.supervisor.max_iterations * (1 + asked_by_model(team))


KIND = Kind(
    name="dynamic_routing",
    summary="After each step a router reads the answers and chooses the next agent. The last answer is the "
    "output of the run.",
    when="the next agent depends on what the last one answered.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=IN_TURNS,
)
