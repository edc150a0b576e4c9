"""Pictures of the docs: ``python -m graphs.drawing`` writes them into ``docs/pictures/``."""

import json
from pathlib import Path
from typing import Any

import msgspec

from graphs.document.flow import GraphDefinition
from graphs.drawing import draw
from graphs.drawing.painting import paint
from graphs.drawing.picture import RunPaint
from graphs.drawing.reading import picture_of
from graphs.values.events import Event, EventType

__all__ = ["main", "pictures"]

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "ticket-triage.json"
RUN: tuple[tuple[EventType, str, dict[str, Any]], ...] = (
    ("node.completed", "start", {"duration_ms": 0.4}),
    ("node.completed", "facts", {"duration_ms": 0.6}),
    ("node.completed", "topic", {"duration_ms": 0.3, "outlet": "billing"}),
    ("node.completed", "urgent", {"duration_ms": 0.2, "outlet": "yes"}),
    ("node.skipped", "technical", {}),
    ("node.skipped", "general", {}),
    ("node.skipped", "queued", {}),
    ("node.completed", "billing", {"duration_ms": 0.2}),
    ("node.completed", "soon", {"duration_ms": 0.2}),
    ("node.completed", "rules", {"duration_ms": 0.1}),
    ("node.completed", "promise", {"duration_ms": 0.1}),
    ("node.started", "reply", {}),
    ("usage", "reply", {"input_tokens": 412, "output_tokens": 96, "cost_usd": 0.0021}),
    ("node.failed", "reply", {"duration_ms": 30_000.0, "error": "The model did not answer in time."}),
)
"""What a run whose model did not answer has told, in short."""


def pictures() -> dict[str, bytes]:
    """Return the pictures by file name: an example, and the same with a run on it that failed."""
    example = json.loads(EXAMPLE.read_text("utf-8"))
    definition = msgspec.convert(example["graph_definition"], GraphDefinition)
    flow = picture_of(definition, title=example["name"])
    events = [
        Event(seq=seq, type=type, execution_id="", node=node, ts=0.0, data=facts)
        for seq, (type, node, facts) in enumerate(_begun(), 1)
    ]
    run = RunPaint(
        status="failed",
        duration_ms=30_114.0,
        input_tokens=412,
        output_tokens=96,
        cost_usd=0.0021,
        error="The model did not answer in time.",
    )
    return {"flow.svg": draw(flow, "svg"), "run.svg": draw(paint(flow, events, run), "svg")}


def _begun() -> list[tuple[EventType, str, dict[str, Any]]]:
    """Return the events with the beginning of each node before its end."""
    found: list[tuple[EventType, str, dict[str, Any]]] = []
    for type, node, facts in RUN:
        if type == "node.completed":
            found.append(("node.started", node, {}))
        found.append((type, node, facts))
    return found


def main() -> None:
    """Write the pictures."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, picture in pictures().items():
        (folder / name).write_bytes(picture)


if __name__ == "__main__":
    main()
