"""Run frames: a stretch of a run as the run streams of LangGraph have it. A pure function of its events.

Every frame has a place, the number of its event and one within that, whatever modes are sent. So a stream
goes on behind any frame, also in another process.
"""

import uuid
from typing import Any

import msgspec
from msgspec import Struct

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
    Stretch,
    Text,
    Thought,
    ToolBegan,
    ToolEnded,
)

__all__ = ["Frame", "RunFrames", "RunShape", "answer_id", "frame_bytes", "place_of_id"]

PLACES = {
    "metadata": 0,
    "messages-tuple": 1,
    "messages": 2,
    "events": 3,
    "tasks": 4,
    "custom": 5,
    "updates": 6,
    "checkpoints": 7,
    "debug": 8,
    "values": 9,
    "error": 10,
}
"""The order of the modes within one event."""
EACH = 16
"""Frames that one mode may have for one event."""


class RunShape(Struct, frozen=True, kw_only=True):
    """What the frames of a run say of it."""

    run_id: str
    thread_id: str
    assistant_id: str
    graph_id: str
    stretch: Stretch
    answering: frozenset[str]
    shows_nodes: bool


class Frame(Struct, frozen=True):
    """A frame: its mode, the event's name on the wire, and where it is."""

    mode: str
    event: str
    data: Any
    seq: int
    number: int


