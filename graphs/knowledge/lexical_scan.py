"""Lexical scan: BM25 over the postings of blocks."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from graphs.knowledge.blocks import Block, term_number

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

    def scores(self, terms: Sequence[str]) -> Words:
        """Return what a question's different tokens say of every passage."""
        import numpy as np

        scores = np.zeros(len(self._norms), dtype=np.float32)
        found = np.zeros(len(self._norms), dtype=np.float32)
        numbers = np.array([term_number(term) for term in terms], dtype=np.uint32)
        postings: list[list[tuple[Any, Any]]] = [[] for _ in terms]
        for block, start in zip(self._blocks if terms else (), self._starts, strict=False):
            for term, at in enumerate(block.terms.searchsorted(numbers)):
                if at < len(block.terms) and block.terms[at] == numbers[term]:
                    part = slice(block.starts[at], block.starts[at + 1])
                    postings[term].append((block.passages[part] + start, block.counts[part]))
        weights = np.zeros(len(terms))
        known = np.zeros(len(terms), dtype=bool)
        for term, parts in enumerate(postings):
            rows = np.concatenate([rows for rows, _ in parts]) if parts else np.zeros(0, np.int64)
            live = len(rows) if self._all else int(self._live[rows].sum())
            weight = weights[term] = np.log(1 + (self._count - live + 0.5) / (live + 0.5))
            known[term] = live > 0
            if live:
                counts = np.concatenate([counts for _, counts in parts]).astype(np.float32)
                scores[rows] += np.float32(weight * (_K1 + 1)) * counts / (counts + self._norms[rows])
                found[rows] += np.float32(weight)
        total = float(weights.sum()) or 1.0
        return Words(scores, found / total, float(weights[known].sum()) / total)


def best_positions(scores: Any, seen: Any, count: int) -> Any:
    """Return the positions of the best of those that are seen, in no order."""
    import numpy as np

    rows = np.flatnonzero(seen)
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(-scores[rows], count)[:count]]
