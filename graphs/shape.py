"""Shape: which edges lead forward and which back into a loop, and how many steps a run can take."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from graphs.findings import Finding, shown
from graphs.flow import Edge, Step
from graphs.links import Link, reach, resolve
from graphs.loops import body_findings, body_of
from graphs.node import Node

__all__ = ["MAX_STEPS", "Shape", "survey", "too_long"]

MAX_BODIES = 50_000
"""Steps in all bodies together, each counted for every loop around it: checking stays quick."""

MAX_STEPS = 1_000
"""Supersteps that a run may take at the worst."""


class Shape(Struct, frozen=True, kw_only=True):
    """A flow's structure, with ids of steps as keys and everything in the document's order."""

    start: str
    nodes: dict[str, Node]
    outgoing: dict[str, tuple[Link, ...]]
    forward: dict[str, tuple[Link, ...]]
    """Incoming links that do not lead back; more than one make a step a join."""
    back: dict[str, tuple[Link, ...]]
    """Of each loop, the links by which its body comes back."""
    enclosing: dict[str, str]
    """Of each step in a loop's body, the innermost such loop."""
    steps: int
    """The most supersteps that a run can take."""
    costs: dict[str, int]
    """Of each loop, how many supersteps one entry can take."""


def survey(steps: Sequence[Step], edges: Sequence[Edge]) -> tuple[Shape | None, list[Finding]]:
    """Return the shape of a flow with what is wrong with it; None where errors leave it without one.

    Ids must be unique by now. Pointers of the findings are relative to the edge that they name.
    """
    nodes = {step.id: step.node for step in steps}
    links, findings = resolve(nodes, edges)
    findings += _terminals(nodes)
    if findings:
        return None, findings
    outgoing: dict[str, list[Link]] = {id: [] for id in nodes}
    incoming: dict[str, list[Link]] = {id: [] for id in nodes}
    for link in links:
        outgoing[link.source].append(link)
        incoming[link.target].append(link)
    start = next(id for id, node in nodes.items() if node.starts)
    findings += _unreachable(nodes, outgoing, start)
    bodies: dict[str, dict[str, None]] = {}
    for id, node in nodes.items():
        if node.loops:
            bodies[id] = body_of(id, outgoing)
            if sum(map(len, bodies.values())) > MAX_BODIES:
                return None, [_entangled(id)]
    for loop, body in bodies.items():
        findings += islice(body_findings(loop, body, outgoing, incoming), 20)
    back = {loop: tuple(link for link in incoming[loop] if link.source in bodies[loop]) for loop in bodies}
    forward = {
        id: tuple(link for link in coming if id not in bodies or link.source not in bodies[id])
        for id, coming in incoming.items()
    }
    order, cycle = _order(forward, outgoing, back)
    if cycle:
        findings.append(_cycle_finding(cycle, nodes))
    if findings:
        return None, findings
    inside_out = sorted(bodies, key=lambda loop: len(bodies[loop]))
    enclosing: dict[str, str] = {}
    for loop in inside_out:
        for id in bodies[loop]:
            enclosing.setdefault(id, loop)
    longest, costs = _longest(order, nodes, forward, enclosing, inside_out)
    shape = Shape(
        start=start,
        nodes=nodes,
        outgoing={id: tuple(leaving) for id, leaving in outgoing.items()},
        forward=forward,
        back=back,
        enclosing=enclosing,
        steps=longest,
        costs=costs,
    )
    return shape, [*_loose_outlets(shape)]


def too_long(shape: Shape, max_steps: int) -> Finding:
    """Return the finding that a run can take more supersteps than allowed."""
    costly = sorted(shape.costs, key=lambda loop: -shape.costs[loop])[:3]
    advice = (
        "Lower max_iterations of "
        + " or ".join(f"loop {shown(loop)} ({_number(shape.costs[loop])} steps)" for loop in costly)
        + "."
        if costly
        else "Make the longest way through it shorter."
    )
    return Finding(
        code="too_many_steps",
        message=f"A run of this flow can take {_number(shape.steps)} steps; "
        f"at most {max_steps:,} are allowed. {advice}",
        node=costly[0] if costly else None,
    )


def _entangled(loop: str) -> Finding:
    return Finding(
        code="too_large",
        message=f"The bodies of the loops up to {shown(loop)} have over {MAX_BODIES:,} nodes, each counted "
        "for every loop around it. Nest loops less deeply, and lead each body back to its own loop.",
        node=loop,
    )


