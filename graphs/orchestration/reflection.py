"""Reflection: one agent drafts, the others criticise, it revises, until the draft is accepted."""

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.graph_fragments import agent, begun, ended, model, supervisor_agent
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import reading, sections, supervising
from graphs.orchestration.team import Team

__all__ = ["KIND"]

VERDICT = """You decide whether a draft is good enough. Read the request, the draft and the criticism. \
Choose 'accept' if what the criticism asks for is small or done, 'revise' if the draft must change."""

CRITICISM = """Criticise the draft: what is wrong, what is missing, what should be said otherwise. Be \
specific and brief. If nothing has to change, say so."""


def build(team: Team) -> GraphDefinition:
    """Return a draft, and a loop of criticism, verdict and revision."""
    drawing = Drawing()
    writer, critics = team.members[0], team.members[1:]
    begin = begun(drawing)
    done, past = agent(drawing, team, writer, begin, prompt=reading(writer, "Write the answer."))
    drawing.node("draft", "transform", "First draft", (*done, *past), expression="arrived")
    drawing.node(
        "turns",
        "loop",
        "Revisions",
        (("draft", None),),
        max_iterations=team.supervisor.max_iterations,
        keep_outputs=True,
        **{"while": "default(nodes.verdict.choice, '') != 'accept'"},
    )
    latest = "nodes.revised if exists(nodes.revised) else nodes.draft"
    drawing.node("leading", "transform", "Draft", (("turns", "body"),), expression=latest)
    asked = ("The draft:\n{{ nodes.leading }}", CRITICISM)
    ways: list[Way] = []
    for critic in critics:
        answered, past = agent(
            drawing,
            team,
            critic,
            (("leading", None),),
            prompt=reading(critic, *asked),
            on_error="continue",
            default="",
        )
        ways += (*answered, *past)
    if not critics:
        drawn = supervisor_agent(
            drawing,
            team,
            (("leading", None),),
            id="critic",
            label="Critic",
            task="You read drafts with a critical eye.",
            prompt="\n\n".join(("The request:\n{{ nodes.request }}", *asked)),
        )
        ways += drawn
    together = sections(team, {critic.node: critic.node for critic in critics}) if critics else "nodes.critic"
    drawing.node("critique", "transform", "Criticism", ways, expression=together)
    drawing.node(
        "verdict",
        "decide",
        "Good enough?",
        (("critique", None),),
        choices=[
            {"outlet": "accept", "description": "The draft can stay as it is."},
            {"outlet": "revise", "description": "The draft must change."},
        ],
        fallback="revise",
        **model(team),
        instructions=supervising(team, VERDICT),
        prompt="The request:\n{{ nodes.request }}\n\nThe draft:\n{{ nodes.leading }}\n\n"
        "The criticism:\n{{ nodes.critique }}",
    )
    improved, _ = agent(
        drawing,
        team,
        writer,
        (("verdict", "revise"),),
        prompt=reading(
            writer,
            "Your draft:\n{{ nodes.leading }}",
            "The criticism:\n{{ nodes.critique }}",
            "Write the draft anew, whole, with what the criticism asks for.",
        ),
        part="revision",
        label=f"{writer.name} revises",
        conditional=False,
        on_error="continue",
        default="",
    )
    drawing.node(
        "revised",
        "transform",
        "Revised draft",
        improved,
        expression="arrived if arrived else nodes.leading",
    )
    drawing.lead((("verdict", "accept"), ("revised", None)), "turns")
    ended(drawing, (("turns", "done"),), latest)
    return drawing.definition()


def explain(team: Team) -> list[PlanStep]:
    """Return the draft, the criticism and the revision."""
    writer, critics = team.members[0].name, [member.name for member in team.members[1:]]
    most = team.supervisor.max_iterations
    who = (
        f"{', '.join(critics)} criticise it in parallel"
        if critics
        else "The supervisor's model criticises it"
    )
    if len(critics) == 1:
        who = f"{critics[0]} criticises it"
    return [
        PlanStep(title="Draft", agents=[writer], explanation=f"{writer} writes a first answer."),
        PlanStep(
            title="Criticism",
            agents=critics,
            mode="side_by_side" if len(critics) > 1 else "one",
            turns=most,
            explanation=f"{who}; the supervisor's model decides whether the draft is accepted.",
        ),
        PlanStep(
            title="Revision",
            agents=[writer],
            turns=most,
            explanation=f"{writer} revises it, at most {most} times. The last draft is the output.",
        ),
    ]


def _calls(team: Team) -> int:
    return 1 + team.supervisor.max_iterations * (max(1, len(team.members) - 1) + 2)


KIND = Kind(
    name="reflection",
    summary="The first agent writes a draft, the others criticise it, and the first revises it. They repeat "
    "this until the draft is accepted or the rounds are used up.",
    when="one text must be good, and its errors are easy to find.",
    build=build,
    explain=explain,
    calls=_calls,
    unused=frozenset({"dependencies", "parallel_group", "subscribes_to", "emits"}),
)
