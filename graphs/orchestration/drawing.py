"""Drawing: a graph definition that grows node by node, laid out when it is done."""

from collections.abc import Iterable
from typing import Any

from graphs.document.flow import Edge, GraphDefinition, NodeDocument

__all__ = ["Drawing", "Way"]

Way = tuple[str, str | None]
"""A node, and the outlet by which it is left: None where it has only one."""

COLUMN, ROW = 260.0, 130.0
LONGEST = 100
"""Characters of a label."""


class Drawing:
    """Nodes and edges in the order in which they were drawn."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeDocument] = {}
        self._edges: dict[str, Edge] = {}
        self._column: dict[str, int] = {}

    def node(
        self, id: str, type: str, label: str, ways: Iterable[Way] = (), /, **data: Any
    ) -> tuple[Way, ...]:
        """Draw a node where some ways lead, and return the way on from it."""
        before = list(ways)
        self._column[id] = 1 + max((self._column[source] for source, _ in before), default=-1)
        self._nodes[id] = NodeDocument(id=id, type=type, data={"label": label[:LONGEST], **data})
        self.lead(before, id)
        return ((id, None),)

    def lead(self, ways: Iterable[Way], target: str) -> None:
        """Lead ways to a node that is drawn already: back to a loop."""
        for source, outlet in ways:
            id = f"{source}-{target}-{len(self._edges) + 1}"
            self._edges[id] = Edge(id=id, source=source, target=target, source_handle=outlet)

    def definition(self) -> GraphDefinition:
        """Return what was drawn: columns in the order of a run, the nodes of each below one another."""
        columns: dict[int, list[NodeDocument]] = {}
        for id, node in self._nodes.items():
            columns.setdefault(self._column[id], []).append(node)
        for column, nodes in columns.items():
            for row, node in enumerate(nodes):
                node.position = {"x": column * COLUMN, "y": (row - (len(nodes) - 1) / 2) * ROW}
        return GraphDefinition(nodes=[*self._nodes.values()], edges=[*self._edges.values()])