def _terminals(nodes: Mapping[str, Node]) -> Iterator[Finding]:
    starts = [id for id, node in nodes.items() if node.starts]
    if not starts:
        yield Finding(code="no_start", message="The flow has no start node. Add one: a run enters by it.")
    for extra in starts[1:]:
        yield Finding(
            code="several_starts",
            message=f"Node {shown(extra)} is one more start beside {shown(starts[0])}; a flow has "
            "exactly one. Remove one of them.",
            node=extra,
        )
    if not any(node.ends for node in nodes.values()):
        yield Finding(code="no_end", message="The flow has no end node. Add one: its output is the run's.")


def _unreachable(
    nodes: Mapping[str, Node], outgoing: Mapping[str, Sequence[Link]], start: str
) -> Iterator[Finding]:
    reached = reach(outgoing, [start])
    for id in nodes:
        if id not in reached:
            yield Finding(
                code="unreachable",
                message=f"Node {shown(id)} cannot be reached from the start. Lead to it or remove it.",
                node=id,
            )
    if not any(nodes[id].ends for id in reached):
        yield Finding(
            code="no_end",
            message=f"No end can be reached from start {shown(start)}. Lead the flow to an end node.",
            node=start,
        )


def _order(
    forward: Mapping[str, Sequence[Link]],
    outgoing: Mapping[str, Sequence[Link]],
    back: Mapping[str, Sequence[Link]],
) -> tuple[list[str], list[str]]:
    """Return the steps in an order in which links lead forward, and a cycle if there is one."""
    missing = {id: len(links) for id, links in forward.items()}
    behind = {link.edge for links in back.values() for link in links}
    order = [id for id, count in missing.items() if count == 0]
    for id in order:  # grows while it is walked
        for link in outgoing[id]:
            if link.edge not in behind:
                missing[link.target] -= 1
                if missing[link.target] == 0:
                    order.append(link.target)
    if len(order) == len(missing):
        return order, []
    # Each of the others waits for one of the others: walking backwards among them must come round.
    placed = set(order)
    here = next(id for id in missing if id not in placed)
    seen: dict[str, None] = {}
    while here not in seen:
        seen[here] = None
        here = next(link.source for link in forward[here] if link.source not in placed)
    walked = list(seen)
    cycle = walked[walked.index(here) :][::-1]
    first = cycle.index(min(cycle, key=list(missing).index))
    return order, cycle[first:] + cycle[:first]


def _cycle_finding(cycle: Sequence[str], nodes: Mapping[str, Node]) -> Finding:
    path = " → ".join(
        [*(shown(id) for id in cycle[:10]), *(["…"] if len(cycle) > 10 else []), shown(cycle[0])]
    )
    loop = next((id for id in cycle if nodes[id].loops), None)
    advice = (
        "Only a loop node can repeat: put one in, with the others between its 'body' outlet and itself."
        if loop is None
        else f"The way back to loop {shown(loop)} must begin at its 'body' outlet."
    )
    return Finding(code="cycle", message=f"These nodes lead in a circle: {path}. {advice}", node=cycle[0])


def _loose_outlets(shape: Shape) -> Iterator[Finding]:
    for id, node in shape.nodes.items():
        used = {link.outlet for link in shape.outgoing[id]}
        for outlet in node.outlets():
            if outlet not in used:
                loop = shape.enclosing.get(id)
                ends = f"a turn of loop {shown(loop)}" if loop else "a run"
                then = "" if loop else " without an output"
                yield Finding(
                    code="loose_outlet",
                    message=f"Outlet {shown(outlet)} of node {shown(id)} leads nowhere: {ends} that leaves "
                    f"by it ends there{then}. Lead it on if that is not meant.",
                    node=id,
                    severity="warning",
                )


def _longest(
    order: Sequence[str],
    nodes: Mapping[str, Node],
    forward: Mapping[str, Sequence[Link]],
    enclosing: Mapping[str, str],
    inside_out: Sequence[str],
) -> tuple[int, dict[str, int]]:
    """Return the longest way through the flow in supersteps, and that of each loop by itself.

    A step settles one superstep after the last step that leads to it, whether it runs or is skipped. A loop
    runs once more than its body, so ``turns`` of a body of ``n`` supersteps cost ``1 + turns * (n + 1)``.
    """
    levels: dict[str, list[str]] = {"": [], **{loop: [] for loop in inside_out}}
    for id in order:
        levels[enclosing.get(id, "")].append(id)
    costs: dict[str, int] = {}

    def length(level: str) -> int:
        settled: dict[str, int] = {}
        for id in levels[level]:
            before = max((settled.get(link.source, 0) for link in forward[id]), default=0)
            settled[id] = before + costs.get(id, 1)
        return max(settled.values(), default=0)

    for loop in inside_out:
        costs[loop] = 1 + nodes[loop].turns() * (length(loop) + 1)
    return length(""), costs


def _number(steps: int) -> str:
    return f"{steps:,}" if steps < 10**12 else "more than a trillion"
