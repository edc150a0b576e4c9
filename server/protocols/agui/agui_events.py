"""AG-UI events: a stretch of a run as AG-UI's clients read it. A pure function of its events."""

from typing import Any

import msgspec

from graphs.conversation.files import parted
from graphs.values.events import Event
from server.protocols.answer_parts import (
    GAP,
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
from server.protocols.langgraph.runs.run_frames import answer_id
from server.views.open_inputs import OpenInput

__all__ = ["AgUiEvents", "agui_frame", "agui_messages"]

ROLES = {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


class AgUiEvents:
    """Makes the events of a run. Feed it the execution from its first event on, until it has `ended`.

    Args:
        thread_id: What the client calls the session.
        run_id: What the client calls the run.
        answering: The nodes whose text is the answer.
        stretch: Which events the run is.
        shows_nodes: Whether steps may be told.
        newest: Whether the client reads version 1.0: older ones know fewer ends.
    """

    def __init__(
        self,
        thread_id: str,
        run_id: str,
        answering: frozenset[str],
        stretch: Stretch,
        *,
        shows_nodes: bool,
        newest: bool,
    ) -> None:
        self.retracted = False
        """Whether a text was taken back, so that the client's messages are not ours."""
        self.last: Part | None = None
        """The part that the run has ended with."""
        self.began = False
        self._ids = {"threadId": thread_id, "runId": run_id}
        self._reading = AnswerParts(answering, stretch.after, retracts=True)
        self._after = stretch.after
        self._id = answer_id(stretch.execution_id)
        self._attempt = 1
        self._prefix = stretch.execution_id
        self._open: tuple[str, str] | None = None
        """Kind and id of the message that is open."""
        self._said = False
        self._thoughts = 0
        self._steps: list[str] = []
        self._shows_nodes = shows_nodes
        self._newest = newest
        self._usage: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def ended(self) -> bool:
        """Whether the run is complete."""
        return self._reading.ended

    def add(self, event: Event) -> list[dict[str, Any]]:
        """Return what an event adds; what ends the run is left to `end`."""
        shown: list[dict[str, Any]] = []
        if event.seq > self._after:
            self._count(event)
        for part in self._reading.add(event):
            shown += self._part(part)
        if self.began and event.seq > self._after:
            shown += self._inside(event)
        return shown

    def end(self) -> list[dict[str, Any]]:
        """Return the last events."""
        match self.last:
            case Asked() as asked:
                interrupts = [_interrupt(one) for one in asked.questions]
                told = {
                    "name": "on_interrupt",
                    "value": interrupts[0] if len(interrupts) == 1 else interrupts,
                }
                return [
                    {"type": "CUSTOM", **told},
                    self._finished({"type": "interrupt", "interrupts": interrupts}),
                ]
            case Failed(code="cancelled") if self._newest:
                return [self._finished({"type": "cancelled"})]
            case Failed() as failed:
                return [{"type": "RUN_ERROR", "message": failed.message, "code": failed.code}]
            case _:
                return [self._finished({"type": "success"})]

    def _finished(self, outcome: dict[str, Any]) -> dict[str, Any]:
        usage = {"usage": [*self._usage.values()]} if self._newest and self._usage else {}
        return {"type": "RUN_FINISHED", **self._ids, "outcome": outcome, **usage}

    def _part(self, part: Part) -> list[dict[str, Any]]:
        match part:
            case Began():
                self.began = True
                return [{"type": "RUN_STARTED", **self._ids}]
            case Text():
                gap = GAP if part.new and self._said else ""
                self._said = True
                id = self._id if self._attempt == 1 else f"{self._id}-{self._attempt}"
                return self._say("TEXT_MESSAGE", id, gap + part.text)
            case Thought():
                return self._say("REASONING_MESSAGE", f"{self._id}-reasoning", part.text)
            case Retracted():
                self.retracted = True
                self._attempt += 1
                self._said = False
                return self._close()
            case ToolBegan():
                return [*self._close(), *self._call(part)]
            case ToolEnded():
                return [*self._close(), self._result(part)]
            case Source():
                cited = msgspec.to_builtins(part.citation)
                return [{"type": "CUSTOM", "name": "citation", "value": cited}]
            case Asked() | Ended() | Failed():
                self.last = part
                return [*self._close(), *self._close_steps()]

    def _call(self, part: ToolBegan) -> list[dict[str, Any]]:
        id = {"toolCallId": f"{self._prefix}/{part.call_id}"}
        given = msgspec.json.encode(part.input or {}).decode()
        return [
            {"type": "TOOL_CALL_START", **id, "toolCallName": part.name},
            {"type": "TOOL_CALL_ARGS", **id, "delta": given},
            {"type": "TOOL_CALL_END", **id},
        ]

    def _result(self, part: ToolEnded) -> dict[str, Any]:
        id = f"{self._prefix}/{part.call_id}"
        content = part.output if isinstance(part.output, str) else msgspec.json.encode(part.output).decode()
        return {
            "type": "TOOL_CALL_RESULT",
            "messageId": f"{id}/result",
            "toolCallId": id,
            "content": content,
            "role": "tool",
        }

    def _say(self, kind: str, id: str, text: str) -> list[dict[str, Any]]:
        begun: list[dict[str, Any]] = []
        if self._open is None or self._open[0] != kind:
            begun = self._close()
            if kind == "REASONING_MESSAGE":
                self._thoughts += 1
                id = f"{id}-{self._thoughts}"
                begun.append({"type": "REASONING_START", "messageId": id})
                begun.append({"type": f"{kind}_START", "messageId": id, "role": "reasoning"})
            else:
                begun.append({"type": f"{kind}_START", "messageId": id, "role": "assistant"})
            self._open = (kind, id)
        return [*begun, {"type": f"{kind}_CONTENT", "messageId": self._open[1], "delta": text}]

    def _close(self) -> list[dict[str, Any]]:
        if self._open is None:
            return []
        kind, id = self._open
        self._open = None
        ends = [{"type": f"{kind}_END", "messageId": id}]
        return [*ends, {"type": "REASONING_END", "messageId": id}] if kind == "REASONING_MESSAGE" else ends

    def _inside(self, event: Event) -> list[dict[str, Any]]:
        """Tell the steps of a run, to who may know them."""
        if not self._shows_nodes or event.path or event.visibility == "debug" or self.ended:
            return []
        match event.type:
            case "node.started" if event.node not in self._steps:
                self._steps.append(event.node)
                return [{"type": "STEP_STARTED", "stepName": event.node}]
            case "node.completed" | "node.failed" | "node.skipped" if event.node in self._steps:
                self._steps.remove(event.node)
                return [{"type": "STEP_FINISHED", "stepName": event.node}]
            case "custom":
                named = str(event.data.get("name", "custom"))
                return [{"type": "CUSTOM", "name": named, "value": event.data}]
            case _:
                return []

    def _close_steps(self) -> list[dict[str, Any]]:
        ended = [{"type": "STEP_FINISHED", "stepName": one} for one in reversed(self._steps)]
        self._steps = []
        return ended

    def _count(self, event: Event) -> None:
        if event.type != "usage":
            return
        place = (str(event.data.get("provider", "")), str(event.data.get("model", "")))
        used = self._usage.setdefault(
            place,
            {
                "provider": place[0],
                "model": place[1],
                "inputTokens": 0,
                "outputTokens": 0,
                "totalTokens": 0,
                "reasoningTokens": 0,
                "cachedInputTokens": 0,
            },
        )
        read, written = event.data.get("input_tokens") or 0, event.data.get("output_tokens") or 0
        used["inputTokens"] += read
        used["outputTokens"] += written
        used["totalTokens"] += read + written
        used["reasoningTokens"] += event.data.get("reasoning_tokens") or 0
        used["cachedInputTokens"] += event.data.get("cached_input_tokens") or 0


def agui_messages(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages of a session as AG-UI writes them."""
    return [
        {"id": one["id"], "role": ROLES[one["role"]], "content": parted(one.get("content", ""))[0]}
        for one in history
        if one.get("role") in ("user", "assistant", "system")
    ]


def agui_frame(event: dict[str, Any]) -> bytes:
    """Return an event as it is sent."""
    return b"data: " + msgspec.json.encode(event) + b"\n\n"


def _interrupt(asked: OpenInput) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": asked.input_id,
        "reason": asked.kind,
        "message": asked.message,
        "metadata": {"actions": asked.actions, "labels": asked.labels, "value": asked.value},
    }
    if asked.schema is not None:
        shown["responseSchema"] = asked.schema
    return shown
