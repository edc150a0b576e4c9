"""Citations: what of a source can be shown, and how sources are numbered over a run."""

from typing import Any

import pytest

from graphs.conversation.citations import CitationLimits, Sources, checked, cited_in
from graphs.conversation.messages import Citation, Message, ToolCall

PAGE = "https://example.com/a"
LIMITS = CitationLimits()


@pytest.mark.threat("X-01")
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://example.com/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//example.com/a",
        "/a",
        "",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com/a b",
        "https://example.com\\@evil.example/",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_the_web_is_no_source(url: str) -> None:
    assert checked(Citation(url=url, title="A title"), LIMITS) is None


def test_a_source_is_shown_without_what_deceives() -> None:
    shown = checked(
        Citation(
            url="  HTTPS://bücher.example/ä#x|y",
            title="safe\u202egnp.exe\0\n<b>",
            text="t" * 2_000,
            start=9,
            end=3,
        ),
        LIMITS,
    )
    assert shown == Citation(
        url="https://xn--bcher-kva.example/%C3%A4#x%7Cy",
        title="safe gnp.exe <b>",
        text="t" * (LIMITS.text_chars - 1) + "…",
    )
    long = checked(Citation(url=PAGE, title="t" * 1_000, start=0, end=3), LIMITS)
    assert long is not None
    assert (len(long.title), long.start, long.end) == (LIMITS.title_chars, 0, 3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"sources": [{"url": PAGE}]}, [Citation(url=PAGE)]),
        (
            {"citations": [{"url": PAGE, "title": "A", "text": None}], "sources": [{"url": "x"}]},
            [Citation(url=PAGE, title="A")],
        ),
        ({"status": 200, "body": {"sources": [{"url": PAGE, "text": "t"}]}}, [Citation(url=PAGE, text="t")]),
        ({"status": 500, "body": {"sources": [{"url": PAGE}]}}, []),
        ({"sources": [{"url": PAGE, "more": 1}, {"title": "A"}, {"url": 5}, "x", None]}, []),
        ({"sources": {"url": PAGE}}, []),
        ({"sources": "x"}, []),
        ({"body": {"sources": [{"url": PAGE}]}}, []),
        ([{"url": PAGE}], []),
        ("text", []),
    ],
)
def test_a_result_names_sources_in_one_form(value: Any, expected: list[Citation]) -> None:
    assert cited_in(value) == expected


def test_one_address_has_one_number_and_a_run_has_so_many_sources() -> None:
    sources = Sources([Citation(url=PAGE, number=1)])
    given = sources.numbered([Citation(url="https://example.com/b"), Citation(url=PAGE, start=1, end=2)])
    assert [(one.number, one.url) for one in given] == [(2, "https://example.com/b"), (1, PAGE)]
    many = [Citation(url=f"https://example.com/{number}") for number in range(LIMITS.at_once + 10)]
    assert len(sources.numbered(many)) == LIMITS.at_once
    more = [len(sources.numbered([Citation(url=f"{PAGE}/{number}")])) for number in range(LIMITS.in_run)]
    assert sum(more) == LIMITS.in_run - LIMITS.at_once - len(given) - 1


def test_the_last_answer_bears_what_no_message_of_the_run_bears_yet() -> None:
    sources = Sources()
    first = sources.numbered([Citation(url=PAGE, title="A")])
    call = Message(role="assistant", tool_calls=[ToolCall(id="c", name="t")])
    said = [call, Message(role="tool", tool_call_id="c"), Message(role="assistant", content="So.")]
    told = sources.onto(said, [], "e")
    assert [message.metadata.get("citations") for message in told] == [
        None,
        None,
        [{"number": 1, "url": PAGE, "title": "A"}],
    ]
    before = [{"role": "assistant", "content": "So.", "metadata": {"execution_id": "e", **told[-1].metadata}}]
    assert sources.onto([Message(role="assistant", content="More.")], before, "e")[0].metadata == {}
    sources.numbered([Citation(url="https://example.com/owner")], aside=True)
    later = sources.numbered([Citation(url="https://example.com/b"), *first])
    (message,) = sources.onto([Message(role="assistant", content="More.")], before, "e")
    assert message.metadata == {"citations": [{"number": later[0].number, "url": "https://example.com/b"}]}
