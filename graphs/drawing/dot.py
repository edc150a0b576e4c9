"""Dot: a picture as Graphviz' source (https://graphviz.org/doc/info/lang.html)."""

from graphs.drawing.layout import style_of
from graphs.drawing.painting import summary, told
from graphs.drawing.picture import Box, Line, Picture
from graphs.drawing.styles import Shape, look_of, shape_of
from graphs.drawing.text_width import one_line

__all__ = ["dot"]

LONGEST = 120
"""Characters of a label."""
_SHAPES: dict[Shape, str] = {
    "box": "box",
    "pill": "oval",
    "choice": "diamond",
    "round": "hexagon",
    "note": "note",
}


def dot(picture: Picture) -> str:
    """Return Graphviz' source of a picture, its own ids (n0, n1, …) by place in the picture."""
    names = {box.id: f"n{index}" for index, box in enumerate(picture.boxes)}
    children: dict[str, list[Box]] = {}
    for box in picture.boxes:
        children.setdefault(box.parent, []).append(box)
    style = style_of(picture)
    ways = "LR" if style == "right" else "TB"
    gaps = " nodesep=0.15; ranksep=0.2;" if style == "compact" else ""
    lines = ["digraph flow {", f"    rankdir={ways};{gaps}", '    node [shape=box, style="rounded,filled"];']
    if picture.run is not None:
        lines.append(f'    label="{escaped(picture.title)}\\n{escaped(summary(picture.run))}";')
    waiting = [(box, 1) for box in reversed(children.get("", []))]
    ends: list[tuple[int, int]] = []
    while waiting:
        while ends and len(waiting) == ends[-1][0]:
            lines.append("    " * ends.pop()[1] + "}")
        box, depth = waiting.pop()
        if box.id in children:
            lines.append(f"{'    ' * depth}subgraph cluster_{names[box.id]} {{")
            ends.append((len(waiting), depth))
            depth += 1
            waiting += [(child, depth) for child in reversed(children[box.id])]
        lines.append("    " * depth + names[box.id] + _node(box, frames=box.id in children))
    lines += ["    " * depth + "}" for _, depth in reversed(ends)]
    for line in picture.lines:
        if line.source in names and line.target in names:
            lines.append(f"    {names[line.source]} -> {names[line.target]}{_edge(line)};")
    return "\n".join([*lines, "}"]) + "\n"


def _node(box: Box, *, frames: bool) -> str:
    look = look_of(box)
    more = [] if box.paint is None else told(box.paint)
    label = "\\n".join(escaped(text) for text in (box.label or box.id, *more))
    shape = shape_of(box, frames=frames)
    shown = "" if shape == "box" else f", shape={_SHAPES[shape]}"
    style = ', style="filled"' if shape in ("choice", "round", "note") else ""
    colours = f', fillcolor="{look.fill}", color="{look.border}", fontcolor="{look.text}"'
    return f' [label="{label}"{shown}{style}{colours}];'


def _edge(line: Line) -> str:
    facts = [f'label="{escaped(line.label)}"'] if line.label else []
    if line.back:
        facts.append("constraint=false")
    if line.back or line.taken is False:
        facts.append("style=dashed")
    elif line.taken:
        facts.append("penwidth=2")
    return f" [{', '.join(facts)}]" if facts else ""


def escaped(text: str) -> str:
    """Return text as it stands between quotes."""
    text = one_line(text)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return text.replace("\\", "\\\\").replace('"', '\\"')
