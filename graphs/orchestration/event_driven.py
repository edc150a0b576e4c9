"""Event driven: agents wake by kinds of events and emit others, until none is left that wakes anybody."""

from collections.abc import Iterator

from graphs.document.flow import GraphDefinition
from graphs.orchestration.drawing import Drawing, Way
from graphs.orchestration.graph_fragments import agent, aggregation, begun, ended, model, supervisor_agent
from graphs.orchestration.orchestration_type import Kind, PlanStep
from graphs.orchestration.prompts import plain, quoted, reading, sections, supervising
from graphs.orchestration.team import Member, Team
from graphs.values.findings import Finding, shown

__all__ = ["KIND"]

START = "start"
"""The kind of the first event, where the input has no ``event``."""

FAILED = "agent.failed"
"""The kind of the event that an agent failed."""

WAITING = "default(nodes.queue.waiting, nodes.opening)"

HAPPENED = """{name} has worked on an event. Say which of these events its answer stands for: choose those \
that really happened, by the answer alone."""


def build(team: Team) -> GraphDefinition:
    """Return a loop that takes one event at a time, wakes who subscribes to it and queues what they emit."""
    drawing = Drawing()
    opening = f"[{{kind: string(default(input.event, '{START}')), from: 'request', answer: nodes.request}}]"
    drawing.node("opening", "transform", "First event", begun(drawing), expression=opening)
    drawing.node(
        "turns",
        "loop",
        "Events",
        (("opening", None),),
        max_iterations=team.supervisor.max_iterations,
        keep_outputs=True,
        **{"while": f"length({WAITING}) > 0"},
    )
    event = drawing.node("event", "transform", "Event", (("turns", "body"),), expression=f"first({WAITING})")
    done: list[Way] = [*event]
    failed: list[Way] = []
    for member in team.members:
        answered, _ = agent(
            drawing,
            team,
            member,
            event,
            prompt=reading(
                member,
                "The event that wakes you, {{ nodes.event.kind }} from {{ nodes.event.from }}:\n"
                "{{ nodes.event.answer }}",
                "Do your part.",
            ),
            condition=_wakes(member),
            failing=True,
        )
        if _chosen(member):
            answered = _drawn_choice(drawing, team, member, answered)
        done += answered
        failed.append((member.node, "error"))
    done += drawing.node("failed", "template", "Failed", failed, template="Failed: {{ arrived }}")
    drawing.node("turn", "merge", "Answers to the event", done, mode="object")
    emitted = {member.node: _events(team, member) for member in team.members}
    emitted["failed"] = _queued(team, FAILED, "failed", "nodes.failed", "'failed' in nodes.turn")
    drawing.node("emitted", "transform", "New events", (("turn", None),), expression=emitted)
    waiting = " + ".join([f"slice({WAITING}, 1)", *(f"nodes.emitted['{node}']" for node in emitted)])
    queue = {"waiting": waiting, "turn": "nodes.turn"}
    drawing.lead(
        drawing.node("queue", "transform", "Events that wait", (("emitted", None),), expression=queue),
        "turns",
    )
    ways: tuple[Way, ...] = (("turns", "done"),)
    if aggregation(team, "object") == "object":
        log = "{turns: pluck(nodes.turns, 'turn'), waiting: nodes.queue.waiting}"
        return _finished(drawing, ways, log)
    together = sections(team, {member.node: member.node for member in team.members})
    ways = drawing.node("answers", "transform", "All answers", ways, expression=together)
    if aggregation(team, "") == "model":
        ways = supervisor_agent(
            drawing,
            team,
            ways,
            id="answer",
            label="Answer",
            task="Agents have worked on what followed from a request. Answer the request from what they said "
            "last, completely and in your own words.",
            prompt="The request:\n{{ nodes.request }}\n\nWhat the agents said:\n{{ nodes.answers }}",
        )
    return _finished(drawing, ways, "")


def _finished(drawing: Drawing, ways: tuple[Way, ...], expression: str) -> GraphDefinition:
    ended(drawing, ways, expression)
    return drawing.definition()


def _subscriptions(member: Member) -> list[str]:
    """Return the kinds that wake an agent: what it depends on wakes it too."""
    done = [f"{node}.completed" for node in member.after]
    return [*member.agent.subscribes_to, *done] or [START]


