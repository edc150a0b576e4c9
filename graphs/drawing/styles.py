"""Styles: colours and shapes of boxes, the same in every format."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from graphs.drawing.picture import Box, State

__all__ = ["STATES", "Look", "Shape", "look_of", "shape_of"]

Shape = Literal["box", "pill", "choice", "round", "note"]
"""A pill begins or ends a run, a choice has several ways on, a round one holds a region."""


class Look(Struct, frozen=True):
    """Colours, as ``#rrggbb``."""

    fill: str
    border: str
    text: str


GROUPS: Mapping[str, Look] = {
    "flow": Look("#eef2f7", "#64748b", "#0f172a"),
    "model": Look("#f1ecfd", "#7c4ddb", "#2a1657"),
    "data": Look("#e6f5f3", "#12877b", "#07403a"),
    "tool": Look("#fdf0e3", "#c26a14", "#4d2a06"),
    "note": Look("#fff8d6", "#d8c15a", "#4f4510"),
}
STATES: Mapping[State, Look] = {
    "pending": Look("#ffffff", "#a9b4c2", "#55606e"),
    "running": Look("#dcebff", "#2468d6", "#0b2f66"),
    "waiting": Look("#fff1d0", "#c98a04", "#553a02"),
    "completed": Look("#e0f5e5", "#258a41", "#0c3f1c"),
    "failed": Look("#fde5e4", "#c9302c", "#5c1210"),
    "skipped": Look("#f5f6f8", "#c5ccd5", "#8590a0"),
    "cancelled": Look("#ececec", "#7d7d7d", "#3b3b3b"),
}
_CHOICES = frozenset({"condition", "switch", "classify", "decide", "human_approval"})


def look_of(box: Box) -> Look:
    """Return the colours of a box: those of its state where a run is painted, else those of its group."""
    if box.paint is not None:
        return STATES[box.paint.state]
    return GROUPS.get(box.group, GROUPS["flow"])


def shape_of(box: Box, *, frames: bool) -> Shape:
    """Return the shape of a box; `frames` says whether it is a container."""
    if box.type in ("start", "end"):
        return "pill"
    if box.group == "note":
        return "note"
    if frames:
        return "round"
    return "choice" if box.type in _CHOICES else "box"
