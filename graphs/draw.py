"""Draw: a definition as a picture's source (mermaid, dot) or as the JSON that editors read."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import msgspec

from graphs.flow import Edge, GraphDefinition, NodeDocument

__all__ = ["DrawFormat", "draw"]

DrawFormat = Literal["mermaid", "dot", "json", "react-flow"]

_MOST = 120
"""Characters of a label in a picture."""
_SHAPES = {
    "start": ("([", "])", "oval"),
    "end": ("([", "])", "oval"),
    "condition": ("{", "}", "diamond"),
    "switch": ("{", "}", "diamond"),
    "loop": ("{{", "}}", "hexagon"),
    "note": (">", "]", "note"),
}
"""Of the types that do not look like a box: mermaid's brackets, and dot's name."""


def draw(definition: GraphDefinition, format: DrawFormat) -> str:
    """Return a drawing of a definition, be it sound or not; nothing is executed or fetched.

    Args:
        definition: What to draw.
        format: ``mermaid`` and ``dot`` are sources of pictures. ``json`` is what the flow does, not how it
            looks; ``react-flow`` is the definition as an editor takes it, each node with a position.

    Raises:
        ValueError: the format is not one of these.
    """
    drawings: Mapping[str, Callable[[GraphDefinition], str]] = {
        "mermaid": _mermaid,
        "dot": _dot,
        "json": _json,
        "react-flow": _react_flow,
    }
    if format not in drawings:
        raise ValueError(f"Expected a format of {', '.join(get_args(DrawFormat))}; found {format!r}.")
    return drawings[format](definition)


def _mermaid(definition: GraphDefinition) -> str:
    # Ids can be anything, so the picture has its own: n0, n1, … by place in the document.
    names = _names(definition)
    lines = ["flowchart TD"]
    for index, node in enumerate(definition.nodes):
        left, right, _ = _SHAPES.get(node.type, ("[", "]", ""))
        lines.append(f'    n{index}{left}"{_mermaid_text(_label(node))}"{right}')
    for edge in definition.edges:
        if edge.source in names and edge.target in names:
            label = f'|"{_mermaid_text(said)}"|' if (said := _edge_label(edge)) else ""
            lines.append(f"    {names[edge.source]} -->{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """Escape by mermaid's entity codes (``#34;`` is a quote) whatever may mean something to it."""
    return "".join(
        letter if letter.isalnum() or letter in " .,_-→…" else f"#{ord(letter)};" for letter in text
    )


def _dot(definition: GraphDefinition) -> str:
    names = _names(definition)
    lines = ["digraph flow {", "    rankdir=TB;", '    node [shape=box, style="rounded"];']
    for index, node in enumerate(definition.nodes):
        shape = f", shape={_SHAPES[node.type][2]}" if node.type in _SHAPES else ""
        lines.append(f'    n{index} [label="{_dot_text(_label(node))}"{shape}];')
    for edge in definition.edges:
        if edge.source in names and edge.target in names:
            label = f' [label="{_dot_text(said)}"]' if (said := _edge_label(edge)) else ""
            lines.append(f"    {names[edge.source]} -> {names[edge.target]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _json(definition: GraphDefinition) -> str:
    meaning = {
        "nodes": [{"id": node.id, "type": node.type, "data": node.data} for node in definition.nodes],
        "edges": [
            {"id": edge.id, "source": edge.source, "sourceHandle": edge.source_handle, "target": edge.target}
            for edge in definition.edges
        ],
    }
    return _pretty(meaning)


def _react_flow(definition: GraphDefinition) -> str:
    places = _places(definition)
    nodes = [
        node if {"x", "y"} <= node.position.keys() else msgspec.structs.replace(node, position=places[index])
        for index, node in enumerate(definition.nodes)
    ]
    return _pretty(msgspec.structs.replace(definition, nodes=nodes))


def _places(definition: GraphDefinition) -> list[dict[str, float]]:
    """Return a place for each node: as many rows down as it is edges away from the first."""
    followers: dict[str, list[str]] = {}
    incoming = {edge.target for edge in definition.edges}
    for edge in definition.edges:
        followers.setdefault(edge.source, []).append(edge.target)
    rows: dict[str, int] = {}
    for first in [*(node.id for node in definition.nodes if node.id not in incoming), *_ids(definition)]:
        if first not in rows:
            rows[first] = 0
            waiting = [first]
            for id in waiting:  # grows while it is walked
                for follower in followers.get(id, []):
                    if follower not in rows:
                        rows[follower] = rows[id] + 1
                        waiting.append(follower)
    filled: dict[int, int] = {}
    places: list[dict[str, float]] = []
    for node in definition.nodes:
        row = rows[node.id]
        places.append({"x": filled.get(row, 0) * 240.0, "y": row * 120.0})
        filled[row] = filled.get(row, 0) + 1
    return places


def _ids(definition: GraphDefinition) -> list[str]:
    return [node.id for node in definition.nodes]


def _names(definition: GraphDefinition) -> dict[str, str]:
    return {node.id: f"n{index}" for index, node in enumerate(definition.nodes)}


def _label(node: NodeDocument) -> str:
    label = node.data.get("label")
    return _one_line(label if isinstance(label, str) and label else node.id)


def _edge_label(edge: Edge) -> str:
    return _one_line(edge.source_handle or edge.label or "")


def _one_line(text: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:10_000]).split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
