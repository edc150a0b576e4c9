"""Prompts: what models are told of their team. Texts that people wrote are inserted as text."""

from graphs.orchestration.team import Member, Team

__all__ = [
    "LANGUAGE",
    "about",
    "instructions",
    "listed",
    "plain",
    "quoted",
    "reading",
    "sections",
    "supervising",
]

LANGUAGE = "Write in the language of the request."


def plain(text: str) -> str:
    """Return a text as a template that gives it as it is."""
    return text.replace("{{", '{{ "{{" }}')


def quoted(text: str) -> str:
    """Return a text as a literal of an expression."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def about(member: Member) -> str:
    """Return what others need to know of an agent, in one line."""
    agent = member.agent
    good_at = f"Good at: {', '.join(agent.capabilities)}." if agent.capabilities else ""
    parts = (agent.role and f"{agent.role.rstrip('.')}.", agent.description, good_at)
    return " ".join(" ".join(part.split()) for part in parts if part)[:2000]


def instructions(member: Member) -> str:
    """Return a template of what an agent's model is told first; empty where the stored agent says it."""
    if member.agent.agent_id:
        return ""
    return "\n\n".join(part for part in (_persona(member), member.agent.instructions, LANGUAGE) if part)


def reading(member: Member, *parts: str) -> str:
    """Return a template of what an agent is asked: its input, then what this type adds."""
    mapping = member.agent.input_mapping
    if mapping:
        values = [
            f"{name}: {source}"
            if "{{" in source
            else f'{name}: {{{{ nodes["{member.node}.input"].{name} }}}}'
            for name, source in mapping.items()
        ]
        given = "Your input:\n" + "\n".join(values)
    else:
        given = "The request:\n{{ nodes.request }}"
    persona = _persona(member) if member.agent.agent_id else ""
    return "\n\n".join(part for part in (persona, given, *parts) if part)


def supervising(team: Team, task: str) -> str:
    """Return a template of what the supervisor's model is told first."""
    return "\n\n".join(part for part in (task, team.supervisor.instructions, LANGUAGE) if part)


def listed(team: Team) -> str:
    """Return a template that names the agents of a team."""
    return plain("\n".join(f"- {member.name}: {about(member)}".rstrip(": ") for member in team.members))


def sections(team: Team, nodes: dict[str, str], *, by_node: bool = False) -> str:
    """Return an expression that gives answers as one text, each under a heading.

    Args:
        team: Who answers.
        nodes: Whose answers: agents' nodes, each with the node that has its answer.
        by_node: Whether the headings are the agents' nodes; else they are their names.
    """
    parts: list[str] = []
    for node, of in nodes.items():
        heading = node if by_node else team.member(node).name[:60]
        over = quoted(f"## {heading}\n")
        text = f"[{over} + string(nodes['{of}'])]"
        parts.append(f"({text} if exists(nodes['{of}']) else [])")
    return f"join({' + '.join(parts)}, '\\n\\n')"


def _persona(member: Member) -> str:
    role = f", {member.agent.role.rstrip('.')}" if member.agent.role else ""
    parts = (f"You are {member.name}{role}.", member.agent.description)
    good_at = f"You are good at: {', '.join(member.agent.capabilities)}." if member.agent.capabilities else ""
    return plain(" ".join(part for part in (*parts, good_at) if part))
