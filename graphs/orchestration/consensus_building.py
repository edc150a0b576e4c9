"""Consensus building: all propose, all criticise, all vote, round after round, until the vote decides."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.graph_fragments import agent, begun, ended
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import reading, sections
from graphs.orchestration.team import Team

__all__ = ["KIND"]

RULES = {
    "majority": "more than half of the votes",
    "unanimous": "all votes",
    "weighted": "more than half of the votes' weight, which is the agent's priority",
}


def build(team: Team) -> GraphDefinition:
    """Return a loop of proposals, criticism and a vote, and the proposal that it ends with."""
    drawing = Drawing()
    drawing.node(
        "turns",
        "loop",
        "Rounds",
        begun(drawing),
        max_iterations=team.supervisor.max_iterations,
        keep_outputs=True,
        **{"while": "not default(nodes.vote.decided, false) and default(nodes.vote.cast, 1) > 0"},
    )
    _draw_round(drawing, team)
    drawing.node("agreed", "condition", "Agreed?", (("turns", "done"),), expression="nodes.vote.decided")
    drawing.node(
        "leading",
        "transform",
        "The one with most votes",
        (("agreed", "no"),),
        expression=_proposal(team, "nodes.vote.leading"),
    )
    drawing.node(
        "winner",
        "transform",
        "The agreed one",
        (("agreed", "yes"),),
        expression=_proposal(team, "nodes.vote.winner"),
    )
    ended(drawing, (("winner", None), ("leading", None)))
    return drawing.definition()


def _proposal(team: Team, node: str) -> str:
    """Return an expression of a node's proposal, or where it made none, of the first that there is."""
    looked = [node, *(f"'{member.node}'" for member in team.members)]
    made = [f"([nodes[{one}]] if exists(nodes[{one}]) else [])" for one in looked]
    return f"first({' + '.join(made)} + [''])"


def _draw_round(drawing: Drawing, team: Team) -> None:
    proposed: list[Way] = []
    for member in team.members:
        answered, past = agent(
            drawing,
            team,
            member,
            (("turns", "body"),),
            prompt=reading(
                member,
                # The last round alone: with all of them a prompt would outgrow any model in the end.
                "The round before, with proposals, criticism and votes:\n{{ slice(loop.results, -1) }}",
                "Make your proposal: a whole answer of your own, better by what you have read.",
            ),
        )
        proposed += (*answered, *past)
    nodes = [member.node for member in team.members]
    drawing.node(
        "proposals",
        "transform",
        "Proposals",
        proposed,
        expression=sections(team, {node: node for node in nodes}, by_node=True),
    )
    criticised: list[Way] = []
    for member in team.members:
        answered, past = agent(
            drawing,
            team,
            member,
            (("proposals", None),),
            prompt=reading(
                member,
                "The proposals:\n{{ nodes.proposals }}",
                "Criticise each proposal in a sentence or two, your own as strictly as the others.",
            ),
            part="critique",
            label=f"{member.name} criticises",
            on_error="continue",
            default="",
        )
        criticised += (*answered, *past)
    drawing.node(
        "critiques",
        "transform",
        "Criticism",
        criticised,
        expression=sections(team, {node: f"{node}.critique" for node in nodes}, by_node=True),
    )
    voted: list[Way] = []
    for member in team.members:
        answered, past = agent(
            drawing,
            team,
            member,
            (("critiques", None),),
            prompt=reading(
                member,
                "The proposals:\n{{ nodes.proposals }}",
                "The criticism:\n{{ nodes.critiques }}",
                "Vote for the best proposal, whoever it is from. Answer as JSON with 'reason' and 'vote', "
                f"one of {', '.join(nodes)}.",
            ),
            part="vote",
            label=f"{member.name} votes",
            output_schema=_ballot(nodes),
            retried=False,
            on_error="continue",
            default={"vote": None},
        )
        voted += (*answered, *past)
    drawing.node(
        "vote",
        "vote",
        "Vote",
        voted,
        rule=team.supervisor.voting,
        candidates=nodes,
        ballots=[
            {
                "voter": member.node,
                "expression": f"nodes['{member.node}.vote'].vote",
                "weight": max(1, member.agent.priority),
            }
            for member in team.members
        ],
    )
    record = "{proposals: nodes.proposals, criticism: nodes.critiques, votes: nodes.vote.votes}"
    ways: tuple[Way, ...] = (("vote", "decided"), ("vote", "undecided"))
    drawing.lead(drawing.node("work", "transform", "Round", ways, expression=record), "turns")


def _ballot(nodes: list[str]) -> dict[str, object]:
    vote = {"type": "string", "enum": nodes}
    fields = {"reason": {"type": "string"}, "vote": vote}
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def explain(team: Team) -> list[PlanStep]:
    """Return the three parts of a round."""
    names = [member.name for member in team.members]
    most = team.supervisor.max_iterations
    rule = RULES[team.supervisor.voting]
    texts = (
        ("Proposals", f"{', '.join(names)} each make a proposal."),
        ("Criticism", "Each agent criticises all proposals."),
        (
            "Vote",
            f"Each agent votes; {rule} decide. Without a decision there is another round, at most {most} in "
            "total, unless no vote could be read. Then the proposal with most votes wins. If two are equal, "
            "the higher priority wins.",
        ),
    )
    return [
        PlanStep(title=title, agents=names, mode="side_by_side", turns=most, explanation=text)
        for title, text in texts
    ]


def _calls(team: Team) -> int:
    return team.supervisor.max_iterations * 3 * len(team.members)


KIND = Kind(
    name="consensus_building",
    summary="All agents propose, criticise all proposals and vote. They repeat this until the vote decides.",
    when="the answer is a judgement, and one agent alone is not reliable enough.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=frozenset({"dependencies", "parallel_group", "subscribes_to", "emits"}),
)
