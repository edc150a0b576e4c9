"""Providers ``openai`` and ``ollama``: one POST a batch, over the connections that models have too.

https://platform.openai.com/docs/api-reference/embeddings, https://docs.ollama.com/api/embed
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import httpx2
import msgspec
from msgspec import Struct

from graphs.embeddings.embedder import Batch
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response, error_in, from_status
from graphs.outbound.egress import Egress
from graphs.providers.openai import open_client
from graphs.providers.settings import ModelSettings
from graphs.transport.base_urls import origin_of

__all__ = ["OllamaEmbeddings", "OpenAIEmbeddings"]

T = TypeVar("T")


class _Item(Struct, frozen=True):
    embedding: list[float]
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


class _Posts:
    """Posts JSON to model servers over kept connections."""

    def __init__(self, settings: ModelSettings, egress: Egress, name: str) -> None:
        self._settings = settings
        self._egress = egress
        self._name = name
        self._clients: dict[str, httpx2.AsyncClient] = {}

    async def post(self, path: str, body: Mapping[str, Any], address: Address, idempotency_key: str) -> bytes:
        """Return the body of an answer with a status of success.

        Raises:
            ModelError: the status is another, or the answer too long.
        """
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if address.api_key:
            azure = address.profile == "azure" or ".openai.azure.com" in address.base_url
            headers |= (
                {"api-key": address.api_key} if azure else {"authorization": f"Bearer {address.api_key}"}
            )
        headers |= {name.lower(): value for name, value in address.headers}
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        base, question, query = address.base_url.partition("?")
        url = f"{base.rstrip('/')}{path}{question}{query}"
        content = msgspec.json.encode(body)
        most = self._settings.max_answer_bytes
        async with self._client(address).stream("POST", url, content=content, headers=headers) as response:
            answer = bytearray()
            async for part in response.aiter_raw():
                answer += part
                if len(answer) > most:
                    raise bad_response(self._name, f"more than the {most:,} bytes of max_answer_bytes")
            if not 200 <= response.status_code < 300:
                raise from_status(self._name, response.status_code, response.headers, bytes(answer))
            return bytes(answer)

    def read(self, content: bytes, type: type[T]) -> T:
        """Return an answer's body as what it should be.

        Raises:
            ModelError: it is something else, or says that something failed.
        """
        try:
            return msgspec.json.decode(content, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        try:
            failed = error_in(self._name, msgspec.json.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            failed = None
        raise failed or bad_response(self._name, "no list of embeddings")

    def _client(self, address: Address) -> httpx2.AsyncClient:
        kept = f"{address.named} {origin_of(address.base_url.partition('?')[0])}"
        if (client := self._clients.get(kept)) is None:
            client = self._clients[kept] = open_client(self._settings, address, self._egress)
        return client

    async def close(self) -> None:
        """Close the connections."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


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
        return Batch([by_place[at].embedding for at in range(len(texts))], tokens)

    async def close(self) -> None:
        """Close the connections."""
        await self._posts.close()


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
