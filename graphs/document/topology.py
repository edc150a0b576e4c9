"""Topology: which edges lead forward and which back, and how many steps a run can take."""

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice

from msgspec import Struct

from graphs.document.containers import Body, body_findings, body_of, innermost, kind, nesting_findings
from graphs.document.edges import Link, reach, resolve
from graphs.document.flow import Edge, Step
from graphs.document.regions import Region, lengths_of, regions_of
from graphs.node.node import Node
from graphs.values.findings import Finding, shown

__all__ = ["MAX_STEPS", "Topology", "may_run_together", "survey", "too_long"]

MAX_BODIES = 50_000
"""Steps in all bodies together, each counted for every container around it: checking stays quick."""

MAX_STEPS = 10_000
"""Supersteps that a run may take at the worst."""


class Topology(Struct, frozen=True, kw_only=True):
    """A flow's structure, with ids of steps as keys and everything in the document's order."""

    start: str
    nodes: dict[str, Node]
    outgoing: dict[str, tuple[Link, ...]]
    forward: dict[str, tuple[Link, ...]]
    """Incoming links that do not lead back; more than one make a step a join."""
    back: dict[str, tuple[Link, ...]]
    """Of each loop and container, the links by which its bodies come back."""
    enclosing: dict[str, str]
    """Of each step in a loop's body, the innermost such loop of the same region."""
    regions: tuple[Region, ...]
    """The flow itself first."""
    steps: int
    """The most supersteps that a run can take, where all passes through a container run side by side."""
    costs: dict[str, int]
    """Of each loop, how many supersteps one entry can take."""
    ranks: dict[str, int]
    """The steps in the order in which they are met from the start on, edge by edge."""
    inside: dict[str, tuple[str, ...]]
    """Of each loop the steps in its body, those of the bodies in it included."""


def survey(steps: Sequence[Step], edges: Sequence[Edge]) -> tuple[Topology | None, list[Finding]]:
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
    bodies: list[Body] = []
    for id, node in nodes.items():
        for outlet in node.bodies():
            bodies.append(body_of(id, outlet, outgoing))
            if sum(len(body.inside) for body in bodies) > MAX_BODIES:
                return None, [_entangled(id)]
    for body in bodies:
        findings += islice(body_findings(body, nodes, outgoing, incoming), 20)
    back = {
        body.container: tuple(
            link
            for link in incoming[body.container]
            if any(link.source in one.inside for one in bodies if one.container == body.container)
        )
        for body in bodies
    }
    behind = {link.edge for links in back.values() for link in links}
    forward = {
        id: tuple(link for link in coming if link.edge not in behind) for id, coming in incoming.items()
    }
    order, cycle = _order(forward, outgoing, behind)
    if cycle:
        findings.append(_cycle_finding(cycle, nodes))
    if findings:
        return None, findings
    bodies.sort(key=lambda body: len(body.inside))
    inside = innermost(bodies)
    if deep := [*islice(nesting_findings(inside, nodes), 20)]:
        return None, deep
    lengths, costs = lengths_of(order, nodes, forward, inside, bodies)
    shape = Topology(
        start=start,
        nodes=nodes,
        outgoing={id: tuple(leaving) for id, leaving in outgoing.items()},
        forward=forward,
        back=back,
        enclosing={id: body.container for id, body in inside.items() if nodes[body.container].loops},
        regions=regions_of(nodes, inside, outgoing, incoming, lengths),
        steps=lengths["", ""],
        costs={id: cost for id, cost in costs.items() if nodes[id].loops},
        ranks=_ranks(start, nodes, outgoing),
        inside={body.container: tuple(body.inside) for body in bodies if nodes[body.container].loops},
    )
    return shape, [*_loose_outlets(shape, inside)]


def _ranks(start: str, nodes: Mapping[str, Node], outgoing: Mapping[str, Sequence[Link]]) -> dict[str, int]:
    found: dict[str, int] = {}
    waiting = [start]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found[id] = len(found)
            waiting += [link.target for link in reversed(outgoing[id])]
    return {id: found.get(id, len(nodes)) for id in nodes}


def too_long(shape: Topology, max_steps: int) -> Finding:
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


def _entangled(container: str) -> Finding:
    return Finding(
        code="too_large",
        message=f"The bodies of the containers up to {shown(container)} have over {MAX_BODIES:,} nodes, each "
        "counted for every container around it. Nest less deeply, and lead each body back to its own "
        "container.",
        node=container,
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
    behind: Set[str],
) -> tuple[list[str], list[str]]:
    """Return the steps in an order in which links lead forward, and a cycle if there is one."""
    missing = {id: len(links) for id, links in forward.items()}
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
    container = next((id for id in cycle if nodes[id].bodies()), None)
    if container is None:
        advice = (
            "Only a loop node can repeat: put one in, with the others between its 'body' outlet and itself."
        )
    else:
        outlets = " or ".join(shown(outlet) for outlet in nodes[container].bodies()[:5])
        named = f"{kind(nodes[container])} {shown(container)}"
        advice = f"The way back to {named} must begin at its {outlets} outlet."
    return Finding(code="cycle", message=f"These nodes lead in a circle: {path}. {advice}", node=cycle[0])


def _loose_outlets(shape: Topology, inside: Mapping[str, Body]) -> Iterator[Finding]:
    for id, node in shape.nodes.items():
        used = {link.outlet for link in shape.outgoing[id]}
        for outlet in node.ways_out():
            if outlet not in used and outlet not in node.falls_back():
                ends, then = "a run", " without an output"
                if around := inside.get(id):
                    container = shape.nodes[around.container]
                    turn = "a turn of" if container.loops else "a pass through"
                    ends, then = f"{turn} {kind(container)} {shown(around.container)}", ""
                yield Finding(
                    code="loose_outlet",
                    message=f"Outlet {shown(outlet)} of node {shown(id)} leads nowhere: {ends} that leaves "
                    f"by it ends there{then}. Lead it on if that is not meant.",
                    node=id,
                    severity="warning",
                )


def _number(steps: int) -> str:
    return f"{steps:,}" if steps < 10**12 else "more than a trillion"


def may_run_together(shape: Topology, first: str, second: str) -> bool:
    """Say whether two nodes may run side by side: behind one outlet, and neither behind the other."""
    forward: dict[str, list[Link]] = {id: [] for id in shape.nodes}
    for links in shape.forward.values():
        for link in links:
            forward[link.source].append(link)
    if second in reach(forward, [first]) or first in reach(forward, [second]):
        return False
    for id, links in forward.items():
        parallel = shape.nodes[id].frames and len(shape.nodes[id].bodies()) > 1
        groups: dict[str, list[str]] = {}
        for link in links:
            groups.setdefault("" if parallel else link.outlet, []).append(link.target)
        for targets in groups.values():
            if len(targets) < 2:
                continue
            behind = [reach(forward, [target]) for target in targets]
            ones = [place for place, found in enumerate(behind) if first in found]
            others = [place for place, found in enumerate(behind) if second in found]
            if ones and others and (ones != others or len(ones) > 1):
                return True
    return False
