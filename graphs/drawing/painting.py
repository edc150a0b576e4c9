"""Painting: a run's events put on a picture of its flow: states, times, tokens, and the way it took."""

import re
from collections.abc import Iterable, Mapping

from msgspec import structs

from graphs.drawing.picture import Box, Line, Paint, Picture, RunPaint, State
from graphs.drawing.text_width import one_line
from graphs.values.events import Event

__all__ = ["duration", "paint", "summary", "told"]

_STATES: Mapping[str, State] = {
    "node.started": "running",
    "node.retrying": "running",
    "node.completed": "completed",
    "node.failed": "failed",
    "node.skipped": "skipped",
    "input.requested": "waiting",
    "input.received": "running",
    "input.expired": "running",
}
_ITEM = re.compile(r"[\[#].*\Z")
"""What a path says of one of many: the place of an item, the number of a visit."""
_WITHIN = ("subflow", "code_graph", "sub-graph")
"""Types of boxes that have others within them, by path."""


def paint(picture: Picture, events: Iterable[Event], run: RunPaint) -> Picture:
    """Return a picture with a run on it, as far as its events have come.

    A box inside a sub-flow that is not drawn out is not in the picture: what happened in it counts for the
    box of the sub-flow.
    """
    boxes = {box.id: box for box in picture.boxes}
    paints = {box.id: Paint() for box in picture.boxes}
    for event in events:
        if not event.node:
            continue
        id, whole = _box_of(event, boxes)
        if id:
            paints[id] = _after(paints[id], event, whole=whole)
    over = run.status in ("completed", "failed", "cancelled", "timeout")
    if over:  # nothing runs any more, whatever the last event about it was
        for id, known in paints.items():
            if known.state in ("running", "waiting"):
                paints[id] = structs.replace(known, state="cancelled")
    return structs.replace(
        picture,
        boxes=tuple(
            box if box.group == "note" else structs.replace(box, paint=paints[box.id])
            for box in picture.boxes
        ),
        lines=tuple(structs.replace(line, taken=_taken(line, paints)) for line in picture.lines),
        run=run,
    )


def _box_of(event: Event, boxes: Mapping[str, Box]) -> tuple[str, bool]:
    """Return the box that an event is about, and whether it is about the whole of it."""
    place = ""
    for part in filter(None, event.path.split("/")):
        name = f"{place}/{_ITEM.sub('', part)}" if place else _ITEM.sub("", part)
        if name in boxes and boxes[name].type in _WITHIN:
            place = name
            if not any(id.startswith(f"{name}/") for id in boxes):
                return name, False
    name = f"{place}/{event.node}" if place else event.node
    return (name, True) if name in boxes else ("", False)


def _after(known: Paint, event: Event, *, whole: bool) -> Paint:
    """Return what is known of a box after one more event."""
    facts = event.data
    if event.type == "usage":
        cost, before = facts.get("cost_usd"), known.cost_usd
        if before is None and not known.input_tokens and not known.output_tokens:
            before = 0.0  # nothing was asked yet; where something was, its price is not known
        return structs.replace(
            known,
            input_tokens=known.input_tokens + facts.get("input_tokens", 0),
            output_tokens=known.output_tokens + facts.get("output_tokens", 0),
            cost_usd=None if cost is None or before is None else before + cost,
        )
    if not whole or event.type not in _STATES:
        return known
    paused = known.state == "waiting" or (known.state == "running" and event.type == "node.started")
    known = structs.replace(known, state=_STATES[event.type])
    if event.type == "node.started":
        # After a pause a node begins from its start again: that is the same run of it.
        return structs.replace(known, runs=known.runs + (0 if paused else 1), error="")
    took = facts.get("duration_ms")
    if took is not None and event.type in ("node.completed", "node.failed"):
        known = structs.replace(known, duration_ms=(known.duration_ms or 0.0) + took)
    if event.type == "node.failed":
        known = structs.replace(known, error=str(facts.get("error") or "It failed."))
    outlet = facts.get("outlet")
    if event.type == "node.completed" and outlet and outlet not in known.outlets:
        known = structs.replace(known, outlets=(*known.outlets, outlet))
    return known


def _taken(line: Line, paints: Mapping[str, Paint]) -> bool:
    source, target = paints.get(line.source, Paint()), paints.get(line.target, Paint())
    if line.inner:
        return target.runs > 0
    if source.outlets:
        return line.outlet in source.outlets and (target.runs > 0 or target.state == "waiting")
    return source.state == "completed" and target.state not in ("pending", "skipped")


def told(known: Paint) -> list[str]:
    """Return the lines that a box says of its run."""
    if known.state == "pending":
        return ["not reached"]
    parts: list[str] = [known.state] if known.state != "completed" else []
    if known.duration_ms is not None:
        parts.append(duration(known.duration_ms))
    parts += _spent(known)
    if known.runs > 1:
        parts.append(f"{known.runs}×")
    lines = [" · ".join(parts)] if parts else ["done"]
    if known.error:
        lines.append(one_line(known.error))
    return lines


def summary(run: RunPaint) -> str:
    """Return a run in one line."""
    parts = [run.status.replace("_", " ")]
    if run.duration_ms is not None:
        parts.append(duration(run.duration_ms))
    return " · ".join([*parts, *_spent(run)])


def _spent(known: Paint | RunPaint) -> list[str]:
    parts: list[str] = []
    if tokens := known.input_tokens + known.output_tokens:
        parts.append(f"{tokens:,} tokens")
    if known.cost_usd is not None:
        parts.append(f"${known.cost_usd:.4f}" if known.cost_usd else "$0")
    return parts


def duration(milliseconds: float) -> str:
    """Return a duration as people say it."""
    if milliseconds < 1:
        return "<1 ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"
