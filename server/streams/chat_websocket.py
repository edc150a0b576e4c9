"""A stored chatflow's run on a WebSocket: chunks as the model yields them, then the response or an error."""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.conversation.messages import Citation
from graphs.values.events import Event
from server.views.conversation_files import StoredMessage
from server.views.open_inputs import OpenInput, open_input
from server.views.run_outputs import ToolState, files_of, tool_state
from server.views.usage_views import Usage, seconds, tokens

__all__ = [
    "TriggerCleared",
    "TriggerConnected",
    "TriggerError",
    "TriggerFrame",
    "TriggerFrames",
    "TriggerHistory",
    "TriggerPong",
]


class TriggerConnected(Struct, frozen=True, tag_field="type", tag="connected"):
    """The first frame: who asks is known, and messages are taken."""

    session_id: str
    workflow_id: str


class TriggerPong(Struct, frozen=True, tag_field="type", tag="pong"):
    """The answer to a `ping`."""


class TriggerCleared(Struct, frozen=True, tag_field="type", tag="cleared"):
    """The session's history is empty."""

    session_id: str


class TriggerHistory(Struct, frozen=True, tag_field="type", tag="history"):
    """The session's last messages, the oldest first."""

    session_id: str
    messages: list[StoredMessage]
    message_count: int
    """How many the session has in all."""


class OfRun(Struct, frozen=True, kw_only=True, tag_field="type"):
    """A frame of a run."""

    execution_id: str
    seq: int
    """What a `resume` names as `after` when this frame was the last to arrive."""


class TriggerStarted(OfRun, frozen=True, kw_only=True, tag="started"):
    """The run is accepted and will not be lost."""

    session_id: str


class TriggerChunk(OfRun, frozen=True, kw_only=True, tag="chunk", omit_defaults=True):
    """A piece of the answer as the model yielded it; several where the client reads slowly."""

    content: str
    node_id: str
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""

    def joined(self, later: object) -> "TriggerChunk | None":
        """Return both as one; None where `later` is not the next piece of the same message."""
        if not isinstance(later, TriggerChunk):
            return None
        if (later.execution_id, later.node_id, later.path) != (self.execution_id, self.node_id, self.path):
            return None
        return msgspec.structs.replace(later, content=self.content + later.content)


class TriggerReset(OfRun, frozen=True, kw_only=True, tag="reset", omit_defaults=True):
    """A model call is repeated: drop what this node's current message has said so far."""

    node_id: str
    path: str = ""


class TriggerTool(OfRun, frozen=True, kw_only=True, tag="tool"):
    """A tool started or ended."""

    tool: ToolState


class TriggerCitation(OfRun, frozen=True, kw_only=True, tag="citation"):
    """A source of the answer."""

    citation: Citation


class TriggerInput(OfRun, frozen=True, kw_only=True, tag="input"):
    """The run asks a person something: answer it by `POST /executions/{id}/respond`."""

    input: OpenInput


class TriggerStatus(OfRun, frozen=True, kw_only=True, tag="status"):
    """The run waits for people (`waiting_approval`), or goes on (`running`)."""

    status: str


class TriggerResponse(OfRun, frozen=True, kw_only=True, tag="response"):
    """The last frame of a run that went well."""

    response: str
    """The whole answer; it counts where it differs from the chunks."""
    session_id: str
    usage: Usage
    cost_usd: float | None
    """Null where the price is not known."""
    response_time: float
    """Seconds from the run's start to its end."""
    message_count: int
    """Messages in the session now."""
    finish_reason: str | None = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
    `refusal`; null where no model answered."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""
    files: list[FileRef] = []
    """Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one."""


class TriggerError(Struct, frozen=True, kw_only=True, tag_field="type", tag="error", omit_defaults=True):
    """The last frame of a run that failed, or the answer to what could not be done."""

    error: str
    """A sentence for people."""
    code: str
    """A word for programs: `cancelled`, `timeout`, `invalid`, `not_found`, …"""
    execution_id: str = ""
    """The run that it is about; left out where it is about none."""
    seq: int = 0
    """Left out where it is no frame of a run."""


TriggerFrame = (
    TriggerConnected
    | TriggerPong
    | TriggerCleared
    | TriggerHistory
    | TriggerStarted
    | TriggerChunk
    | TriggerReset
    | TriggerTool
    | TriggerCitation
    | TriggerInput
    | TriggerStatus
    | TriggerResponse
    | TriggerError
)


class TriggerFrames:
    """Frames of one run. Events that a chat does not show have none."""

    whole = False

    def shown(self, event: Event) -> tuple[Struct, ...]:
        """Return what a chat shows of the event."""
        frame = _shown(event)
        return () if frame is None else (frame,)


def _shown(event: Event) -> Struct | None:
    facts = event.data
    if event.visibility == "debug" and event.type.startswith("message."):
        return None  # said aside: no part of the answer
    of: dict[str, Any] = {"execution_id": event.execution_id, "seq": event.seq}
    match event.type:
        case "message.delta":
            return TriggerChunk(
                content=facts["content"],
                node_id=event.node,
                path=event.path,
                execution_id=event.execution_id,
                seq=event.seq,
            )
        case "message.reset":
            return TriggerReset(node_id=event.node, path=event.path, **of)
        case "run.created":
            return TriggerStarted(session_id=facts.get("session_id") or event.session_id, **of)
        case "tool.started" | "tool.completed" | "tool.failed":
            return TriggerTool(tool=tool_state(event), **of)
        case "citation":
            return TriggerCitation(citation=msgspec.convert(facts, Citation), **of)
        case "input.requested" if facts["kind"] != "timer":
            return TriggerInput(input=open_input(event), **of)
        case "run.paused" if facts.get("status") == "waiting_approval":
            return TriggerStatus(status="waiting_approval", **of)
        case "run.resumed":
            return TriggerStatus(status="running", **of)
        case "run.completed":
            output: dict[str, Any] = facts.get("output") or {}
            return TriggerResponse(
                response=output.get("response", ""),
                session_id=event.session_id,
                usage=tokens(facts.get("usage")),
                cost_usd=facts.get("cost_usd"),
                response_time=seconds(facts.get("duration_ms")),
                message_count=max(0, facts.get("message_count", 0)),
                finish_reason=facts.get("finish_reason"),
                warnings=facts.get("warnings", []),
                files=files_of(output),
                **of,
            )
        case "run.failed" | "run.cancelled":
            error: dict[str, Any] = facts.get("error") or {}
            return TriggerError(
                error=error.get("message", "The run failed."), code=error.get("code", "failed"), **of
            )
        case _:
            return None
