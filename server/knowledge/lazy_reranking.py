"""LazyReranking: the rerankers of a process, imported and made when the first passages are reranked."""

import asyncio
import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graphs.knowledge.reranker import Reranker
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import Listener, Models
from graphs.outbound.credentials import Credential

if TYPE_CHECKING:
    from graphs.providers.settings import ModelSettings
    from graphs.reranking.open_reranking import OpenReranking

__all__ = ["LazyReranking"]


class LazyReranking:
    """`graphs.reranking.reranking.Reranking`. Making it costs nothing."""

    def __init__(self, settings: "Callable[[], ModelSettings]") -> None:
        self._settings = settings
        self._opened: OpenReranking | None = None
        self._opening = asyncio.Lock()

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
        async with self._opening:
            if self._opened is None:
                await asyncio.to_thread(importlib.import_module, "graphs.reranking.open_reranking")
                from graphs.reranking.open_reranking import OpenReranking

                self._opened = OpenReranking(self._settings())
        return await self._opened.rerank(
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

    async def close(self) -> None:
        """Close clients."""
        if self._opened is not None:
            await self._opened.close()
