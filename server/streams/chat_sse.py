"""The stream of a chat: start, content as the model yields it, done or error."""

from typing import Any

from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.values.events import Event
from server.http.answers.sse_bytes import frame, frame_id
from server.views.node_runs import NODE_STATUS, NodeStatus
from server.views.open_inputs import OpenInput, open_input
from server.views.run_outputs import ChatCitation, ToolState, citation, files_of, tool_state
from server.views.usage_views import Usage, seconds, tokens

__all__ = [
    "ChatEvent",
    "ChatFrames",
]


class ChatStart(Struct, frozen=True, tag_field="type", tag="start"):
    """The first frame: the run is accepted and will not be lost."""

    session_id: str
    execution_id: str


class ChatContent(Struct, frozen=True, tag_field="type", tag="content", omit_defaults=True):
    """A piece of the answer, as the model yielded it."""

    content: str
    node_id: str
    """The node whose model speaks."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


class ChatReasoning(Struct, frozen=True, tag_field="type", tag="reasoning", omit_defaults=True):
    """A piece of the model's reasoning, which is no part of the answer."""

    content: str
    node_id: str
    path: str = ""


class ChatReset(Struct, frozen=True, tag_field="type", tag="reset", omit_defaults=True):
    """A model call is repeated: drop what this node's current message has said so far."""

    node_id: str
    path: str = ""


class ChatNode(Struct, frozen=True, tag_field="type", tag="node", omit_defaults=True):
    """A node started or ended."""

    node_id: str
    status: NodeStatus
    attempt: int
    node_type: str | None = None
    """When it starts."""
    label: str | None = None
    """When it starts."""
    duration_ms: float | None = None
    """When it has ended."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


class ChatStatus(Struct, frozen=True, tag_field="type", tag="status"):
    """The run waits for people (`waiting_approval`), or goes on (`running`); the stream stays open."""

    status: str


class ChatInput(Struct, frozen=True, tag_field="type", tag="input"):
    """The run asks a person something: answer it by `POST /executions/{id}/respond`."""

    input: OpenInput
    execution_id: str


class ChatDone(Struct, frozen=True, tag_field="type", tag="done"):
    """The last frame of a run that went well."""

    session_id: str
    execution_id: str
    response: str
    """The whole answer; it counts where it differs from what was streamed."""
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


class ChatError(Struct, frozen=True, tag_field="type", tag="error"):
    """The last frame of a run that failed, timed out or was cancelled."""

    error: str
    """A sentence for people."""
    code: str
    """A word for programs: `cancelled`, `timeout`, `limit_reached`, …"""
    session_id: str
    execution_id: str


ChatEvent = (
    ChatStart
    | ChatContent
    | ChatReasoning
    | ChatReset
    | ChatNode
    | ToolState
    | ChatCitation
    | ChatInput
    | ChatStatus
    | ChatDone
    | ChatError
)


class ChatFrames:
    """Frames of a chat. Events that a chat does not show have none."""

    whole = False
    last: tuple[str, ...] = ("done", "error")

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what a chat shows of the event."""
        shown = _shown(event)
        return [] if shown is None else [(event.seq, frame(frame_id(event.execution_id, event.seq), shown))]


def _shown(event: Event) -> ChatEvent | None:
    facts = event.data
    if event.visibility == "debug" and event.type.startswith("message."):
        return None  # said aside: no part of the answer
    match event.type:
        case "message.delta":
            return ChatContent(facts["content"], event.node, event.path)
        case "message.reasoning":
            return ChatReasoning(facts["content"], event.node, event.path)
        case "message.reset":
            return ChatReset(event.node, event.path)
        case "run.created":
            return ChatStart(facts.get("session_id") or event.session_id, event.execution_id)
        case "node.started" | "node.completed" | "node.failed" | "node.skipped" | "node.retrying":
            return ChatNode(
                node_id=event.node,
                node_type=facts.get("node_type"),
                label=facts.get("label"),
                status=NODE_STATUS[event.type],
                attempt=event.attempt,
                duration_ms=facts.get("duration_ms"),
                path=event.path,
            )
        case "tool.started" | "tool.completed" | "tool.failed":
            return tool_state(event)
        case "citation":
            return citation(event)
        case "input.requested" if facts["kind"] != "timer":
            return ChatInput(open_input(event), event.execution_id)
        case "run.paused" if facts.get("status") == "waiting_approval":
            return ChatStatus("waiting_approval")
        case "run.resumed":
            return ChatStatus("running")
        case "run.completed":
            output: dict[str, Any] = facts.get("output") or {}
            return ChatDone(
                session_id=event.session_id,
                execution_id=event.execution_id,
                response=output.get("response", ""),
                usage=tokens(facts.get("usage")),
                cost_usd=facts.get("cost_usd"),
                response_time=seconds(facts.get("duration_ms")),
                message_count=max(0, facts.get("message_count", 0)),
                finish_reason=facts.get("finish_reason"),
                warnings=facts.get("warnings", []),
                files=files_of(output),
            )
        case "run.failed" | "run.cancelled":
            error: dict[str, Any] = facts.get("error") or {}
            return ChatError(
                error=error.get("message", "The run failed."),
                code=error.get("code", "failed"),
                session_id=event.session_id,
                execution_id=event.execution_id,
            )
        case _:
            return None
