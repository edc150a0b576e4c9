"""LazyEmbedder: the embedder of a process, imported and made when the first text is embedded."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.model_api.connection import Connection
from graphs.model_calls.booked_attempt import AttemptListener
from graphs.outbound.credentials import Credential
from server.knowledge.lazy_opening import LazyOpening

if TYPE_CHECKING:
    from graphs.embeddings.open_embeddings import OpenEmbeddings
    from graphs.providers.settings import ModelSettings

__all__ = ["LazyEmbedder"]


class LazyEmbedder:
    """`graphs.embeddings.embedder.Embedder`. Making it costs nothing."""

    def __init__(
        self, settings: "Callable[[], ModelSettings]", default: Callable[[], EmbeddingModel]
    ) -> None:
        def make() -> "OpenEmbeddings":
            from graphs.embeddings.open_embeddings import OpenEmbeddings

            return OpenEmbeddings(settings())

        self._default = default
        self._opening = LazyOpening("graphs.embeddings.open_embeddings", make)
        self.close = self._opening.close
        """Close clients and child processes."""

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
        opened = await self._opening.get()
        return await opened.embed(
            model,
            texts,
            listener=listener,
            connection=connection,
            credential=credential,
            workspace=workspace,
            idempotency_key=idempotency_key,
        )
