"""What reads text from outside takes time in proportion to it: CPU time at n and 2n characters."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from graphs.chat_completions.openai_wire import StreamReader
from graphs.conversation.messages import Citation, Message, ModelRequest, ToolSpec
from graphs.expressions import ExpressionError
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece, ToolPiece
from graphs.model_api.provider_errors import from_body
from graphs.model_output.answer_builder import AnswerBuilder
from graphs.model_output.reasoning_tags import ThinkSplitter
from graphs.outbound.egress import Egress
from graphs.outbound.http_exchange import fixed_host
from graphs.outbound.http_messages import EgressRules
from graphs.parsing.text import TextError, clean
from graphs.parsing.value_count import ValueCount
from graphs.parsing.web_address import WebAddressError, read_address, steps_out
from graphs.parsing.yaml_text import YAMLError, read_yaml
from graphs.providers.demo import DemoProvider
from graphs.providers.settings import ModelSettings
from graphs.run_state.message_tree import applied
from graphs.values.events import Event
from graphs.values.secrets_in_answers import Redaction, StreamRedaction
from server.embed.custom_css import clean_css
from server.embed.visitor_origins import origins
from server.flows.transfer.secrets_in_exports import without_secrets
from server.http.bodies import read_json
from server.http.page_bytes import PageBytes
from server.http.problems import Problem
from server.protocols.agui.agui_events import AgUiEvents
from server.protocols.answer_parts import Stretch
from server.protocols.langgraph.runs.run_frames import RunFrames, RunShape
from server.protocols.langgraph.thread_events import EventsOfRun
from server.protocols.langgraph.threads.thread_states import Conversation
from server.protocols.openai.response_events import ResponseEvents, Shape
from server.protocols.vercel.ui_stream import UiFrames
from server.settings.sources import Settings
from tests.graphs.providers.heard import Heard, ask
from tests.hostile_patterns import Used, hostile_texts, patterns

LONG = 1_000
NOTICED = 0.003
"""Seconds of CPU time below which nothing is compared: what takes time squared takes far more."""
BOUND = 1.0
"""Seconds of CPU time that the longest document of a kind may take."""
MOST = 2.5
"""By how much the time may grow where the text is twice as long."""

Work = Callable[[Any], object]
REFUSALS = (ExpressionError, ModelError, TextError, WebAddressError, Problem, YAMLError, ValueError)


def seconds(work: Work, given: Any) -> float:
    """Return the CPU time that some work takes of its thread, refusals included."""
    gc.disable()  # it walks what all tests have left
    try:
        began = time.thread_time()
        with contextlib.suppress(*REFUSALS):
            work(given)
        return time.thread_time() - began
    finally:
        gc.enable()


def grows(work: Work, make: Callable[[int], Any], length: int) -> float:
    """Return how many times as long twice the text takes; 0 where it is too little to compare."""
    if seconds(work, make(length)) < NOTICED:
        return 0.0
    grown = 0.0
    rounds = 1 if seconds(work, make(length)) > 0.2 else 4
    for _ in range(rounds):  # what the machine does beside it is no growth
        once = min(seconds(work, make(length)) for _ in range(3))
        twice = min(seconds(work, make(2 * length)) for _ in range(3))
        grown = twice / max(once, 1e-9)
        if grown <= MOST:
            break
    return grown


def used(one: Used) -> Work:
    match one.method:
        case "sub" | "subn":
            return lambda text: one.pattern.sub(b"" if isinstance(text, bytes) else "", text)
        case "finditer":
            return lambda text: sum(1 for _ in one.pattern.finditer(text))
        case _:
            return getattr(one.pattern, one.method)


@pytest.mark.threat("D-06")
def test_no_pattern_takes_more_than_in_proportion() -> None:
    every = patterns()
    assert len(every) > 70
    slow: list[str] = []
    for one in every:
        work = used(one)
        texts, twice = (list(hostile_texts(one.pattern, length)) for length in (LONG, 2 * LONG))
        for text, longer in zip(texts, twice, strict=True):
            if seconds(work, text) < NOTICED:
                continue
            # What is out of proportion is so each time; a machine that is slow for a moment is not.
            grown = MOST
            for _ in range(3):
                grown = grows(work, lambda length, a=text, b=longer: a if length == LONG else b, LONG)
                if grown <= MOST:
                    break
            if grown > MOST:
                slow.append(
                    f"{one.where} {one.method}: {one.pattern.pattern!r} at {text[:8]!r}: x{grown:.1f}"
                )
                break
    assert not slow, "\n".join(slow)


UNITS = (
    "a.",
    "a",
    " ",
    "1+",
    "1+ ",
    "(",
    "{{",
    "{{ a",
    "}}",
    "-",
    "://",
    "a://",
    "http://a@",
    "?key=",
    "[",
    '"',
    "\\",
    "\n",
    "data: ",
    "<think>",
    "</think",
    "a{",
    "/*",
    "é",
    "\ud83d",
    "&",
    "<",
    "%2e",
    "sk-",
    ": ",
    "- ",
)


def stream(parts: int) -> Callable[[str], object]:
    """Return a reader of a model's stream that gets a text in parts of a few bytes."""

    def read(text: str) -> None:
        reader, content = StreamReader("model", 10_000_000), text.encode("utf-8", "replace")
        for at in range(0, len(content), parts):
            reader.feed(content[at : at + parts])

    return read


