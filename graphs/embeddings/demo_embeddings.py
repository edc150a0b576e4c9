"""Provider ``demo``: vectors of a text's words and letters, without a model: spelling, not meaning."""

import asyncio
import math
import zlib
from collections.abc import Iterator, Sequence

from graphs.embeddings.embedder import Batch
from graphs.model_api.provider import Address
from graphs.outbound.egress import Egress
from graphs.passage_search.word_tokens import tokens_of
from graphs.providers.settings import ModelSettings

__all__ = ["DemoEmbeddings"]

_DIMENSIONS = 256
_SHORT = 2000
"""Characters that take a millisecond or two: a thread for them costs more."""


class DemoEmbeddings:
    """Gives the same text always the same vector."""

    def __init__(self, _settings: ModelSettings, _egress: Egress) -> None:
        pass

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        address: Address,
        *,
        dimensions: int | None = None,
        idempotency_key: str = "",
    ) -> Batch:
        """Return a vector for each text; a word is a token."""
        if sum(map(len, texts)) <= _SHORT:
            return _batch(texts, dimensions or _DIMENSIONS)
        return await asyncio.to_thread(_batch, texts, dimensions or _DIMENSIONS)

    async def close(self) -> None:
        """Nothing to close."""


def _batch(texts: Sequence[str], dimensions: int) -> Batch:
    return Batch([_vector(text, dimensions) for text in texts], sum(len(text.split()) for text in texts))


def _vector(text: str, dimensions: int) -> list[float]:
    counts = [0.0] * dimensions
    for feature, weight in _features(text):
        number = zlib.crc32(feature.encode("utf-8", "replace"))
        counts[number % dimensions] += weight if number & 0x8000_0000 else -weight
    # A text of signs alone, or whose features cancel out, still has a direction.
    counts[0] += 1e-3
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for token in tokens_of(text):
        yield token, 1.0
        for at in range(len(token) - 2):
            yield f"#{token[at : at + 3]}", 0.3
