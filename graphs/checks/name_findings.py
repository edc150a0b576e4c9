"""Name findings: what expressions and templates look up and cannot find, and variables that lose updates."""

from collections.abc import Collection, Iterator, Mapping

from graphs.checks.field_lookups import Lookup, field_finding, lookups, meant, written
from graphs.checks.missing_outputs import missing_outputs
from graphs.document.edges import reach
from graphs.document.topology import Topology, may_run_together
from graphs.expressions import UPDATE_NAMES
from graphs.expressions import parse as parse_expression
from graphs.node.variables import VariableDeclaration
from graphs.nodes.start import Start
from graphs.values.findings import Finding, shown

__all__ = ["name_findings"]

_MOST = 50
_OF_A_LOOP = ("index", "item", "count", "parent", "previous", "items", "results")
"""What `loop` has. A node type from elsewhere may give more: only what looks like a slip is told."""


def name_findings(shape: Topology) -> Iterator[Finding]:
    """Warn of look-ups that find nothing and of updates that others overwrite; all sources parse by now.

    Pointers are relative to the node.
    """
    looked_up = {id: [*lookups(node)] for id, node in shape.nodes.items()}
    declared = {one.name: one for node in shape.nodes.values() for one in node.declares()}
    writers: dict[str, list[str]] = {}
    for id, node in shape.nodes.items():
        for name in node.set:
            writers.setdefault(name, []).append(id)
    yield from _unknown_inputs(shape, looked_up)
    yield from _unknown_variables(looked_up, writers, declared)
    yield from _loops_outside(shape, looked_up)
    yield from _read_too_early(shape, looked_up)
    yield from _read_before_a_round(shape, looked_up)
    yield from missing_outputs(shape, looked_up)
    yield from _updates_that_read(shape, declared)
    yield from _side_by_side(shape, writers, declared)


Lookups = Mapping[str, list[Lookup]]


def _unknown_inputs(shape: Topology, looked_up: Lookups) -> Iterator[Finding]:
    start = shape.nodes[shape.start]
    if not isinstance(start, Start) or not start.inputs:
        return
    known = {one.name for one in start.inputs} | {"message"}
    for id, paths in looked_up.items():
        for field, path, _ in paths:
            if path[0] == "input" and len(path) > 1 and path[1] not in known:
                advice = meant(path[1], known) or "Declare it in the start node."
                yield field_finding(
                    "unknown_input",
                    id,
                    field,
                    f"it looks up input {shown(path[1])}, which the start node does not declare. {advice}",
                )


def _unknown_variables(
    looked_up: Lookups, writers: Collection[str], declared: Collection[str]
) -> Iterator[Finding]:
    known = {*writers, *declared}
    for id, paths in looked_up.items():
        for field, path, _ in paths:
            if path[0] != "variables" or len(path) < 2 or path[1] in known:
                continue
            # A run may be given variables that no node sets: only what looks like a slip is told.
            if advice := meant(path[1], known):
                yield field_finding(
                    "unknown_variable",
                    id,
                    field,
                    f"it looks up variable {shown(path[1])}, which nothing sets. {advice}",
                )


def _loops_outside(shape: Topology, looked_up: Lookups) -> Iterator[Finding]:
    inside = {id for region in shape.regions if region.container for id in region.steps}
    inside |= set(shape.enclosing)
    for id, paths in looked_up.items():
        if id in inside or shape.nodes[id].loops:
            for field, path, _ in paths:
                name = path[1] if len(path) > 1 and path[0] == "loop" else ""
                if name and name not in _OF_A_LOOP and (advice := meant(name, _OF_A_LOOP)):
                    message = f"it looks up {shown(name)} in 'loop', which has no such field. {advice}"
                    yield field_finding("unknown_field", id, field, message)
            continue
        for field, path, _ in paths:
            if path[0] == "loop":
                yield field_finding(
                    "loop_outside",
                    id,
                    field,
                    "it looks up 'loop', but the node lies in no body of a loop or an iteration. Move it "
                    "into one, or look up the output of the loop.",
                )
                break


def _read_too_early(shape: Topology, looked_up: Lookups) -> Iterator[Finding]:
    after: dict[str, Collection[str]] = {}
    for id, paths in looked_up.items():
        for field, path, _ in paths:
            if path[0] != "nodes" or len(path) < 2 or path[1] not in shape.nodes or path[1] == id:
                continue
            if path[1] not in after:
                after[path[1]] = reach(shape.outgoing, [link.target for link in shape.outgoing[path[1]]])
            if id not in after[path[1]] and path[1] in reach(shape.outgoing, [id]):
                yield field_finding(
                    "read_too_early",
                    id,
                    field,
                    f"it looks up the output of node {shown(path[1])}, which runs only after it. Look up a "
                    "node before it, or lead the edges the other way round.",
                )


def _read_before_a_round(shape: Topology, looked_up: Lookups) -> Iterator[Finding]:
    """A loop's condition is asked before its first round, when no node of its body has run."""
    around = {id: region.container for region in shape.regions for id in region.steps}
    around |= shape.enclosing
    for id, paths in looked_up.items():
        for field, path, certain in paths:
            if field != "while" or not certain or path[0] != "nodes" or len(path) < 2:
                continue
            inside = around.get(path[1])
            while inside and inside != id:
                inside = around.get(inside)
            if inside == id:
                yield field_finding(
                    "read_before_a_round",
                    id,
                    field,
                    f"it looks up the output of node {shown(path[1])}, which runs only in the body: before "
                    "the first round, nothing is there, and the loop fails. Write "
                    f"default({written(path)}, …) with the value for then.",
                )


def _updates_that_read(shape: Topology, declared: Mapping[str, VariableDeclaration]) -> Iterator[Finding]:
    in_iteration = {
        id
        for region in shape.regions
        if region.container and len(shape.nodes[region.container].bodies()) == 1
        for id in region.steps
        if str(shape.nodes[region.container].__struct_config__.tag) == "iteration"
    }
    for id, node in shape.nodes.items():
        for name, source in node.set.items():
            paths = parse_expression(source, names=UPDATE_NAMES).paths
            reads = any(path[:2] == ("variables", name) for path in paths)
            one = declared.get(name)
            if reads and one is not None and one.reducer != "set":
                yield field_finding(
                    "update_reads_itself",
                    id,
                    f"set.{name}",
                    f"variable {shown(name)} has the reducer '{one.reducer}', and its update reads it: what "
                    "is there would be counted twice. Give only what is new.",
                )
            elif reads and id in in_iteration:
                yield field_finding(
                    "lost_update",
                    id,
                    f"set.{name}",
                    f"each item of the iteration sees variable {shown(name)} as it was before: of their "
                    "updates only the last is kept. Declare it in the start node with a reducer such as "
                    "'append', and give only what is new.",
                )


def _side_by_side(
    shape: Topology, writers: Mapping[str, list[str]], declared: Mapping[str, VariableDeclaration]
) -> Iterator[Finding]:
    told = 0
    for name, ids in writers.items():
        if len(ids) < 2 or (name in declared and declared[name].reducer != "set"):
            continue
        for place, first in enumerate(ids):
            for second in ids[place + 1 :]:
                if told < _MOST and may_run_together(shape, first, second):
                    told += 1
                    yield field_finding(
                        "lost_update",
                        second,
                        f"set.{name}",
                        f"node {shown(first)} may write variable {shown(name)} at the same time, and "
                        "one of both values is lost. Declare the variable in the start node with a "
                        "reducer such as 'append', or set it in one node.",
                    )