def think(text: str) -> None:
    splitter = ThinkSplitter()
    for character in text:
        splitter.feed(character)
    splitter.end()


def redact(text: str) -> None:
    redaction = StreamRedaction("a." * 12)
    for at in range(0, len(text) // 4, 3):
        redaction.feed(text[at : at + 3])


CALCULATOR = ToolSpec(
    name="calculator", description="", parameters={"properties": {"expression": {"type": "string"}}}
)


def demo(text: str) -> None:
    message = Message(role="user", content=text)
    request = ModelRequest(provider="demo", model="demo", messages=[message], tools=[CALCULATOR])

    async def ask() -> None:
        provider = DemoProvider(ModelSettings(demo_delay=0), Egress(EgressRules()))
        async for _ in provider.stream(request, Address()):
            pass

    asyncio.run(ask())


READERS: dict[str, Work] = {
    "secrets of an export": lambda text: without_secrets({"prompt": text, text: [text]}),
    "demo model": demo,
    "template": lambda text: parse_template.__wrapped__(text),
    "expression": lambda text: parse_expression.__wrapped__(text),
    "host of an address": fixed_host,
    "web address": read_address,
    "path": steps_out,
    "custom CSS": clean_css,
    "origin": origins,
    "JSON": lambda text: read_json(msgspec.json.encode([text.encode("utf-8", "replace").decode()])),
    "bare JSON": lambda text: read_json(text.encode("utf-8", "replace"), 100),
    "YAML": lambda text: read_yaml(text.encode("utf-8", "replace"), 5_000),
    "clean": clean,
    "error of a model": lambda text: from_body("model", {"error": {"message": text}}),
    "stream of a model": stream(7),
    "thoughts": think,
    "redaction": lambda text: Redaction(["a.a.a.a.a", "secret"]).value({"a": text}),
    "redaction of a stream": redact,
}


@pytest.mark.threat("D-06")
@pytest.mark.parametrize("name", READERS)
def test_what_reads_text_from_outside_takes_time_in_proportion(name: str) -> None:
    for unit in UNITS:

        def make(length: int, unit: str = unit) -> str:
            return unit * (length // len(unit)) + "x"

        grown = grows(READERS[name], make, 10_000)
        assert grown <= MOST, (unit, grown)


def said(number: int, **more: Any) -> dict[str, Any]:
    return {"role": "user", "id": str(number), "content": "a", "created_at": 1.0, **more}


def history_of(messages: list[dict[str, Any]], limit: int) -> object:
    conversation = Conversation("thread", messages, {"a": 1}, metadata={"kind": "x"})
    return conversation.history(limit=limit, before=None, metadata={"kind": "y"}, page=PageBytes(100_000))


HISTORIES: dict[str, Work] = {
    "messages that are added": lambda messages: applied([], messages),
    "messages that are replaced": lambda messages: applied(messages, messages),
    "messages that are removed": lambda messages: applied(
        messages, [{"role": "remove", "id": one["id"]} for one in messages]
    ),
    "messages beside the line": lambda messages: applied([said(-1, aside=True)], messages),
    "states that fit no filter": lambda messages: history_of(messages, len(messages)),
}
"""Work on the history of a session, which a client may give thousands of messages."""


@pytest.mark.threat("D-17")
@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_changed_and_listed_in_time_in_proportion(name: str) -> None:
    assert grows(HISTORIES[name], lambda length: [said(at) for at in range(length)], 3_000) <= MOST


YAMLS: dict[str, Callable[[int], str]] = {
    "a list": lambda length: "- a\n" * (length // 4),
    "lists in a list": lambda length: "- []\n" * (length // 5),
    "keys": lambda length: "".join(f"k{number}: v\n" for number in range(length // 10)),
    "merged keys": lambda length: "".join(f"<<: {{a{number}: 1}}\n" for number in range(length // 15)),
    "a number of base 60": lambda length: "a: " + "1:" * (length // 2) + "1",
    "a marked number of base 60": lambda length: "a: !!int '" + "1:" * (length // 2) + "1'",
    "a number": lambda length: "a: " + "1" * length,
    "a number of base 8": lambda length: "a: 0" + "7" * length,
    "a fraction": lambda length: "a: " + "1" * length + ".5",
    "a date": lambda length: "a: 2020-01-01 " + "0" * length,
    "a binary": lambda length: "a: !!binary " + "A" * length,
    "words in quotes": lambda length: 'a: "' + "\\x41" * (length // 4) + '"',
    "an open quote": lambda length: "'" + "a " * (length // 2),
    "folded lines": lambda length: "a: >\n" + " b\n\n" * (length // 4),
    "comments": lambda length: "#\n" * (length // 2) + "a: 1",
    "documents": lambda length: "---\n" * (length // 4),
    "lists within one another": lambda length: "[" * length,
    "questions": lambda length: "? " * (length // 2),
    "blanks": lambda length: "a:" + " " * length + "1",
}
"""Documents of a length, each hard for some part of a reader of YAML."""


@pytest.mark.threat("D-02", "D-05")
@pytest.mark.parametrize("name", YAMLS)
def test_yaml_takes_time_in_proportion_and_a_second_at_most(name: str) -> None:
    def read(text: str) -> object:
        return read_yaml(text.encode(), Settings().max_body_values)

    most = Settings().max_yaml_bytes
    assert seconds(read, YAMLS[name](most)) <= 2 * BOUND, "of CPU time; a busy machine may double it"
    assert grows(read, YAMLS[name], most // 10) <= MOST


def calls(arguments: Callable[[int], str], *, name: str = "") -> Callable[[int], list[Piece]]:
    """Return an answer whose arguments come in parts, of one call or with a name each time."""
    return lambda length: [
        Piece(tools=(ToolPiece(0, "", name or "n" * (not at), part),))
        for at, part in enumerate(arguments(length))
    ]


def details(make: Callable[[int], dict[str, Any]]) -> Callable[[int], list[Piece]]:
    return lambda length: [
        Piece(echo={"reasoning_details": [make(number)]}) for number in range(length // 10)
    ]


ANSWERS: dict[str, Callable[[int], list[Piece]]] = {
    "calls in turn": lambda length: [
        Piece(tools=(ToolPiece(number % 1_000, "", "n", "{"),)) for number in range(length)
    ],
    "calls in turn by id": lambda length: [
        Piece(tools=(ToolPiece(None, f"c{number % 1_000}", "n", "{"),)) for number in range(length)
    ],
    "a name with each part": calls(lambda length: '{"a": "' + "}" * length, name="n"),
    "objects that close each time": calls(lambda length: "{}" * (length // 2), name="n"),
    "lists that close each time": calls(lambda length: "[]" * (length // 2)),
    "objects one after the other": calls(lambda length: "{} " * (length // 3)),
    "closings": calls(lambda length: "{}" + "]}" * (length // 2)),
    "backslashes": calls(lambda length: '{"a": "' + "\\" * length),
    "calls that are alike": lambda length: [
        Piece(tools=(ToolPiece(number, "", "n", f'{{"a": [{"1," * (length // 100)}{number}]}}'),))
        for number in range(400)
    ],
    "details of one entry": details(lambda number: {"type": "text", "text": "a" * 50}),
    "details of many entries": details(lambda number: {"type": "text", "id": str(number), "text": "a"}),
    "text": lambda length: [Piece(text="a") for _ in range(length)],
    "thoughts that are taken back": lambda length: [Piece(text="a </think> ") for _ in range(length // 10)],
    "citations": lambda length: [
        Piece(citations=(Citation(url=f"https://a.test/{number}"),)) for number in range(length // 10)
    ],
}
"""Answers of models, hard for some part of what puts them together."""


@pytest.mark.threat("T-06")
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_put_together_in_time_in_proportion(name: str) -> None:
    def hear(pieces: list[Piece]) -> None:
        draft = AnswerBuilder(Heard(), ask())
        for piece in pieces:
            draft.add(piece)
        draft.end()
        draft.answer(ask(), draft.usage(ask()), [])

    assert grows(hear, ANSWERS[name], 20_000) <= MOST


CHUNKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "whole messages": lambda number: {"choices": [{"message": {"content": f"{number} " * 10}}]},
    "many choices": lambda number: {
        "choices": [{"index": at, "delta": {"content": "a"}} for at in range(20)]
    },
    "cited choices": lambda number: {
        "choices": [
            {"delta": {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.test/"}}]}}
        ]
        * 20
    },
}


@pytest.mark.threat("T-06")
@pytest.mark.parametrize("name", CHUNKS)
@pytest.mark.parametrize("together", [False, True], ids=["chunks", "one chunk"])
def test_chunks_of_a_stream_are_read_in_time_in_proportion(name: str, together: bool) -> None:
    def make(length: int) -> bytes:
        chunks = [CHUNKS[name](number) for number in range(length)]
        if together:
            chunks = [{"choices": [choice for chunk in chunks for choice in chunk["choices"]]}]
        return b"".join(b"data: %s\n\n" % msgspec.json.encode(chunk) for chunk in chunks)

    def read(content: bytes) -> None:
        reader = StreamReader("model", 100_000_000)
        for at in range(0, len(content), 65_536):
            reader.feed(content[at : at + 65_536])
        reader.end()

    assert grows(read, make, 500) <= MOST


@pytest.mark.threat("T-06")
def test_an_answer_of_very_many_tool_calls_is_refused() -> None:
    draft = AnswerBuilder(Heard(), ask())
    many = Piece(tools=tuple(ToolPiece(number, "", "n", "{") for number in range(200_000)))
    with pytest.raises(ModelError, match="1,000 tool calls"):
        draft.add(many)
    draft = AnswerBuilder(Heard(), ask())
    long = Piece(tools=(*(ToolPiece(0, "", f"a{number}", "") for number in range(2_000)),))
    with pytest.raises(ModelError, match="a tool's name of more than 1,000 characters"):
        draft.add(long)


@pytest.mark.parametrize("door", ["response", "ui", "run", "thread", "agent"])
def test_a_long_answer_is_projected_in_time_in_proportion(door: str) -> None:
    """Also one that is begun again, and says the same again."""

    def events(deltas: int) -> list[Event]:
        said = [("message.delta", {"content": "x" * 100})] * deltas
        again: tuple[str, dict[str, Any]] = ("message.reset", {})
        told = [("run.created", {}), ("message.started", {}), *said, again, *said]
        common = {"execution_id": "01a23288-8400-73b9-a73b-ea460dba5444", "ts": 1.5, "node": "llm"}
        return [
            msgspec.convert({**common, "seq": seq, "type": type, "data": data}, Event)
            for seq, (type, data) in enumerate(told, 1)
        ]

    def project(journal: list[Event]) -> None:
        answering = frozenset({"llm"})
        stretch = Stretch(journal[0].execution_id)
        id = stretch.execution_id
        run = RunShape(
            run_id=id,
            thread_id="t",
            assistant_id="a",
            graph_id="g",
            stretch=stretch,
            answering=answering,
            shows_nodes=True,
        )
        shape = Shape(stretch=stretch, created_at=0, session="", asked={}, answering=answering)
        reads: dict[str, Callable[[Event], Any]] = {
            "response": ResponseEvents(shape).add,
            "ui": UiFrames(answering, stretch).frames,
            "run": RunFrames(run, ("values", "messages-tuple")).add,
            "thread": EventsOfRun(id, 1, "g", answering, shows_nodes=True).add,
            "agent": AgUiEvents("t", "r", answering, stretch, shows_nodes=True, newest=True).add,
        }
        for event in journal:
            reads[door](event)

    assert grows(project, events, 3_000) <= MOST


@pytest.mark.threat("T-06")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000_000])
def test_values_of_json_are_counted_in_whatever_pieces_it_comes(size: int) -> None:
    def marks(value: Any) -> int:
        match value:
            case dict():
                return len(value) * 2 + (not value) + sum(map(marks, value.values()))
            case list():
                return len(value) + (not value) + sum(map(marks, value))
            case _:
                return 0

    value = {"a": [1, {"b": ',:[{"\\'}, '\\\\"', ""], 'c"\\': {}, "d": [[], "é,\n"]}
    body = msgspec.json.encode(value)
    count = ValueCount()
    for at in range(0, len(body), size):
        count.feed(body[at : at + size])
    assert count.values == marks(value)
