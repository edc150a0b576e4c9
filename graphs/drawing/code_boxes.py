"""Code boxes: the nodes of a graph in code, drawn within the node that runs it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphs.drawing.picture import Box, Line
from graphs.drawing.text_width import one_line

__all__ = ["CODE_GRAPH", "code_boxes"]

CODE_GRAPH = "code_graph"
LONGEST = 300
MOST = 500
"""Nodes that are drawn of one graph."""


def code_boxes(outer: Box) -> tuple[list[Box], list[Line]]:
    """Return the boxes and lines of the graph that a node runs, as its document keeps them."""
    drawing = outer.data.get("drawing")
    if outer.type != CODE_GRAPH or not isinstance(drawing, dict):
        return [], []
    kept = cast("Mapping[str, Any]", drawing)
    boxes: dict[str, Box] = {}
    for one in _objects(kept.get("nodes"))[:MOST]:
        around = outer.id
        *graphs, name = str(one.get("id", "")).split(":")
        for graph in graphs:  # a sub-graph is a box of its own
            inner = f"{around}/{graph}"
            boxes.setdefault(inner, _box(inner, graph, around, "sub-graph"))
            around = inner
        id = f"{around}/{name}"
        boxes[id] = _box(id, str(one.get("label") or name), around, "code")
    lines: list[Line] = []
    for number, one in enumerate(_objects(kept.get("edges"))):
        source, target = (
            f"{outer.id}/{str(one.get(end, '')).replace(':', '/')}" for end in ("source", "target")
        )
        if source in boxes and target in boxes:
            label = one_line(str(one.get("label") or ""))[:LONGEST]
            lines.append(
                Line(id=f"{outer.id}/edge-{number}", source=source, target=target, outlet=None, label=label)
            )
    return [*boxes.values()], lines


def _box(id: str, label: str, parent: str, type: str) -> Box:
    return Box(id=id, type=type, label=one_line(label)[:LONGEST], detail=type, group="flow", parent=parent)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    listed: Sequence[Any] = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", one) for one in listed if isinstance(one, dict)]
