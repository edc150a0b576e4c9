"""Thread events: executions as the event stream of a thread has them. A pure function of their events.

Numbers grow over all runs of a thread: those of a run begin where its place in the thread says.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import Event
from server.protocols.answer_parts import (
    GAP,
    AnswerParts,
    Asked,
    Began,
    Failed,
    Part,
    Retracted,
    Text,
    Thought,
    ToolBegan,
    ToolEnded,
)
from server.protocols.langgraph.runs.run_frames import answer_id

__all__ = ["EventsOfRun", "ThreadEvent", "Wanted", "event_bytes", "number_of"]

OF_RUN = 1 << 26
OF_EVENT = 32


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events a client wants. What else it sends is ignored."""

    channels: list[str] = []
    namespaces: list[list[str]] | None = None
    depth: int | None = None
    since: int | None = None

    def has(self, method: str) -> bool:
        """Say whether events of a method are wanted: all are of the thread's own graph."""
        channel = "input" if method == "input.requested" else method
        named = {one.partition(":")[0] for one in self.channels}
        within = self.namespaces is None or any(not one for one in self.namespaces)
        return within and (not named or channel in named or method in named)


class ThreadEvent(Struct, frozen=True):
    """An event of a thread's stream."""

    seq: int
    method: str
    data: Any
    at: float
    """Unix seconds."""


def number_of(position: int, seq: int, part: int = 0) -> int:
    """Return the number of an event of a thread's stream.

    Args:
        position: Which run of the thread it is of, from 1.
        seq: The run's event that it comes from.
        part: Which of that event's.
    """
    return position * OF_RUN + seq * OF_EVENT + part


def event_bytes(event: ThreadEvent) -> bytes:
    """Return an event as it is sent."""
    shown = {
        "type": "event",
        "event_id": str(event.seq),
        "seq": event.seq,
        "method": event.method,
        "params": {"namespace": [], "timestamp": int(event.at * 1000), "data": event.data},
    }
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.method.encode(), msgspec.json.encode(shown))


class EventsOfRun:
    """Makes the events of one execution: feed it from its first event on. It has several runs where it asks
    something.

    Args:
        execution_id: The execution.
        position: Which of the thread it is, from 1.
        graph: The flow's slug.
        answering: The nodes whose text is the answer.
        shows_nodes: Whether node ids may be shown.
    """

    def __init__(
        self, execution_id: str, position: int, graph: str, answering: frozenset[str], *, shows_nodes: bool
    ) -> None:
        self.last: Part | None = None
        """The part with which a run has ended at the last event; None where none has."""
        self.began = False
        """Whether a run has begun at the last event."""
        self._position = position
        self._graph = graph
        self._answering = answering
        self._shows_nodes = shows_nodes
        self._id = answer_id(execution_id)
        self._attempt = 1
        self._known: list[Event] = []
        self._reading = AnswerParts(answering, retracts=True)
        self._events: list[ThreadEvent] = []
        self._event: Event | None = None
        self._block: str = ""
        """Kind of the block that is open; empty for none."""
        self._index = -1
        self._written: list[str] = []
        self._said = False

    def add(self, event: Event) -> list[ThreadEvent]:
        """Return the events that one of the journal gives."""
        self._event, self._events, self.last, self.began = event, [], None, False
        if self._reading.ended:
            self._reading = AnswerParts(self._answering, self._known[-1].seq, retracts=True)
            for before in self._known:
                self._reading.add(before)
            self._said = False
            self._index = -1
        self._known.append(event)
        for part in self._reading.add(event):
            self._part(part)
        if self._shows_nodes and not event.path and event.visibility != "debug":
            if event.type == "node.completed":
                self.tell("updates", {"node": event.node, "values": {"output": event.data.get("output")}})
            elif event.type == "custom":
                self.tell("custom", {"name": event.data.get("name", "custom"), "payload": event.data})
        return self._events

    def tell(self, method: str, data: Mapping[str, Any]) -> None:
        """Add an event to those of the last one of the journal."""
        assert self._event is not None, "an event was added"
        seq = number_of(self._position, self._event.seq, min(len(self._events), OF_EVENT - 1))
        self._events.append(ThreadEvent(seq, method, data, self._event.ts))

    def end(self) -> None:
        """Say how the run that has ended at the last event did."""
        match self.last:
            case Asked():
                self._lifecycle("interrupted")
            case Failed() as failed:
                self._lifecycle("failed", error=failed.message)
            case _:
                self._lifecycle("completed")

    def _part(self, part: Part) -> None:
        match part:
            case Began():
                self.began = True
                self._lifecycle("running")
            case Text():
                self._say("text", (GAP if part.new and self._block == "text" else "") + part.text)
            case Thought():
                self._say("reasoning", part.text)
            case Retracted():
                self._close_message()
                self._attempt += 1
            case ToolBegan():
                started = {"tool_call_id": part.call_id, "tool_name": part.name, "input": part.input}
                self.tell("tools", {"event": "tool-started", **started})
            case ToolEnded():
                id = {"tool_call_id": part.call_id}
                if part.failed:
                    text = part.output if isinstance(part.output, str) else "The tool failed."
                    self.tell("tools", {"event": "tool-error", **id, "message": text})
                else:
                    self.tell("tools", {"event": "tool-finished", **id, "output": part.output})
            case _ if self._reading.ended:
                self._close_message()
                self.last = part
            case _:
                pass

    def _lifecycle(self, event: str, **more: Any) -> None:
        self.tell("lifecycle", {"event": event, "graph_name": self._graph, **more})

    def _say(self, kind: str, text: str) -> None:
        if not self._said:
            self._said = True
            id = self._id if self._attempt == 1 else f"{self._id}-{self._attempt}"
            node = self._event.node if self._event is not None and self._shows_nodes else "agent"
            self.tell(
                "messages",
                {"event": "message-start", "role": "ai", "id": id, "metadata": {"langgraph_node": node}},
            )
        if self._block != kind:
            self._close_block()
            self._block, self._written = kind, []
            self._index += 1
            self._block_event("content-block-start", content=self._content(""))
        self._written.append(text)
        delta = {"type": f"{kind}-delta", kind: text}
        self._block_event("content-block-delta", delta=delta)

    def _content(self, text: str) -> dict[str, Any]:
        return {"type": self._block, self._block: text}

    def _block_event(self, event: str, **more: Any) -> None:
        self.tell("messages", {"event": event, "index": self._index, **more})

    def _close_block(self) -> None:
        if self._block:
            self._block_event("content-block-finish", content=self._content("".join(self._written)))
            self._block = ""

    def _close_message(self) -> None:
        if self._said:
            self._close_block()
            counts = self._reading.counts
            usage = {
                "input_tokens": counts.input_tokens,
                "output_tokens": counts.output_tokens,
                "total_tokens": counts.total_tokens,
            }
            self.tell("messages", {"event": "message-finish", "usage": usage})
            self._said = False
            self._index = -1
