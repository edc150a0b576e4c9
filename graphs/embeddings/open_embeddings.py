"""OpenEmbeddings: batches of texts to a provider, with the retries, breakers and limits of models."""

import asyncio
import random as _random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import msgspec
from msgspec import Struct

from graphs.embeddings.embedder import (
    LONGEST_TEXT,
    Batch,
    Embedded,
    EmbeddingListener,
    EmbeddingModel,
    EmbeddingProvider,
    Fingerprint,
)
from graphs.embeddings.embedding_table import EmbeddingEntry, embedding_entry
from graphs.model_api.connection import Connection
from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response, classify
from graphs.model_api.token_estimate import estimate_tokens
from graphs.models.attempt import first_token_wait
from graphs.models.circuit_breaker import CircuitBreaker
from graphs.models.key_redaction import redacted
from graphs.models.model_addresses import address_of, named_rules
from graphs.models.retry_budget import RetryBudget
from graphs.models.retry_waits import most_attempts, wait_before_retry
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress, Resolve
from graphs.providers.settings import ModelSettings
from graphs.values.messages import Attempt, ErrorClass, Message, ModelRequest, Usage

__all__ = ["OpenEmbeddings"]

_BREAKERS = 1000
"""Most breakers kept."""


class _Lane:
    """What all calls to one provider share."""

    def __init__(
        self, entry: EmbeddingEntry, settings: ModelSettings, egress: Egress, clock: Callable[[], float]
    ) -> None:
        self.entry = entry
        self.budget = RetryBudget(settings, clock)
        self.slots = asyncio.Semaphore(entry.concurrency)
        self._settings = settings
        self._egress = egress
        self._opening = asyncio.Lock()
        self._provider: EmbeddingProvider | None = None

    async def provider(self) -> EmbeddingProvider:
        """Return the provider; the first time its libraries are imported, off the event loop's thread."""
        async with self._opening:
            if self._provider is None:
                self._provider = await asyncio.to_thread(self.entry.open, self._settings, self._egress)
            return self._provider

    async def close(self) -> None:
        if self._provider is not None:
            await self._provider.close()


