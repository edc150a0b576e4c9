"""KnowledgeIndex: the passages of a base in memory, and the search over them.

It is a cache of stored blocks: made of them when first asked, thrown away when room is needed. It does no
I/O; build it and search it in a thread, which several may do at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from graphs.passage_search.blocks import MOST_PASSAGES, Block, merge, open_block
from graphs.passage_search.calibration import Calibration
from graphs.passage_search.dense_scan import cosines_of, nearest, vectors_of
from graphs.passage_search.filters import read_filters
from graphs.passage_search.lexical_scan import LexicalScan, best_positions
from graphs.passage_search.passages import DocumentEntry
from graphs.passage_search.ranking import above_threshold, diverse, fuse
from graphs.passage_search.search_request import Ranked, Ranking, Scores, SearchRequest
from graphs.passage_search.vectors import unit
from graphs.passage_search.word_tokens import query_words

__all__ = ["KnowledgeIndex"]

_MANY_BLOCKS = 128
"""More blocks than so are merged in memory when an index is made, if they are small."""
_CANDIDATES = 300
"""Passages of each half that are scored in full."""
_MASKS = 32
"""Filters whose passages are kept."""
_RANKED = 100
"""The most that a search gives, whatever its ``top_k`` is."""


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
        self.blocks = tuple(block for block in opened if len(block))
        """To make the next index of, with what has been added."""
        self._starts = np.cumsum([0, *(len(block) for block in self.blocks)])
        self._live = self._passages_of(self._documents)
        self._count = int(self._live.sum())
        self._masks: dict[bytes, Any] = {}
        self._lexical = LexicalScan(self.blocks, self._starts, self._live)
        self._calibration = calibration or Calibration.of_blocks(self.blocks)

    def __len__(self) -> int:
        """Return how many passages a search sees."""
        return self._count

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(block.size for block in self.blocks) + (16 + len(self._masks)) * len(self._live)

    def search(
        self, request: SearchRequest, question: Sequence[float] | None = None, *, final: bool = True
    ) -> Ranking:
        """Return the passages that fit best.

        Args:
            request: What to look for.
            question: The vector of its query; None to go by the words alone.
            final: False for what a reranker chooses from, or another base's are mixed with: more passages
            than
                ``top_k``, and none dropped for its score.

        Raises:
            FilterError: a filter cannot be read.
            ValueError: the vector has another number of dimensions.
        """
        import numpy as np

        seen = self._filtered(request.filters) if request.filters else self._live
        if not seen.any():
            return Ranking()
        vector = None if question is None or request.strategy == "lexical" else self._vector(question)
        by_meaning = request.strategy == "similarity" and vector is not None
        words = self._lexical.scores([] if by_meaning else query_words(request.query))
        candidates = best_positions(words.scores, seen & (words.scores > 0), _CANDIDATES)
        if vector is not None:
            close = nearest(self.blocks, self._starts, vector, seen, _CANDIDATES)
            candidates = np.union1d(candidates, close)
        if not len(candidates):
            return Ranking()
        lexical = words.scores[candidates]
        dense = None if vector is None else cosines_of(self.blocks, self._starts, candidates, vector)
        fused = fuse(request, dense, lexical, words.coverage)
        order = np.argsort(-fused, kind="stable")[:_RANKED]
        ranking = self._ranking(
            request, candidates[order], fused[order], None if dense is None else dense[order], lexical[order],
            words.found[candidates[order]], float(lexical.max(initial=0.0)),
        )  # fmt: skip
        return above_threshold(ranking, request.score_threshold, request.top_k) if final else ranking

    def _ranking(
        self, request: SearchRequest, rows: Any, fused: Any, dense: Any, lexical: Any, found: Any, best: float
    ) -> Ranking:
        """Return ranked candidates with their scores.

        A fused number says only how candidates compare. What the first is worth is told by the better of its
        two
        halves: its calibrated cosine, or the share of the question that its words are.
        """
        import numpy as np

        similar = None if dense is None else self._calibration.scores(dense)
        sure = float(found[:1].max(initial=0.0)) if request.strategy != "similarity" else 0.0
        if similar is not None:
            # A rare word of the question alone says less than one in a passage of a like meaning.
            sure = max(sure * min(1.0, 0.5 + float(similar[0])), float(similar[0]))
        if request.strategy == "similarity" and similar is not None:
            scores = similar
        else:
            scores = sure * fused / (float(fused[0]) or 1.0)
        scores = np.clip(scores, 0, 1)
        positions: Sequence[int] = range(len(rows))
        if request.strategy == "mmr":
            positions = diverse(
                fused / (float(fused[0]) or 1.0), vectors_of(self.blocks, self._starts, rows), _RANKED
            )
        blocks = np.searchsorted(self._starts, rows, side="right") - 1
        hits: list[Ranked] = []
        for at in positions:
            block = self.blocks[blocks[at]]
            row = int(rows[at] - self._starts[blocks[at]])
            hits.append(
                Ranked(
                    block.ids[row],
                    block.documents[block.document_of[row]],
                    round(float(scores[at]), 4),
                    Scores(
                        None if similar is None else round(float(similar[at]), 4),
                        None
                        if request.strategy == "similarity"
                        else round(float(lexical[at]) / (best or 1.0), 4),
                    ),
                )
            )
        return Ranking(tuple(hits))

    def _vector(self, question: Sequence[float]) -> Any:
        vector = unit(question)
        if self.blocks and len(vector) != self.blocks[0].dimensions:
            raise ValueError(
                f"Expected a vector of {self.blocks[0].dimensions} numbers, found {len(vector)}: the "
                "passages were embedded by another model."
            )
        return vector

    def _filtered(self, filters: Mapping[str, Any]) -> Any:
        """Return for each passage whether a search with these filters sees it; the last ones are kept."""
        key = msgspec.json.encode(filters)
        if (mask := self._masks.get(key)) is None:
            matches = read_filters(filters)
            kept = {
                key
                for key, entry in self._documents.items()
                if matches({"document_id": entry.id, "document_name": entry.name} | dict(entry.metadata))
            }
            mask = self._live & self._passages_of(kept)
            while len(self._masks) >= _MASKS:
                self._masks.pop(next(iter(self._masks)), None)
            self._masks[key] = mask
        return mask

    def _passages_of(self, documents: Iterable[str]) -> Any:
        """Return for each passage whether it is of one of these documents."""
        import numpy as np

        kept = frozenset(documents)
        masks = [
            np.fromiter((key in kept for key in block.documents), bool, len(block.documents))[
                block.document_of
            ]
            for block in self.blocks
        ]
        return np.concatenate(masks) if masks else np.zeros(0, bool)
