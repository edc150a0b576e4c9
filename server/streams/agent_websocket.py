"""A chat by its config on a WebSocket: every frame has a type, a content, a time and metadata."""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.conversation.messages import Citation
from graphs.values.events import Event
from server.http.answers.sse_bytes import iso
from server.views.conversation_files import StoredMessage
from server.views.open_inputs import OpenInput, open_input
from server.views.run_outputs import files_of
from server.views.usage_views import tokens

__all__ = [
    "AgentError",
    "AgentFrame",
    "AgentFrames",
    "AgentHistory",
    "AgentMetadata",
    "AgentPong",
    "AgentStatus",
]


class AgentMetadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts beside the content; those that are not known are left out."""

    provider: str = ""
    """Of the model that answered last."""
    model: str = ""
    tokens_used: int | None = None
    """Tokens of the run, in and out."""
    cost_usd: float | None = None
    session_id: str = ""
    node_id: str = ""
    """What the address had as `node_id`: the client's own name for where it chats."""
    message_count: int | None = None
    """Messages in the session now."""
    tool: str = ""
    citations: list[Citation] = []
    """Of the whole answer: its sources, in the order in which they were cited."""
    finish_reason: str = ""
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
    `refusal`."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""
    files: list[FileRef] = []
    """Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one."""
    input: OpenInput | None = None
    """What the run asks a person: answer it by `POST /executions/{id}/respond`."""


NOTHING = AgentMetadata()


class OfAgent(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """A frame of an agent's chat."""

    content: str
    timestamp: str | None
    """When it happened; of a run's frames what the journal says."""
    metadata: AgentMetadata
    execution_id: str = ""
    """The run that it is a frame of; left out where it is of none."""
    seq: int = 0
    """What a `resume` names as `after` when this frame was the last to arrive."""


class AgentStatus(OfAgent, frozen=True, kw_only=True, tag="status"):
    """Something changed: `connected`, `started`, `reset` (drop the message so far), `tool running`,
    `tool completed`, `tool failed`, `waiting_approval`, `running`, `cleared`."""


class AgentChunk(OfAgent, frozen=True, kw_only=True, tag="chunk"):
    """A piece of the answer as the model yielded it; several where the client reads slowly."""

    def joined(self, later: object) -> "AgentChunk | None":
        """Return both as one; None where `later` is not the next piece of the same message."""
        if not isinstance(later, AgentChunk) or later.execution_id != self.execution_id:
            return None
        return msgspec.structs.replace(later, content=self.content + later.content)


class AgentMessage(OfAgent, frozen=True, kw_only=True, tag="message"):
    """The whole answer, the last frame of a run that went well."""


class AgentError(OfAgent, frozen=True, kw_only=True, tag="error"):
    """The last frame of a run that failed, or what could not be done; `content` is a sentence."""

    code: str
    """A word for programs: `cancelled`, `timeout`, `invalid`, `not_found`, …"""


class AgentPong(OfAgent, frozen=True, kw_only=True, tag="pong"):
    """The answer to a `ping`."""


class AgentHistory(OfAgent, frozen=True, kw_only=True, tag="history"):
    """The session's last messages, the oldest first."""

    messages: list[StoredMessage]
    message_count: int
    """How many the session has in all."""


AgentFrame = AgentStatus | AgentChunk | AgentMessage | AgentError | AgentPong | AgentHistory


class AgentFrames:
    """Frames of one run. Which model answered is told by events before the last, so it sees all of them."""

    whole = True

    def __init__(self, node_id: str = "") -> None:
        self._node_id = node_id
        self._provider = ""
        self._model = ""
        self._citations: list[Citation] = []

    def shown(self, event: Event) -> tuple[Struct, ...]:
        """Return what the chat shows of the event."""
        facts = event.data
        of: dict[str, Any] = {
            "timestamp": iso(event.ts),
            "metadata": NOTHING,
            "execution_id": event.execution_id,
            "seq": event.seq,
        }
        match event.type:
            case "message.delta":
                return (AgentChunk(content=facts["content"], **of),)
            case "usage":
                self._provider, self._model = facts.get("provider", ""), facts.get("model", "")
                return ()
            case "citation":
                self._citations.append(msgspec.convert(facts, Citation))
                return ()
            case "run.created":
                session = facts.get("session_id") or event.session_id
                of["metadata"] = AgentMetadata(session_id=session, node_id=self._node_id)
                return (AgentStatus(content="started", **of),)
            case "message.reset":
                return (AgentStatus(content="reset", **of),)
            case "tool.started" | "tool.completed" | "tool.failed":
                state = "running" if event.type == "tool.started" else event.type[5:]
                of["metadata"] = AgentMetadata(tool=facts.get("name", ""))
                return (AgentStatus(content=f"tool {state}", **of),)
            case "input.requested" if facts["kind"] != "timer":
                of["metadata"] = AgentMetadata(input=open_input(event))
                return (AgentStatus(content="waiting_approval", **of),)
            case "run.resumed":
                return (AgentStatus(content="running", **of),)
            case "run.completed":
                output: dict[str, Any] = facts.get("output") or {}
                of["metadata"] = msgspec.structs.replace(
                    self._facts(event), citations=self._citations, files=files_of(output)
                )
                return (AgentMessage(content=output.get("response", ""), **of),)
            case "run.failed" | "run.cancelled":
                error: dict[str, Any] = facts.get("error") or {}
                of["metadata"] = self._facts(event)
                message, code = error.get("message", "The run failed."), error.get("code", "failed")
                return (AgentError(content=message, code=code, **of),)
            case _:
                return ()

    def _facts(self, event: Event) -> AgentMetadata:
        facts = event.data
        return AgentMetadata(
            provider=self._provider,
            model=self._model,
            tokens_used=tokens(facts.get("usage")).total_tokens,
            cost_usd=facts.get("cost_usd"),
            session_id=event.session_id,
            node_id=self._node_id,
            message_count=max(0, facts.get("message_count", 0)),
            finish_reason=facts.get("finish_reason", ""),
            warnings=facts.get("warnings", []),
        )