class _Call(Struct):
    """One call while it is answered."""

    request: ModelRequest
    """How the model is reached; each batch puts its texts in."""
    dimensions: int | None
    address: Address
    listener: EmbeddingListener | None
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
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lanes: dict[str, _Lane] = {}
        self._breakers: dict[tuple[str, str, Address, str], CircuitBreaker] = {}
        """By workspace, provider, address with its key, and model."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every client and the local model's process."""
        while self._lanes:
            _, lane = self._lanes.popitem()
            await lane.close()

    async def embed(
        self,
        model: EmbeddingModel,
        texts: Sequence[str],
        *,
        listener: EmbeddingListener | None = None,
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
        lane = self._lane(model.provider if connection is None else connection.provider)
        request = ModelRequest(
            provider=model.provider,
            model=model.model or lane.entry.default_model,
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
            self._clock() + self._settings.total_seconds,
        )
        breaker = self._breaker(workspace, call)
        size = lane.entry.batch
        parts = [[text[:LONGEST_TEXT] for text in texts[at : at + size]] for at in range(0, len(texts), size)]
        found = [await self._guarded(call, lane, breaker, part, at) for at, part in enumerate(parts)]
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

    async def _guarded(
        self, call: _Call, lane: _Lane, breaker: CircuitBreaker, texts: list[str], number: int
    ) -> tuple[Batch, Usage]:
        """Return the vectors of one batch; the breaker counts it as one, however often it is sent."""
        if (seconds := breaker.rest()) > 0:
            raise ModelError(
                f"Circuit open for embeddings of {call.request.provider}/{call.request.model} for "
                f"{seconds:.0f} s after {breaker.failures} failed calls; last error: {breaker.last_error} "
                "Try again then.",
                error_class="overloaded",
                retry_after=seconds,
            )
        try:
            found = await self._attempts(call, lane, breaker, texts, number)
        except ModelError as error:
            if ERROR_CLASSES[error.error_class].breaker:
                breaker.failure(str(error))
            elif error.error_class == "budget":
                breaker.no_verdict()
            else:
                breaker.refused()
            raise
        except BaseException:
            breaker.no_verdict()
            raise
        breaker.success()
        return found

    async def _attempts(
        self, call: _Call, lane: _Lane, breaker: CircuitBreaker, texts: list[str], batch: int
    ) -> tuple[Batch, Usage]:
        lane.budget.call()
        number, failed = 1, None
        while True:
            try:
                async with lane.slots:
                    return await self._attempt(call, lane, texts, batch, failed)
            except ModelError as error:
                failed = error.error_class
                wait = wait_before_retry(self._settings, error, number, self._random)
                if (
                    number >= most_attempts(self._settings, error)
                    or breaker.open
                    or wait is None
                    or self._clock() + wait >= call.end
                    or not lane.budget.retry()
                ):
                    raise (error if number == 1 else error.tried(number)) from None
            number += 1
            await self._sleep(wait)

    async def _attempt(
        self, call: _Call, lane: _Lane, texts: list[str], batch: int, retry_of: ErrorClass | None
    ) -> tuple[Batch, Usage]:
        """Send one batch once, and book it however it ends."""
        provider = await lane.provider()
        request = msgspec.structs.replace(
            call.request, messages=[Message(role="user", content="\n".join(texts))]
        )
        held = ""
        if call.listener is not None:
            _, held = await call.listener.asked(request)
        started_at, began = time.time(), time.perf_counter()

        def book(usage: Usage, error: ModelError | None = None, *, cancelled: bool = False) -> None:
            if call.listener is not None:
                call.listener.attempt(
                    Attempt(
                        provider=request.provider,
                        model=request.model,
                        connection=request.connection,
                        status="cancelled" if cancelled else "failed" if error else "completed",
                        usage=usage,
                        error_class=error.error_class if error else None,
                        error=str(error) if error else "",
                        retry_of=retry_of,
                        started_at=started_at,
                        duration_ms=(time.perf_counter() - began) * 1000,
                        held=held,
                    )
                )

        wait = first_token_wait(self._settings, request, call.address)
        key = f"{call.idempotency_key}:{batch}" if call.idempotency_key else ""
        try:
            async with asyncio.timeout(max(0.0, min(wait.seconds, call.end - self._clock()))):
                found = await provider.embed(
                    request.model, texts, call.address, dimensions=call.dimensions, idempotency_key=key
                )
        except asyncio.CancelledError:
            book(Usage(), cancelled=True)
            raise
        except TimeoutError:
            error = ModelError(
                f"{request.provider} gave no embeddings within {wait.seconds:g} s ({wait.setting}).",
                error_class="timeout_first_token",
            )
            book(Usage(), error)
            raise error from None
        except Exception as failure:
            error = redacted(classify(request.provider, failure), call.address.api_key)
            book(Usage(), error)
            raise error from None
        tokens = found.tokens
        usage = Usage(
            input_tokens=sum(map(estimate_tokens, texts)) if tokens is None else tokens,
            estimated=tokens is None,
        )
        book(usage)
        return found, usage

    def _lane(self, provider: str) -> _Lane:
        if (lane := self._lanes.get(provider)) is None:
            entry = embedding_entry(provider)
            lane = self._lanes[provider] = _Lane(entry, self._settings, self._egress, self._clock)
        return lane

    def _breaker(self, workspace: str, call: _Call) -> CircuitBreaker:
        key = (workspace, call.request.provider, call.address, call.request.model)
        if (breaker := self._breakers.get(key)) is None:
            if len(self._breakers) >= _BREAKERS:
                self._breakers.pop(next(iter(self._breakers)))
            breaker = self._breakers[key] = CircuitBreaker(self._settings, self._clock)
        return breaker
