"""LazyReranking: the rerankers of a process, imported and made when the first passages are reranked."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import Listener, Models
from graphs.outbound.credentials import Credential
from graphs.passage_search.reranker import Reranker
from server.knowledge.lazy_opening import LazyOpening

if TYPE_CHECKING:
    from graphs.providers.settings import ModelSettings
    from graphs.reranking.open_reranking import OpenReranking

__all__ = ["LazyReranking"]


class LazyReranking:
    """`graphs.reranking.reranking.Reranking`. Making it costs nothing."""

    def __init__(self, settings: "Callable[[], ModelSettings]") -> None:
        def make() -> "OpenReranking":
            from graphs.reranking.open_reranking import OpenReranking

            return OpenReranking(settings())

        self._opening = LazyOpening("graphs.reranking.open_reranking", make)
        self.close = self._opening.close
        """Close clients."""

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
        """Return a score of 0..1 for each text; see `Reranking.rerank`."""
        opened = await self._opening.get()
        return await opened.rerank(
            reranker,
            query,
            texts,
            models=models,
            listener=listener,
            connection=connection,
            credential=credential,
            workspace=workspace,
            deadline=deadline,
        )
