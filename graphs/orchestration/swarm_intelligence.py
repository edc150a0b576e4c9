"""Swarm intelligence: peers without a leader; whoever has the request answers and may hand it over."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.graph_fragments import FINISH, agent, begun, choices, ended, offered, strategy
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import listed, reading
from graphs.orchestration.team import Member, Team
from graphs.orchestration.turns import IN_TURNS, asked_by_model

__all__ = ["KIND"]

TASK = """You are '{{{{ nodes.active }}}}' in a group of peers without a leader:
{team}

You have just answered. If the request is settled by that, choose '{finish}'. If a peer should go on, choose \
it, and say in a sentence what it is to do."""


def build(team: Team) -> GraphDefinition:
    """Return a loop in which the active peer answers and then hands over, or not."""
    drawing = Drawing()
    drawing.node(
        "turns",
        "loop",
        "Turns",
        begun(drawing),
        max_iterations=team.supervisor.max_iterations,
        keep_outputs=True,
        **{"while": f"default(nodes.hand_off.choice, '') != '{FINISH}'"},
    )
    active = f"nodes.hand_off.choice if exists(nodes.hand_off) else {_entry(team)}"
    drawing.node("active", "transform", "Whose turn it is", (("turns", "body"),), expression=active)
    others = team.members[1:]
    cases = [{"outlet": one.node, "expression": f"nodes.active == '{one.node}'"} for one in others]
    first = team.members[0]
    if cases:
        drawing.node("turn", "switch", "Whose turn?", (("active", None),), cases=cases)
    done: list[Way] = []
    failed: list[Way] = []
    for member in team.members:
        outlet: Way = ("turn", "default" if member is first else member.node) if cases else ("active", None)
        answered, _ = agent(
            drawing,
            team,
            member,
            (outlet,),
            prompt=reading(
                member,
                "What you and your peers have answered so far:\n{{ loop.results }}",
                "It is your turn. Do what you can; a peer may go on after you.",
            ),
            failing=True,
            conditional=False,
        )
        done += answered
        failed.append((member.node, "error"))
    done += drawing.node("failed", "template", "Failed", failed, template="Failed: {{ arrived.message }}")
    drawing.node("said", "transform", "Answer", done, expression="{agent: nodes.active, answer: arrived}")
    how = strategy(team, TASK.format(team=listed(team), finish=FINISH))
    drawing.node(
        "hand_off",
        "decide",
        "Hand over?",
        (("said", None),),
        choices=choices(team, finish="true", open=_open_to),
        finish=FINISH,
        branch=False,
        task=True,
        prompt="The request:\n{{ nodes.request }}\n\nThe answers so far:\n{{ loop.results }}\n\n"
        "Your answer just now:\n{{ nodes.said.answer }}",
        **how,
    )
    record = "{agent: nodes.said.agent, answer: nodes.said.answer, asks: nodes.hand_off.task}"
    drawing.node("work", "transform", "Work", (("hand_off", None),), expression=record)
    drawing.lead((("work", None),), "turns")
    ended(drawing, (("turns", "done"),), "nodes.said.answer")
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return the one step, with its turns."""
    names = [member.name for member in team.members]
    most = team.supervisor.max_iterations
    return [
        PlanStep(
            title="Turn of a peer",
            agents=names,
            mode="one_of",
            turns=most,
            explanation=f"{names[0]} gets the request first, unless its condition is false. The agent that "
            "has the "
            f"request answers it. Then it hands the request over or ends the run, at most {most} times. The "
            "last answer is the output.",
        )
    ]


def _entry(team: Team) -> str:
    """Return an expression of who has the request first: the first whose condition holds."""
    chosen = f"'{team.members[0].node}'"
    for member in reversed(team.members):
        node, condition = f"'{member.node}'", member.agent.condition
        chosen = f"({node} if {condition} else {chosen})" if condition else node
    return chosen


def _open_to(member: Member) -> str:
    return offered(member, f"nodes.active != '{member.node}'")


def _calls(team: Team) -> int:
    return team.supervisor.max_iterations * (1 + (asked_by_model(team) and len(team.members) > 1))


KIND = Kind(
    name="swarm_intelligence",
    summary="Equal agents without a leader. The agent that has the request answers it, and can hand it over "
    "to "
    "another agent.",
    when="each agent knows best who should continue, as in a help desk.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=IN_TURNS,
)
