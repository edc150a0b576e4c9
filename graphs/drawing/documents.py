"""Documents: a picture as JSON for programs, and as nodes and edges for React Flow, both with places."""

from typing import Any

import msgspec

from graphs.drawing.layout import Frame, Layout, Place, lay_out
from graphs.drawing.picture import Box, Line, Picture

__all__ = ["as_json", "react_flow"]


def as_json(picture: Picture) -> str:
    """Return what the flow does and how it is laid out; what a run did to each node where one is painted."""
    layout = lay_out(picture)
    return _pretty(
        {
            "title": picture.title,
            "width": round(layout.width),
            "height": round(layout.height),
            "run": picture.run,
            "nodes": [_node(box, layout.boxes[box.id]) for box in picture.boxes],
            "edges": [_edge(line) for line in picture.lines],
        }
    )


def react_flow(picture: Picture) -> str:
    """Return nodes and edges as React Flow takes them, each node with a position.

    A container's region is a group: its nodes name it as their parent and have positions from its corner.
    It is a `GraphDefinition` too, which leaves the groups out.
    """
    layout = lay_out(picture)
    frames = {frame.box: frame for frame in layout.frames}
    nodes: list[dict[str, Any]] = []
    for box in sorted(picture.boxes, key=lambda box: _depth(box, picture, frames)):
        nodes += _react_groups(box, frames)
    nodes += [_react_node(box, layout, frames) for box in picture.boxes]
    edges = [
        {
            "id": line.id,
            "source": line.source,
            "target": line.target,
            **({"sourceHandle": line.outlet} if line.outlet is not None else {}),
            **({"targetHandle": line.target_handle} if line.target_handle is not None else {}),
            **({"label": line.label} if line.label else {}),
            **({"animated": True} if line.taken else {}),
            **({"data": {"taken": line.taken}} if line.taken is not None else {}),
        }
        for line in picture.lines
    ]
    version = {} if picture.version is None else {"version": picture.version}
    return _pretty({"nodes": nodes, "edges": edges, **version})


def _react_groups(box: Box, frames: dict[str, Frame]) -> list[dict[str, Any]]:
    """Return the group of a container's region; nothing for a box that is no container."""
    if box.id not in frames:
        return []
    around = frames[box.parent].place if box.parent in frames else None
    group = frames[box.id].place
    return [
        {
            "id": _group(box.id),
            "type": "group",
            "data": {"label": box.label or box.id},
            "position": _position(group, around),
            "style": {"width": round(group.width), "height": round(group.height)},
            **({"parentId": _group(box.parent)} if around is not None else {}),
        }
    ]


def _react_node(box: Box, layout: Layout, frames: dict[str, Frame]) -> dict[str, Any]:
    place = layout.boxes[box.id]
    data = dict(box.data)
    if box.paint is not None:
        data["run"] = box.paint
    parent = box.id if box.id in frames else box.parent
    outer = frames.get(parent)
    return {
        "id": box.id,
        "type": box.type,
        "data": data,
        "position": _position(place, None if outer is None else outer.place),
        "width": round(place.width),
        "height": round(place.height),
        **({"sourcePosition": "right", "targetPosition": "left"} if layout.style == "right" else {}),
        **({"parentId": _group(parent)} if outer is not None else {}),
    }


def _group(id: str) -> str:
    return f"{id}/"


def _position(place: Place, outer: Place | None) -> dict[str, int]:
    x, y = (0.0, 0.0) if outer is None else (outer.x, outer.y)
    return {"x": round(place.x - x), "y": round(place.y - y)}


def _depth(box: Box, picture: Picture, frames: dict[str, Frame]) -> int:
    """Return how many frames are around a box: React Flow wants parents before their children."""
    parents = {each.id: each.parent for each in picture.boxes}
    depth = 0
    while box.parent and depth <= len(frames):
        depth += 1
        box = msgspec.structs.replace(box, parent=parents[box.parent])
    return depth


def _node(box: Box, place: Place) -> dict[str, Any]:
    return {
        "id": box.id,
        "type": box.type,
        "label": box.label,
        "data": box.data,
        "parent": box.parent or None,
        "position": _position(place, None),
        "width": round(place.width),
        "height": round(place.height),
        **({"run": box.paint} if box.paint is not None else {}),
    }


def _edge(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "source": line.source,
        "sourceHandle": line.outlet,
        "target": line.target,
        "label": line.label,
        **({"taken": line.taken} if line.taken is not None else {}),
    }


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
