"""Response events: a run as OpenAI's Responses API shows it, as events of a stream and as one object.

Both are a pure function of a run's events, so that each event has the same ``sequence_number`` whenever and
wherever it is read.
"""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ToolCall
from graphs.values.events import Event
from server.protocols.answer_parts import (
    AnswerParts,
    Asked,
    Began,
    Ended,
    Failed,
    Part,
    Source,
    Stretch,
    Text,
    Thought,
)
from server.views.run_outputs import ChatCitation

__all__ = ["ResponseEvents", "Shape", "response_frame"]

LIMITED = frozenset({"budget", "quota", "rate_limited", "too_many_runs"})
INCOMPLETE = {"length": "max_output_tokens", "refusal": "content_filter", "content_filter": "content_filter"}


class Shape(Struct, frozen=True, kw_only=True):
    """What of a response its request has settled."""

    stretch: Stretch
    created_at: float
    session: str
    asked: dict[str, Any]
    answering: frozenset[str]
    """See `server.protocols.answering_nodes`."""
    stored: bool = True
    """Whether a question to a person can be answered by a response that continues this one."""

    @property
    def id(self) -> str:
        """The response's id."""
        return self.stretch.named("resp_")


class ResponseEvents:
    """Makes the events of a response. Feed it a run from its first event on, until it has `ended`."""

    def __init__(self, shape: Shape) -> None:
        self.unanswerable = False
        """Whether the run waits for an answer that no request can bring."""
        self._shape = shape
        self._reading = AnswerParts(shape.answering, shape.stretch.after)
        self._number = 0
        self._status = "queued" if shape.asked.get("background") else "in_progress"
        self._output: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None
        self._texts: list[str] = []
        """Texts of the open item that are not joined to it yet."""
        self._sources: list[ChatCitation] = []
        self._error: dict[str, Any] | None = None
        self._incomplete: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether the response is complete: nothing that comes later belongs to it."""
        return self._reading.ended

    def add(self, event: Event) -> list[dict[str, Any]]:
        """Return the events that an event of the run gives."""
        return [shown for part in self._reading.add(event) for shown in self._shown(part)]

    def response(self) -> dict[str, Any]:
        """Return the response as it stands."""
        self._join()
        asked, shape, counts = self._shape.asked, self._shape, self._reading.counts
        usage = {
            "input_tokens": counts.input_tokens,
            "input_tokens_details": {"cached_tokens": counts.cached_input_tokens},
            "output_tokens": counts.output_tokens,
            "output_tokens_details": {"reasoning_tokens": counts.reasoning_tokens},
            "total_tokens": counts.total_tokens,
        }
        return {
            "id": shape.id,
            "object": "response",
            "created_at": int(shape.created_at),
            "status": self._status,
            "background": bool(asked.get("background")),
            "error": self._error,
            "incomplete_details": self._incomplete,
            "instructions": asked.get("instructions"),
            "max_output_tokens": None,
            "model": asked.get("model", ""),
            "output": msgspec.json.decode(msgspec.json.encode(self._output)),
            "parallel_tool_calls": True,
            "previous_response_id": asked.get("previous_response_id"),
            "conversation": {"id": f"conv_{shape.session}"},
            "reasoning": {"effort": None, "summary": None},
            "store": shape.stored,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": usage if self.ended else None,
            "user": asked.get("user"),
            "metadata": asked.get("metadata") or {},
            **(asked.get("settings") or {}),
        }

    def _shown(self, part: Part) -> list[dict[str, Any]]:
        match part:
            case Began():
                first = [self._event("response.created", response=self.response())]
                if self._status == "queued":
                    first.append(self._event("response.queued", response=self.response()))
                self._status = "in_progress"
                return [*first, self._event("response.in_progress", response=self.response())]
            case Text():
                return self._text(part.text, new=part.new)
            case Thought():
                return self._thought(part.text)
            case Source():
                self._sources.append(part.citation)
                is_message = self._open is not None and self._open["type"] == "message"
                return self._cite() if is_message else []
            case Asked() if not self._shape.stored:
                self.unanswerable = True
                message = "The flow asks a person, and a response with store false cannot be continued."
                return self._end("failed", error={"code": "server_error", "message": message})
            case Asked():
                return [*self._text(part.text, new=True), *self._end("completed")]
            case Ended() if part.calls:
                closed = self._close()
                calls = [event for call in part.calls for event in self._call(call)]
                return [*closed, *calls, *self._end("completed")]
            case Ended():
                reason = INCOMPLETE.get(part.reason)
                if reason is None:
                    return self._end("completed")
                return self._end("incomplete", incomplete={"reason": reason})
            case Failed() if part.code == "cancelled":
                return self._end("cancelled")
            case Failed():
                code = "rate_limit_exceeded" if part.code in LIMITED else "server_error"
                return self._end("failed", error={"code": code, "message": part.message})
            case _:
                return []

    def _text(self, text: str, *, new: bool) -> list[dict[str, Any]]:
        begun: list[dict[str, Any]] = []
        if new or self._open is None or self._open["type"] != "message":
            begun = [*self._close(), *self._begin_message()]
        assert self._open is not None, "a message was begun"
        self._texts.append(text)
        delta = self._event("response.output_text.delta", **self._place(), delta=text, logprobs=[])
        return [*begun, delta]

    def _begin_message(self) -> list[dict[str, Any]]:
        item = {"id": self._item_id("msg_"), "type": "message", "role": "assistant", "status": "in_progress"}
        added = self._begin({**item, "content": []})
        part: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        shown = self._event("response.content_part.added", **self._place(), part={**part})
        self._output[-1]["content"] = [part]
        return [added, shown, *self._cite()]

    def _thought(self, text: str) -> list[dict[str, Any]]:
        begun: list[dict[str, Any]] = []
        if self._open is None or self._open["type"] != "reasoning":
            begun = self._close()
            begun.append(self._begin({"id": self._item_id("rs_"), "type": "reasoning", "summary": []}))
            part = {"type": "summary_text", "text": ""}
            added = "response.reasoning_summary_part.added"
            begun.append(self._event(added, **self._place("summary_index"), part={**part}))
            self._output[-1]["summary"] = [part]
        assert self._open is not None, "a reasoning was begun"
        self._texts.append(text)
        name = "response.reasoning_summary_text.delta"
        return [*begun, self._event(name, **self._place("summary_index"), delta=text)]

    def _call(self, call: ToolCall) -> list[dict[str, Any]]:
        """Give a call that the client is to run."""
        written = call.invalid or msgspec.json.encode(call.arguments).decode()
        item = {"id": self._item_id("fc_"), "type": "function_call", "call_id": call.id, "name": call.name}
        index = len(self._output)
        added = {**item, "arguments": "", "status": "in_progress"}
        done = {**item, "arguments": written, "status": "completed"}
        self._output.append(done)
        place: dict[str, Any] = {"item_id": item["id"], "output_index": index}
        name = "response.function_call_arguments"
        return [
            self._event("response.output_item.added", output_index=index, item=added),
            self._event(f"{name}.delta", **place, delta=written),
            self._event(f"{name}.done", **place, arguments=written, name=call.name),
            self._event("response.output_item.done", output_index=index, item=done),
        ]

    def _cite(self) -> list[dict[str, Any]]:
        """Name the sources that came since the last one, at the message that is open."""
        assert self._open is not None, "a message is open"
        annotations: list[dict[str, Any]] = self._open["content"][0]["annotations"]
        events: list[dict[str, Any]] = []
        for source in self._sources:
            annotation = {
                "type": "url_citation",
                "url": source.url,
                "title": source.title,
                "start_index": source.start or 0,
                "end_index": source.end or 0,
            }
            name, index = "response.output_text.annotation.added", len(annotations)
            annotations.append(annotation)
            events.append(self._event(name, **self._place(), annotation_index=index, annotation=annotation))
        self._sources = []
        return events

    def _join(self) -> None:
        """Give the open item the text that came since."""
        if self._open is not None and self._texts:
            part = self._open["content" if self._open["type"] == "message" else "summary"][0]
            part["text"] += "".join(self._texts)
        self._texts = []

    def _begin(self, item: dict[str, Any]) -> dict[str, Any]:
        self._output.append(item)
        self._open = item
        index = len(self._output) - 1
        return self._event("response.output_item.added", output_index=index, item={**item})

    def _close(self) -> list[dict[str, Any]]:
        """End the item that is open."""
        item = self._open
        if item is None:
            return []
        self._join()
        events: list[dict[str, Any]] = []
        if item["type"] == "message":
            part = item["content"][0]
            item["status"] = "completed"
            place = self._place()
            events.append(self._event("response.output_text.done", **place, text=part["text"], logprobs=[]))
            events.append(self._event("response.content_part.done", **place, part={**part}))
        else:
            part, place = item["summary"][0], self._place("summary_index")
            name = "response.reasoning_summary_text.done"
            events.append(self._event(name, **place, text=part["text"]))
            events.append(self._event("response.reasoning_summary_part.done", **place, part={**part}))
        index = len(self._output) - 1
        events.append(self._event("response.output_item.done", output_index=index, item={**item}))
        self._open = None
        return events

    def _end(
        self,
        status: str,
        *,
        error: dict[str, Any] | None = None,
        incomplete: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        if self._sources and self._open is not None and self._open["type"] == "message":
            closed = [*self._cite(), *self._close()]
        else:
            closed = self._close()
        self._status, self._error, self._incomplete = status, error, incomplete
        # The clients know no end of a cancelled stream.
        name = "incomplete" if status == "cancelled" else status
        return [*closed, self._event(f"response.{name}", response=self.response())]

    def _place(self, within: str = "content_index") -> dict[str, Any]:
        return {"item_id": self._output[-1]["id"], "output_index": len(self._output) - 1, within: 0}

    def _item_id(self, prefix: str) -> str:
        return f"{self._shape.stretch.named(prefix)}_{len(self._output)}"

    def _event(self, type: str, **fields: Any) -> dict[str, Any]:
        number, self._number = self._number, self._number + 1
        return {"type": type, "sequence_number": number, **fields}


def response_frame(shown: dict[str, Any]) -> bytes:
    """Return an event as it goes over the wire."""
    return b"event: %s\ndata: %s\n\n" % (shown["type"].encode(), msgspec.json.encode(shown))
