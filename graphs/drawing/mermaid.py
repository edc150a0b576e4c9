"""Mermaid: a picture as the source of a flowchart, for Markdown."""

from graphs.drawing.layout import style_of
from graphs.drawing.painting import summary, told
from graphs.drawing.picture import Box, Picture
from graphs.drawing.styles import STATES, Shape, shape_of
from graphs.drawing.text_width import one_line

__all__ = ["mermaid"]

LONGEST = 120
"""Characters of a label."""
_BRACKETS: dict[Shape, tuple[str, str]] = {
    "box": ("[", "]"),
    "pill": ("([", "])"),
    "choice": ("{", "}"),
    "round": ("{{", "}}"),
    "note": (">", "]"),
}


def mermaid(picture: Picture) -> str:
    """Return Mermaid's source of a picture (https://mermaid.js.org/syntax/flowchart.html).

    Ids can be anything, so the source has its own: n0, n1, … by place in the picture.
    """
    names = {box.id: f"n{index}" for index, box in enumerate(picture.boxes)}
    children: dict[str, list[Box]] = {}
    for box in picture.boxes:
        children.setdefault(box.parent, []).append(box)
    style = style_of(picture)
    lines = [f"flowchart {'LR' if style == 'right' else 'TD'}"]
    if style == "compact":
        lines.insert(0, '%%{init: {"flowchart": {"nodeSpacing": 20, "rankSpacing": 20}}}%%')
    if picture.run is not None:
        lines.insert(0, f"%% {escaped(picture.title)}: {escaped(summary(picture.run))}")
    waiting = [(box, 1) for box in reversed(children.get("", []))]
    ends: list[tuple[int, int]] = []  # how many are left when a subgraph is whole, and its depth
    while waiting:
        while ends and len(waiting) == ends[-1][0]:
            lines.append("    " * ends.pop()[1] + "end")
        box, depth = waiting.pop()
        if box.id in children:
            lines.append(f'{"    " * depth}subgraph {names[box.id]}g["{escaped(_label(box))}"]')
            ends.append((len(waiting), depth))
            depth += 1
            waiting += [(child, depth) for child in reversed(children[box.id])]
        lines.append("    " * depth + names[box.id] + _node(box, frames=box.id in children))
    lines += ["    " * depth + "end" for _, depth in reversed(ends)]
    for line in picture.lines:
        if line.source in names and line.target in names:
            label = f'|"{escaped(line.label)}"|' if line.label else ""
            arrow = "-.->" if line.back or line.taken is False else "==>" if line.taken else "-->"
            lines.append(f"    {names[line.source]} {arrow}{label} {names[line.target]}")
    if picture.run is not None:
        lines += _classes(picture, names)
    return "\n".join(lines) + "\n"


def _node(box: Box, *, frames: bool) -> str:
    left, right = _BRACKETS[shape_of(box, frames=frames)]
    more = [] if box.paint is None else told(box.paint)
    text = "<br>".join(escaped(text) for text in (_label(box), *more))
    return f'{left}"{text}"{right}'


def _classes(picture: Picture, names: dict[str, str]) -> list[str]:
    lines = [
        f"    classDef {state} fill:{look.fill},stroke:{look.border},color:{look.text}"
        for state, look in STATES.items()
    ]
    for state in STATES:
        here = [names[box.id] for box in picture.boxes if box.paint is not None and box.paint.state == state]
        if here:
            lines.append(f"    class {','.join(here)} {state}")
    return lines


def _label(box: Box) -> str:
    return box.label or box.id


def escaped(text: str) -> str:
    """Return text with Mermaid's entity codes (``#34;`` is a quote) for all that may mean something to it."""
    text = one_line(text)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return "".join(
        letter if letter.isalnum() or letter in " .,_-→…·×" else f"#{ord(letter)};" for letter in text
    )
