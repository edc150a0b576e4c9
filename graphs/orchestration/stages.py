"""Stages: agents one after the other where nobody decides: by groups, dependencies and priority."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.parts import agent
from graphs.orchestration.prompts import reading, sections
from graphs.orchestration.team import Member, Team
from graphs.values.findings import Finding, shown

__all__ = ["Stage", "Staged", "draw_stages", "in_order", "stages"]


class Stage(Struct, frozen=True):
    """Agents that work side by side; of these, one that depends on another waits for it."""

    group: str
    """The name of the parallel group; empty for none."""
    members: tuple[Member, ...]


class Staged(Struct, frozen=True):
    """Where a run is when all stages are drawn."""

    last: tuple[Way, ...]
    """The ways on from the last stage, also past agents that did not take part."""
    done: tuple[Way, ...]
    """The ways on from every agent that answered."""


def stages(team: Team, *, alone: bool) -> tuple[list[Stage], list[Finding]]:
    """Return the stages of a team in order, with what keeps them from being in order.

    Args:
        team: Who works.
        alone: Whether an agent without a group is a stage of its own; else all such are one.
    """
    groups: dict[str, list[Member]] = {}
    for member in team.members:
        single = f"agent {member.node}" if alone else "others"
        group = member.agent.parallel_group
        groups.setdefault(f"group {group}" if group else single, []).append(member)
    home = {member.node: key for key, members in groups.items() for member in members}
    before = {
        key: {home[node] for member in members for node in member.after if home[node] != key}
        for key, members in groups.items()
    }
    order = _ordered(groups, before)
    made = [Stage(groups[key][0].agent.parallel_group or "", in_order(groups[key])) for key in order]
    stuck = [members[0] for key, members in groups.items() if key not in order]
    if not stuck:
        return made, []
    names = ", ".join(shown(member.agent.parallel_group or member.name) for member in stuck)
    message = (
        f"These agents and parallel groups wait for each other: {names}. All of a group is done before what "
        "depends on one of its agents begins: change a dependency or a parallel_group."
    )
    return made, [Finding(code="cycle", message=message, node=stuck[0].node, pointer="/agents")]


def draw_stages(drawing: Drawing, team: Team, made: Iterable[Stage], ways: Iterable[Way]) -> Staged:
    """Draw stages, each when all of the one before it is done, and return the ways on."""
    ways, done = tuple(ways), ()
    for number, stage in enumerate(made):
        if number and len(ways) > 1:
            ways = _gathered(drawing, team, stage, number, ways)
        out: dict[str, tuple[Way, ...]] = {}
        for member in stage.members:
            entry = [way for node in member.after if node in out for way in out[node]] or ways
            answered, past = _drawn(drawing, team, member, tuple(entry), first=number == 0)
            out[member.node] = (*answered, *past)
            done = (*done, *answered)
        waited = {node for member in stage.members for node in member.after}
        ways = tuple(way for node, leaving in out.items() if node not in waited for way in leaving)
    return Staged(ways, done)


def _gathered(
    drawing: Drawing, team: Team, stage: Stage, number: int, ways: tuple[Way, ...]
) -> tuple[Way, ...]:
    """Draw where several ways meet before a stage of several agents: there, what they bring is one thing."""
    if len(stage.members) == 1:
        return ways
    return drawing.node(f"stage.{number + 1}", "merge", f"Stage {number + 1}", ways, mode="object")


def _drawn(
    drawing: Drawing, team: Team, member: Member, ways: tuple[Way, ...], *, first: bool
) -> tuple[tuple[Way, ...], tuple[Way, ...]]:
    context: list[str] = []
    if not member.agent.input_mapping:
        if member.after:
            before = f"{member.node}.before"
            together = sections(team, {node: node for node in member.after})
            ways = drawing.node(before, "transform", f"For {member.name}", ways, expression=together)
            context = [f'From {team.named(member.after)}:\n{{{{ nodes["{before}"] }}}}']
        elif not first:
            context = ["From those before you:\n{{ arrived }}"]
    return agent(drawing, team, member, ways, prompt=reading(member, *context))


def _ordered(keys: Iterable[str], before: Mapping[str, Iterable[str]]) -> list[str]:
    """Return keys in order, each after those that come before it; without those that wait for ever."""
    waiting, placed = list(keys), list[str]()
    while ready := next((key for key in waiting if all(one in placed for one in before[key])), None):
        waiting.remove(ready)
        placed.append(ready)
    return placed


def in_order(members: Iterable[Member]) -> tuple[Member, ...]:
    """Return agents, each after those of them that it depends on."""
    known = {member.node: member for member in members}
    before = {node: [one for one in member.after if one in known] for node, member in known.items()}
    return tuple(known[node] for node in _ordered(known, before))
