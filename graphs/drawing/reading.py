"""Reading: from a definition to its picture, by the same steps as a flow is compiled by."""

import sys
from collections.abc import Mapping

from msgspec import structs

from graphs.checks.check import read_flow
from graphs.document.containers import body_of, innermost
from graphs.document.flow import Edge, GraphDefinition, NodeDocument, Step
from graphs.document.topology import Topology, survey
from graphs.drawing.code_boxes import code_boxes
from graphs.drawing.picture import Box, Line, Picture
from graphs.drawing.text_width import one_line
from graphs.nodes import decode_node, node_types
from graphs.values.findings import FlowError

__all__ = ["MAX_BOXES", "Called", "picture_of", "sub_flows"]

MAX_BOXES = 5_000
"""Boxes of a picture with the sub-flows drawn out; those beyond stay closed."""
MAX_DEPTH = 8
LONGEST = 300
"""Characters of a label."""
SUBFLOW = "subflow"

Called = tuple[str, int | None]
"""A flow's id, and the version that is called; None for the current one."""


def picture_of(
    definition: GraphDefinition, *, title: str = "", within: Mapping[Called, GraphDefinition] | None = None
) -> Picture:
    """Return the picture of a definition, be it sound or not; nothing is executed or fetched.

    One that compiles has its containers' regions framed, with the lines and outlets that a run goes by. One
    that does not is drawn as it stands.

    Args:
        definition: What to draw.
        title: What to write above it.
        within: Definitions by what calls them: a sub-flow that is one of them is drawn out in its place.
    """
    boxes: list[Box] = []
    lines: list[Line] = []
    waiting: list[tuple[GraphDefinition, str, tuple[Called, ...]]] = [(definition, "", ())]
    for here, parent, around in waiting:  # grows while it is walked
        inside = _one(here, prefix=f"{parent}/" if parent else "", parent=parent)
        boxes += inside[0]
        lines += inside[1]
        if parent and (first := next((box for box in inside[0] if box.type == "start"), None)) is not None:
            lines.append(
                Line(id=f"{parent}/", source=parent, target=first.id, outlet=None, label="", inner=True)
            )
        for box in [*inside[0]]:
            within_code = code_boxes(box)
            boxes += within_code[0]
            lines += within_code[1]
            called = _called(box.type, box.data)
            known = None if called is None else (within or {}).get(called)
            if known is None or called is None or called in around or len(around) >= MAX_DEPTH:
                continue
            if len(boxes) + sum(len(each.nodes) for each, *_ in waiting) + len(known.nodes) <= 2 * MAX_BOXES:
                waiting.append((known, box.id, (*around, called)))
    return Picture(title=one_line(title), boxes=tuple(boxes), lines=tuple(lines), version=definition.version)


def sub_flows(definition: GraphDefinition) -> list[Called]:
    """Return the flows that a definition's nodes call, each once."""
    called = [_called(node.type, node.data) for node in definition.nodes]
    return [*dict.fromkeys(each for each in called if each is not None)]


def _called(type: str, data: Mapping[str, object]) -> Called | None:
    flow_id, version = data.get("flow_id"), data.get("version")
    if type != SUBFLOW or not isinstance(flow_id, str) or not flow_id:
        return None
    return flow_id, version if isinstance(version, int) else None


def _one(definition: GraphDefinition, *, prefix: str, parent: str) -> tuple[list[Box], list[Line]]:
    """Return the boxes and lines of one definition, their ids after a prefix."""
    shape = _shape(definition)
    parents: dict[str, str] = {}
    back: set[str] = set()
    outlets: dict[str, int] = {}
    if shape is not None:
        bodies = [
            body_of(id, outlet, shape.outgoing)
            for id, node in shape.nodes.items()
            for outlet in node.bodies()
        ]
        bodies.sort(key=lambda body: len(body.inside))
        parents = {id: body.container for id, body in innermost(bodies).items()}
        back = {link.edge for links in shape.back.values() for link in links}
        outlets = {id: len(node.ways_out()) for id, node in shape.nodes.items()}
    taken: set[str] = set()
    boxes = [
        structs.replace(box, id=prefix + box.id, parent=prefix + parents[box.id])
        if box.id in parents
        else structs.replace(box, id=prefix + box.id, parent=parent)
        for box in (_box(node, taken) for node in definition.nodes)
    ]
    known = {node.id for node in definition.nodes}
    used: set[str] = set()
    lines = [
        Line(
            id=prefix + _unique(edge.id, used),
            source=prefix + edge.source,
            target=prefix + edge.target,
            outlet=edge.source_handle,
            target_handle=edge.target_handle,
            label=_words(edge, outlets.get(edge.source, 2)),
            back=edge.id in back,
        )
        for edge in definition.edges
        if edge.source in known and edge.target in known
    ]
    return boxes, lines


def _shape(definition: GraphDefinition) -> Topology | None:
    """Return the shape that the definition is compiled by; None where it would not compile."""
    try:
        flow = read_flow(definition, name="", type="agentflow", max_steps=sys.maxsize)
    except FlowError as error:
        codes = {finding.code for finding in error.findings if finding.severity == "error"}
        if codes != {"bad_tool"}:
            return None  # with tools that only its server knows it may well compile
        nodes = [(node.id, decode_node(node.type, node.data)) for node in definition.nodes]
        return survey([Step(id, node) for id, node in nodes if node.runs], definition.edges)[0]
    return survey(flow.steps, flow.edges)[0]


def _box(node: NodeDocument, taken: set[str]) -> Box:
    kind = node_types().get(node.type)
    label, model = node.data.get("label"), node.data.get("model")
    type = one_line(node.type)[:LONGEST]
    return Box(
        id=_unique(node.id, taken),
        type=node.type,
        label=one_line(label if isinstance(label, str) and label else node.id)[:LONGEST],
        detail=f"{type} · {one_line(model)[:LONGEST]}" if isinstance(model, str) and model else type,
        group="flow" if kind is None else kind.group,
        data=node.data,
    )


def _words(edge: Edge, outlets: int) -> str:
    """Return what is written at an edge: its outlet where that is a choice, else its label."""
    outlet = edge.source_handle if outlets > 1 and edge.source_handle != "out" else None
    return one_line(outlet or edge.label or "")[:LONGEST]


def _unique(id: str, taken: set[str]) -> str:
    """Return an id that is not taken yet; only a definition with errors has one twice."""
    unique, number = id, 1
    while unique in taken:
        number += 1
        unique = f"{id} ({number})"
    taken.add(unique)
    return unique
