"""The one retry loop around all providers: time-outs, repetition, fallback, breaker, slots, cancellation."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Self

import msgspec

from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.model_interface import Listener, ModelError
from graphs.model_api.provider import Address, Provider, Starts
from graphs.models.answer_builder import AnswerBuilder
from graphs.models.attempt import attempt
from graphs.models.circuit_breaker import CircuitBreaker
from graphs.models.model_addresses import address_of, named_rules
from graphs.models.retry_budget import RetryBudget
from graphs.models.retry_waits import most_attempts, wait_before_retry
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress, Resolve
from graphs.providers.settings import ModelSettings
from graphs.providers.table import provider_entry
from graphs.values.messages import Attempt, ErrorClass, ModelAnswer, ModelRequest

__all__ = ["OpenModels"]

_MOST_MENDED = 8
"""How often one call is sent again for parameters that a server refuses, each time without one more."""
_BREAKERS = 1000
"""Most breakers kept: callers' own keys and model names make new ones without end."""


class _CircuitOpen(ModelError):
    """The breaker is open: nothing is sent, and there is no waiting for it within a call."""

    def __init__(self, request: ModelRequest, seconds: float, breaker: CircuitBreaker) -> None:
        super().__init__(
            f"Circuit open for {request.provider}/{request.model} for {seconds:.0f} s after "
            f"{breaker.failures} failed calls; last error: {breaker.last_error} Try again then, or add a "
            "fallback.",
            error_class="overloaded",
            retry_after=seconds,
        )


class _Busy(ModelError):
    """All slots were taken for all of the call's time: the provider was not asked."""


class _Lane:
    """What all calls to one provider share."""

    def __init__(
        self, settings: ModelSettings, egress: Egress, name: str, clock: Callable[[], float]
    ) -> None:
        self._egress = egress
        self._entry = provider_entry(name)
        self.settings = msgspec.structs.replace(
            settings,
            first_token_seconds=max(settings.first_token_seconds, self._entry.first_token_seconds),
        )
        """The settings, with what this provider needs longer."""
        self._opening = asyncio.Lock()
        self._provider: Provider | None = None
        self.budget = RetryBudget(settings, clock)
        self.slots = asyncio.Semaphore(self._entry.concurrency or settings.concurrency)

    async def provider(self) -> Provider:
        """Return the provider; the first time its libraries are imported, off the event loop's thread."""
        if self._provider is None:
            async with self._opening:
                if self._provider is None:
                    self._provider = await asyncio.to_thread(self._entry.open, self.settings, self._egress)
        return self._provider

    async def started(self) -> Provider:
        """Return the provider when it takes requests."""
        provider = await self.provider()
        if isinstance(provider, Starts):
            await provider.start()
        return provider

    async def close(self) -> None:
        if self._provider is not None:
            await self._provider.close()


class _Call:
    """One call while it is answered."""

    def __init__(self, listener: Listener, end: float, idempotency_key: str, workspace: str) -> None:
        self.listener = listener
        self.workspace = workspace
        self.end = end
        self.idempotency_key = idempotency_key
        self.attempts: list[Attempt] = []
        self.heard = False

    def report(self, attempt: Attempt) -> None:
        """Note that an attempt ended."""
        self.attempts.append(attempt)
        self.listener.attempt(attempt)

    def reset(self) -> None:
        """Let the listener forget what it heard, before another attempt speaks."""
        if self.heard:
            self.heard = False
            self.listener.reset()


