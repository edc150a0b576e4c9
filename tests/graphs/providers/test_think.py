"""Reasoning between tags, split over chunks in every way."""

from hypothesis import given
from hypothesis import strategies as st

from graphs.models.reasoning_tags import ThinkSplitter

PIECES = st.sampled_from(["<think>", "</think>", "<", "thi", "</", ">", " ", "\n", "ab", "é"])


def _split(text: str, cuts: list[int]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    ends = sorted({cut % (len(text) + 1) for cut in cuts} | {len(text)})
    given_back: list[tuple[str, str]] = []
    start = 0
    for end in ends:
        if end > start:
            given_back.append(splitter.feed(text[start:end]))
            start = end
    given_back.append(splitter.end())
    return "".join(each[0] for each in given_back), "".join(each[1] for each in given_back)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(st.integers(0, 200), max_size=20))
def test_how_a_text_is_split_over_chunks_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert _split(text, cuts) == _split(text, [])


@given(st.text(), st.text(alphabet="ab <>/", max_size=20), st.lists(st.integers(0, 200), max_size=20))
def test_a_leading_block_is_reasoning_and_the_rest_is_text(
    answer: str, thought: str, cuts: list[int]
) -> None:
    text, reasoning = _split(f"\n<think>{thought}</think>\n{answer}", cuts)
    assert (text, reasoning) == (answer.lstrip(), thought)


@given(st.text().filter(lambda text: not text.lstrip().startswith("<think>")), st.lists(st.integers(0, 200)))
def test_an_answer_without_a_leading_block_passes_as_it_is(text: str, cuts: list[int]) -> None:
    assert _split(text, cuts) == (text, "")


def test_a_block_that_never_closes_is_all_reasoning() -> None:
    assert _split("<think>hm, </thi", [3, 9]) == ("", "hm, </thi")
