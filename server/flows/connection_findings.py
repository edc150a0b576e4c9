"""Connection findings: warns of connections that a flow names and its workspace does not have."""

from collections.abc import Set as AbstractSet
from typing import Any

from graphs.tools import ToolKinds
from graphs.values.findings import Finding, shown
from server.flows.flow_uses import uses_of_flow

__all__ = ["connection_findings"]


def connection_findings(
    document: dict[str, Any], known: AbstractSet[str], tools: ToolKinds | None = None
) -> list[Finding]:
    """Return a warning for each connection that a run would not find: deleted, or never stored.

    Args:
        document: The flow.
        known: Names of the workspace's connections.
        tools: The tools that there are; None for the built-in ones.
    """
    nodes = (document.get("graph_definition") or {}).get("nodes") or []
    found: list[Finding] = []
    for use in uses_of_flow(document, tools):
        if use.kind != "connection" or use.name in known:
            continue
        node, field = "", ""
        if use.pointer.startswith("/graph_definition/nodes/"):
            _, _, _, index, _, *path = use.pointer.split("/")
            node, field = nodes[int(index)]["id"], "/".join(path)
        place = f"Node {shown(node)}, field '{field}': there" if node else "There"
        found.append(
            Finding(
                code="unknown_connection",
                severity="warning",
                message=f"{place} is no connection {shown(use.name)} here. Store one of this name before it "
                "runs, or name another.",
                node=node or None,
                pointer=use.pointer,
            )
        )
    return found
