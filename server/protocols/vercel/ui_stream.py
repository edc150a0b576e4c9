"""The UI message stream of Vercel's AI SDK, version 1, as its releases 6 and 7 read it.

It is a pure function of a run's events: who reads it again gets the same parts with the same ids.
"""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import Event
from server.protocols.answer_parts import (
    AnswerParts,
    Asked,
    Began,
    Ended,
    Failed,
    Part,
    Retracted,
    Source,
    Stretch,
    Text,
    Thought,
    ToolBegan,
    ToolEnded,
)
from server.views.open_inputs import OpenInput

__all__ = ["DONE", "Answered", "Approval", "UiFrames", "approvals_of", "failure_frames"]

DONE = b"data: [DONE]\n\n"
REASONS = {
    "stop": "stop",
    "length": "length",
    "refusal": "content-filter",
    "content_filter": "content-filter",
}

ASKED = ("input_id", "kind", "message", "actions", "labels", "schema", "value", "audience")


class Approval(Struct, frozen=True):
    """An answer to an approval."""

    execution_id: str
    input_id: str
    approved: bool
    reason: str = ""


class Answered(Struct, frozen=True):
    """The client's message that a stream goes on with, since it has answers to questions."""

    message_id: str = ""
    approvals: list[Approval] = []


class UiFrames:
    """Frames of an answer. Feed it a run from its first event on, until it has `ended`."""

    def __init__(
        self,
        answering: frozenset[str],
        stretch: Stretch,
        *,
        approvals: bool = True,
        answered: Answered | None = None,
    ) -> None:
        self._stretch = stretch
        self._approvals = approvals
        self._answered = answered or Answered()
        self._reading = AnswerParts(answering, stretch.after, retracts=True)
        self._open: tuple[str, str] | None = None
        """Kind and id of the text or reasoning that is open."""
        self._count = 0
        self._tools: set[str] = set()

    @property
    def ended(self) -> bool:
        """Whether the answer is complete: nothing that comes later belongs to it."""
        return self._reading.ended

    def frames(self, event: Event) -> list[bytes]:
        """Return what the event adds to the stream."""
        return [frame for part in self._reading.add(event) for frame in self._shown(part)]

    def _shown(self, part: Part) -> list[bytes]:
        match part:
            case Began():
                metadata = {"executionId": part.execution_id, "sessionId": part.session_id}
                id = self._answered.message_id or self._stretch.named("msg_")
                begun = [_frame("start", messageId=id, messageMetadata=metadata)]
                return [*begun, *map(_decided, self._answered.approvals), _frame("start-step")]
            case Text():
                return self._delta("text", part.text, new=part.new)
            case Thought():
                return self._delta("reasoning", part.text)
            case Retracted():
                dropped = self._open[1] if self._open else ""
                return [*self._close(), _frame("data-reset", data={"id": dropped})]
            case ToolBegan():
                return [*self._close(), *self._tool(part.call_id, part.name, part.input)]
            case ToolEnded():
                return [*self._close(), *self._tool_end(part)]
            case Source():
                cited = part.citation
                self._count += 1
                title = {"title": cited.title} if cited.title else {}
                return [_frame("source-url", sourceId=f"source_{self._count}", url=cited.url, **title)]
            case Asked():
                text = [*self._delta("text", part.text, new=True), *self._close()]
                asked = [frame for one in part.questions for frame in self._approval(one)]
                return [*text, *map(self._input, part.questions), *asked, *self._end("other")]
            case Ended():
                return [*self._close(), *self._end(REASONS.get(part.reason, "other"))]
            case Failed() if part.code == "cancelled":
                return [*self._close(), _frame("abort", reason=part.message), DONE]
            case Failed():
                return [*self._close(), *failure_frames(part.message)]

    def _delta(self, kind: str, text: str, *, new: bool = False) -> list[bytes]:
        begun: list[bytes] = []
        if new or self._open is None or self._open[0] != kind:
            begun = self._close()
            self._count += 1
            self._open = (kind, f"{kind}_{self._count}")
            begun.append(_frame(f"{kind}-start", id=self._open[1]))
        assert self._open is not None, "it was begun"
        return [*begun, _frame(f"{kind}-delta", id=self._open[1], delta=text)]

    def _close(self) -> list[bytes]:
        if self._open is None:
            return []
        kind, id = self._open
        self._open = None
        return [_frame(f"{kind}-end", id=id)]

    def _tool(self, id: str, name: str, given: Any) -> list[bytes]:
        """Show a call of the flow's own tool, which no client is to run."""
        self._tools.add(id)
        call = {"toolCallId": id, "toolName": name, "dynamic": True, "providerExecuted": True}
        return [_frame("tool-input-start", **call), _frame("tool-input-available", **call, input=given)]

    def _tool_end(self, part: ToolEnded) -> list[bytes]:
        begun = [] if part.call_id in self._tools else self._tool(part.call_id, part.name, None)
        call = {"toolCallId": part.call_id, "dynamic": True, "providerExecuted": True}
        if part.failed:
            text = part.output if isinstance(part.output, str) else msgspec.json.encode(part.output).decode()
            return [*begun, _frame("tool-output-error", **call, errorText=text)]
        return [*begun, _frame("tool-output-available", **call, output=part.output)]

    def _input(self, asked: OpenInput) -> bytes:
        """Show a question, which the application answers."""
        given: dict[str, Any] = msgspec.to_builtins(asked)
        shown = {name: given[name] for name in ASKED} | {"execution_id": self._stretch.execution_id}
        return _frame("data-input", id=asked.input_id, data=shown)

    def _approval(self, asked: OpenInput) -> list[bytes]:
        """Show what is to be approved or rejected as a call of a tool that needs approval."""
        if not self._approvals or not {"approve", "reject"} <= {*asked.actions}:
            return []
        id = _call_id(asked.input_id)
        call = {"toolCallId": id, "toolName": str(asked.kind), "dynamic": True}
        approval = f"{self._stretch.execution_id}.{asked.input_id}"
        return [
            _frame("tool-input-start", **call),
            _frame("tool-input-available", **call, input={"message": asked.message, "value": asked.value}),
            _frame("tool-approval-request", approvalId=approval, toolCallId=id),
        ]

    def _end(self, reason: str) -> list[bytes]:
        counts = self._reading.counts
        usage = {
            "inputTokens": counts.input_tokens,
            "outputTokens": counts.output_tokens,
            "totalTokens": counts.total_tokens,
            "reasoningTokens": counts.reasoning_tokens,
            "cachedInputTokens": counts.cached_input_tokens,
        }
        finish = _frame("finish", finishReason=reason, messageMetadata={"usage": usage})
        return [_frame("finish-step"), finish, DONE]


def approvals_of(parts: list[dict[str, Any]]) -> list[Approval]:
    """Return the answers to approvals in the parts of a message, which no stream has taken yet."""
    found: list[Approval] = []
    for part in parts:
        match part:
            case {
                "state": "approval-responded",
                "approval": {"id": str(id), "approved": bool(approved), **more},
            }:
                execution, _, input = id.partition(".")
                found.append(Approval(execution, input, approved, str(more.get("reason") or "")))
            case _:
                pass
    return found


def _decided(approval: Approval) -> bytes:
    id = _call_id(approval.input_id)
    if not approval.approved:
        return _frame("tool-output-denied", toolCallId=id)
    return _frame("tool-output-available", toolCallId=id, dynamic=True, output={"approved": True})


def _call_id(input_id: str) -> str:
    return f"approval_{input_id}"


def failure_frames(message: str) -> list[bytes]:
    """Return the end of an answer that there is not."""
    return [_frame("error", errorText=message), _frame("finish", finishReason="error"), DONE]


def _frame(type: str, **fields: Any) -> bytes:
    return b"data: " + msgspec.json.encode({"type": type, **fields}) + b"\n\n"
