"""Picture: what a flow looks like before it has a place: boxes, lines, and what a run has painted on them."""

from typing import Any, Literal

from msgspec import Struct

__all__ = ["Box", "DrawLayout", "Line", "Paint", "Picture", "RunPaint", "State"]

State = Literal["pending", "running", "waiting", "completed", "failed", "skipped", "cancelled"]
"""How far a node of a run has come; ``waiting``: for a person or for time."""


class Paint(Struct, frozen=True, kw_only=True):
    """What a run has done to a node so far."""

    state: State = "pending"
    runs: int = 0
    """How often it was begun: more than once in loops and after retries."""
    duration_ms: float | None = None
    """Of all its runs together."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """None where no price is known."""
    error: str = ""
    """Why it failed, of its last failure."""
    outlets: tuple[str, ...] = ()
    """The outlets that it was left by; empty for a node that has only one."""


class RunPaint(Struct, frozen=True, kw_only=True):
    """What is told of a whole run."""

    status: str
    """One of the API's status words."""
    duration_ms: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    error: str = ""


class Box(Struct, frozen=True, kw_only=True):
    """A node in a picture."""

    id: str
    """Its id; in the sub-flow of another node ``<that node's id>/<its id>``."""
    type: str
    label: str
    detail: str
    """A second line: the type, and a model where it has one."""
    group: str
    """Of the node's type: ``flow``, ``model``, ``data``, ``note``, …"""
    parent: str = ""
    """The container whose region it lies in; empty at the top."""
    data: dict[str, Any] = {}
    paint: Paint | None = None


class Line(Struct, frozen=True, kw_only=True):
    """An edge in a picture."""

    id: str
    source: str
    target: str
    outlet: str | None
    """The outlet it leaves by, as the document says it."""
    target_handle: str | None = None
    """Where it arrives, as the document says it: ``break`` at a loop."""
    label: str
    """What is written at it; empty where the source has one outlet only."""
    back: bool = False
    """True for one that leads back to the container whose region it leaves."""
    inner: bool = False
    """True for the way from a node into its own sub-flow, which is no edge of a document."""
    taken: bool | None = None
    """Whether the run went this way; None where no run is painted."""


DrawLayout = Literal["auto", "down", "right", "compact"]
"""How a picture is laid out: from top to bottom, from left to right, or from top to bottom with names alone
and small gaps. ``auto`` is ``down``, ``right`` for a wide picture, ``compact`` for a long one."""


class Picture(Struct, frozen=True, kw_only=True):
    """A flow to be drawn."""

    title: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    run: RunPaint | None = None
    layout: DrawLayout = "auto"
    version: int | None = None
    """Which rules its document was written by, as the document says it."""
