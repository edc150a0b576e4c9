"""Reasoning between tags, split over chunks in every way."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.model_output.reasoning_tags import ThinkSplitter

_CHANNELS = ["<|channel|>", "analysis", "final", "<|message|>", "<|end|>", "<|", "|"]
PIECES = st.sampled_from(
    [
        '<details type="reasoning" done="true">',
        "</details>",
        "<reason>",
        "</reason>",
        *_CHANNELS,
        "<think>",
        "</think>",
        "[THINK]",
        "[/THINK]",
        "<",
        "thi",
        "</",
        ">",
        " ",
        "\n",
        "ab",
        "é",
        "`",
    ]
)


def _split(text: str, cuts: list[int]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    ends = sorted({cut % (len(text) + 1) for cut in cuts} | {len(text)})
    said = thought = ""
    start = 0
    for end in ends:
        if end > start:
            more, reasoning = splitter.feed(text[start:end])
            if splitter.recalled:
                splitter.recalled = False
                said, thought = "", thought + said
            said, thought = said + more, thought + reasoning
            start = end
    more, reasoning = splitter.end()
    return said + more, thought + reasoning


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(st.integers(0, 200), max_size=20))
def test_how_a_text_is_split_over_chunks_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert _split(text, cuts) == _split(text, [])


@given(st.text(), st.text(alphabet="ab <>/", max_size=20), st.lists(st.integers(0, 200), max_size=20))
def test_a_leading_block_is_reasoning_and_the_rest_is_text(
    answer: str, thought: str, cuts: list[int]
) -> None:
    text, reasoning = _split(f"\n<think>{thought}</think>\n{answer}", cuts)
    assert (text, reasoning) == (answer.lstrip(), thought)


_OF_TAGS = re.compile(
    "think|thought|reason|reflect|details|channel|start|assistant|solution|box|response", re.I
)


@given(st.text().filter(lambda text: not _OF_TAGS.search(text)), st.lists(st.integers(0, 200)))
def test_an_answer_without_a_leading_block_passes_as_it_is(text: str, cuts: list[int]) -> None:
    assert _split(text, cuts) == (text, "")


def test_a_block_that_never_closes_is_all_reasoning() -> None:
    assert _split("<think>hm, </thi", [3, 9]) == ("", "hm, </thi")


@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("hm, let me see</think>\n\nHello", "Hello", "hm, let me see"),
        ("hm[/THINK]Hello", "Hello", "hm"),
        ("<thinking>hm</thinking>Hello", "Hello", "hm"),
        ('<think time="2">hm</think>Hello', "Hello", "hm"),
        ("<think twice, <b>then</b> act", "<think twice, <b>then</b> act", ""),
        ("<think twice, then act", "<think twice, then act", ""),
        ('<details type="reasoning" done="true">hm</details>\nHello', "Hello", "hm"),
        ("<antThinking>hm</antThinking>Hello", "Hello", "hm"),
        ("[THINK]hm[/THINK]Hello", "Hello", "hm"),
        ("<think>a</think>\n<think>b</think>Hello", "Hello", "ab"),
        ("Close it with `</think>`.", "Close it with `</think>`.", ""),
        ("Write <think>hm</think> like this.", "Write <think>hm</think> like this.", ""),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
            "Hello",
            "hm",
        ),
    ],
)
def test_reasoning_is_told_from_the_answer_however_it_is_marked(text: str, said: str, thought: str) -> None:
    for size in (1, 2, 5, len(text)):
        assert _split(text, list(range(0, len(text), size))) == (said, thought)
