"""Missing outputs: look-ups of nodes that a run may have skipped, or not waited for, when they are read."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from graphs.checks.certain_nodes import certain_nodes
from graphs.checks.field_lookups import Lookup, field_finding, written
from graphs.document.edges import Link, reach
from graphs.document.topology import Topology
from graphs.values.findings import Finding, shown

__all__ = ["missing_outputs"]

_MOST, _MOST_READ = 50, 200
"""Findings of one flow, and nodes that are read whose branches are followed for them."""

_Known = frozenset[str | tuple[str, str]]
"""Nodes that have run, and outlets that they have left by."""


def missing_outputs(shape: Topology, looked_up: Mapping[str, Sequence[Lookup]]) -> Iterator[Finding]:
    """Warn of look-ups without a default whose node may not have run by then.

    Nodes in bodies count as run where their container has: an empty list is seldom meant. Pointers are
    relative to the node.
    """
    read = {
        id: [
            one
            for one in found
            if one.certain and one.path[0] == "nodes" and len(one.path) > 1 and one.path[1] in shape.nodes
        ]
        for id, found in looked_up.items()
        if shape.nodes[id].on_error == "fail"
    }
    read = {id: found for id, found in read.items() if found}
    if not read:
        return
    known = _known(shape)
    forward = _forward(shape)
    behind: dict[str, Collection[str]] = {}
    leading: dict[str, Collection[str]] = {}
    told = 0
    for id, found in read.items():
        for field, path, _ in found:
            other = path[1]
            if told >= _MOST or other == id:
                continue
            if other not in behind:
                if len(behind) >= _MOST_READ:
                    return
                behind[other] = reach(forward, [other])
            if id in behind[other]:
                if other not in known[id] and other not in leading:
                    leading[other] = certain_nodes(shape, [other])
                if other not in known[id] and known[id].isdisjoint(leading[other]):
                    told += 1
                    yield field_finding(
                        "may_be_skipped",
                        id,
                        field,
                        f"it looks up the output of node {shown(other)}, which is skipped where the run "
                        f"takes another branch. Write default({written(path)}, …) with the value for then.",
                    )
            elif other not in reach(forward, [id]) and _apart(shape, id, other):
                told += 1
                yield field_finding(
                    "not_waited_for",
                    id,
                    field,
                    f"it looks up the output of node {shown(other)}, and no edges lead from there to "
                    f"{shown(id)}: when it runs, the output may not be there. Lead an edge from "
                    f"{shown(other)} to it.",
                )


def _forward(shape: Topology) -> dict[str, list[Link]]:
    forward: dict[str, list[Link]] = {id: [] for id in shape.nodes}
    for links in shape.forward.values():
        for link in links:
            forward[link.source].append(link)
    return forward


def _apart(shape: Topology, id: str, other: str) -> bool:
    """Say whether two nodes lie in the same body of no loop: in a loop the last turn's output is seen."""
    around = {one: shape.enclosing.get(one) for one in (id, other)}
    places = {one: (region.container, region.outlet) for region in shape.regions for one in region.steps}
    return around[id] is None and around[other] is None and places[id] == places[other]


def _known(shape: Topology) -> dict[str, _Known]:
    """Return of each node what has happened in each run in which it runs."""
    known: dict[str, _Known] = {}
    waiting = dict.fromkeys(shape.nodes)
    missing = {id: len(links) for id, links in shape.forward.items()}
    ready = [id for id, count in missing.items() if count == 0]
    forward = _forward(shape)
    while ready:
        id = ready.pop()
        del waiting[id]
        ways = [_grown(shape, known[link.source], [(link.source, link.outlet)]) for link in shape.forward[id]]
        known[id] = _grown(shape, frozenset.intersection(*ways) if ways else frozenset(), [id])
        for link in forward[id]:
            missing[link.target] -= 1
            if not missing[link.target]:
                ready.append(link.target)
    return known


def _grown(shape: Topology, known: _Known, more: Sequence[str | tuple[str, str]]) -> _Known:
    """Return what is known with more facts and what follows from them."""
    found = {*known}
    waiting = [one for one in more if one not in found]
    found.update(waiting)
    while waiting:
        fact = waiting.pop()
        if isinstance(fact, tuple):
            follows: list[str | tuple[str, str]] = [
                fact[0],
                *(
                    link.target
                    for link in shape.outgoing[fact[0]]
                    if link.outlet == fact[1] and link not in shape.back.get(link.target, ())
                ),
            ]
        else:
            node = shape.nodes[fact]
            bodies = node.bodies()
            chosen = [outlet for outlet in node.ways_out() if outlet not in bodies]
            taken = [*bodies, *(chosen if len(chosen) == 1 else ())]
            follows = [(fact, outlet) for outlet in taken]
        for one in follows:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return frozenset(found)
