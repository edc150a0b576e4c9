"""Inputs on the wire: what a run waits for, from its journal."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.inputs import actions
from graphs.conversation.messages import InputAudience, InputKind, InputRequest
from graphs.conversation.spoken_answers import question_text
from graphs.values.events import Event
from server.http.answers.sse_bytes import iso

__all__ = ["OpenInput", "OpenInputs", "asked_in_words", "open_input", "open_inputs"]


class OpenInput(Struct, frozen=True, kw_only=True):
    """Something that a run waits for."""

    input_id: str
    """What `POST /executions/{id}/respond` names as `input_id`."""
    node_id: str
    path: str
    """The frames around the node, joined by `/`; empty at the top level."""
    kind: InputKind
    message: str
    actions: list[str]
    """What may be answered; empty where only time can pass."""
    schema: dict[str, Any] | None
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: str | None
    timeout_seconds: float | None
    """Seconds after which it expires; null: never."""
    audience: InputAudience = "team"
    """Who may answer: `team`, or also the `visitor`, in a chat by the next message of the session."""
    labels: dict[str, str] = {}
    """What to call the actions, by action."""


class OpenInputs:
    """Follows a journal: which questions are open after each event."""

    def __init__(self) -> None:
        self._open: dict[str, OpenInput] = {}

    def add(self, event: Event) -> None:
        """Take notice of an event."""
        if event.type == "input.requested":
            self._open[event.data["input_id"]] = open_input(event)
        elif event.type in ("input.received", "input.expired"):
            self._open.pop(event.data["input_id"], None)

    def list(self) -> list[OpenInput]:
        """Return the open questions, oldest first."""
        return [*self._open.values()]


def open_inputs(events: Iterable[Event]) -> list[OpenInput]:
    """Return the questions that are open after some events."""
    known = OpenInputs()
    for event in events:
        known.add(event)
    return known.list()


def asked_in_words(events: Iterable[Event]) -> str:
    """Return the questions of a conversation that are open after some events, as text."""
    asked: dict[str, str] = {}
    for event in events:
        if event.type == "input.requested":
            request = msgspec.convert(event.data, InputRequest)
            if request.conversation and request.audience == "visitor":
                asked[event.data["input_id"]] = question_text(request)
        elif event.type in ("input.received", "input.expired"):
            asked.pop(event.data["input_id"], None)
    return "\n\n".join(asked.values())


def open_input(event: Event) -> OpenInput:
    """Return what an ``input.requested`` event asks."""
    request = msgspec.convert(event.data, InputRequest)
    return OpenInput(
        input_id=event.data["input_id"],
        node_id=event.node,
        path=event.path,
        kind=request.kind,
        message=request.message,
        actions=[*actions(request)],
        schema=request.schema,
        value=request.value,
        requested_at=iso(event.ts),
        timeout_seconds=request.timeout_seconds,
        audience=request.audience,
        labels=request.labels,
    )
