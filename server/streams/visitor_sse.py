"""Visitor frames: what strangers see of a run. Public events alone, and of those a few plain facts."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.files import FileRef
from graphs.conversation.messages import Citation, InputKind
from graphs.parsing.web_address import WebAddressError, private, read_address
from graphs.values.events import Event
from server.http.answers.sse_bytes import frame, frame_id, iso
from server.views.open_inputs import asked_in_words, open_input, open_inputs
from server.views.run_outputs import files_of
from server.views.usage_views import Usage, tokens

__all__ = [
    "VisitorAnswer",
    "VisitorEvent",
    "VisitorFrames",
    "VisitorInput",
    "VisitorSource",
    "error_code",
    "error_for",
    "visitor_answer",
    "visitor_sources",
]

ERRORS = {
    "cancelled": "The answer was stopped.",
    "timeout": "The answer took too long. Please try again.",
}
FAILED = "Something went wrong. Please try again."
_NAMED = re.compile(r"(?:[\w-]+\.)+[a-z][\w-]*", re.IGNORECASE)
_INSIDE = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test")
"""Ends of names that only lead somewhere within a network."""


class VisitorStart(Struct, frozen=True, tag_field="type", tag="start"):
    """The first frame of every run."""

    session_id: str
    """The visitor's session, signed: send it as `X-Visitor-Session` to go on with it."""
    execution_id: str


class VisitorContent(Struct, frozen=True, tag_field="type", tag="content"):
    """A piece of the answer, as the model yields it."""

    content: str


class VisitorReset(Struct, frozen=True, tag_field="type", tag="reset"):
    """Forget the content so far: the answer is begun anew."""


class VisitorSource(Struct, frozen=True, kw_only=True):
    """A source of an answer."""

    number: int
    """The same for each citation of one source."""
    title: str
    url: str
    """An address of http or https; empty where it leads into a network of the owner's."""
    text: str
    """The passage that counts; empty where it is not known."""


class VisitorCitation(Struct, frozen=True, kw_only=True, tag_field="type", tag="citation"):
    """A source of the answer."""

    number: int
    """The same for each citation of one source."""
    title: str
    url: str
    """An address of http or https; empty where it leads into a network of the owner's."""
    text: str
    """The passage that counts; empty where it is not known."""


class VisitorQuestion(Struct, frozen=True, kw_only=True):
    """Something that the run asks of the visitor."""

    input_id: str
    execution_id: str
    kind: InputKind
    message: str
    actions: list[str]
    """What may be answered."""
    schema: dict[str, Any] | None
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: str | None
    timeout_seconds: float | None
    labels: dict[str, str] = {}
    """What to call the actions, by action."""


class VisitorInput(Struct, frozen=True, tag_field="type", tag="input"):
    """The run asks the visitor something: answer it by `POST …/respond`, or by the next message."""

    input: VisitorQuestion


class VisitorStatus(Struct, frozen=True, tag_field="type", tag="status"):
    """The run waits for somebody; the stream stays open."""

    status: str
    """`waiting`."""


class VisitorDone(Struct, frozen=True, tag_field="type", tag="done"):
    """The last frame of a run that went well."""

    session_id: str
    execution_id: str
    response: str
    """The whole answer; it counts where it differs from what was streamed."""
    finish_reason: str | None = None
    """How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no model
    answered."""
    files: list[FileRef] = []
    """Files that the answer carries: `GET …/files/{file}` gives one."""


class VisitorError(Struct, frozen=True, tag_field="type", tag="error"):
    """The last frame of a run that did not go well. It says nothing of what went on inside."""

    error: str
    code: str
    """`cancelled`, `timeout` or `failed`."""
    execution_id: str


VisitorEvent = (
    VisitorStart
    | VisitorContent
    | VisitorReset
    | VisitorCitation
    | VisitorInput
    | VisitorStatus
    | VisitorDone
    | VisitorError
)


class VisitorAnswer(Struct, frozen=True, kw_only=True):
    """An answer to a visitor."""

    response: str
    """The text; of a run that waits for the visitor its question; empty if the run failed."""
    session_id: str
    """The visitor's session, signed: send it as `X-Visitor-Session`, or as `session_id`, to go on with it."""
    timestamp: str | None
    usage: Usage
    execution_id: str
    status: str
    """`completed`, `waiting` or `failed`."""
    error: str | None
    """What went wrong, in general words; null if nothing did."""
    inputs: list[VisitorQuestion] = []
    """What the run asks of the visitor: answer by `POST …/respond`."""
    citations: list[VisitorSource] = []
    """The sources of the answer, each once."""
    finish_reason: str | None = None
    """How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no model
    answered."""
    files: list[FileRef] = []
    """Files that the answer carries: `GET …/files/{file}` gives one."""


