"""Parts: what the types of orchestration are put together from."""

from collections.abc import Callable, Iterable
from typing import Any

from graphs.orchestration.agents import AttachedAgent, Supervisor
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.prompts import (
    about,
    instructions,
    sections,
    supervising,
)
from graphs.orchestration.team import Member, Team

__all__ = [
    "FINISH",
    "REQUEST",
    "agent",
    "aggregation",
    "answered",
    "begun",
    "choices",
    "ended",
    "longest",
    "model",
    "offered",
    "strategy",
    "supervisor_agent",
]

FINISH = "finish"
"""The choice that nothing is left to do."""

REQUEST = "message if message else (json(input) if input else '')"
"""An expression of what is asked for: a chat's message, else the whole input."""

STRATEGIES = {
    "llm_based": "model",
    "priority": "in_order",
    "round_robin": "in_turn",
    "capability": "keywords",
}


def begun(drawing: Drawing) -> tuple[Way, ...]:
    """Draw the start and the request, and return the way on."""
    start = drawing.node("start", "start", "Start")
    return drawing.node("request", "transform", "Request", start, expression=REQUEST)


def ended(drawing: Drawing, ways: Iterable[Way], expression: str = "") -> None:
    """Draw the end; its output is what arrived, or an expression's value."""
    drawing.node("end", "end", "End", ways, **({"expression": expression} if expression else {}))


def model(team: Team, member: Member | None = None) -> dict[str, str]:
    """Return the model of an agent or of whoever leads with the credential that it is asked with, nothing
    where stored agent or server says it."""
    asked: AttachedAgent | Supervisor = team.supervisor
    credential = ""
    if member is not None:
        agent = member.agent
        credential = agent.credential
        if agent.llm_provider or agent.llm_model or agent.agent_id:
            asked = agent
    named = {
        "provider": asked.llm_provider,
        "model": asked.llm_model,
        "credential": credential or asked.credential,
    }
    return {name: value for name, value in named.items() if value}


def longest(team: Team, member: Member | None = None) -> dict[str, int]:
    """Return how long an answer may be of an agent or of whoever leads, nothing where nobody says it.

    Decisions and votes are not held to it: they are forms, which a cut makes unreadable.
    """
    most = team.supervisor.max_tokens
    if member is not None:
        most = member.agent.max_tokens or (None if member.agent.agent_id else most)
    return {"max_tokens": most} if most else {}


def agent(
    drawing: Drawing,
    team: Team,
    member: Member,
    ways: Iterable[Way],
    *,
    prompt: str,
    condition: str = "",
    conditional: bool = True,
    failing: bool = False,
    retried: bool = True,
    part: str = "",
    label: str = "",
    **data: Any,
) -> tuple[tuple[Way, ...], tuple[Way, ...]]:
    """Draw an agent with its condition and mappings.

    Args:
        drawing: Where.
        team: Its team.
        member: Who it is.
        ways: What leads there.
        prompt: A template of what it is asked.
        condition: An expression that must hold for it to take part, beside its own.
        conditional: Whether its own condition is drawn: not where whoever chooses knows it.
        failing: Whether the run goes on where it fails: by the outlet ``error`` of its node.
        retried: Whether it is tried again after it failed, as its ``max_retries`` says.
        part: A word for a second node of the same agent: ``critique``. Mappings are the first one's.
        label: What a drawing calls the node; empty for the agent's name.
        data: More configuration of the node.

    Returns:
        The ways on after its answer, and those past it where it did not take part.
    """
    id, known = member.node, member.agent
    node = f"{id}.{part}" if part else id
    past: tuple[Way, ...] = ()
    wanted = [term for term in (condition, known.condition if conditional else "") if term]
    if wanted:
        expression = " and ".join(f"({term})" if len(wanted) > 1 else term for term in wanted)
        title = f"{member.name} takes part?"
        drawing.node(f"{node}.when", "condition", title, ways, expression=expression)
        ways, past = ((f"{node}.when", "yes"),), ((f"{node}.when", "no"),)
    computed = {name: source for name, source in (known.input_mapping or {}).items() if "{{" not in source}
    if computed and not part:
        ways = drawing.node(
            f"{node}.input", "transform", f"Input of {member.name}", ways, expression=computed
        )
    told = instructions(member)
    drawing.node(
        node,
        "agent",
        label or member.name,
        ways,
        **({"agent_id": known.agent_id} if known.agent_id else {}),
        **model(team, member),
        **({} if "output_schema" in data else longest(team, member)),
        **({"instructions": told} if told else {}),
        prompt=prompt,
        **({"tools": known.tools} if known.tools and not part else {}),
        **({"retry": {"max_attempts": known.max_retries + 1}} if known.max_retries and retried else {}),
        timeout_seconds=known.timeout_seconds,
        **({"on_error": "outlet"} if failing else {}),
        **data,
    )
    done: tuple[Way, ...] = ((node, "out" if failing else None),)
    if known.output_mapping and not part:
        done = drawing.node(
            f"{node}.set", "variable", f"Results of {member.name}", done, set=known.output_mapping
        )
    return done, past


