"""The stream of an agentflow's execution: start, status, nodes, tokens, complete or error, and ``[DONE]``."""

from typing import Any

from msgspec import Struct

from graphs.values.events import Event
from server.http.answers.sse_bytes import frame, frame_id
from server.views.node_runs import NodeRun, NodeRuns
from server.views.open_inputs import OpenInput, OpenInputs
from server.views.run_outputs import ChatCitation, ToolState, citation, output_of, tool_state
from server.views.usage_views import TokenUsage, UsageEntry

__all__ = [
    "ExecutionEvent",
    "ExecutionFrames",
]


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
