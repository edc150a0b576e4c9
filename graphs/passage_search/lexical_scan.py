"""Lexical scan: BM25 over the postings of blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from graphs.passage_search.blocks import Block, term_number
from graphs.passage_search.word_tokens import QueryWord

__all__ = ["LexicalScan", "Words", "best_positions"]

_K1, _B = 1.2, 0.75
"""The usual numbers of BM25."""


class Words(Struct, frozen=True):
    """What the words of a question say of passages."""

    scores: Any
    """BM25 of each passage."""
    found: Any
    """Of each passage the share of the question's words that it has, by their weights."""
    coverage: float
    """The share of them that occur in any passage."""


class LexicalScan:
    """The postings of all blocks together."""

    def __init__(self, blocks: Sequence[Block], starts: Any, live: Any) -> None:
        import numpy as np

        self._blocks = blocks
        self._starts = starts
        self._live = live
        self._all = bool(live.all())
        self._count = max(1, int(live.sum()))
        lengths = np.concatenate([block.lengths for block in blocks]) if blocks else np.zeros(0, np.uint32)
        average = float(lengths[live].mean()) if live.any() else 1.0
        self._norms = (_K1 * (1 - _B + _B * lengths / max(average, 1.0))).astype(np.float32)

    def scores(self, words: Sequence[QueryWord]) -> Words:
        """Return what a question's different words say of every passage."""
        import numpy as np

        terms = list(dict.fromkeys(term for word in words for term in (*word.terms, *word.english)))
        scores = np.zeros(len(self._norms), dtype=np.float32)
        found = np.zeros(len(self._norms), dtype=np.float32)
        numbers = np.array([term_number(term) for term in terms], dtype=np.uint32)
        postings: list[list[tuple[Any, Any]]] = [[] for _ in terms]
        for block, start in zip(self._blocks if terms else (), self._starts, strict=False):
            for term, at in enumerate(block.terms.searchsorted(numbers)):
                if at < len(block.terms) and block.terms[at] == numbers[term]:
                    part = slice(block.starts[at], block.starts[at + 1])
                    postings[term].append((block.passages[part] + start, block.counts[part]))
        rows_of: list[Any] = []
        weights: dict[str, float] = {}
        known: dict[str, float] = {}
        for term, parts in zip(terms, postings, strict=True):
            rows = np.concatenate([rows for rows, _ in parts]) if parts else np.zeros(0, np.int64)
            live = len(rows) if self._all else int(self._live[rows].sum())
            weights[term] = float(np.log(1 + (self._count - live + 0.5) / (live + 0.5)))
            known[term] = weights[term] if live else 0.0
            if live:
                counts = np.concatenate([counts for _, counts in parts]).astype(np.float32)
                scores[rows] += np.float32(weights[term] * (_K1 + 1)) * counts / (counts + self._norms[rows])
            rows_of.append(rows)
        shares, total, covered = _shares(words, weights, known)
        for term, rows in zip(terms, rows_of, strict=True):
            found[rows] += np.float32(shares[term])
        return Words(scores, np.minimum(found / total, 1), covered / total)


def _shares(
    words: Sequence[QueryWord], weights: Mapping[str, float], known: Mapping[str, float]
) -> tuple[dict[str, float], float, float]:
    """Return what each term counts, what all words do, and what those do that occur.

    All terms of a word together count as one. A loanword goes by its own letters or by its English, whichever
    the passages have.
    """
    shares = dict.fromkeys(weights, 0.0)
    total = covered = 0.0
    for word in words:
        spelled = [ways for ways in (word.terms, word.english) if ways]
        best = max(spelled, key=lambda ways: sum(known[term] for term in ways) / len(ways))
        total += sum(weights[term] for term in best) / len(best)
        covered += sum(known[term] for term in best) / len(best)
        for ways in spelled:
            for term in ways:
                shares[term] += weights[term] / len(ways)
    return shares, total or 1.0, covered


def best_positions(scores: Any, seen: Any, count: int) -> Any:
    """Return the positions of the best of those that are seen, in no order."""
    import numpy as np

    rows = np.flatnonzero(seen)
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(-scores[rows], count)[:count]]