def _wakes(member: Member) -> str:
    """Return an expression that says whether the event wakes an agent."""
    exact = [kind for kind in _subscriptions(member) if not kind.endswith("*")]
    terms = [f"nodes.event.kind in [{', '.join(map(quoted, exact))}]"] if exact else []
    for kind in _subscriptions(member):
        if kind.endswith(".*"):
            terms.append(f"starts_with(nodes.event.kind, {quoted(kind[:-1])})")
        elif kind == "*":
            terms.append("true")
    return " or ".join(terms)


def _heard(team: Team, kind: str) -> bool:
    return any(
        wanted in (kind, "*") or (wanted.endswith(".*") and kind.startswith(wanted[:-1]))
        for member in team.members
        for wanted in _subscriptions(member)
    )


def _chosen(member: Member) -> bool:
    """Say whether a model has to say which of an agent's events happened."""
    return len(member.agent.emits) > 1


def _drawn_choice(drawing: Drawing, team: Team, member: Member, ways: tuple[Way, ...]) -> tuple[Way, ...]:
    name = member.name
    return drawing.node(
        f"{member.node}.emits",
        "decide",
        f"What happened at {name}?",
        ways,
        choices=[{"outlet": kind} for kind in member.agent.emits],
        several=True,
        **model(team),
        instructions=supervising(team, plain(HAPPENED.format(name=name))),
        prompt="The event was {{ nodes.event.kind }}.\n\n"
        f'{plain(name)} answered:\n{{{{ nodes["{member.node}"] }}}}',
    )


def _events(team: Team, member: Member) -> str:
    """Return an expression of the events that an agent emitted in this turn and that wake somebody."""
    node = member.node
    last = f"{node}.emits" if _chosen(member) else f"{node}.set" if member.agent.output_mapping else node
    worked, answer = f"'{last}' in nodes.turn", f"nodes['{node}']"
    queued = [_queued(team, f"{node}.completed", node, answer, worked)]
    for kind in member.agent.emits:
        happened = (
            f"{worked} and {quoted(kind)} in nodes['{node}.emits'].choices" if _chosen(member) else worked
        )
        queued.append(_queued(team, kind, node, answer, happened))
    return " + ".join(queued)


def _queued(team: Team, kind: str, node: str, answer: str, happened: str) -> str:
    if not _heard(team, kind):
        return "[]"
    return f"([{{kind: {quoted(kind)}, from: '{node}', answer: {answer}}}] if {happened} else [])"


def explain(team: Team) -> list[PlanStep]:
    """Return the one step, with its turns, and what it ends with."""
    wakes = "; ".join(
        f"{member.name} starts at {', '.join(_subscriptions(member))}"
        + (f" and emits {', '.join(member.agent.emits)}" if member.agent.emits else "")
        for member in team.members
    )
    most = team.supervisor.max_iterations
    return [
        PlanStep(
            title="Event",
            agents=[member.name for member in team.members],
            mode="several_of",
            turns=most,
            explanation=f"The first event is input.event, or '{START}'. Each event starts the agents that "
            f"subscribe to it, in parallel. {wakes}. The run ends when no event is left that starts an "
            "agent, "
            f"or after {most} events.",
        )
    ]


def _findings(team: Team) -> Iterator[Finding]:
    for member in team.members:
        for kind in member.agent.emits:
            if kind.endswith("*"):
                yield Finding(
                    code="bad_event",
                    message=f"Agent {shown(member.name)} emits {shown(kind)}: write the full name of the "
                    "event.",
                    node=member.node,
                    pointer="/agents",
                )
            elif not _heard(team, kind):
                yield Finding(
                    code="unheard_event",
                    message=f"No agent subscribes to {shown(kind)}, which agent {shown(member.name)} emits.",
                    node=member.node,
                    severity="warning",
                    pointer="/agents",
                )


def _calls(team: Team) -> int:
    each = sum(1 + _chosen(member) for member in team.members)
    return team.supervisor.max_iterations * each + (aggregation(team, "") == "model")


KIND = Kind(
    name="event_driven",
    summary="Agents subscribe to events. The events that they emit start other agents, until no event is "
    "left.",
    when="steps follow from events, and you want to add agents without changing the others.",
    build=build,
    explain=explain,
    calls=_calls,
    findings=lambda team: list(_findings(team)),
    unused=frozenset({"parallel_group"}),
)
