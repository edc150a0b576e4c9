"""What a run gives beside its text, as answers and streams show it: tools, citations, files, outputs."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.values.events import Event

__all__ = ["ChatCitation", "ToolState", "citation", "files_of", "output_of", "tool_state"]


class ToolState(Struct, frozen=True, tag_field="type", tag="tool", omit_defaults=True):
    """A tool started or ended."""

    name: str
    status: Literal["running", "completed", "failed"]
    input: Any
    """Its arguments, when it starts."""
    output: Any
    """What it gave, or the sentence why it failed, when it has ended."""
    node_id: str
    call_id: str
    """The model's name of the call, the same when it starts and ends; empty where no model asked for it."""
    path: str = ""


class ChatCitation(Struct, frozen=True, kw_only=True, tag_field="type", tag="citation", omit_defaults=True):
    """A source of the answer."""

    number: int
    """1 for the first source of the run, and so on: the same for each citation of one address."""
    url: str
    """An address of http or https; empty where a passage of a knowledge base has none."""
    title: str = ""
    text: str = ""
    """The passage that counts, where it is known."""
    start: int | None = None
    """Where in the answer's text it is cited, in characters, with `end`; left out where nobody said."""
    end: int | None = None
    passage_id: str = ""
    """Of a knowledge base; left out for a source of the web."""
    document_id: str = ""
    page: int | None = None
    """The page of the document, from 1."""
    node_id: str
    """The node whose model or tool cites it."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


def tool_state(event: Event) -> ToolState:
    """Return a tool's event as streams show it."""
    facts = event.data
    status: dict[str, Literal["running", "completed"]] = {
        "tool.started": "running",
        "tool.completed": "completed",
    }
    return ToolState(
        name=facts.get("name", ""),
        status=status.get(event.type, "failed"),
        input=facts.get("input"),
        output=facts.get("output", facts.get("error")),
        node_id=event.node,
        call_id=facts.get("call_id", ""),
        path=event.path,
    )


def citation(event: Event) -> ChatCitation:
    """Return a source of the answer as streams show it."""
    return ChatCitation(**event.data, node_id=event.node, path=event.path)


def files_of(output: dict[str, Any]) -> list[FileRef]:
    """Return the files that a run's answer carries."""
    return msgspec.convert(output.get("files", []), list[FileRef])


def output_of(output: dict[str, Any] | None) -> Any:
    """Return a run's output as its flow gave it, without the text that a chat shows of it."""
    return None if output is None else output.get("output", output)
