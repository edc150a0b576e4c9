"""Chat completions: a run as OpenAI's clients read it, whole and in chunks.

Both are pure functions of a run's events: the same events give the same bytes, on any process.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import TERMINAL, Event
from server.http.problems import Problem
from server.projections.inputs import OpenInputs
from server.protocols.openai.errors import error_frame, failed

__all__ = ["DONE", "Asked", "ChunkFrames", "completion"]

DONE = b"data: [DONE]\n\n"
GAP = "\n\n"
"""Between two texts of one answer."""
REASONS = {"length": "length", "refusal": "content_filter", "content_filter": "content_filter"}


class Asked(Struct, frozen=True, kw_only=True):
    """What a request asked for."""

    model: str
    """As the request named it."""
    answering: frozenset[str]
    """See `server.protocols.openai.answering_nodes`."""
    include_usage: bool = False
    stateful: bool = False
    """Whether a question to a person can be answered by the next message."""


class _Counts:
    """Adds up what the calls of a run used."""

    def __init__(self) -> None:
        self._sums = dict.fromkeys(
            ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"), 0
        )

    def add(self, event: Event) -> None:
        if event.type == "usage":
            for name in self._sums:
                self._sums[name] += event.data.get(name) or 0

    def shown(self) -> dict[str, Any]:
        sums = self._sums
        return {
            "prompt_tokens": sums["input_tokens"],
            "completion_tokens": sums["output_tokens"],
            "total_tokens": sums["input_tokens"] + sums["output_tokens"],
            "prompt_tokens_details": {"cached_tokens": sums["cached_input_tokens"]},
            "completion_tokens_details": {"reasoning_tokens": sums["reasoning_tokens"]},
        }


def completion(events: Sequence[Event], asked: Asked) -> dict[str, Any]:
    """Return the answer of a run that has ended or waits for people.

    Raises:
        Problem: the run failed, or it waits and `asked` is not stateful.
    """
    first, last = events[0], events[-1]
    counts, inputs, reasoning = _Counts(), OpenInputs(), ""
    for event in events:
        counts.add(event)
        inputs.add(event)
        if event.type == "message.reasoning" and event.node in asked.answering and not event.path:
            reasoning += event.data["content"]
    if last.type == "run.completed":
        text, reason = _response(last), REASONS.get(last.data.get("finish_reason") or "", "stop")
    elif last.type in TERMINAL:
        raise _failure(last)
    else:
        text, reason = _question(inputs, asked, first.execution_id), "stop"
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    return {
        "id": f"chatcmpl-{first.execution_id}",
        "object": "chat.completion",
        "created": int(first.ts),
        "model": asked.model,
        "choices": [
            {
                "index": 0,
                "message": {**message, **({"reasoning_content": reasoning} if reasoning else {})},
                "logprobs": None,
                "finish_reason": reason,
            }
        ],
        "usage": counts.shown(),
    }


class ChunkFrames:
    """Frames of a streamed chat completion. Feed it a run from its first event on, until it has `ended`."""

    whole = True
    last: tuple[str, ...] = ()

    def __init__(self, asked: Asked) -> None:
        self.ended = False
        """Whether the stream is complete: nothing that comes later belongs to it."""
        self.unanswerable = False
        """Whether the run waits for an answer that no request can bring."""
        self._asked = asked
        self._counts = _Counts()
        self._inputs = OpenInputs()
        self._head: dict[str, Any] = {}
        self._sent = ""
        """All text so far."""
        self._message = ""
        """What of it belongs to the message that is under way, or was the last."""
        self._again: str | None = None
        """What a repeated message has said so far, while that was sent before."""

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what the event adds to the stream."""
        if self.ended:
            return []
        self._counts.add(event)
        self._inputs.add(event)
        return [(event.seq, shown) for shown in self._shown(event)]

    def _shown(self, event: Event) -> list[bytes]:
        answers = event.node in self._asked.answering and not event.path
        match event.type:
            case "run.created":
                self._head = {
                    "id": f"chatcmpl-{event.execution_id}",
                    "object": "chat.completion.chunk",
                    "created": int(event.ts),
                    "model": self._asked.model,
                }
                return [self._chunk({"role": "assistant", "content": ""})]
            case "message.started" if answers:
                self._begin()
                return []
            case "message.delta" if answers:
                return self._text(event, event.data["content"])
            case "message.reset" if answers:
                self._again = "" if self._message else None
                return []
            case "message.reasoning" if answers:
                return [self._chunk({"reasoning_content": event.data["content"]})]
            case "run.paused" if event.data.get("status") == "waiting_approval":
                return self._ask(event)
            case "run.completed":
                return self._complete(event)
            case "run.failed" | "run.cancelled":
                return self._fail(_failure(event))
            case _:
                return []

    def _begin(self) -> None:
        """Take notice that a message begins: a new one, or once more the one that was taken back."""
        if self._again is not None:
            self._again = ""
        else:
            self._message = ""

    def _text(self, event: Event, text: str) -> list[bytes]:
        """Send text; of a repeated message what was not sent before."""
        if self._again is not None:
            again = self._again + text
            if len(again) < len(self._message) and self._message.startswith(again):
                self._again = again
                return []
            if not again.startswith(self._message):
                return self._fail(_taken_back(event.execution_id))
            self._again, text = None, again[len(self._message) :]
        if not text:
            return []
        gap = GAP if self._sent and not self._message else ""
        self._message += text
        self._sent += gap + text
        return [self._chunk({"content": gap + text})]

    def _complete(self, event: Event) -> list[bytes]:
        """Send what is left of the answer, and end."""
        response = _response(event)
        known = self._message if response.startswith(self._message) else self._sent
        if not response.startswith(known) or (self._again is not None and not self._message):
            return self._fail(_taken_back(event.execution_id))
        rest = response[len(known) :]
        reason = REASONS.get(event.data.get("finish_reason") or "", "stop")
        return [*([self._chunk({"content": rest})] if rest else []), *self._end(reason)]

    def _ask(self, event: Event) -> list[bytes]:
        """Send the question that the run waits with, and end."""
        if not self._inputs.list():
            return []
        try:
            question = _question(self._inputs, self._asked, event.execution_id)
        except Problem as problem:
            self.unanswerable = True
            return self._fail(problem)
        gap = GAP if self._sent else ""
        return [self._chunk({"content": gap + question}), *self._end("stop")]

    def _end(self, reason: str) -> list[bytes]:
        self.ended = True
        usage: list[bytes] = []
        if self._asked.include_usage:
            usage.append(_frame({**self._head, "choices": [], "usage": self._counts.shown()}))
        return [self._chunk({}, reason), *usage, DONE]

    def _fail(self, problem: Problem) -> list[bytes]:
        self.ended = True
        return [error_frame(problem)]

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage = {"usage": None} if self._asked.include_usage else {}
        return _frame({**self._head, "choices": [choice], **usage})


def _frame(shown: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(shown) + b"\n\n"


def _response(event: Event) -> str:
    output: dict[str, Any] = event.data.get("output") or {}
    return output.get("response") or ""


def _failure(event: Event) -> Problem:
    error: dict[str, Any] = event.data.get("error") or {}
    message = error.get("message") or "The run was cancelled."
    return failed(error.get("code") or "cancelled", message, event.execution_id)


def _taken_back(execution_id: str) -> Problem:
    message = (
        "The model's answer was begun anew and differs from what was sent. Read the whole answer from "
        f"/api/agent-builder/executions/{execution_id}."
    )
    return failed("message_reset", message, execution_id)


def _question(inputs: OpenInputs, asked: Asked, execution_id: str) -> str:
    """Return what a run asks, as text.

    Raises:
        Problem: no message can answer it, since the request named no session.
    """
    questions = inputs.list()
    if not asked.stateful:
        message = (
            "The flow asks a person, and a request without a session cannot be gone on with. Name a session "
            "by X-Session-Id, or use a flow that asks nobody."
        )
        raise failed("approval_required", message, execution_id)
    return GAP.join(one.message or f"Choose: {', '.join(one.actions)}" for one in questions)