class OpenModels:
    """`graphs.model_api.model_interface.Models` over the provider table.

    Open it with `graphs.models.open_models`.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._egress = Egress(named_rules(settings), resolve=resolve)
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lanes: dict[str, _Lane] = {}
        self._breakers: dict[tuple[str, str, Address, str, str], CircuitBreaker] = {}
        """By workspace, provider, address with its key, model, and kind of request."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every client and the local model's process."""
        while self._lanes:
            _, lane = self._lanes.popitem()
            await lane.close()

    async def warm(self, provider: str) -> None:
        """Import a provider's libraries now, in a thread, so that its first call need not.

        Raises:
            ModelError: the provider is not known.
        """
        await self._lane(provider).provider()

    async def answer(
        self,
        request: ModelRequest,
        listener: Listener,
        *,
        idempotency_key: str = "",
        api_key: str = "",
        credential: Credential | None = None,
        deadline: float | None = None,
        workspace: str = "",
    ) -> ModelAnswer:
        """Answer as `graphs.model_api.model_interface.Models.answer` says.

        A fallback is asked when a provider is exhausted, its credential is refused, its context is too
        short or no budget allows it; what any provider would refuse is not asked again. `api_key`,
        `credential` and the request's ``base_url`` and connection are the first provider's: a fallback to
        another one uses the operator's.
        """
        end = self._clock() + self._settings.total_seconds
        call = _Call(
            listener, min(end, deadline) if deadline is not None else end, idempotency_key, workspace
        )
        targets = [(request.provider, request.model), *request.fallbacks]
        for number, (provider, model) in enumerate(targets):
            same = provider == request.provider
            asked = msgspec.structs.replace(
                request,
                provider=provider,
                model=model,
                base_url=request.base_url if same else "",
                connection=request.connection if same else "",
                profile=request.profile if same else "",
                headers=request.headers if same else {},
                fallbacks=[],
            )
            try:
                if not same:
                    return await self._ask(call, asked, "", None)
                return await self._ask(call, asked, api_key, credential)
            except ModelError as error:
                goes_on = ERROR_CLASSES[error.error_class].fallback
                if number == len(targets) - 1 or not goes_on or self._clock() >= call.end:
                    raise
        raise AssertionError("the last target returns or raises")

    async def _ask(
        self, call: _Call, request: ModelRequest, api_key: str, credential: Credential | None
    ) -> ModelAnswer:
        """Return the answer of one model; the breaker counts the call as one, however often it is sent."""
        lane = self._lane(request.provider)
        address = address_of(self._settings, request, api_key, credential)
        breaker = self._breaker(call.workspace, request, address)
        if (seconds := breaker.rest()) > 0:
            raise _CircuitOpen(request, seconds, breaker)
        try:
            answer = await self._attempts(call, lane, breaker, request, address)
        except _Busy:
            breaker.no_verdict()
            raise
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
        return answer

    async def _attempts(
        self, call: _Call, lane: _Lane, breaker: CircuitBreaker, request: ModelRequest, address: Address
    ) -> ModelAnswer:
        """Send a request until it is answered, or may not be sent again."""
        lane.budget.call()
        number = mended = 1
        failed: ErrorClass | None = None
        while True:
            try:
                async with self._slot(call, lane, request.provider):
                    return await self._attempt(call, lane, request, address, failed)
            except _Busy:
                raise
            except ModelError as error:
                failed = error.error_class
                if failed == "unsupported" and mended < _MOST_MENDED and self._clock() < call.end:
                    # The adapter knows by now what to leave out; that costs no attempt and no wait.
                    mended += 1
                    continue
                wait = wait_before_retry(self._settings, error, number, self._random)
                if (
                    number >= most_attempts(self._settings, error)
                    or breaker.open
                    or wait is None
                    or self._clock() + wait >= call.end
                    or not lane.budget.retry()
                ):
                    told = number > 1 or failed in ("timeout_first_token", "timeout_idle")
                    raise (error.tried(number) if told else error) from None
            number += 1
            await self._sleep(wait)

    async def _attempt(
        self, call: _Call, lane: _Lane, request: ModelRequest, address: Address, retry_of: ErrorClass | None
    ) -> ModelAnswer:
        draft = AnswerBuilder(call.listener, request)
        provider = await lane.started()
        call.reset()
        sent, held = await call.listener.asked(request)
        try:
            usage = await attempt(
                provider,
                sent,
                address,
                call.listener,
                lambda one: call.report(msgspec.structs.replace(one, held=held, retry_of=retry_of)),
                draft=draft,
                settings=lane.settings,
                seconds=max(0.0, call.end - self._clock()),
                idempotency_key=call.idempotency_key,
            )
        except ModelError:
            call.heard = draft.heard
            raise
        return draft.answer(request, usage, call.attempts)

    @contextlib.asynccontextmanager
    async def _slot(self, call: _Call, lane: _Lane, provider: str) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(max(0.0, call.end - self._clock())):
                await lane.slots.acquire()
        except TimeoutError:
            raise _Busy(
                f"{provider} was busy with other calls for all of this call's time.", error_class="overloaded"
            ) from None
        try:
            yield
        finally:
            lane.slots.release()

    def _lane(self, provider: str) -> _Lane:
        if (lane := self._lanes.get(provider)) is None:
            lane = self._lanes[provider] = _Lane(self._settings, self._egress, provider, self._clock)
        return lane

    def _breaker(self, workspace: str, request: ModelRequest, address: Address) -> CircuitBreaker:
        kind = "tools" if request.tools else "json" if request.response_format else "text"
        key = (workspace, request.provider, address, request.model, kind)
        if (breaker := self._breakers.get(key)) is None:
            if len(self._breakers) >= _BREAKERS:
                self._breakers.pop(next(iter(self._breakers)))
            breaker = self._breakers[key] = CircuitBreaker(self._settings, self._clock)
        return breaker
