"""Search: tokens, passages, blocks and rankings, over the docs of this product and over small texts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from semantic_text_splitter import MarkdownSplitter

from benchmarks.retrieval.quality import corpus, questions
from graphs.knowledge.chunking import embedded_text, in_windows, split
from graphs.passage_search.blocks import BlockError, merge, open_block, pack
from graphs.passage_search.calibration import Calibration
from graphs.passage_search.filters import FilterError, read_filters
from graphs.passage_search.index import KnowledgeIndex
from graphs.passage_search.passages import ChunkOptions, DocumentEntry, IndexedPassage, ParsedText
from graphs.passage_search.ranking import above_threshold, mix_rankings
from graphs.passage_search.search_request import SearchRequest, Strategy
from graphs.passage_search.vectors import quantize
from graphs.passage_search.word_tokens import query_words, terms_of, tokens_of

TABLE = "| name | price |\n|---|---|\n" + "".join(f"| thing {at} | {at} euros |\n" for at in range(60))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The servers are running", ["server", "run"]),
        ("Set max_recoveries", ["set", "max_recoveries", "max", "recoveri"]),
        ("retryAfter", ["retryafter", "retri", "after"]),
        ("데이터를 백업", ["데이", "이터", "터를", "백업"]),
        ("API를 쓴다", ["api", "를", "쓴다"]),
        ("ＡＢＣ", ["abc"]),
        ("the of and", []),
    ],
)
def test_a_text_has_these_tokens(text: str, tokens: list[str]) -> None:
    assert list(tokens_of(text)) == tokens


def test_the_passages_of_markdown_are_exact_parts_with_their_headings() -> None:
    text = (
        "# Guide\n\nIntro.\n\n## Prices\n\nA trial.\n\n```\n# no heading\n```\n\n## Empty\n\n## Last\n\nEnd."
    )
    chunks = split(ParsedText(text), "text/markdown")
    parts = ("Prices", "Empty", "Last")
    assert [chunk.heading for chunk in chunks] == [("Guide",), *(("Guide", part) for part in parts)]
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert "# no heading" in chunks[1].text
    assert [chunk.text for chunk in split(ParsedText("# Above\n\n## A title alone\n"), "text/markdown")] == [
        "## A title alone"
    ]


def test_a_passage_knows_its_page_and_a_cut_table_keeps_its_header() -> None:
    text = f"First page.\f{TABLE}"
    chunks = split(ParsedText(text, (0, 12)), "application/pdf", ChunkOptions(max_characters=400))
    assert [chunk.page for chunk in chunks] == sorted(chunk.page or 0 for chunk in chunks)
    later = [chunk for chunk in chunks if "thing 40" in chunk.text]
    assert later[0].context.startswith("| name | price |")
    assert later[0].context not in text[later[0].start : later[0].end]
    assert embedded_text(later[0], "prices.pdf").startswith("prices.pdf\n| name | price |")


def test_plain_text_is_cut_at_sentences_and_nothing_is_lost() -> None:
    text = " ".join(f"Sentence number {at} says something." for at in range(200))
    chunks = split(ParsedText(text), "text/plain", ChunkOptions(max_characters=300))
    assert all(len(chunk.text) <= 300 and chunk.text.endswith(".") for chunk in chunks)
    assert all(text[one.end : two.start].strip() == "" for one, two in pairwise(chunks))
    assert split(ParsedText("  \n "), "text/plain") == []


@pytest.mark.parametrize("overlap", [0, 60])
@pytest.mark.parametrize(
    "text", ["otter " * 30_000, "한국어" * 40_000, TABLE * 120, "x" + " " * 90_000 + "y"]
)
def test_the_splitter_reads_each_character_of_a_long_line_or_table_about_once(
    text: str, overlap: int
) -> None:
    splitter = MarkdownSplitter(300, overlap=overlap)
    read: list[int] = []

    def chunks_of(part: str) -> list[tuple[int, str]]:
        read.append(len(part))
        return splitter.chunk_indices(part)

    found = list(in_windows(text, chunks_of, 32 * 300))
    assert max(read) <= 32 * 300
    assert sum(read) <= 1.05 * len(text) + max(read)
    assert all(text[at : at + len(chunk)] == chunk for at, chunk in found)
    ends = [0, *(at + len(chunk) for at, chunk in found)]
    gaps = [text[end:start] for end, start in zip(ends, [*(at for at, _ in found), len(text)], strict=True)]
    assert "".join(gaps).strip() == ""
    assert max(len(chunk) for _, chunk in found) <= 300


def passage(id: str, text: str, vector: Sequence[float], document: str = "d") -> IndexedPassage:
    stored, scale = quantize(vector)
    return IndexedPassage(id=id, document=document, terms=terms_of(text), vector=stored, scale=scale)


def entry(key: str, **metadata: Any) -> DocumentEntry:
    return DocumentEntry(key=key, id=key, name=f"{key}.md", metadata=metadata)


PASSAGES = [
    passage("cat", "A cat sleeps on the sofa", [1, 0, 0, 0.1]),
    passage("dog", "A dog guards the house", [0.8, 0.6, 0, 0.1]),
    passage("car", "error code storage_full of the car", [0, 0, 1, 0.1], "e"),
    passage("bus", "the bus waits", [0, 0.1, 0.9, 0.1], "e"),
]
PLAIN = Calibration(0.0, 1.0)


def index(passages: Sequence[IndexedPassage] = PASSAGES, *entries: DocumentEntry) -> KnowledgeIndex:
    return KnowledgeIndex(
        [pack(passages, 4)], entries or (entry("d", kind="pet"), entry("e", kind="thing")), PLAIN
    )


def ids(found: Any) -> list[str]:
    return [hit.passage_id for hit in found.hits]


def test_an_identifier_is_found_by_its_letters_and_a_meaning_by_its_vector() -> None:
    vector = [1, 0, 0, 0.0]
    assert ids(index().search(SearchRequest(query="storage_full", top_k=1, strategy="lexical"), vector)) == [
        "car"
    ]
    assert ids(index().search(SearchRequest(query="x", top_k=2, strategy="similarity"), vector)) == [
        "cat",
        "dog",
    ]
    hybrid = index().search(SearchRequest(query="dog", top_k=4), vector)
    assert hybrid.hits[0].passage_id == "dog"
    assert [hit.score for hit in hybrid.hits] == sorted((hit.score for hit in hybrid.hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in hybrid.hits)


@pytest.mark.parametrize("strategy", ["hybrid", "similarity", "lexical", "mmr"])
def test_a_smaller_top_k_gives_the_beginning_of_a_larger_one(strategy: Strategy) -> None:
    found = index()
    large = SearchRequest(query="dog house car", strategy=strategy, top_k=4)
    small = SearchRequest(query="dog house car", strategy=strategy, top_k=2)
    vector = [0.5, 0.5, 0.5, 0]
    assert ids(found.search(small, vector)) == ids(found.search(large, vector))[:2]


def test_mmr_shows_something_else_before_it_repeats_itself() -> None:
    same = [passage(f"same{at}", "a cat", [1, 0.01 * at, 0, 0.1]) for at in range(3)]
    other = passage("other", "a cat and a bus", [0.75, 0, 0.65, 0.1])
    far = passage("far", "a stone", [-1, 0, 0, 0.1])
    found = index([*same, other, far]).search(
        SearchRequest(query="cat", strategy="mmr", top_k=2), [1, 0, 0.1, 0.1]
    )
    assert "other" in ids(found)


def test_filters_are_applied_before_anything_is_scored() -> None:
    request = SearchRequest(query="cat", top_k=4, filters={"kind": "thing"})
    assert set(ids(index().search(request, [1, 0, 0, 0.1]))) == {"car", "bus"}
    assert ids(index().search(SearchRequest(query="cat", filters={"kind": "none"}), [1, 0, 0, 0.1])) == []
    by_name = SearchRequest(query="cat", filters={"document_name": {"in": ["d.md"]}})
    assert set(ids(index().search(by_name, [1, 0, 0, 0.1]))) == {"cat", "dog"}


def test_what_is_not_listed_does_not_answer() -> None:
    found = index(PASSAGES, entry("e")).search(SearchRequest(query="cat", top_k=4), [1, 0, 0, 0.1])
    assert set(ids(found)) == {"car", "bus"}


def test_the_threshold_comes_last_and_says_what_it_dropped() -> None:
    all_of_them = index().search(SearchRequest(query="dog", top_k=4), [1, 0, 0, 0.0])
    middle = all_of_them.hits[1].score
    found = index().search(SearchRequest(query="dog", top_k=4, score_threshold=middle), [1, 0, 0, 0.0])
    assert ids(found) == ids(all_of_them)[: len(found.hits)]
    assert len(found.hits) + found.dropped_by_threshold == 4
    assert all(hit.score >= middle for hit in found.hits)
    mixed = mix_rankings([all_of_them, all_of_them])
    assert above_threshold(mixed, None, 3).hits[0] == all_of_them.hits[0]


def test_words_of_another_language_leave_it_to_the_vectors() -> None:
    question = SearchRequest(query="고양이는 어디서 car", top_k=1)
    assert ids(index().search(question, [1, 0, 0, 0.1])) == ["cat"]


def test_a_korean_question_finds_english_words_and_its_own() -> None:
    english = [word.english for word in query_words("도커로 웹소켓서버를 실행하는 방법은? 키를 키우다")]
    assert english == [("docker",), ("websocket", "server"), ("run", "execut"), ("kei",), ()]
    passages = [
        passage("en", "Start the container with Docker", [1, 0, 0, 0]),
        passage("ko", "도커를 켜는 순서", [0, 1, 0, 0]),
        passage("no", "Nothing of it", [0, 0, 1, 0]),
    ]
    found = index(passages).search(SearchRequest(query="도커로 서버를 켜는 방법은?", strategy="lexical"))
    assert ids(found) == ["ko", "en"]


def test_a_question_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="embedded by another model"):
        index().search(SearchRequest(query="x"), [1.0, 0.0])


def test_sign_bits_find_what_a_full_comparison_finds() -> None:
    random = np.random.default_rng(3)
    centres = random.standard_normal((40, 64))
    vectors = centres[random.integers(0, 40, 6000)] + 0.5 * random.standard_normal((6000, 64))
    many = [passage(str(at), "word", vector) for at, vector in enumerate(vectors.tolist())]
    blocks = [pack(many[at : at + 2000], 64) for at in range(0, 6000, 2000)]
    found = KnowledgeIndex(blocks, [entry("d")], PLAIN)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    hits = 0
    for question in vectors[::600] + 0.2 * random.standard_normal((10, 64)):
        exact = {str(at) for at in np.argsort(-(unit @ question))[:10]}
        request = SearchRequest(query="-", strategy="similarity", top_k=10)
        hits += len(exact & set(ids(found.search(request, question.tolist()))))
    assert hits >= 95


def test_merged_blocks_answer_as_the_small_ones_did_without_what_was_deleted() -> None:
    small = [pack([one], 4) for one in PASSAGES]
    (merged,) = merge(small)
    request = SearchRequest(query="dog storage_full", top_k=4)
    entries = [entry("d"), entry("e")]
    apart = KnowledgeIndex(small, entries, PLAIN).search(request, [1, 0, 0, 0.1])
    assert KnowledgeIndex([merged], entries, PLAIN).search(request, [1, 0, 0, 0.1]) == apart
    (kept,) = merge([merged], {"e"})
    assert open_block(kept).ids == ["car", "bus"]
    assert open_block(kept).documents == ["e"]
    assert kept == merge([pack(PASSAGES[2:], 4)])[0]


def test_many_small_blocks_are_merged_when_an_index_is_made() -> None:
    blocks = [pack([passage(str(at), f"word{at}", [1, at, 0, 0.1])], 4) for at in range(300)]
    found = KnowledgeIndex(blocks, [entry("d")], PLAIN)
    assert len(found.blocks) == 1
    assert ids(found.search(SearchRequest(query="word250", strategy="lexical")))[0] == "250"


@pytest.mark.parametrize("stored", [b"", b"x" * 40, pack(PASSAGES, 4)[:-9]])
def test_bytes_that_are_no_block_are_refused(stored: bytes) -> None:
    with pytest.raises(BlockError):
        open_block(stored)


@pytest.mark.parametrize(
    ("filters", "metadata", "fits"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": [1, 2]}, {"a": 2}, True),
        ({"tags": "x"}, {"tags": ["x", "y"]}, True),
        ({"a": {"gte": 2, "lt": 4}}, {"a": 3}, True),
        ({"a": {"gte": 2}}, {"a": "3"}, False),
        ({"a": {"ne": 1}}, {}, True),
        ({"a": {"exists": False}}, {}, True),
        ({"a": {"contains": "ell"}}, {"a": "hello"}, True),
        ({"a": {"not_in": [1]}}, {"a": 1}, False),
    ],
)
def test_a_filter_fits(filters: dict[str, Any], metadata: dict[str, Any], fits: bool) -> None:
    assert read_filters(filters)(metadata) is fits


@pytest.mark.parametrize(
    "filters", [{"a": {"like": 1}}, {"a": {"in": 1}}, {"a": {"gt": None}}, {"a": {"exists": 1}}]
)
def test_a_filter_that_cannot_be_read_says_what_was_expected(filters: dict[str, Any]) -> None:
    with pytest.raises(FilterError, match=r"^a.*expected"):
        read_filters(filters)


def test_every_label_of_the_questions_means_a_passage_of_the_docs() -> None:
    found, asked = corpus(), questions()
    lost = [label for each in asked for group in each.needed for label in group if not found.labelled(label)]
    assert lost == [], "Correct benchmarks/retrieval/questions.json."
    assert len(asked) >= 120
    assert len(found.chunks) >= 400


def test_lexical_search_finds_identifiers_in_the_docs() -> None:
    found = corpus()
    passages = [
        passage(str(at), f"{chunk.context}\n{chunk.text}", [1.0, 0, 0, 0], page)
        for at, (page, chunk) in enumerate(zip(found.pages, found.chunks, strict=True))
    ]
    docs = KnowledgeIndex([pack(passages, 4)], [entry(page) for page in {*found.pages}], PLAIN)
    asked = [question for question in questions() if question.kind == "identifier"]
    right = 0
    for question in asked:
        request = SearchRequest(query=question.question, strategy="lexical", top_k=5)
        right += bool(set(map(int, ids(docs.search(request)))) & found.labelled(question.needed[0][0]))
    assert right / len(asked) > 0.8
    assert query_words("What is the") == []
