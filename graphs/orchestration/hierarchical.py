"""Hierarchical: a supervisor gives out tasks, one after the other, until the request is answered."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing
from graphs.orchestration.graph_fragments import FINISH, begun, ended, supervisor_agent
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import listed
from graphs.orchestration.team import Team
from graphs.orchestration.turns import IN_TURNS, Turns, asked_by_model, draw_turns

__all__ = ["KIND"]

TASK = """You are the supervisor of a team:
{team}

Read the request and the work so far. Choose who goes on, and say in a sentence or two what they are to do. \
Give each piece of work once. Choose '{finish}' as soon as the work so far is enough to answer the request."""


def build(team: Team) -> GraphDefinition:
    """Return a loop in which the supervisor chooses who works, and the answer that it makes in the end."""
    drawing = Drawing()
    turns = Turns(
        decider="supervisor",
        label="Supervisor",
        instructions=TASK.format(team=listed(team), finish=FINISH),
        prompt="The request:\n{{ nodes.request }}\n\nThe work so far:\n{{ loop.results }}",
        reading=(
            "The work of your colleagues so far:\n{{ loop.results }}",
            "What your supervisor asks of you, if not your part of the request:\n{{ nodes.supervisor.task }}",
        ),
        record="{agent: nodes.supervisor.choice, task: nodes.supervisor.task, answer: arrived}",
        task=True,
    )
    done = draw_turns(drawing, team, begun(drawing), turns)
    done = supervisor_agent(
        drawing,
        team,
        done,
        id="answer",
        label="Answer",
        task="You lead a team whose work on a request is done. Answer the request from their work, "
        "completely and in your own words. Do not speak of the team.",
        prompt="The request:\n{{ nodes.request }}\n\nThe work of the team:\n{{ nodes.turns }}",
    )
    ended(drawing, done)
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return a step for the delegations and one for the answer."""
    names = [member.name for member in team.members]
    most = team.supervisor.max_iterations
    return [
        PlanStep(
            title="Delegation",
            agents=names,
            mode="one_of",
            turns=most,
            explanation=f"The supervisor chooses {' or '.join(names)} and a task for it. It repeats this "
            "until "
            f"the request is answered, at most {most} times.",
        ),
        PlanStep(title="Answer", explanation="The supervisor's model writes the answer from all results."),
    ]


def _calls(team: Team) -> int:
    return team.supervisor.max_iterations * (1 + asked_by_model(team)) + 1


KIND = Kind(
    name="hierarchical",
    summary="A supervisor gives tasks to agents, one at a time, and reads their answers. When it has enough, "
    "it writes the final answer.",
    when="the tasks and their order are only known during the work.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=IN_TURNS,
)
