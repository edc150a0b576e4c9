"""Flow: a chatflow or agentflow as a value, and the React-Flow document it comes from."""

from typing import Any, Literal

from msgspec import Struct, field, structs

from graphs.node.node import Node

__all__ = [
    "DocumentVersion",
    "Edge",
    "Flow",
    "FlowSize",
    "FlowType",
    "GraphDefinition",
    "NodeDocument",
    "Step",
]

FlowType = Literal["chatflow", "agentflow"]
DocumentVersion = Literal[1, 2, 3]


class FlowSize(Struct, frozen=True, kw_only=True):
    """How large a definition may be that is taken in."""

    nodes: int = 1_000
    edges: int = 5_000
    depth: int = 64
    """How many lists and objects of a node's data may lie within one another; never more than 64."""


class NodeDocument(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """A node in the format of React Flow. Its appearance is stored and ignored."""

    id: str
    type: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    position: dict[str, float] = field(default_factory=dict[str, float])
    width: float | None = None
    height: float | None = None
    measured: dict[str, float] | None = None
    position_absolute: dict[str, float] | None = None
    selected: bool | None = None
    dragging: bool | None = None
    draggable: bool | None = None
    selectable: bool | None = None
    deletable: bool | None = None
    hidden: bool | None = None
    parent_id: str | None = None
    extent: Any = None
    z_index: int | None = None
    style: dict[str, Any] | None = None
    class_name: str | None = None
    source_position: str | None = None
    target_position: str | None = None


class Edge(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """An edge in the format of React Flow: from an outlet of one node to another node."""

    id: str
    source: str
    target: str
    source_handle: str | None = None
    """The outlet of the source. Null if the source has only one."""
    target_handle: str | None = None
    type: str | None = None
    label: str | None = None
    data: dict[str, Any] | None = None
    animated: bool | None = None
    selected: bool | None = None
    hidden: bool | None = None
    style: dict[str, Any] | None = None
    marker_end: Any = None
    marker_start: Any = None
    z_index: int | None = None


class GraphDefinition(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``graph_definition``: nodes and edges in the format of React Flow, returned unchanged."""

    nodes: list[NodeDocument]
    edges: list[Edge] = []
    viewport: dict[str, float] | None = None
    version: DocumentVersion | None = None
    """Which rules it was written by: 1 for those of the first release, 3 or null for the present ones."""

    def __post_init__(self) -> None:
        """Leave out the frames of a drawing, so that a drawing of a flow is that flow again."""
        frames = {node.id: node for node in self.nodes if node.type == "group" and node.id.endswith("/")}
        if frames:
            self.nodes = [_unframed(node, frames) for node in self.nodes if node.id not in frames]


def _unframed(node: NodeDocument, frames: dict[str, NodeDocument]) -> NodeDocument:
    """Return a node whose position counts from the corner of the drawing, not of the frames around it."""
    position, parent, around = dict(node.position), node.parent_id, 0
    if parent not in frames:
        return node
    while parent in frames and around < len(frames):
        frame = frames[parent]
        position = {axis: value + frame.position.get(axis, 0.0) for axis, value in position.items()}
        parent, around = frame.parent_id, around + 1
    return structs.replace(node, position=position, parent_id=None)


class Step(Struct, frozen=True):
    """A node of a flow: its id and what it does."""

    id: str
    node: Node


class Flow(Struct, frozen=True, kw_only=True):
    """A flow that passed `check`, ready for `compile_flow`."""

    name: str
    type: FlowType
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    fingerprint: str
    """Hex SHA-256 of the definition: the same flow compiles once."""
    version: DocumentVersion = 3
    """Which rules its document was written by."""
