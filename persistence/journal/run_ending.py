"""How a run's answer ended, kept from its events while they are written or read again."""

from typing import Any

import msgspec

from graphs.conversation.messages import ModelAnswer
from graphs.values.events import EventType, Visibility

__all__ = ["RunEnding", "completed_facts"]

_MOST_WARNINGS = 20


class RunEnding:
    """The ending of the last answer that readers saw, and what the run warned of."""

    def __init__(self) -> None:
        self._finish_reason = ""
        self._warnings: dict[str, None] = {}

    def follow(self, type: EventType, visibility: Visibility | None, facts: dict[str, Any]) -> None:
        """Take an event; `visibility` is None for the usual one of its type."""
        if type == "message.completed" and visibility in (None, "public"):
            self._finish_reason = str(facts.get("finish_reason") or self._finish_reason)
        elif type == "custom" and facts.get("name") == "warning" and len(self._warnings) < _MOST_WARNINGS:
            self._warnings[str(facts.get("message", ""))] = None

    def facts(self) -> dict[str, Any]:
        """Return what the run's last event tells of it: ``finish_reason`` and ``warnings``, where there are
        any; each sentence once, 20 at most."""
        told: dict[str, Any] = {}
        if self._finish_reason:
            told["finish_reason"] = self._finish_reason
        if self._warnings:
            told["warnings"] = [*self._warnings]
        return told


def completed_facts(answer: ModelAnswer) -> dict[str, Any]:
    """Return what ``message.completed`` tells of an answer."""
    facts: dict[str, Any] = {"content": answer.content, "finish_reason": answer.finish_reason}
    if answer.reasoning:
        facts["reasoning"] = answer.reasoning
    if answer.tool_calls:
        # What a server wants to see again with a call is no reader's.
        calls = [msgspec.structs.replace(call, extra={}) for call in answer.tool_calls]
        facts["tool_calls"] = msgspec.to_builtins(calls)
    return facts
