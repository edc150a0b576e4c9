"""The stream of an agentflow's execution: start, status, nodes, tokens, complete or error, and ``[DONE]``."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.values.events import Event
from server.http.sse_bytes import frame, frame_id, iso
from server.projections.chat import NODE_STATUS, ChatCitation, ToolState, citation, tool_state
from server.projections.inputs import OpenInput, OpenInputs

__all__ = [
    "ExecutionEvent",
    "ExecutionFrames",
    "NodeRun",
    "NodeRuns",
    "TokenUsage",
    "UsageEntry",
    "output_of",
]


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


class UsageEntry(Struct, frozen=True, kw_only=True):
    """Tokens of one node with one model."""

    node_id: str
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """Null where the price is not known."""


class ExecutionStart(Struct, frozen=True, tag_field="type", tag="start"):
    """The first frame: the run is accepted and will not be lost."""

    execution_id: str
    workflow_id: str | None


class ExecutionStatus(Struct, frozen=True, tag_field="type", tag="status", omit_defaults=True):
    """The run's status changed."""

    status: str
    inputs: list[OpenInput] = []
    """What it waits for, where it does: a person's answer by `POST /executions/{id}/respond`, or a time."""


class ExecutionNode(Struct, frozen=True, tag_field="type", tag="node"):
    """A node really started or ended."""

    node: NodeRun


class ExecutionToken(Struct, frozen=True, tag_field="type", tag="token", omit_defaults=True):
    """A piece of a model's answer, as it yielded it."""

    node_id: str
    content: str
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


class ExecutionReset(Struct, frozen=True, tag_field="type", tag="reset", omit_defaults=True):
    """A model call is repeated: drop the tokens of this node's current message."""

    node_id: str
    path: str = ""


class ExecutionComplete(Struct, frozen=True, tag_field="type", tag="complete"):
    """The run went well. After it comes the literal `[DONE]`."""

    status: str
    output: Any
    duration_ms: float | None
    token_usage: list[UsageEntry]
    finish_reason: str | None = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
    `refusal`; null where no model answered."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


class ExecutionFailed(Struct, frozen=True, tag_field="type", tag="error"):
    """The run failed, timed out or was cancelled. After it comes the literal `[DONE]`."""

    error: str
    code: str
    status: str
    duration_ms: float | None
    token_usage: list[UsageEntry]


ExecutionEvent = (
    ExecutionStart
    | ExecutionStatus
    | ExecutionNode
    | ExecutionToken
    | ExecutionReset
    | ToolState
    | ChatCitation
    | ExecutionComplete
    | ExecutionFailed
)


class TokenUsage:
    """Adds usage events up: one entry for each node, provider and model."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], UsageEntry] = {}

    def add(self, event: Event) -> None:
        """Count the event if it is one of usage."""
        if event.type != "usage":
            return
        facts = event.data
        key = (event.node, facts.get("provider", ""), facts.get("model", ""))
        known = self._entries.get(key) or UsageEntry(
            node_id=key[0], provider=key[1], model=key[2], cost_usd=0.0
        )
        cost = facts.get("cost_usd")
        self._entries[key] = msgspec.structs.replace(
            known,
            input_tokens=known.input_tokens + facts.get("input_tokens", 0),
            output_tokens=known.output_tokens + facts.get("output_tokens", 0),
            cost_usd=None if cost is None or known.cost_usd is None else known.cost_usd + cost,
        )

    def entries(self) -> list[UsageEntry]:
        """Return the sums so far, in the order of first use."""
        return list(self._entries.values())


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


class ExecutionFrames:
    """Frames of an agentflow's run. `complete` sums up what came before, so it sees the whole journal."""

    whole = True
    last: tuple[str, ...] = ("complete", "error")

    def __init__(self) -> None:
        self._usage = TokenUsage()
        self._nodes = NodeRuns()
        self._inputs = OpenInputs()

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what the stream shows of the event. The last is numbered one past the journal."""
        self._usage.add(event)
        self._inputs.add(event)
        shown = self._shown(event)
        if shown is None:
            return []
        frames = [(event.seq, frame(frame_id(event.execution_id, event.seq), shown))]
        if isinstance(shown, ExecutionComplete | ExecutionFailed):
            done = event.seq + 1
            frames.append((done, b"id: %s\ndata: [DONE]\n\n" % frame_id(event.execution_id, done).encode()))
        return frames

    def _shown(self, event: Event) -> ExecutionEvent | None:
        facts = event.data
        if (run := self._nodes.add(event)) is not None:
            return ExecutionNode(run)
        match event.type:
            case "run.created":
                return ExecutionStart(event.execution_id, facts.get("flow_id"))
            case "run.started" | "run.resumed":
                return ExecutionStatus("running")
            case "run.paused":
                return ExecutionStatus(facts.get("status", "waiting_approval"), self._inputs.list())
            case "message.delta":
                return ExecutionToken(event.node, facts["content"], event.path)
            case "message.reset":
                return ExecutionReset(event.node, event.path)
            case "tool.started" | "tool.completed" | "tool.failed":
                return tool_state(event)
            case "citation":
                return citation(event)
            case "run.completed":
                return ExecutionComplete(
                    status="completed",
                    output=output_of(facts.get("output")),
                    duration_ms=facts.get("duration_ms"),
                    token_usage=self._usage.entries(),
                    finish_reason=facts.get("finish_reason"),
                    warnings=facts.get("warnings", []),
                )
            case "run.failed" | "run.cancelled":
                error: dict[str, Any] = facts.get("error") or {}
                return ExecutionFailed(
                    error=error.get("message", "The run failed."),
                    code=error.get("code", "failed"),
                    status=facts.get("status", "failed"),
                    duration_ms=facts.get("duration_ms"),
                    token_usage=self._usage.entries(),
                )
            case _:
                return None


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


def output_of(output: dict[str, Any] | None) -> Any:
    """Return a run's output as its flow gave it, without the text that a chat shows of it."""
    return None if output is None else output.get("output", output)
