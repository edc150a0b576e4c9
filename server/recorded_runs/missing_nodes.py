"""Missing nodes: whether a version of a flow has what a run that goes on needs."""

from typing import Any

import msgspec

from graphs.document.flow import Flow
from graphs.values.events import Event
from persistence.library.flows import FlowRow
from persistence.runs.executions import ExecutionRow
from server.compilation.compiled_flows import FlowGone
from server.compilation.langgraph_engine import Engine
from server.http.problems import Fault, Problem

__all__ = ["refuse_gone"]


async def refuse_gone(
    engine: Engine,
    row: ExecutionRow,
    flow: FlowRow | None,
    document: dict[str, Any] | None,
    nodes: list[tuple[str, str]],
    events: list[Event],
) -> None:
    """Refuse a version of the flow that lacks a node from which the run goes on, or one that it reads.

    Raises:
        Problem: 409 with the names.
    """
    if flow is None:
        return
    changed = msgspec.structs.replace(
        row, document=document or flow.document, options={**row.options, "pins": None}
    )
    there = {step.id for step in (await engine.compiled.flow(changed)).steps}
    try:
        old = await engine.compiled.flow(row)
    except FlowGone:
        old = None
    ran = {event.node for event in events if event.type == "node.completed"}
    own = {step.id for step in old.steps} if old is not None else set[str]()
    wanted: dict[str, None] = {}
    for path, node in nodes:
        place = path.split("/")[0].partition("[")[0] if path else node
        wanted |= dict.fromkeys(one for one in (place, node) if one in own or not path)
        if old is not None:
            wanted |= dict.fromkeys(sorted(_reads(old, node) & ran))
    gone = [one for one in wanted if one not in there]
    if gone:
        names = ", ".join(f"'{one}'" for one in gone)
        raise Problem(
            409,
            "nodes_gone",
            f"The chosen version of the flow has no node {names}, from which the run goes on or which it "
            "reads. Choose another version, or leave flow_version out.",
            errors=[Fault(f"It has no node '{one}'.", pointer="/flow_version") for one in gone],
        )


def _reads(flow: Flow, node: str) -> set[str]:
    """Return the nodes whose outputs a node reads."""
    from graphs import expressions
    from graphs.expressions import templates

    step = next((one for one in flow.steps if one.id == node), None)
    if step is None:
        return set()
    paths = [path for source in step.node.templates().values() for path in templates.parse(source).paths]
    paths += [path for source in step.node.expressions().values() for path in expressions.parse(source).paths]
    read = {str(path[1]) for path in map(tuple, paths) if len(path) > 1 and path[0] == "nodes"}
    if step.node.reads_arrived():
        read |= {edge.source for edge in flow.edges if edge.target == node}
    return read
