"""KnowledgeIndex: the passages of a base in memory, and the search over them.

It is a cache of stored blocks: made of them when first asked, thrown away when room is needed. It does no I/O; build
it and search it in a thread, which several may do at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphs.knowledge.blocks import MOST_PASSAGES, Block, merge, open_block, term_number
from graphs.knowledge.calibration import Calibration
from graphs.knowledge.filters import read_filters
from graphs.knowledge.passages import DocumentEntry
from graphs.knowledge.ranking import Candidates, confidence, diverse, fuse
from graphs.knowledge.search_request import Ranked, Ranking, Scores, SearchRequest
from graphs.knowledge.tokens import query_terms
from graphs.knowledge.vectors import unit

__all__ = ["KnowledgeIndex"]

_MANY_BLOCKS = 128
"""More blocks than so are merged in memory when an index is made, if they are small."""
_CANDIDATES = 300
"""Passages of each half that are scored in full."""
_K1, _B = 1.2, 0.75
"""The usual numbers of BM25."""


class KnowledgeIndex:
    """The passages of one base, embedded by one model."""

    def __init__(
        self,
        blocks: Iterable[bytes | Block],
        documents: Iterable[DocumentEntry],
        calibration: Calibration | None = None,
    ) -> None:
        """Open the blocks.

        Args:
            blocks: Stored bytes, or blocks of an index before.
            documents: Those that a search sees; passages of others are skipped.
            calibration: How cosines become scores; None for what the vectors themselves say.
        """
        import numpy as np

        self._documents = {entry.key: entry for entry in documents}
        opened = [block if isinstance(block, Block) else open_block(block) for block in blocks]
        if len(opened) > max(_MANY_BLOCKS, 2 * sum(map(len, opened)) // MOST_PASSAGES):
            opened = [open_block(block) for block in merge(opened, self._documents)]
        self.blocks = tuple(opened)
        """To make the next index of, with what has been added."""
        self._starts = np.cumsum([0, *(len(block) for block in opened)])
        live = [
            np.fromiter((key in self._documents for key in block.documents), bool, len(block.documents))[
                block.document_of
            ]
            for block in opened
        ]
        self._live = np.concatenate(live) if live else np.zeros(0, bool)
        self._lengths = _joined([block.lengths for block in opened], np.uint32)
        self._passages = int(self._live.sum())
        self._average = float(self._lengths[self._live].mean()) if self._passages else 1.0
        self._calibration = calibration or Calibration.of_blocks(opened)

    def __len__(self) -> int:
        """Return how many passages a search sees."""
        return self._passages

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(block.size for block in self.blocks) + 13 * len(self._live)
