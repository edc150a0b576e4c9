"""The stream of a chat: start, content as the model yields it, done or error."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.values.events import Event
from server.http.sse_bytes import frame, frame_id
from server.projections.inputs import OpenInput, open_input

__all__ = [
    "NODE_STATUS",
    "ChatCitation",
    "ChatEvent",
    "ChatFrames",
    "ToolState",
    "Usage",
    "citation",
    "files_of",
    "seconds",
    "tokens",
    "tool_state",
]

NodeStatus = Literal["running", "completed", "failed", "skipped"]
NODE_STATUS: dict[str, NodeStatus] = {
    "node.started": "running",
    "node.retrying": "running",
    "node.completed": "completed",
    "node.failed": "failed",
    "node.skipped": "skipped",
}


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens of a run, as the providers counted them."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    estimated: bool = False
    """True where a provider gave no usage and a tokenizer's estimate is part of the sum."""
    cached_input_tokens: int = 0
    """Those of the input that a provider read from its cache."""
    cache_write_tokens: int = 0
    """Those of the input that a provider wrote to its cache."""
    reasoning_tokens: int = 0
    """Those of the output that a model spent on reasoning."""


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


class ToolState(Struct, frozen=True, tag_field="type", tag="tool", omit_defaults=True):
    """A tool started or ended."""

    name: str
    status: Literal["running", "completed", "failed"]
    input: Any
    """Its arguments, when it starts."""
    output: Any
    """What it gave, or the sentence why it failed, when it has ended."""
    node_id: str
    call_id: str
    """The model's name of the call, the same when it starts and ends; empty where no model asked for it."""
    path: str = ""


class ChatCitation(Struct, frozen=True, kw_only=True, tag_field="type", tag="citation", omit_defaults=True):
    """A source of the answer."""

    number: int
    """1 for the first source of the run, and so on: the same for each citation of one address."""
    url: str
    """An address of http or https; empty where a passage of a knowledge base has none."""
    title: str = ""
    text: str = ""
    """The passage that counts, where it is known."""
    start: int | None = None
    """Where in the answer's text it is cited, in characters, with `end`; left out where nobody said."""
    end: int | None = None
    passage_id: str = ""
    """Of a knowledge base; left out for a source of the web."""
    document_id: str = ""
    page: int | None = None
    """The page of the document, from 1."""
    node_id: str
    """The node whose model or tool cites it."""
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


def citation(event: Event) -> ChatCitation:
    """Return a source of the answer as streams show it."""
    return ChatCitation(**event.data, node_id=event.node, path=event.path)


def tool_state(event: Event) -> ToolState:
    """Return a tool's event as streams show it."""
    facts = event.data
    status: dict[str, Literal["running", "completed"]] = {
        "tool.started": "running",
        "tool.completed": "completed",
    }
    return ToolState(
        name=facts.get("name", ""),
        status=status.get(event.type, "failed"),
        input=facts.get("input"),
        output=facts.get("output", facts.get("error")),
        node_id=event.node,
        call_id=facts.get("call_id", ""),
        path=event.path,
    )


def files_of(output: dict[str, Any]) -> list[FileRef]:
    """Return the files that a run's answer carries."""
    return msgspec.convert(output.get("files", []), list[FileRef])


def tokens(usage: dict[str, Any] | None) -> Usage:
    """Return a run's tokens."""
    known = usage or {}
    return Usage(
        input_tokens=known.get("input_tokens", 0),
        output_tokens=known.get("output_tokens", 0),
        total_tokens=known.get("total_tokens", 0),
        estimated=bool(known.get("estimated")),
        cached_input_tokens=known.get("cached_input_tokens", 0),
        cache_write_tokens=known.get("cache_write_tokens", 0),
        reasoning_tokens=known.get("reasoning_tokens", 0),
    )


def seconds(milliseconds: float | None) -> float:
    """Return milliseconds as seconds, to the millisecond."""
    return round((milliseconds or 0.0) / 1000, 3)
