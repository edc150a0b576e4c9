"""OpenEmbeddings: batches of texts to a provider, with the retries, breakers and limits of models."""

import asyncio
import random as _random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ErrorClass, Message, ModelRequest, Usage
from graphs.embeddings.embedder import (
    LONGEST_TEXT,
    Batch,
    Embedded,
    EmbeddingModel,
    EmbeddingProvider,
    Fingerprint,
)
from graphs.embeddings.embedding_table import embedding_entry
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response
from graphs.model_api.token_estimate import estimate_tokens
from graphs.model_calls.attempt import first_token_wait
from graphs.model_calls.booked_attempt import AttemptListener, booked_attempt
from graphs.model_calls.model_addresses import address_of, named_rules
from graphs.model_calls.retry_loop import Lane, RetryLoop, Target
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress, Resolve
from graphs.providers.settings import ModelSettings

__all__ = ["OpenEmbeddings"]


class _Call(Struct):
    """One call while it is answered."""

    request: ModelRequest
    """How the model is reached; each batch puts its texts in."""
    dimensions: int | None
    address: Address
    listener: AttemptListener | None
    idempotency_key: str
    end: float


class OpenEmbeddings:
    """`graphs.embeddings.embedder.Embedder` over the table of providers, as an async context."""

    def __init__(
        self,
        settings: ModelSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._egress = Egress(named_rules(settings), resolve=resolve)
        self._loop = RetryLoop(settings, self._lane, clock=clock, sleep=sleep, random=random)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every client and the local model's process."""
        await self._loop.close()

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
        """Return a vector for each text; see `graphs.embeddings.embedder.Embedder.embed`."""
        if not texts or any(not text.strip() for text in texts):
            raise ModelError(
                "Expected texts to embed, found none or a blank one: it would match everything.",
                error_class="bad_request",
            )
        entry = embedding_entry(model.provider if connection is None else connection.provider)
        request = ModelRequest(
            provider=model.provider,
            model=model.model or entry.default_model,
            messages=[],
            max_tokens=1,
            connection=model.connection,
        )
        if connection is not None:
            request = msgspec.structs.replace(connection.asked(request), max_tokens=1)
        call = _Call(
            request,
            model.dimensions,
            address_of(self._settings, request, "", credential),
            listener,
            idempotency_key,
            self._loop.clock() + self._settings.total_seconds,
        )
        size = entry.batch
        parts = [[text[:LONGEST_TEXT] for text in texts[at : at + size]] for at in range(0, len(texts), size)]
        found = [await self._sent(call, workspace, part, at) for at, part in enumerate(parts)]
        vectors = tuple(vector for batch, _ in found for vector in batch.vectors)
        lengths = {len(vector) for vector in vectors}
        if len(lengths) != 1 or 0 in lengths:
            raise bad_response(request.provider, f"vectors of different lengths ({sorted(lengths)})")
        fingerprint = Fingerprint(
            provider=request.provider,
            model=request.model,
            dimensions=lengths.pop(),
            revision=found[0][0].revision,
        )
        tokens = sum(usage.input_tokens for _, usage in found)
        estimated = any(usage.estimated for _, usage in found)
        return Embedded(vectors, fingerprint, Usage(input_tokens=tokens, estimated=estimated))

    async def _sent(self, call: _Call, workspace: str, texts: list[str], number: int) -> tuple[Batch, Usage]:
        """Return the vectors of one batch; the breaker counts it as one, however often it is sent."""

        async def send(provider: EmbeddingProvider, retry_of: ErrorClass | None) -> tuple[Batch, Usage]:
            return await self._attempt(call, provider, texts, number, retry_of)

        request = call.request
        target = Target(workspace, request.provider, call.address, request.model, "embeddings")
        return await self._loop.run(target, send, end=call.end)

    async def _attempt(
        self,
        call: _Call,
        provider: EmbeddingProvider,
        texts: list[str],
        batch: int,
        retry_of: ErrorClass | None,
    ) -> tuple[Batch, Usage]:
        """Send one batch once, and book it however it ends."""
        request = msgspec.structs.replace(
            call.request, messages=[Message(role="user", content="\n".join(texts))]
        )
        wait = first_token_wait(self._settings, request, call.address)
        key = f"{call.idempotency_key}:{batch}" if call.idempotency_key else ""

        def usage_of(found: Batch) -> Usage:
            return Usage(
                input_tokens=sum(map(estimate_tokens, texts)) if found.tokens is None else found.tokens,
                estimated=found.tokens is None,
            )

        found = await booked_attempt(
            request,
            call.listener,
            lambda: provider.embed(
                request.model, texts, call.address, dimensions=call.dimensions, idempotency_key=key
            ),
            usage_of,
            seconds=min(wait.seconds, call.end - self._loop.clock()),
            late=f"{request.provider} gave no embeddings within {wait.seconds:g} s ({wait.setting}).",
            api_key=call.address.api_key,
            retry_of=retry_of,
        )
        return found, usage_of(found)

    def _lane(self, name: str) -> Lane[EmbeddingProvider]:
        entry = embedding_entry(name)
        return Lane(name, lambda: entry.open(self._settings, self._egress), entry.concurrency)
