"""Providers ``openai`` and ``ollama``: one POST a batch, over the connections that models have too.

https://platform.openai.com/docs/api-reference/embeddings, https://docs.ollama.com/api/embed
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from graphs.embeddings.embedder import Batch
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response, error_in
from graphs.outbound.egress import Egress
from graphs.providers.json_posts import JsonPosts
from graphs.providers.settings import ModelSettings

__all__ = ["OllamaEmbeddings", "OpenAIEmbeddings"]

T = TypeVar("T")


class _Item(Struct, frozen=True):
    embedding: list[float] | str
    """Numbers, or 32-bit floats in Base64: some servers and gateways always answer so."""
    index: int | None = None


class _Counted(Struct, frozen=True):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _OpenAIAnswer(Struct, frozen=True):
    data: list[_Item]
    usage: _Counted | None = None


class _OllamaAnswer(Struct, frozen=True):
    embeddings: list[list[float]]
    prompt_eval_count: int | None = None


class _Posts(JsonPosts):
    """Posts, and reads what comes."""

    def read(self, content: bytes, type: type[T]) -> T:
        """Return an answer's body as what it should be.

        Raises:
            ModelError: it is something else, or says that something failed.
        """
        try:
            return msgspec.json.decode(content, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            failed = error_in(self.name, msgspec.json.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            failed = None
        raise failed or bad_response(self.name, "no list of embeddings")


class OpenAIEmbeddings:
    """``POST /embeddings`` of OpenAI and of servers that speak its API."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._posts = _Posts(settings, egress, "openai")

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        address: Address,
        *,
        dimensions: int | None = None,
        idempotency_key: str = "",
    ) -> Batch:
        """Return a vector for each text."""
        body: dict[str, Any] = {"model": model, "input": [*texts], "encoding_format": "float"}
        if dimensions is not None:
            body["dimensions"] = dimensions
        content = await self._posts.post("/embeddings", body, address, idempotency_key)
        answer = self._posts.read(content, _OpenAIAnswer)
        places = [at if item.index is None else item.index for at, item in enumerate(answer.data)]
        by_place = dict(zip(places, answer.data, strict=True))
        if sorted(by_place) != list(range(len(texts))):
            raise bad_response("openai", f"{len(answer.data)} embeddings for {len(texts)} texts")
        usage = answer.usage or _Counted()
        tokens = usage.total_tokens if usage.prompt_tokens is None else usage.prompt_tokens
        return Batch([_numbers(by_place[at].embedding) for at in range(len(texts))], tokens)

    async def close(self) -> None:
        """Close the connections."""
        await self._posts.close()


def _numbers(embedding: list[float] | str) -> list[float]:
    """Return a vector's numbers, also of one that came packed.

    Raises:
        ModelError: the text is none.
    """
    if not isinstance(embedding, str):
        return embedding
    try:
        packed = base64.b64decode(embedding, validate=True)
        return [*struct.unpack(f"<{len(packed) // 4}f", packed)]
    except (binascii.Error, ValueError, struct.error):
        raise bad_response("openai", "an embedding that is neither numbers nor floats in Base64") from None


class OllamaEmbeddings:
    """``POST /api/embed`` of Ollama."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._posts = _Posts(settings, egress, "ollama")

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        address: Address,
        *,
        dimensions: int | None = None,
        idempotency_key: str = "",
    ) -> Batch:
        """Return a vector for each text."""
        body: dict[str, Any] = {"model": model, "input": [*texts], "truncate": True}
        if dimensions is not None:
            body["dimensions"] = dimensions
        content = await self._posts.post("/api/embed", body, address, idempotency_key)
        answer = self._posts.read(content, _OllamaAnswer)
        if len(answer.embeddings) != len(texts):
            raise bad_response("ollama", f"{len(answer.embeddings)} embeddings for {len(texts)} texts")
        return Batch(answer.embeddings, answer.prompt_eval_count)

    async def close(self) -> None:
        """Close the connections."""
        await self._posts.close()
