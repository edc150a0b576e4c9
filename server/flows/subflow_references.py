"""Sub-flows as the API checks them: which flows a document calls, whether they are there, and circles."""

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphs.analysis.chatflow import definition_of
from graphs.document.called_flows import called_flows
from graphs.values.findings import Finding, FlowError, shown
from persistence.library.flows import Flows

if TYPE_CHECKING:
    from graphs.tools import ToolKinds

__all__ = ["subflow_findings"]

MOST = 200
"""Flows that are looked at for one document."""


async def subflow_findings(
    flows: Flows,
    workspace: str,
    document: dict[str, Any],
    flow_id: str = "",
    *,
    tools: "ToolKinds | None" = None,
) -> list[Finding]:
    """Return findings about the flows that a document calls: those that are not there, and circles.

    A circle that each run goes through is an error, any other a warning.

    Args:
        flows: Where they are looked up.
        workspace: Whose flows count.
        document: The flow that calls.
        flow_id: Its own id; empty for one that has none yet.
        tools: The tools that there are.
    """
    found: list[Finding] = []
    ways: list[list[str]] = []
    for node, id, pointer, _ in _calls(document):
        if id != flow_id and await flows.get(workspace, id) is None:
            message = (
                f"Node {shown(node)}: there is no flow {shown(id)} in this workspace, so the node will fail. "
                "Name one that is there."
            )
            found.append(_warning("unknown_subflow", message, node, pointer))
        else:
            ways.append([id, node, pointer])
    documents: dict[str, Mapping[str, Any]] = {flow_id: document}
    endless: bool | None = None
    for id, node, pointer in ways:
        if flow_id and (way := await _way_back(flows, workspace, id, flow_id, documents)):
            circle = " → ".join(shown(one) for one in [flow_id, *way])
            if endless is None:
                endless = await asyncio.to_thread(_is_endless, flow_id, documents, tools)
            if endless:
                message = (
                    f"Node {shown(node)} begins a circle of flows that call each other in every run: "
                    f"{circle}. No run would end. Put a condition before one of these calls, with an outlet "
                    "that does not lead to one."
                )
                found.append(Finding(code="endless_subflows", message=message, node=node, pointer=pointer))
                continue
            message = (
                f"Node {shown(node)} begins a circle of flows that call each other: {circle}. A run ends "
                "with an error where they lie deeper in one another than max_depth allows; see that one of "
                "them does not always call the next."
            )
            found.append(_warning("subflow_circle", message, node, pointer))
    return found


async def _way_back(
    flows: Flows, workspace: str, id: str, home: str, documents: dict[str, Mapping[str, Any]]
) -> list[str]:
    """Return the flows on a way of calls from one flow to another, both included; empty if there is none.

    Those that are looked at are added to `documents`.
    """
    seen: set[str] = set()
    waiting = [[id]]
    for way in waiting:  # grows while it is walked
        if way[-1] == home:
            return way
        if way[-1] in seen or len(seen) >= MOST:
            continue
        seen.add(way[-1])
        if way[-1] not in documents:
            row = await flows.get(workspace, way[-1])
            documents[way[-1]] = {} if row is None else row.document
        waiting += [[*way, called] for _, called, _, _ in _calls(documents[way[-1]])]
    return []


def _is_endless(home: str, documents: Mapping[str, Mapping[str, Any]], tools: "ToolKinds | None") -> bool:
    """Say whether each run of a flow calls one that in each run calls one … that never ends.

    At first all flows are suspected; one whose runs can do without calling a suspected one is not.
    """
    from graphs.checks.certain_nodes import comes_to
    from graphs.checks.check import read_flow
    from graphs.document.topology import survey

    called: dict[str, dict[str, str]] = {
        id: {node: other for node, other, _, certain in _calls(document) if certain}
        for id, document in documents.items()
    }
    shapes: dict[str, Any] = {}
    for id, document in documents.items():
        try:
            flow = read_flow(
                definition_of(document), name=id, type="agentflow", max_steps=sys.maxsize, tools=tools
            )
        except FlowError:
            continue  # it cannot run at all
        shapes[id], _ = survey(flow.steps, flow.edges)
    suspected = {id for id, shape in shapes.items() if shape is not None}
    while True:
        free = {
            id
            for id in suspected
            if not comes_to(shapes[id], [node for node, other in called[id].items() if other in suspected])
        }
        if not free:
            return home in suspected
        suspected -= free


def _calls(document: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return each place of a document that names a flow.

    It has the node's id, the flow's id, a pointer, and whether each run of the node calls the flow.
    """
    prefix = "/graph_definition" if document.get("graph_definition") else ""
    try:
        nodes = definition_of(document).nodes
    except FlowError:
        return []
    return [
        (
            node.id,
            called.flow_id,
            f"{prefix}/nodes/{index}/data{called.pointer}" if prefix else "",
            called.is_certain,
        )
        for index, node in enumerate(nodes)
        for called in called_flows(node.type, node.data)
    ]


def _warning(code: str, message: str, node: str, pointer: str) -> Finding:
    return Finding(code=code, message=message, node=node, pointer=pointer, severity="warning")
