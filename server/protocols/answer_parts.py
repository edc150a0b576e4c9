"""Answer parts: a stretch of a run's events as the parts of one answer, which each protocol puts into words.

A run that asks its user something gives several answers: the question ends one, and the message that answers
it begins the next. So an answer is known by an execution and the last event before it. The parts are a pure
function of the journal: each process gives the same ones, also after a restart.
"""

import re
import uuid
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import InputRequest, ToolCall
from graphs.conversation.spoken_answers import question_text
from graphs.values.events import TERMINAL, Event
from server.views.open_inputs import OpenInput, OpenInputs
from server.views.run_outputs import ChatCitation, citation

__all__ = [
    "GAP",
    "AnswerParts",
    "Asked",
    "Began",
    "Counts",
    "Ended",
    "Failed",
    "Part",
    "Retracted",
    "Source",
    "Stretch",
    "Text",
    "Thought",
    "ToolBegan",
    "ToolEnded",
]

GAP = "\n\n"
"""Between two texts of one answer."""
_ID = re.compile(r"([0-9a-f]{32})(?:_(\d{1,15}))?")


class Stretch(Struct, frozen=True):
    """The events of a run that are one answer: those after a number, to the next question or the end."""

    execution_id: str
    after: int = 0
    """The last event before it."""

    def named(self, prefix: str) -> str:
        """Return the id that a protocol knows it by."""
        hexed = uuid.UUID(self.execution_id).hex
        return f"{prefix}{hexed}_{self.after}" if self.after else f"{prefix}{hexed}"

    @classmethod
    def of(cls, prefix: str, id: str) -> "Stretch | None":
        """Return what an id names; None for what is no such id."""
        found = _ID.fullmatch(id.removeprefix(prefix)) if id.startswith(prefix) else None
        return None if found is None else cls(str(uuid.UUID(found[1])), int(found[2] or 0))


class Began(Struct, frozen=True):
    """The first part."""

    execution_id: str
    session_id: str
    at: float
    """Unix seconds."""


class Text(Struct, frozen=True):
    """More of the answer's text."""

    text: str
    new: bool
    """Whether it begins another text than the one before."""


class Thought(Struct, frozen=True):
    """More of a model's reasoning."""

    text: str


class Retracted(Struct, frozen=True):
    """The last text no longer counts: the model's answer was begun anew and differs from what was sent."""


class ToolBegan(Struct, frozen=True):
    """A tool of the flow's own has started."""

    call_id: str
    name: str
    input: Any


class ToolEnded(Struct, frozen=True):
    """It has ended."""

    call_id: str
    name: str
    output: Any
    failed: bool


class Source(Struct, frozen=True):
    """A source of the answer."""

    citation: ChatCitation


class Asked(Struct, frozen=True):
    """The last part, where the run waits for people."""

    questions: list[OpenInput]
    text: str


class Ended(Struct, frozen=True):
    """The last part of an answer that is complete."""

    reason: str
    """``stop``, ``length``, ``refusal`` or what else the provider said."""
    calls: list[ToolCall] = []
    """The tools that the client is to run."""


class Failed(Struct, frozen=True):
    """The last part of an answer that there is not."""

    code: str
    message: str


Part = Began | Text | Thought | Retracted | ToolBegan | ToolEnded | Source | Asked | Ended | Failed


class Counts:
    """Adds up what the calls of a stretch used."""

    def __init__(self) -> None:
        self.input_tokens = self.output_tokens = self.cached_input_tokens = self.reasoning_tokens = 0

    @property
    def total_tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens

    def add(self, event: Event) -> None:
        """Count an event, if it is of usage."""
        if event.type == "usage":
            for name in ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"):
                setattr(self, name, getattr(self, name) + (event.data.get(name) or 0))