def answer_id(execution_id: str) -> str:
    """Return the id that the history gives to the answer of a run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{execution_id}/answer/0"))


def frame_bytes(frame: Frame) -> bytes:
    """Return a frame as it is sent."""
    body = msgspec.json.encode(frame.data)
    return b"id: %d-%d\nevent: %s\ndata: %s\n\n" % (frame.seq, frame.number, frame.event.encode(), body)


def place_of_id(given: str) -> tuple[int, int]:
    """Return the place that the id of a frame names; that before the first for what is none."""
    seq, _, number = given.partition("-")
    if seq.isascii() and seq.isdecimal() and len(seq) <= 15 and len(number) <= 4:
        return int(seq), int(number) if number.isascii() and number.isdecimal() else 0
    return -1, 0


def written(event: Event) -> Any:
    """Return what a flow tells by an event: what code has written to its stream, as it is."""
    return event.data["value"] if event.data.get("name") == "stream_writer" else event.data


class RunFrames:
    """Makes the frames of a run. Feed it the execution from its first event on, until it has `ended`."""

    def __init__(self, shape: RunShape, modes: tuple[str, ...]) -> None:
        self.last: Part | None = None
        """The part that the run has ended with."""
        self.finished: Event | None = None
        """The event that it has ended with."""
        self.began = False
        self._shape = shape
        self.modes = frozenset(modes)
        self._reading = AnswerParts(shape.answering, shape.stretch.after, retracts=True)
        self._id = answer_id(shape.stretch.execution_id)
        self._attempt = 1
        self._said: list[str] = []
        """The texts of the answer, as they came."""
        self._step = 0
        self._told = False
        self._frames: list[Frame] = []
        self._event: Event | None = None
        self._node = "agent"

    @property
    def ended(self) -> bool:
        """Whether the run is complete."""
        return self._reading.ended

    @property
    def usage(self) -> dict[str, int]:
        """What the run's calls used."""
        counts = self._reading.counts
        read, written = counts.input_tokens, counts.output_tokens
        return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}

    def add(self, event: Event) -> list[Frame]:
        """Return the frames that an event gives."""
        self._event, self._frames = event, []
        if event.node and self._shape.shows_nodes:
            self._node = event.node
        for part in self._reading.add(event):
            self._part(part, event)
        if self.began and event.seq > self._shape.stretch.after:
            self._inside(event)
        return self._frames

    def frame(self, mode: str, data: Any, *, event: str = "", always: bool = False) -> list[Frame]:
        """Return a frame of the last event, where its mode is wanted."""
        if not (always or mode in self.modes):
            return []
        assert self._event is not None, "an event was added"
        number = PLACES[mode] * EACH + sum(one.mode == mode for one in self._frames)
        made = Frame(mode, event or mode, data, self._event.seq, number)
        self._frames.append(made)
        return [made]

    def _part(self, part: Part, event: Event) -> None:
        match part:
            case Began():
                self.began = True
                self.frame("metadata", {"run_id": self._shape.run_id, "attempt": 1}, always=True)
            case Text():
                self._say((GAP if part.new and self._said else "") + part.text)
            case Thought():
                more = {"additional_kwargs": {"reasoning_content": part.text}}
                self._chunk("", more)
            case Retracted():
                self._attempt += 1
                self._said, self._told = [], False
            case ToolBegan():
                call = {"id": part.call_id, "name": part.name, "args": part.input or {}, "type": "tool_call"}
                id = f"{self._shape.run_id}/{part.call_id}"
                chunk = {**self._message("AIMessageChunk", "", id), "tool_calls": [call]}
                chunk["tool_call_chunks"] = [
                    {
                        "id": part.call_id,
                        "name": part.name,
                        "args": msgspec.json.encode(part.input or {}).decode(),
                        "index": 0,
                        "type": "tool_call_chunk",
                    }
                ]
                self.frame("messages-tuple", [chunk, self._facts()], event="messages")
            case ToolEnded():
                self._tool(part)
            case Ended() | Asked() | Failed():
                self.last, self.finished = part, event
                if self._said:
                    self._finish(part)
            case _:
                pass

    def _say(self, text: str) -> None:
        self._said.append(text)
        self._chunk(text, {})
        if "messages" in self.modes:
            id = self._named()
            if not self._told:
                self._told = True
                self.frame("messages", {id: {"metadata": self._facts()}}, event="messages/metadata")
            self.frame("messages", [self._message("ai", self._joined(), id)], event="messages/partial")
        if "events" in self.modes:
            chunk = self._message("AIMessageChunk", text, self._named())
            self.frame("events", self._run_event("on_chat_model_stream", {"chunk": chunk}))

    def _joined(self) -> str:
        """Return the answer so far, and keep it as one text."""
        self._said = ["".join(self._said)]
        return self._said[0]

    def _chunk(self, text: str, more: dict[str, Any]) -> None:
        if "messages-tuple" in self.modes:
            chunk = {**self._message("AIMessageChunk", text, self._named()), **more}
            self.frame("messages-tuple", [chunk, self._facts()], event="messages")

    def _finish(self, part: Part) -> None:
        reason = part.reason if isinstance(part, Ended) else "stop"
        facts = {"response_metadata": {"finish_reason": reason}, "usage_metadata": self.usage}
        self._chunk("", {**facts, "chunk_position": "last"})
        if "messages" in self.modes:
            whole = {**self._message("ai", self._joined(), self._named()), **facts}
            self.frame("messages", [whole], event="messages/complete")

    def _tool(self, part: ToolEnded) -> None:
        content = part.output if isinstance(part.output, str) else msgspec.json.encode(part.output).decode()
        message = {
            "id": f"{self._shape.run_id}/{part.call_id}/result",
            "type": "tool",
            "content": content,
            "name": part.name,
            "tool_call_id": part.call_id,
            "artifact": None,
            "status": "error" if part.failed else "success",
            "additional_kwargs": {},
            "response_metadata": {},
        }
        self.frame("messages-tuple", [message, self._facts()], event="messages")

    def _inside(self, event: Event) -> None:
        """Tell what goes on inside a run, to who may know it."""
        if event.type == "node.started":
            self._step += 1
        if event.type == "custom" and event.visibility == "public":
            self.frame("custom", written(event))
        code = event.data.get("node_type") == "code"
        if not self._shape.shows_nodes or (event.path and not code) or event.visibility == "debug":
            return
        match event.type:
            case "custom" if event.visibility != "public":
                self.frame("custom", written(event))
            case "node.started":
                task = {"id": self._task(event), "name": event.node, "input": None, "triggers": []}
                self.frame("tasks", task)
                self._debug("task", task)
                self.frame("events", self._run_event("on_chain_start", {}))
            case "node.completed" | "node.failed":
                failed = event.type == "node.failed"
                output = event.data.get("output")
                given: Any = event.data.get("error")
                error = (given if isinstance(given, str) else "The node failed.") if failed else None
                result = {
                    "id": self._task(event),
                    "name": event.node,
                    "error": error,
                    "result": {} if failed else {"output": output},
                    "interrupts": [],
                }
                self.frame("tasks", result)
                self._debug("task_result", result)
                self.frame("events", self._run_event("on_chain_end", {"output": output}))
                if not failed:
                    self.frame("updates", {event.node: output if code else {"output": output}})
            case _:
                pass

    def _debug(self, kind: str, payload: Any) -> None:
        assert self._event is not None, "an event was added"
        shown = {"step": self._step, "timestamp": self._event.ts, "type": kind, "payload": payload}
        self.frame("debug", shown)

    def _run_event(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "event": kind,
            "name": self._node,
            "run_id": self._shape.run_id,
            "data": data,
            "metadata": self._facts(),
            "tags": [],
            "parent_ids": [],
        }

    def _named(self) -> str:
        return self._id if self._attempt == 1 else f"{self._id}-{self._attempt}"

    def _message(self, kind: str, text: str, id: str) -> dict[str, Any]:
        return {
            "id": id,
            "type": kind,
            "content": text,
            "name": None,
            "additional_kwargs": {},
            "response_metadata": {},
            "tool_calls": [],
            "invalid_tool_calls": [],
            "usage_metadata": None,
            **({"tool_call_chunks": []} if kind == "AIMessageChunk" else {}),
        }

    def _task(self, event: Event) -> str:
        named = f"{event.execution_id}/{event.path}/{event.node}/{event.attempt}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, named))

    def _facts(self) -> dict[str, Any]:
        shape = self._shape
        space = f"{self._node}:{shape.run_id}"
        return {
            "langgraph_node": self._node,
            "langgraph_step": self._step,
            "langgraph_triggers": [],
            "langgraph_path": ["__pregel_pull", self._node],
            "langgraph_checkpoint_ns": space,
            "checkpoint_ns": space,
            "run_id": shape.run_id,
            "thread_id": shape.thread_id,
            "assistant_id": shape.assistant_id,
            "graph_id": shape.graph_id,
            "tags": [],
        }
