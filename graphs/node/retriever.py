"""Retriever: what searches knowledge bases for a node. The server supplies one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.passage_search.reranker import Rerank
from graphs.passage_search.search_request import SearchOutcome, SearchRequest

__all__ = ["Ask", "Retriever"]

Ask = Callable[[EmbeddingModel, Sequence[str]], Awaitable[Embedded]]
"""From a model and texts to their vectors, booked on whoever asks."""


class Retriever(Protocol):
    """Searches the knowledge bases of a run's workspace."""

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, ask: Ask, rerank: Rerank
    ) -> SearchOutcome:
        """Return what several bases have together, the best first.

        Args:
            bases: Ids or names of bases.
            request: What to look for.
            ask: Embeds the question, once for each model of the bases.
            rerank: Scores the passages, where the request says so.

        Raises:
            NodeError: a base is not there (code ``not_found``), a filter cannot be read (``bad_filter``), or
            the
                question could not be embedded (the code of the `ModelError`).
        """
        ...
