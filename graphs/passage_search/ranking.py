"""Ranking: from the two scores of each candidate to one, and from many candidates to a few."""

import re
from typing import Any

from graphs.passage_search.search_request import Ranking, SearchRequest

__all__ = ["above_threshold", "dense_weight", "diverse", "fuse", "mix_rankings"]

DENSE_WEIGHT = 0.5
IDENTIFIER_WEIGHT = 0.35
_RRF = 60
_MMR = 0.5
"""How much relevance counts against being different."""
_IDENTIFIER = re.compile(r"\w[_./:=@]\w|[a-z][A-Z]|--\w|\b[A-Z][A-Z0-9_]{3,}\b|`|\b\d{3}\b|/\w")


def dense_weight(request: SearchRequest) -> float:
    """Return how much meaning counts against words."""
    if request.dense_weight is not None:
        return request.dense_weight
    return IDENTIFIER_WEIGHT if _IDENTIFIER.search(request.query) else DENSE_WEIGHT


def fuse(request: SearchRequest, dense: Any, lexical: Any, coverage: float) -> Any:
    """Return one number for each candidate; only their order and proportions count.

    Args:
        request: Says how, and how much either half counts.
        dense: Cosines, or None without a vector of the question.
        lexical: BM25 scores.
        coverage: Share of the question's words, by their weights, that occur at all: words of another
        language
            tell nothing of a passage that has the few they share.
    """
    import numpy as np

    best = float(lexical.max(initial=0.0))
    words = lexical / best if best else lexical
    if request.strategy == "lexical" or dense is None:
        return words
    if request.strategy == "similarity":
        return dense
    if request.fusion == "rrf":
        by_words = np.where(lexical > 0, 1 / (_RRF + _ranks(lexical)), 0)
        return 1 / (_RRF + _ranks(dense)) + by_words
    low, high = float(dense.min(initial=1.0)), float(dense.max(initial=-1.0))
    meaning = (dense - low) / (high - low) if high > low else np.ones_like(dense)
    share = (1 - dense_weight(request)) * coverage
    return (1 - share) * meaning + share * words


def _ranks(scores: Any) -> Any:
    import numpy as np

    ranks = np.empty(len(scores), dtype=np.float32)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def diverse(relevance: Any, vectors: Any, count: int) -> list[int]:
    """Return positions of the candidates to show, chosen one by one: relevant, and unlike those before (MMR).

    Args:
        relevance: 0..1 for each candidate, the best first.
        vectors: Of length 1, one a candidate.
        count: How many to choose.
    """
    import numpy as np

    chosen: list[int] = []
    nearest = np.full(len(relevance), -1.0, dtype=np.float32)
    left = np.ones(len(relevance), dtype=bool)
    while len(chosen) < min(count, len(relevance)):
        value = _MMR * relevance - (1 - _MMR) * np.maximum(nearest, 0)
        value[~left] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen


def above_threshold(ranking: Ranking, threshold: float | None, count: int) -> Ranking:
    """Return the first passages of a ranking, without those below a threshold: the last step of a search."""
    shown = ranking.hits[:count]
    kept = tuple(hit for hit in shown if threshold is None or hit.score >= threshold)
    return Ranking(kept, len(shown) - len(kept))


def mix_rankings(rankings: "list[Ranking]") -> Ranking:
    """Return the rankings of several bases as one, by score."""
    hits = sorted((hit for ranking in rankings for hit in ranking.hits), key=lambda hit: -hit.score)
    return Ranking(tuple(hits))
