"""Sub-flows as the API checks them: which flows a document calls, whether they are there, and circles."""

from typing import Any

from graphs.analysis.chatflow import definition_of
from graphs.values.findings import Finding, FlowError, shown
from persistence.library.flows import Flows

__all__ = ["subflow_findings"]

MOST = 200
"""Flows that are looked at for one document."""


async def subflow_findings(
    flows: Flows, workspace: str, document: dict[str, Any], flow_id: str = ""
) -> list[Finding]:
    """Return warnings about the flows that a document calls: those that are not there, and circles.

    Args:
        flows: Where they are looked up.
        workspace: Whose flows count.
        document: The flow that calls.
        flow_id: Its own id; empty for one that has none yet.
    """
    found: list[Finding] = []
    ways: list[list[str]] = []
    for node, id, pointer in _calls(document):
        if id != flow_id and await flows.get(workspace, id) is None:
            message = (
                f"Node {shown(node)}: there is no flow {shown(id)} in this workspace, so the node will fail. "
                "Name one that is there."
            )
            found.append(_warning("unknown_subflow", message, node, pointer))
        else:
            ways.append([id, node, pointer])
    for id, node, pointer in ways:
        if flow_id and (way := await _way_back(flows, workspace, id, flow_id)):
            circle = " → ".join(shown(one) for one in [flow_id, *way])
            message = (
                f"Node {shown(node)} begins a circle of flows that call each other: {circle}. A run ends "
                "with an error where they lie deeper in one another than max_depth allows; see that one of "
                "them does not always call the next."
            )
            found.append(_warning("subflow_circle", message, node, pointer))
    return found


async def _way_back(flows: Flows, workspace: str, id: str, home: str) -> list[str]:
    """Return the flows on a way of calls from one flow to another, both included; empty if there is none."""
    seen: set[str] = set()
    waiting = [[id]]
    for way in waiting:  # grows while it is walked
        if way[-1] == home:
            return way
        if way[-1] in seen or len(seen) >= MOST:
            continue
        seen.add(way[-1])
        row = await flows.get(workspace, way[-1])
        if row is not None:
            waiting += [[*way, called] for _, called, _ in _calls(row.document)]
    return []


def _calls(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return node id, flow id and pointer of each sub-flow node in a document."""
    if not document.get("graph_definition"):
        return []
    try:
        nodes = definition_of(document).nodes
    except FlowError:
        return []
    return [
        (node.id, node.data["flow_id"], f"/graph_definition/nodes/{index}/data/flow_id")
        for index, node in enumerate(nodes)
        if node.type == "subflow" and isinstance(node.data.get("flow_id"), str) and node.data["flow_id"]
    ]


def _warning(code: str, message: str, node: str, pointer: str) -> Finding:
    return Finding(code=code, message=message, node=node, pointer=pointer, severity="warning")
