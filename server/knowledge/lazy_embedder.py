"""LazyEmbedder: the embedder of a process, imported and made when the first text is embedded."""

import asyncio
import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.model_api.connection import Connection
from graphs.model_calls.booked_attempt import AttemptListener
from graphs.outbound.credentials import Credential

if TYPE_CHECKING:
    from graphs.embeddings.open_embeddings import OpenEmbeddings
    from graphs.providers.settings import ModelSettings

__all__ = ["LazyEmbedder"]


class LazyEmbedder:
    """`graphs.embeddings.embedder.Embedder`. Making it costs nothing."""

    def __init__(
        self, settings: "Callable[[], ModelSettings]", default: Callable[[], EmbeddingModel]
    ) -> None:
        self._settings = settings
        self._default = default
        self._opened: OpenEmbeddings | None = None
        self._opening = asyncio.Lock()

    async def embed(
        self,
        model: EmbeddingModel,
        texts: Sequence[str],
        *,
        listener: AttemptListener | None = None,
        connection: Connection | None = None,
        credential: Credential | None = None,
        workspace: str = "",
        idempotency_key: str = "",
    ) -> Embedded:
        """Return a vector for each text; see `Embedder.embed`. A model without a provider is the default."""
        if not model.provider and not model.connection:
            model = await asyncio.to_thread(self._default)
        async with self._opening:
            if self._opened is None:
                await asyncio.to_thread(importlib.import_module, "graphs.embeddings.open_embeddings")
                from graphs.embeddings.open_embeddings import OpenEmbeddings

                self._opened = OpenEmbeddings(self._settings())
        return await self._opened.embed(
            model,
            texts,
            listener=listener,
            connection=connection,
            credential=credential,
            workspace=workspace,
            idempotency_key=idempotency_key,
        )

    async def close(self) -> None:
        """Close clients and child processes."""
        if self._opened is not None:
            await self._opened.close()
