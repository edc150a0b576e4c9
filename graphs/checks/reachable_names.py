"""Reachable names: finds look-ups of nodes whose output can never be seen from where they are read."""

from collections.abc import Callable, Iterator, Mapping

from graphs.document.topology import Topology
from graphs.expressions import Expression
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import Template
from graphs.expressions.templates import parse as parse_template
from graphs.values.findings import Finding, shown

__all__ = ["unreachable_names"]


def unreachable_names(shape: Topology) -> Iterator[Finding]:
    """Warn of each look-up of a node in a body from outside of it; all sources must parse by now.

    Pointers are relative to the node.
    """
    places = {id: (region.container, region.outlet) for region in shape.regions for id in region.steps}
    if len(shape.regions) == 1:
        return
    for id, node in shape.nodes.items():
        around, inner = {places[id]}, id
        while inner := places[inner][0]:
            around.add(places[inner])
        readers: tuple[tuple[Mapping[str, str], Callable[[str], Template | Expression]], ...] = (
            (node.templates(), parse_template),
            (node.expressions(), parse_expression),
        )
        for sources, parse in readers:
            for field, source in sources.items():
                for path in parse(source).paths:
                    if path[0] != "nodes" or len(path) < 2 or path[1] not in places:
                        continue
                    if (found := places[path[1]]) not in around:
                        yield _hidden(id, field, path[1], found[0])


def _hidden(id: str, field: str, looked_up: str, container: str) -> Finding:
    return Finding(
        code="hidden_reference",
        message=f"Node {shown(id)}, field '{field}': it looks up the output of node {shown(looked_up)}, "
        f"which is only seen inside the body of {shown(container)}. Look up {shown(container)} instead: its "
        "output is what its bodies gave.",
        node=id,
        severity="warning",
        pointer="/data",
    )