class VisitorFrames:
    """Frames of a visitor's stream. Events that are not public have none."""

    whole = False
    last: tuple[str, ...] = ("done", "error")

    def __init__(self, session: str) -> None:
        self._session = session

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what a visitor sees of the event."""
        shown = _shown(event, self._session) if event.visibility == "public" else None
        return [] if shown is None else [(event.seq, frame(frame_id(event.execution_id, event.seq), shown))]


def visitor_answer(events: Sequence[Event], session: str) -> VisitorAnswer:
    """Return the answer of a run from its journal, which has ended or come to where it waits."""
    last = events[-1]
    facts = last.data
    waits = last.type == "run.paused"
    completed = last.type == "run.completed"
    asked = {event.data["input_id"] for event in events if _asks(event)}
    questions = [event for event in events if _asks(event)]
    still_open = {one.input_id for one in open_inputs(events)} & asked if waits else set[str]()
    output: dict[str, Any] = facts.get("output") or {}
    return VisitorAnswer(
        response=str(output.get("response", "")) if completed else asked_in_words(events) if waits else "",
        session_id=session,
        timestamp=iso(last.ts),
        usage=tokens(facts.get("usage")),
        execution_id=last.execution_id,
        status="completed" if completed else "waiting" if waits else "failed",
        error=None if completed or waits else error_for(_code(facts)),
        inputs=[_question(event) for event in questions if event.data["input_id"] in still_open],
        citations=visitor_sources(
            msgspec.convert(event.data, Citation)
            for event in events
            if event.type == "citation" and event.visibility == "public"
        ),
        finish_reason=facts.get("finish_reason"),
        files=files_of(output) if completed else [],
    )


def visitor_source(citation: Citation) -> VisitorSource | None:
    """Return what a visitor sees of a source: no address within a network; None where nothing is left."""
    try:
        host = read_address(citation.url).host
    except WebAddressError:
        if not citation.passage_id or not citation.title:
            return None
        return VisitorSource(number=citation.number, title=citation.title, url="", text=citation.text)
    inside = host.endswith(_INSIDE) if _NAMED.fullmatch(host) else _unnamed(host)
    if inside and not citation.title:
        return None
    url = "" if inside else citation.url
    return VisitorSource(number=citation.number, title=citation.title, url=url, text=citation.text)


def visitor_sources(citations: Iterable[Citation]) -> list[VisitorSource]:
    """Return what a visitor sees of sources, each once."""
    found: dict[int, VisitorSource] = {}
    for citation in citations:
        if citation.number not in found and (source := visitor_source(citation)) is not None:
            found[citation.number] = source
    return [*found.values()]


def error_code(word: str) -> str:
    """Return the word that a visitor gets for how a run ended."""
    return word if word in ERRORS else "failed"


def error_for(code: str) -> str:
    """Return what a visitor is told of a run that ended so."""
    return ERRORS.get(code, FAILED)


def _shown(event: Event, session: str) -> VisitorEvent | None:
    facts = event.data
    match event.type:
        case "message.delta":
            return VisitorContent(facts["content"])
        case "message.reset":
            return VisitorReset()
        case "run.created":
            return VisitorStart(session, event.execution_id)
        case "citation":
            source = visitor_source(msgspec.convert(facts, Citation))
            return None if source is None else VisitorCitation(**msgspec.structs.asdict(source))
        case "input.requested" if _asks(event):
            return VisitorInput(_question(event))
        case "run.paused" if facts.get("status") == "waiting_approval":
            return VisitorStatus("waiting")
        case "run.completed":
            output: dict[str, Any] = facts.get("output") or {}
            said = _text(output.get("response"))
            carried = files_of(output)
            return VisitorDone(session, event.execution_id, said, facts.get("finish_reason"), carried)
        case "run.failed" | "run.cancelled":
            code = error_code(_code(facts))
            return VisitorError(error_for(code), code, event.execution_id)
        case _:
            return None


def _unnamed(host: str) -> bool:
    """Say whether a host that is no name of the web lies within a network."""
    try:
        return private(ip_address(host))
    except ValueError:
        return True


def _asks(event: Event) -> bool:
    return (
        event.type == "input.requested" and event.visibility == "public" and event.data.get("kind") != "timer"
    )


def _question(event: Event) -> VisitorQuestion:
    known = open_input(event)
    return VisitorQuestion(
        input_id=known.input_id,
        execution_id=event.execution_id,
        kind=known.kind,
        message=known.message,
        actions=known.actions,
        schema=known.schema,
        value=known.value,
        requested_at=known.requested_at,
        timeout_seconds=known.timeout_seconds,
        labels=known.labels,
    )


def _code(facts: dict[str, Any]) -> str:
    error: dict[str, Any] = facts.get("error") or {}
    return _text(error.get("code"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
