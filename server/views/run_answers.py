"""The whole answer of a run that has ended, in the shapes that chats and agentflows give it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.conversation.messages import Citation
from graphs.values.events import Event
from server.views.open_inputs import OpenInput, asked_in_words, open_inputs
from server.views.run_outputs import files_of, output_of
from server.views.usage_views import TokenUsage, Usage, UsageEntry, seconds, tokens

__all__ = ["ChatAnswer", "ExecutionAnswer", "chat_answer", "execution_answer"]


class ChatAnswer(Struct, frozen=True, kw_only=True):
    """A chat's answer."""

    success: bool
    response: str
    """The text; of a run that waits for whom it talks with its question; empty if the run failed."""
    error: str | None
    """What went wrong, as a sentence; null if nothing did."""
    error_code: str | None = None
    """What went wrong, as a word for programs: `timeout`, `limit_reached`, `rate_limited`, …; null if nothing
    did."""
    session_id: str
    """The session to go on with: the caller's, or one made for this chat."""
    message_count: int
    """Messages in the session now, this turn's included."""
    usage: Usage
    execution_id: str
    response_time: float
    """Seconds from the run's start to its end."""
    status: str
    """The execution's status word: `waiting_approval` where it waits for people."""
    inputs: list[OpenInput] = []
    """What it waits for: answer by `POST /executions/{id}/respond`, or by the session's next message where
    `audience` is `visitor`."""
    citations: list[Citation] = []
    """The sources of the answer, in the order in which they were cited."""
    finish_reason: str | None = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
    `refusal`; null where no model answered."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""
    files: list[FileRef] = []
    """Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one."""


class ExecutionAnswer(Struct, frozen=True, kw_only=True):
    """An agentflow's answer."""

    success: bool
    execution_id: str
    status: str
    output: Any
    """What the end node gave; null if the run failed."""
    error: str | None
    error_code: str | None = None
    """What went wrong, as a word for programs; null if nothing did."""
    duration_ms: float
    token_usage: list[UsageEntry]
    inputs: list[OpenInput] = []
    """What it waits for, with status `waiting_approval`: answer by `POST /executions/{id}/respond`."""
    citations: list[Citation] = []
    """The sources of the answer, in the order in which they were cited."""
    finish_reason: str | None = None
    """How the last answer that readers saw ended: `stop`, `length` (it was cut: raise
    `max_tokens`), `tool_calls`, `refusal`; null where no model answered."""
    warnings: list[str] = []
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


def chat_answer(events: Sequence[Event]) -> ChatAnswer:
    """Return the answer of a chat from its journal, which has ended or come to where it waits for people."""
    terminal = events[-1]
    facts = terminal.data
    waits = terminal.type == "run.paused"
    output: dict[str, Any] = facts.get("output") or {}
    return ChatAnswer(
        success=terminal.type == "run.completed",
        response=asked_in_words(events) if waits else output.get("response", ""),
        error=_sentence(facts),
        error_code=_code(facts),
        session_id=terminal.session_id,
        message_count=max(0, facts.get("message_count", 0)),
        usage=tokens(facts.get("usage")),
        execution_id=terminal.execution_id,
        response_time=seconds(_duration(events)),
        status=facts.get("status", "failed"),
        inputs=open_inputs(events) if waits else [],
        citations=_cited(events),
        finish_reason=facts.get("finish_reason"),
        warnings=facts.get("warnings", []),
        files=files_of(output),
    )


def execution_answer(events: Sequence[Event]) -> ExecutionAnswer:
    """Return the answer of an agentflow from its journal, which has ended or waits for people."""
    usage = TokenUsage()
    for event in events:
        usage.add(event)
    terminal = events[-1]
    facts = terminal.data
    return ExecutionAnswer(
        success=terminal.type == "run.completed",
        execution_id=terminal.execution_id,
        status=facts.get("status", "failed"),
        output=output_of(facts.get("output")),
        error=_sentence(facts),
        error_code=_code(facts),
        duration_ms=_duration(events),
        token_usage=usage.entries(),
        inputs=open_inputs(events) if terminal.type == "run.paused" else [],
        citations=_cited(events),
        finish_reason=facts.get("finish_reason"),
        warnings=facts.get("warnings", []),
    )


def _cited(events: Sequence[Event]) -> list[Citation]:
    cited = (msgspec.convert(event.data, Citation) for event in events if event.type == "citation")
    return [*dict.fromkeys(cited)]  # what a guardrail let through was cited twice


def _duration(events: Sequence[Event]) -> float:
    """Return the milliseconds that a run took, or has taken so far."""
    terminal = events[-1]
    if terminal.type == "run.paused":
        return round((terminal.ts - events[0].ts) * 1000, 3)
    return terminal.data.get("duration_ms") or 0.0


def _code(facts: dict[str, Any]) -> str | None:
    error: dict[str, Any] | None = facts.get("error")
    return None if error is None else error.get("code", "failed")


def _sentence(facts: dict[str, Any]) -> str | None:
    error: dict[str, Any] | None = facts.get("error")
    return None if error is None else error.get("message", "The run failed.")
