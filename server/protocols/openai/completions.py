"""Chat completions: a run as OpenAI's clients read it, whole and in chunks.

Both are pure functions of a run's events: the same events give the same bytes, on any process.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ToolCall
from graphs.values.events import Event
from server.http.problems import Problem
from server.protocols.answer_parts import (
    GAP,
    AnswerParts,
    Asked,
    Began,
    Counts,
    Ended,
    Failed,
    Part,
    Text,
    Thought,
)
from server.protocols.openai.errors import error_frame, failed

__all__ = ["DONE", "ChunkFrames", "Wanted", "completion"]

DONE = b"data: [DONE]\n\n"
REASONS = {"length": "length", "refusal": "content_filter", "content_filter": "content_filter"}


class Wanted(Struct, frozen=True, kw_only=True):
    """What a request asked for."""

    model: str
    """As the request named it."""
    answering: frozenset[str]
    """See `server.protocols.answering_nodes`."""
    after: int = 0
    """The last event before the answer."""
    include_usage: bool = False
    stateful: bool = False
    """Whether a question to a person can be answered by the next message."""


def completion(events: Sequence[Event], wanted: Wanted) -> dict[str, Any]:
    """Return the answer of a run that has ended or waits for people.

    Raises:
        Problem: the run failed, or it waits and `wanted` is not stateful.
    """
    reading = AnswerParts(wanted.answering, wanted.after, retracts=True)
    parts = [part for event in events for part in reading.add(event)]
    text, reason, reasoning, began = "", "stop", "", Began("", "", 0.0)
    calls: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Began():
                began = part
            case Thought():
                reasoning += part.text
            case Failed():
                raise failed(part.code, part.message, began.execution_id)
            case Asked():
                text = _question(part, wanted, began.execution_id)
            case Ended():
                text, reason = _response(events[-1]), _reason(part)
                calls = [wire_call(call) for call in part.calls]
            case _:
                pass
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    if calls:
        message |= {"content": text or None, "tool_calls": calls}
    return {
        "id": completion_id(began.execution_id, wanted.after),
        "object": "chat.completion",
        "created": int(began.at),
        "model": wanted.model,
        "choices": [
            {
                "index": 0,
                "message": {**message, **({"reasoning_content": reasoning} if reasoning else {})},
                "logprobs": None,
                "finish_reason": reason,
            }
        ],
        "usage": usage_of(reading.counts),
    }


class ChunkFrames:
    """Frames of a streamed chat completion. Feed it a run from its first event on, until it has `ended`."""

    whole = True
    last: tuple[str, ...] = ()

    def __init__(self, wanted: Wanted) -> None:
        self.unanswerable = False
        """Whether the run waits for an answer that no request can bring."""
        self._wanted = wanted
        self._reading = AnswerParts(wanted.answering, wanted.after)
        self._head: dict[str, Any] = {}
        self._execution_id = ""
        self._said = False

    @property
    def ended(self) -> bool:
        """Whether the stream is complete: nothing that comes later belongs to it."""
        return self._reading.ended

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what the event adds to the stream."""
        return [(event.seq, shown) for part in self._reading.add(event) for shown in self._shown(part)]

    def _shown(self, part: Part) -> list[bytes]:
        match part:
            case Began():
                self._execution_id = part.execution_id
                self._head = {
                    "id": completion_id(part.execution_id, self._wanted.after),
                    "object": "chat.completion.chunk",
                    "created": int(part.at),
                    "model": self._wanted.model,
                }
                return [self._chunk({"role": "assistant", "content": ""})]
            case Text():
                return [self._chunk({"content": self._gap(new=part.new) + part.text})]
            case Thought():
                return [self._chunk({"reasoning_content": part.text})]
            case Asked():
                return self._ask(part)
            case Ended():
                calls = [{"index": at, **wire_call(call)} for at, call in enumerate(part.calls)]
                called = [self._chunk({"tool_calls": calls})] if calls else []
                return [*called, *self._end(_reason(part))]
            case Failed():
                return [error_frame(failed(part.code, part.message, self._execution_id))]
            case _:
                return []

    def _gap(self, *, new: bool) -> str:
        gap = GAP if self._said and new else ""
        self._said = True
        return gap

    def _ask(self, asked: Asked) -> list[bytes]:
        """Send the question that the run waits with, and end."""
        try:
            question = _question(asked, self._wanted, self._execution_id)
        except Problem as problem:
            self.unanswerable = True
            return [error_frame(problem)]
        return [self._chunk({"content": self._gap(new=True) + question}), *self._end("stop")]

    def _end(self, reason: str) -> list[bytes]:
        usage: list[bytes] = []
        if self._wanted.include_usage:
            usage.append(_frame({**self._head, "choices": [], "usage": usage_of(self._reading.counts)}))
        return [self._chunk({}, reason), *usage, DONE]

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage = {"usage": None} if self._wanted.include_usage else {}
        return _frame({**self._head, "choices": [choice], **usage})


def completion_id(execution_id: str, after: int) -> str:
    """Return the id of an answer: the execution's, and where in it the answer begins if that is later."""
    return f"chatcmpl-{execution_id}-{after}" if after else f"chatcmpl-{execution_id}"


def wire_call(call: ToolCall) -> dict[str, Any]:
    """Return a call that the client is to make."""
    arguments = call.invalid or msgspec.json.encode(call.arguments).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def usage_of(counts: Counts) -> dict[str, Any]:
    """Return what was used, as chat completions show it."""
    return {
        "prompt_tokens": counts.input_tokens,
        "completion_tokens": counts.output_tokens,
        "total_tokens": counts.total_tokens,
        "prompt_tokens_details": {"cached_tokens": counts.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning_tokens},
    }


def _reason(ended: Ended) -> str:
    return "tool_calls" if ended.calls else REASONS.get(ended.reason, "stop")


def _frame(shown: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(shown) + b"\n\n"


def _response(event: Event) -> str:
    output: dict[str, Any] = event.data.get("output") or {}
    return output.get("response") or ""


def _question(asked: Asked, wanted: Wanted, execution_id: str) -> str:
    """Return what a run asks, as text.

    Raises:
        Problem: no message can answer it, since the request named no session.
    """
    if not wanted.stateful:
        message = (
            "The flow asks a person, and a request without a session cannot be gone on with. Name a session "
            "by X-Session-Id, or use a flow that asks nobody."
        )
        raise failed("approval_required", message, execution_id)
    return asked.text
