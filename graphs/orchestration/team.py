"""Team: attached agents in order, with what they refer to, and what is wrong with that."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.orchestration.agents import AttachedAgent, Supervisor, node_ids
from graphs.values.findings import Finding, shown
from graphs.values.node_error import NodeError

__all__ = ["Member", "Team", "assemble"]


class Member(Struct, frozen=True, kw_only=True):
    """An agent in a team."""

    agent: AttachedAgent
    node: str
    """Id of its node, made from its name: letters, digits, ``_`` and ``-``."""
    after: tuple[str, ...] = ()
    """Node ids of the agents that it depends on."""

    @property
    def name(self) -> str:
        """What people and models call it."""
        return self.agent.name


class Team(Struct, frozen=True, kw_only=True):
    """Agents that work together."""

    members: tuple[Member, ...]
    """The highest priority first, and of the same the one attached first."""
    supervisor: Supervisor
    fallback: str = ""
    """Node id of the agent for where a decision cannot be read; empty for none."""

    def member(self, node: str) -> Member:
        """Return the agent of a node."""
        return next(member for member in self.members if member.node == node)

    def named(self, nodes: Sequence[str]) -> str:
        """Return the names of some agents as part of a sentence."""
        names = [shown(self.member(node).name) for node in nodes]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def assemble(agents: Sequence[AttachedAgent], supervisor: Supervisor) -> tuple[Team, list[Finding]]:
    """Return the team of attached agents with what is wrong with it; pointers begin at the agentflow.

    What refers to an agent that is not attached is left out of the team.
    """
    nodes = node_ids([agent.name for agent in agents])
    findings: list[Finding] = []
    if not agents:
        message = "No agents are attached and there is no graph_definition: there is nothing to run."
        findings.append(Finding(code="no_agents", message=message, pointer="/agents"))
    members: dict[str, Member] = {}
    for index, (agent, node) in enumerate(zip(agents, nodes, strict=True)):
        after: dict[str, None] = {}
        for place, reference in enumerate(agent.dependencies):
            found = _find(reference, agents, nodes)
            if isinstance(found, str):
                pointer = f"/agents/{index}/dependencies/{place}"
                findings.append(_unknown(f"Agent {shown(agent.name)} depends on", found, pointer))
            else:
                after[nodes[found]] = None
        members[node] = Member(agent=agent, node=node, after=tuple(after))
        findings += _faults(agent, index, node)
    findings += _twice(agents)
    if cycle := _cycle(members):
        findings.append(_circle(cycle, members, nodes))
    fallback = ""
    if supervisor.fallback_agent_id is not None and agents:
        found = _find(supervisor.fallback_agent_id, agents, nodes)
        if isinstance(found, str):
            findings.append(_unknown("The fallback is", found, "/supervisor_config/fallback_agent_id"))
        else:
            fallback = nodes[found]
    ordered = sorted(members.values(), key=lambda member: -member.agent.priority)
    return Team(members=tuple(ordered), supervisor=supervisor, fallback=fallback), findings


def _find(reference: str, agents: Sequence[AttachedAgent], nodes: Sequence[str]) -> int | str:
    """Return the one agent that a reference means, or a sentence on why there is not exactly one."""
    for values in (
        [agent.id for agent in agents],
        [agent.agent_id for agent in agents],
        [agent.name for agent in agents],
        nodes,
    ):
        found = [index for index, value in enumerate(values) if value == reference]
        if len(found) == 1:
            return found[0]
        if found:
            return f"{shown(reference)}, which {len(found)} agents are called. Name the id of one of them."
    attached = ", ".join(shown(agent.name) for agent in agents)
    return f"{shown(reference)}, but no such agent is attached. There are {attached}."


def _unknown(who: str, what: str, pointer: str) -> Finding:
    return Finding(code="unknown_agent", message=f"{who} {what}", pointer=pointer)


def _twice(agents: Sequence[AttachedAgent]) -> Iterator[Finding]:
    ids = [agent.id for agent in agents]
    for index, id in enumerate(ids):
        if id and id in ids[:index]:
            yield Finding(
                code="duplicate_id",
                message=f"Two agents have the ID {shown(id)}. Remove one of them: the server creates a new "
                "ID.",
                pointer=f"/agents/{index}/id",
            )


def _faults(agent: AttachedAgent, index: int, node: str) -> Iterator[Finding]:
    """Tell which expressions and templates of an agent cannot be read."""
    sources = [("conditional_logic", agent.condition)]
    for field, mapping in (("input_mapping", agent.input_mapping), ("output_mapping", agent.output_mapping)):
        sources += [(f"{field}/{name}", source) for name, source in (mapping or {}).items()]
    if not agent.agent_id:
        sources.append(("instructions", agent.instructions))
    for field, source in sources:
        template = field == "instructions" or (field.startswith("input_mapping") and "{{" in source)
        if not source and not field.startswith(("input_mapping", "output_mapping")):
            continue
        try:
            _ = parse_template(source) if template else parse_expression(source)
        except NodeError as error:
            yield Finding(
                code="bad_template" if template else "bad_expression",
                message=f"Agent {shown(agent.name)}, field '{field.replace('/', '.')}': {error}",
                node=node,
                pointer=f"/agents/{index}/{field}",
            )


def _cycle(members: dict[str, Member]) -> list[str]:
    """Return agents that depend on each other in a circle, or nothing."""
    settled: set[str] = set()
    for start in members:
        way: list[str] = []
        here = start
        while here not in settled:
            if here in way:
                return way[way.index(here) :]
            way.append(here)
            waiting = [node for node in members[here].after if node not in settled]
            if not waiting:
                settled.add(here)
                way, here = [], start
            else:
                here = waiting[0]
    return []


def _circle(cycle: Sequence[str], members: dict[str, Member], nodes: Sequence[str]) -> Finding:
    path = " → ".join(shown(members[node].name) for node in [*cycle, cycle[0]])
    return Finding(
        code="cycle",
        message=f"These agents depend on each other in a circle: {path}. Remove one dependency.",
        node=cycle[0],
        pointer=f"/agents/{nodes.index(cycle[0])}/dependencies",
    )
