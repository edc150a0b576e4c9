"""Parsers of our own on any input: nothing but their own errors, and the same however the bytes are cut.

`corpus/` has an input of each kind that servers and users have sent or that was hard once; each is tried as
it is, and random ones are made of them. What must be refused is in files ``refused_*``.
``make fuzz`` tries many more.
"""

import contextlib
import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.anthropic_messages.message_events import MessageEvents
from graphs.chat_completions.openai_wire import StreamReader
from graphs.checks.check import read_flow
from graphs.conversation.citations import CitationLimits, Sources, cited_in, from_annotations, from_search
from graphs.document.flow import GraphDefinition
from graphs.expressions import ExpressionError
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import parse as parse_template
from graphs.model_api.model_interface import ModelError
from graphs.transport.http_connection import Exchange
from graphs.transport.stream_lines import StreamLines
from graphs.values.findings import FlowError
from tests.fuzzing import cases

CORPUS = Path(__file__).parent / "corpus"
BASES = {
    name: [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
    for name in ("chat_stream", "http_answer", "expression", "template")
}
DOCUMENTS: dict[str, list[Any]] = {
    name: [msgspec.json.decode(file.read_bytes()) for file in sorted((CORPUS / name).iterdir())]
    for name in ("flow", "citations")
}
LIMITS = CitationLimits(at_once=5, in_run=8, url_chars=60, title_chars=20, text_chars=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """Return inputs of the corpus with parts of others in them, bytes missing and bytes changed."""
    data = bytearray(draw(st.sampled_from(BASES[name])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(BASES[name]))
        start = draw(st.integers(0, len(other)))
        data[at:until] = draw(
            st.binary(max_size=6)
            | st.sampled_from([b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"data:", b"0", b"null", b"{", b'"'])
            | st.just(other[start : start + 30])
        )
    return bytes(data)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Return where something stands in a document: its list or object, and its index or key."""
    entries = (
        [*enumerate(document)]
        if isinstance(document, list)
        else [*document.items()]
        if isinstance(document, dict)
        else []
    )
    return [place for at, inner in entries for place in [(document, at), *places(inner)]]


@st.composite
def mixed(draw: st.DrawFn, name: str) -> Any:
    """Return a document of the corpus with parts of others, missing parts, and parts of any type."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS[name])))
    for _ in range(draw(st.integers(0, 3))):
        found = places(document)
        if not found:
            break
        holder, at = draw(st.sampled_from(found))
        other = places(draw(st.sampled_from(DOCUMENTS[name]))) or [([None], 0)]
        match draw(st.integers(0, 3)):
            case 0:
                del holder[at]
            case 1:
                holder[at] = draw(JSON)
            case _:
                theirs, there = draw(st.sampled_from(other))
                holder[at] = copy.deepcopy(theirs[there])
    return document


CUTS = st.lists(st.integers(1, 12), max_size=20)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Return the bytes in parts of such sizes, and the rest."""
    parts: list[bytes] = []
    for size in sizes:
        parts.append(data[:size])
        data = data[size:]
    return [part for part in [*parts, data] if part]


def stream_of(parts: list[bytes]) -> tuple[str, str]:
    """Return the text that a stream gives, and the class of its error."""
    reader, said = StreamReader("p", 100_000), ""
    try:
        for part in parts:
            said += "".join(getattr(piece, "text", "") for piece in reader.feed(part))
            if reader.failed:
                raise reader.failed
        said += "".join(getattr(piece, "text", "") for piece in reader.end())
        if reader.failed:
            raise reader.failed
    except ModelError as error:
        return said, error.error_class
    return said, ""


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(data=changed("chat_stream") | st.binary(max_size=60), sizes=CUTS)
def test_a_stream_gives_the_same_however_it_is_cut(data: bytes, sizes: list[int]) -> None:
    assert stream_of(cut(data, sizes)) == stream_of(cut(data, [1] * len(data)))


def test_the_messages_apis_text_before_an_error_is_heard_however_it_is_cut() -> None:
    said = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n'
    for after in (b'data: {"type":"error","error":{"type":"overloaded_error"}}\n', b"data: {\n"):
        reader, data = MessageEvents("p", 100_000), said + after
        pieces = reader.feed(data)
        assert [piece.text for piece in pieces] == ["a"], after
        assert reader.failed


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(data=changed("chat_stream") | st.binary(max_size=60), sizes=CUTS)
def test_lines_end_where_the_standard_says(data: bytes, sizes: list[int]) -> None:
    reader, found = StreamLines(), list[bytes]()
    for part in cut(data, sizes):
        found += reader.feed(part)
    assert [*found, reader.end()] == re.split(rb"\r\n|\n|\r", data.removeprefix(b"\xef\xbb\xbf"))


def answer_of(parts: list[bytes]) -> tuple[Any, ...]:
    """Return what an HTTP answer is taken for."""
    exchange = Exchange("GET")
    for part in parts:
        exchange.feed(part)
        if exchange.broken:
            break
    exchange.end(None)
    assert exchange.complete or exchange.failure is not None, "neither an answer nor an error"
    failed = exchange.failure is not None
    return (
        failed,
        exchange.broken,
        None if failed else (exchange.status, b"".join(exchange.parts), exchange.headers),
    )


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(data=changed("http_answer") | st.binary(max_size=60), sizes=CUTS)
def test_an_http_answer_is_the_same_however_it_is_cut(data: bytes, sizes: list[int]) -> None:
    assert answer_of(cut(data, sizes))[0] == answer_of([data] if data else [])[0]


def test_the_corpus_is_read() -> None:
    for data in BASES["chat_stream"]:
        assert stream_of([data]) == stream_of(cut(data, [1] * len(data)))
    whole = [answer_of([data]) for data in BASES["http_answer"]]
    assert {failed for failed, *_ in whole} == {True, False}


ADDRESSES = st.sampled_from(
    ["https://a.example/x", "javascript:alert(1)", "http://[::1", "//b", "data:,x", "https://ü/#\u202e<"]
) | st.text(max_size=80)
GIVEN = st.lists(
    st.fixed_dictionaries({"url": ADDRESSES | JSON}, optional={"title": JSON, "text": JSON}), max_size=8
)


def hold_citations(listed: Any, other: Any) -> int:
    """Hold that what is cited leads to the web and is bounded, whatever it is read from; return how many."""
    sources, count = Sources((), LIMITS), 0
    annotations = (
        [{"type": "url_citation", "url_citation": one} for one in listed]
        if isinstance(listed, list)
        else other
    )
    for found in (
        cited_in(other),
        cited_in({"citations": listed}),
        cited_in({"sources": other, "status": 200, "body": {"sources": listed}}),
        from_annotations(annotations),
        from_annotations(other),
        from_search(other, listed),
        from_search(*(other.get(key) for key in ("citations", "search_results")))
        if isinstance(other, dict)
        else (),
    ):
        for one in sources.numbered(found):
            count += 1
            assert re.fullmatch(r"https?://[^\s<>\"\u202e]+", one.url), one
            assert len(one.url) <= LIMITS.url_chars
            assert len(one.title or "") <= LIMITS.title_chars
            assert len(one.text or "") <= LIMITS.text_chars
    assert count <= LIMITS.in_run
    return count


@settings(max_examples=cases(40, 2), deadline=None, database=None)
@given(listed=GIVEN | JSON, other=mixed("citations") | JSON)
def test_citations_are_bounded_and_lead_to_the_web_alone(listed: Any, other: Any) -> None:
    hold_citations(listed, other)


@pytest.mark.parametrize("file", sorted((CORPUS / "citations").iterdir()), ids=lambda file: file.stem)
def test_sources_of_the_corpus_are_cited_or_left_out(file: Path) -> None:
    count = hold_citations([], msgspec.json.decode(file.read_bytes()))
    assert bool(count) is not file.name.startswith("refused_")


NODES = st.sampled_from(
    ["start", "end", "llm", "transform", "loop", "switch", "subflow", "merge", "no such type", ""]
)
IDS = st.sampled_from(["start", "end", "a", "b", "", "__start__", "a:b", "\x00"])
FLOWS = st.fixed_dictionaries(
    {
        "nodes": st.lists(
            st.fixed_dictionaries(
                {"id": IDS, "type": NODES}, optional={"data": JSON, "parentId": IDS | JSON}
            ),
            max_size=6,
        )
        | JSON,
        "edges": st.lists(
            st.fixed_dictionaries(
                {"id": IDS, "source": IDS, "target": IDS}, optional={"sourceHandle": IDS | JSON, "data": JSON}
            ),
            max_size=8,
        )
        | JSON,
    }
)


@settings(max_examples=cases(40, 2), deadline=None, database=None)
@given(document=FLOWS | mixed("flow"))
def test_a_flow_is_read_or_refused_with_findings(document: Any) -> None:
    hold_flow(document)


def hold_flow(document: Any) -> bool:
    """Hold that a flow is read as it is written, or refused with findings; return whether it is read."""
    try:
        flow = read_flow(msgspec.convert(document, GraphDefinition), name="any", type="agentflow")
    except msgspec.ValidationError:
        return False
    except FlowError as refused:
        findings = [finding.message for finding in refused.findings if finding.severity == "error"]
    else:
        assert {step.id for step in flow.steps} == {node["id"] for node in document["nodes"]}
        return True
    assert findings
    assert all(findings)
    return False


@pytest.mark.parametrize("file", sorted((CORPUS / "flow").iterdir()), ids=lambda file: file.stem)
def test_a_flow_of_the_corpus_is_taken_or_refused(file: Path) -> None:
    assert hold_flow(msgspec.json.decode(file.read_bytes())) is not file.name.startswith("refused_")


TEXTS = st.text(alphabet="ab{}[]()|.,:'\"%#-+*/<>=!? \n\\1é", max_size=60)


def as_text(data: bytes) -> str:
    """Return bytes as text that a user may send, also where a change cut a character."""
    return data.decode(errors="replace")


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(source=TEXTS | changed("expression").map(as_text) | changed("template").map(as_text))
def test_text_is_an_expression_and_a_template_or_refused_as_such(source: str) -> None:
    for parse in (parse_expression, parse_template):
        with contextlib.suppress(ExpressionError):
            parse(source)


@pytest.mark.parametrize(
    ("parse", "file"),
    [
        pytest.param(parse, file, id=f"{name}-{file.name}")
        for name, parse in (("expression", parse_expression), ("template", parse_template))
        for file in sorted((CORPUS / name).iterdir())
    ],
)
def test_a_text_of_the_corpus_is_taken_or_refused(parse: Callable[[str], object], file: Path) -> None:
    refused = file.name.startswith("refused_")
    with pytest.raises(ExpressionError) if refused else contextlib.nullcontext():
        parse(file.read_bytes().decode())
