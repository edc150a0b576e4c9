"""Reranking: from a query and texts to scores. A process supplies one."""

from collections.abc import Sequence
from typing import Protocol

from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import Listener, Models
from graphs.outbound.credentials import Credential
from graphs.passage_search.reranker import Reranker

__all__ = ["LONGEST_PASSAGE", "Reranking"]

LONGEST_PASSAGE = 2000
"""Characters of a text that a reranker gets; what follows is left out."""


class Reranking(Protocol):
    """Scores texts."""

    async def rerank(
        self,
        reranker: Reranker,
        query: str,
        texts: Sequence[str],
        *,
        models: Models,
        listener: Listener,
        connection: Connection | None = None,
        credential: Credential | None = None,
        workspace: str = "",
        deadline: float | None = None,
    ) -> tuple[float, ...]:
        """Return a score of 0..1 for each text; long texts are cut at `LONGEST_PASSAGE`.

        Args:
            reranker: Which one.
            query: What the texts are compared with.
            texts: At least one.
            models: Who answers where the reranker is a chat model.
            listener: Hears what the requests cost.
            connection: What `Reranker.connection` names.
            credential: The key that the connection names.
            workspace: Whose call it is.
            deadline: ``time.monotonic()`` value by which the scores must be there.

        Raises:
            ModelError: there are no scores (the classes are those of models).
        """
        ...
