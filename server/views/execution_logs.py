"""Logs of an execution: its journal as lines that people read."""

from typing import Any, Literal

from msgspec import Struct

from graphs.values.events import Event
from server.http.answers.sse_bytes import iso

__all__ = ["LEVELS", "Level", "LogLine", "as_text", "log_lines"]

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
LONGEST = 2_000
"""Characters of a message."""
_QUIET = frozenset({"message.delta", "message.reasoning", "state.delta"})
_ERRORS = frozenset({"run.failed", "node.failed"})
_WARNINGS = frozenset(
    {"node.retrying", "message.reset", "tool.failed", "input.expired", "budget.refused", "budget.alert"}
)
_WAITED = {
    "approval": "an approval",
    "input": "an input",
    "decision": "a decision",
    "timer": "its time",
}
_DETAILS = frozenset({"message.started", "message.completed", "usage", "node.skipped"})


class LogLine(Struct, frozen=True, kw_only=True):
    """A line of the log."""

    seq: int
    """Its event's number in the journal."""
    ts: str
    level: Level
    node: str
    """The node's id; empty for the run itself."""
    path: str
    """What is around the node."""
    attempt: int
    event: str
    """The event's type."""
    message: str


def log_lines(events: list[Event], *, least: Level = "debug") -> list[LogLine]:
    """Return the lines of events that are at least of a level; pieces of answers have none."""
    lines = [_line(event) for event in events if event.type not in _QUIET]
    return [line for line in lines if LEVELS.index(line.level) >= LEVELS.index(least)]


def as_text(lines: list[LogLine]) -> str:
    """Return lines as plain text: time, level, node, message."""
    rows: list[str] = []
    for line in lines:
        place = f"{line.path}/{line.node}" if line.path else line.node
        where = f"[{_plain(place)}] " if place else ""
        rows.append(f"{line.ts} {line.level.upper():<7} {where}{_plain(line.message)}")
    return "".join(f"{row}\n" for row in rows)


def _line(event: Event) -> LogLine:
    return LogLine(
        seq=event.seq,
        ts=iso(event.ts) or "",
        level=_level(event),
        node=event.node,
        path=event.path,
        attempt=event.attempt,
        event=event.type,
        message=_cut(_message(event)),
    )


def _level(event: Event) -> Level:
    if event.type in _ERRORS:
        return "error"
    if event.type in _WARNINGS or (event.type == "custom" and event.data.get("level") == "warning"):
        return "warning"
    return "debug" if event.type in _DETAILS else "info"


def _message(event: Event) -> str:
    facts = event.data
    match event.type:
        case "run.created":
            return "The run was accepted."
        case "run.started":
            return "The run began."
        case "run.resumed":
            return "The run goes on."
        case "run.paused":
            return "The run waits."
        case "run.completed":
            return f"The run was completed{_took(facts)}."
        case "run.failed" | "run.cancelled":
            error: Any = facts.get("error") or {}
            said = error.get("message", "") if isinstance(error, dict) else str(error)
            return f"The run ended {facts.get('status', event.type[4:])}{_took(facts)}. {said}".rstrip()
        case "node.started":
            return f"{facts.get('node_type', 'node')} '{facts.get('label', event.node)}' began."
        case "node.completed":
            left = f", left by '{facts['outlet']}'" if facts.get("outlet") else ""
            return f"Done{_took(facts)}{left}."
        case "node.failed":
            return f"Failed{_took(facts)} ({facts.get('code', 'failed')}): {facts.get('error', '')}"
        case "node.skipped":
            return "Skipped: no way led here."
        case "node.retrying":
            return f"Tries again: {_facts(facts)}"
        case "input.requested":
            return f"Waits for {_WAITED.get(str(facts.get('kind')), 'an answer')}: {facts.get('message', '')}"
        case "input.received":
            return f"Was answered: {facts.get('action', '')}."
        case "input.expired":
            return "Nobody answered in time."
        case "message.reset":
            return "The model call is repeated; what it had said does not count."
        case "usage":
            tokens = f"{facts.get('input_tokens', 0)} tokens in, {facts.get('output_tokens', 0)} out"
            return (
                f"{facts.get('provider')}/{facts.get('model')} {facts.get('status')}: {tokens}{_took(facts)}."
            )
        case "citation":
            return f"Cited [{facts.get('number')}]: {facts.get('title', '')} {facts.get('url')}"
        case "tool.started" | "tool.completed" | "tool.failed":
            said = f": {facts['error']}" if facts.get("error") else ""
            return f"Tool '{facts.get('name', '')}' {event.type[5:]}{_took(facts)}{said}."
        case "custom" if facts.get("name") == "guardrail":
            return _guardrail(facts)
        case _:
            return _facts(facts) or event.type


def _guardrail(facts: dict[str, Any]) -> str:
    """Return what a guardrail did to a text, without the text."""
    masked: Any = facts.get("masked") or {}
    found = ", ".join(f"{count} x {kind}" for kind, count in masked.items())
    said = [f"Masked {found}."] if found else []
    if facts.get("blocked"):
        said.append(f"Blocked by {facts['blocked']}: {facts.get('reason', '')}.")
    return " ".join(said)


def _took(facts: dict[str, Any]) -> str:
    milliseconds = facts.get("duration_ms")
    return f" after {milliseconds:,.0f} ms" if isinstance(milliseconds, int | float) else ""


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in facts.items() if value not in (None, "", [], {}))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _plain(text: str) -> str:
    """Return text on one line, without what a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
