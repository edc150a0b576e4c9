"""Turns: a loop in which one agent is chosen, works and is recorded, until the choice is to finish."""

from collections.abc import Iterable

from msgspec import Struct

from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.parts import FINISH, agent, choices, strategy
from graphs.orchestration.prompts import reading
from graphs.orchestration.team import Team

__all__ = ["IN_TURNS", "Turns", "asked_by_model", "draw_turns"]

IN_TURNS = frozenset({"parallel_group", "subscribes_to", "emits"})
"""Fields of attached agents that are of no matter where agents are chosen one at a time."""


class Turns(Struct, frozen=True, kw_only=True):
    """How one type chooses and records."""

    decider: str
    """Id of the node that chooses."""
    label: str
    instructions: str
    """A template of what the model that chooses is told."""
    prompt: str
    """A template of what it is to decide about."""
    reading: tuple[str, ...]
    """Templates of what an agent is asked beside its input."""
    record: str
    """An expression of what is kept of a turn, in which ``arrived`` is the agent's answer."""
    task: bool = False
    """Whether the model also says what the agent is to do."""


def draw_turns(drawing: Drawing, team: Team, ways: Iterable[Way], turns: Turns) -> tuple[Way, ...]:
    """Draw the loop and return the way on: ``nodes.turns`` has the records, ``nodes.work`` the last one."""
    drawing.node(
        "turns",
        "loop",
        "Turns",
        ways,
        max_iterations=team.supervisor.max_iterations,
        keep_outputs=True,
        **{"while": f"default(nodes.{turns.decider}.choice, '') != '{FINISH}'"},
    )
    drawing.node(
        turns.decider,
        "decide",
        turns.label,
        (("turns", "body"),),
        choices=choices(team, finish="exists(nodes.work)"),
        finish=FINISH,
        prompt=turns.prompt,
        **({"task": True} if turns.task else {}),
        **strategy(team, turns.instructions),
    )
    done: list[Way] = []
    failed: list[Way] = []
    for member in team.members:
        # Whoever chooses knows the agent's condition already: it is not offered where it does not hold.
        answered, _ = agent(
            drawing,
            team,
            member,
            ((turns.decider, member.node),),
            prompt=reading(member, *turns.reading),
            failing=True,
            conditional=False,
        )
        done += answered
        failed.append((member.node, "error"))
    done += drawing.node("failed", "template", "Failed", failed, template="Failed: {{ arrived.message }}")
    drawing.node("work", "transform", "Work", done, expression=turns.record)
    drawing.lead((("work", None), (turns.decider, FINISH)), "turns")
    return (("turns", "done"),)


def asked_by_model(team: Team) -> bool:
    """Say whether a model chooses."""
    return team.supervisor.decision_strategy == "llm_based" and len(team.members) > 0
