"""How a run's answer ended, kept from its events while they are written or read again."""

from typing import Any

from graphs.values.events import EventType, Visibility

__all__ = ["RunEnding"]

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
