"""Node runs: how far each node of a run has come, followed from event to event."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.values.events import Event
from server.http.answers.sse_bytes import iso

__all__ = ["NODE_STATUS", "NodeRun", "NodeRuns", "NodeStatus"]

NodeStatus = Literal["running", "completed", "failed", "skipped"]


NODE_STATUS: dict[str, NodeStatus] = {
    "node.started": "running",
    "node.retrying": "running",
    "node.completed": "completed",
    "node.failed": "failed",
    "node.skipped": "skipped",
}


class NodeRun(Struct, frozen=True, kw_only=True):
    """One run of one node, as far as it has come."""

    node_id: str
    path: str
    """The containers around the node whose bodies run within them, and the sub-flows, joined by `/`."""
    node_type: str
    label: str
    status: Literal["running", "completed", "failed", "skipped"]
    input: Any
    output: Any
    error: str | None
    duration_ms: float | None
    attempt: int
    started_at: str | None = None
    completed_at: str | None = None
    """Null while it is under way."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """Null where the price is not known."""


class NodeRuns:
    """Follows nodes from start to end: what each event adds to what is known of its node."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], NodeRun] = {}
        self._ended: list[NodeRun] = []

    def add(self, event: Event) -> NodeRun | None:
        """Return the node's run as it stands after the event; None for an event of no node's course."""
        place = event.path, event.node
        facts = event.data
        if event.type == "usage" and place in self._open:
            self._open[place] = _spent(self._open[place], facts)
        if event.type not in NODE_STATUS:
            return None
        known = None if event.type == "node.started" else self._open.pop(place, None)
        error: Any = facts.get("error")
        run = NodeRun(
            node_id=event.node,
            path=event.path,
            node_type=facts.get("node_type") or (known.node_type if known else ""),
            label=facts.get("label") or (known.label if known else event.node),
            status=NODE_STATUS[event.type],
            input=facts.get("input", known.input if known else None),
            output=facts.get("output"),
            error=error.get("message") if isinstance(error, dict) else error,
            duration_ms=facts.get("duration_ms"),
            attempt=event.attempt,
            started_at=known.started_at if known else iso(event.ts),
            completed_at=None if NODE_STATUS[event.type] == "running" else iso(event.ts),
            input_tokens=known.input_tokens if known else 0,
            output_tokens=known.output_tokens if known else 0,
            cost_usd=known.cost_usd if known else None,
        )
        if run.status == "running":
            self._open[place] = run
        else:
            self._ended.append(run)
        return run

    def runs(self) -> list[NodeRun]:
        """Return every run so far: those that ended in the order of their ends, then those under way."""
        return [*self._ended, *self._open.values()]


def _spent(run: NodeRun, facts: dict[str, Any]) -> NodeRun:
    cost, before = facts.get("cost_usd"), run.cost_usd
    if before is None and not run.input_tokens and not run.output_tokens:
        before = 0.0  # nothing was asked yet; where something was, its price is not known
    return msgspec.structs.replace(
        run,
        input_tokens=run.input_tokens + facts.get("input_tokens", 0),
        output_tokens=run.output_tokens + facts.get("output_tokens", 0),
        cost_usd=None if cost is None or before is None else before + cost,
    )
