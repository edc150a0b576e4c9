"""Retriever: what searches knowledge bases for a node. The server supplies one."""

from collections.abc import Sequence
from typing import Protocol

from graphs.knowledge.search_request import SearchOutcome, SearchRequest

__all__ = ["Retriever"]


class Retriever(Protocol):
    """Searches the knowledge bases of a run's workspace."""

    async def retrieve(self, bases: Sequence[str], request: SearchRequest) -> SearchOutcome:
        """Return what several bases have together, the best first.

        The question is embedded once for each model of the bases. Usage is booked on the run.

        Args:
            bases: Ids or names of bases.
            request: What to look for.

        Raises:
            NodeError: a base is not there (code ``not_found``), a filter cannot be read (``bad_filter``), or
            the
                question could not be embedded (the code of the `ModelError`).
        """
        ...