def supervisor_agent(
    drawing: Drawing, team: Team, ways: Iterable[Way], *, id: str, label: str, task: str, prompt: str
) -> tuple[Way, ...]:
    """Draw whoever leads at the work of an agent, and return the way on."""
    return drawing.node(
        id,
        "agent",
        label,
        ways,
        **model(team),
        **longest(team),
        instructions=supervising(team, task),
        prompt=prompt,
        retry={"max_attempts": 4},
    )


def answered(drawing: Drawing, team: Team, ways: Iterable[Way], *, otherwise: str) -> tuple[Way, ...]:
    """Draw what becomes of answers that were given side by side, and return the way on.

    Args:
        drawing: Where.
        team: Who answered.
        ways: What leads there: the ways on from all that answered.
        otherwise: What to do where the settings do not say: ``object`` or nothing.
    """
    how = aggregation(team, otherwise)
    if how == "object":
        return drawing.node("answers", "merge", "All answers", ways, mode="object")
    if not how:
        return tuple(ways)
    together = sections(team, {member.node: member.node for member in team.members})
    joined = drawing.node("answers", "transform", "All answers", ways, expression=together)
    if how == "text":
        return joined
    return supervisor_agent(
        drawing,
        team,
        joined,
        id="answer",
        label="Answer",
        task="You lead a team whose members have worked on a request side by side. Make one answer of what "
        "they found: keep what is useful, settle what contradicts, name nobody.",
        prompt="The request:\n{{ nodes.request }}\n\nWhat the members answered:\n{{ nodes.answers }}",
    )


def aggregation(team: Team, otherwise: str) -> str:
    """Return what becomes of answers given side by side: ``object``, ``text``, ``model``, or `otherwise`."""
    return team.supervisor.aggregation or ("model" if team.supervisor.enabled else otherwise)


def offered(member: Member, condition: str = "") -> str:
    """Return an expression that says when an agent may be chosen: its own, and that others came before."""
    terms = [f"exists(nodes['{node}'])" for node in member.after]
    terms += [f"({term})" for term in (condition, member.agent.condition) if term]
    return " and ".join(terms)


def choices(team: Team, *, finish: str = "", open: Callable[[Member], str] = offered) -> list[dict[str, Any]]:
    """Return an entry of a decide node for each agent, with `finish` when its expression holds."""
    entries = [
        {
            "outlet": member.node,
            "description": f"{member.name}. {about(member)}".strip()[:2000],
            "keywords": [*member.agent.capabilities],
            **({"when": when} if (when := open(member)) else {}),
        }
        for member in team.members
    ]
    if finish:
        entries.append(
            {
                "outlet": FINISH,
                "description": "The request is answered: nothing is left to do.",
                "when": finish,
            }
        )
    return entries


def strategy(team: Team, instructions: str) -> dict[str, Any]:
    """Return how a decide node decides, by the supervisor's settings."""
    chosen = STRATEGIES[team.supervisor.decision_strategy]
    fallback = {"fallback": team.fallback} if team.fallback else {}
    if chosen != "model":
        return {"strategy": chosen, **fallback}
    return {**model(team), **fallback, "instructions": supervising(team, instructions)}