class AnswerParts:
    """Makes the parts of an answer. Feed it a run from its first event on, until it has `ended`.

    Args:
        answering: The nodes whose text may stream; see `server.protocols.answering_nodes`.
        after: The last event before the answer.
        retracts: Whether the protocol can take a text back. If not, an answer that is begun anew and differs
            from what was sent fails with ``message_reset``.
    """

    def __init__(self, answering: frozenset[str], after: int = 0, *, retracts: bool = False) -> None:
        self.ended = False
        """Whether the answer is complete: nothing that comes later belongs to it."""
        self.counts = Counts()
        self._answering = answering
        self._after = after
        self._retracts = retracts
        self._inputs = OpenInputs()
        self._questions: dict[str, str] = {}
        self._calls: dict[tuple[str, str, str, str], str] = {}
        self._began = False
        self._answered = not after
        """Whether the question has its answer that the stretch began with."""
        self._earlier: list[str] = []
        """The texts that count of the messages before."""
        self._message: list[str] = []
        """What was sent of the message that is under way, or was the last."""
        self._again: int | None = None
        """How much of that a repeated message has said so far, in characters."""

    def add(self, event: Event) -> list[Part]:
        """Return what the event adds to the answer."""
        if self.ended:
            return []
        self._inputs.add(event)
        if event.type == "input.requested":
            request = msgspec.convert(event.data, InputRequest)
            self._questions[event.data["input_id"]] = question_text(request)
        if event.seq <= self._after:
            return []
        self.counts.add(event)
        parts = self._parts(event)
        if self._began:
            return parts
        self._began = True
        return [Began(event.execution_id, event.session_id, event.ts), *parts]

    def _parts(self, event: Event) -> list[Part]:
        answers = event.node in self._answering and not event.path and event.visibility != "debug"
        match event.type:
            case "message.started" if answers:
                self._begin()
                return []
            case "message.delta" if answers:
                return self._text(event.data["content"])
            case "message.reset" if answers:
                self._again = 0 if self._message else None
                return []
            case "message.reasoning" if answers:
                return [Thought(event.data["content"])]
            case "tool.started" if event.visibility != "debug":
                self._calls[_call(event)] = id = f"call_{event.seq}"
                return [ToolBegan(id, event.data.get("name", ""), event.data.get("input"))]
            case "tool.completed" | "tool.failed" if event.visibility != "debug":
                failed = event.type == "tool.failed"
                output = event.data.get("output", event.data.get("error"))
                id = self._calls.get(_call(event), f"call_{event.seq}")
                return [ToolEnded(id, event.data.get("name", ""), output, failed)]
            case "citation":
                return [Source(citation(event))] if event.visibility == "public" else []
            case "input.received" | "input.expired":
                self._answered = True
                return []
            case "run.paused" if event.data.get("status") == "waiting_approval" and self._answered:
                return self._ask()
            case "run.completed":
                return self._complete(event)
            case type if type in TERMINAL:
                self.ended = True
                error: dict[str, Any] = event.data.get("error") or {}
                message = error.get("message") or "The run was cancelled."
                return [Failed(error.get("code") or "cancelled", message)]
            case _:
                return []

    def _begin(self) -> None:
        """Take notice that a message begins: a new one, or once more the one that was taken back."""
        if self._again is not None:
            self._again = 0
        elif self._message:
            self._earlier.append("".join(self._message))
            self._message = []

    def _text(self, text: str) -> list[Part]:
        """Send text; of a repeated message what was not sent before."""
        before: list[Part] = []
        if self._again is not None:
            sent = self._joined()
            left = len(sent) - self._again
            if len(text) < left and sent.startswith(text, self._again):
                self._again += len(text)
                return []
            if not (len(text) >= left and text.startswith(sent[self._again :])):
                if not self._retracts:
                    return self._taken_back()
                text = sent[: self._again] + text
                before = self._retract()
            else:
                self._again, text = None, text[left:]
        if not text:
            return before
        new = not self._message
        self._message.append(text)
        return [*before, Text(text, new)]

    def _joined(self) -> str:
        """Return what was sent of the message, and keep it as one text: to ask again costs nothing."""
        if len(self._message) > 1:
            self._message = ["".join(self._message)]
        return self._message[0] if self._message else ""

    def _complete(self, event: Event) -> list[Part]:
        """Send what is left of the answer, and end."""
        output: dict[str, Any] = event.data.get("output") or {}
        given: Any = output.get("response")
        response = given if isinstance(given, str) else ""
        message = self._joined()
        known = message
        if not response.startswith(message):
            known = GAP.join([*self._earlier, message] if message else self._earlier)
        before: list[Part] = []
        if not response.startswith(known) or (self._again is not None and not self._message):
            if not self._retracts:
                return self._taken_back()
            before, known = self._retract(), ""
        rest = response[len(known) :]
        self.ended = True
        text: list[Part] = [Text(rest, not self._message)] if rest else []
        calls = msgspec.convert(output.get("tool_calls") or [], list[ToolCall])
        return [*before, *text, Ended(event.data.get("finish_reason") or "stop", calls)]

    def _retract(self) -> list[Part]:
        self._message, self._again = [], None
        return [Retracted()]

    def _taken_back(self) -> list[Part]:
        self.ended = True
        message = (
            "The model's answer was begun anew and differs from what was sent. Read the whole answer from "
            "/api/agent-builder/executions."
        )
        return [Failed("message_reset", message)]

    def _ask(self) -> list[Part]:
        """Send the question that the run waits with, and end."""
        questions = [one for one in self._inputs.list() if one.kind != "timer"]
        if not questions:
            return []
        self.ended = True
        return [Asked(questions, GAP.join(self._questions[one.input_id] for one in questions))]


def _call(event: Event) -> tuple[str, str, str, str]:
    return event.path, event.node, event.data.get("call_id", ""), event.data.get("name", "")
