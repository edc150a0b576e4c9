"""The one retry loop around all providers: slots, repetition, breaker, time, cancellation."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from graphs.conversation.messages import ErrorClass
from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.model_calls.circuit_breaker import CircuitBreaker
from graphs.model_calls.retry_budget import RetryBudget
from graphs.model_calls.retry_waits import most_attempts, wait_before_retry
from graphs.providers.settings import ModelSettings

__all__ = ["Lane", "RetryLoop", "Target"]

_BREAKERS = 1000
"""Most breakers kept: callers' own keys and model names make new ones without end."""


class _Closes(Protocol):
    async def close(self) -> None: ...


_P = TypeVar("_P", bound=_Closes)
_T = TypeVar("_T")


class Target(Struct, frozen=True):
    """What a circuit breaker stands for."""

    workspace: str
    provider: str
    address: Address
    """Where it is, with its key."""
    model: str
    kind: str
    """Of request: ``text``, ``json``, ``tools``, ``embeddings`` or ``rerank``."""


class _CircuitOpen(ModelError):
    """The breaker is open: nothing is sent, and there is no waiting for it within a call."""

    def __init__(self, target: Target, seconds: float, breaker: CircuitBreaker) -> None:
        what = {"embeddings": "embeddings of ", "rerank": "reranking by "}.get(target.kind, "")
        super().__init__(
            f"Circuit open for {what}{target.provider}/{target.model} for "
            f"{seconds:.0f} s after {breaker.failures} failed calls; last error: {breaker.last_error} "
            f"Try again then{'' if what else ', or add a fallback'}.",
            error_class="overloaded",
            retry_after=seconds,
        )


class _Busy(ModelError):
    """All slots were taken for all of the call's time: the provider was not asked."""


class Lane(Generic[_P]):
    """What all calls to one provider share: its client, its slots and its budget of repetitions."""

    def __init__(self, name: str, open: Callable[[], _P], concurrency: int) -> None:
        self.name = name
        self.slots = asyncio.Semaphore(concurrency)
        self._open = open
        self._opening = asyncio.Lock()
        self._provider: _P | None = None

    async def provider(self) -> _P:
        """Return the provider; the first time its libraries are imported, off the event loop's thread."""
        if self._provider is None:
            async with self._opening:
                if self._provider is None:
                    self._provider = await asyncio.to_thread(self._open)
        return self._provider

    async def close(self) -> None:
        if self._provider is not None:
            await self._provider.close()


class RetryLoop(Generic[_P]):
    """Sends calls to providers until they are answered or may not be sent again."""

    def __init__(
        self,
        settings: ModelSettings,
        open_lane: Callable[[str], Lane[_P]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.clock = clock
        self._settings = settings
        self._open_lane = open_lane
        self._sleep = sleep
        self._random = random
        self._lanes: dict[str, tuple[Lane[_P], RetryBudget]] = {}
        self._breakers: dict[Target, CircuitBreaker] = {}

    async def close(self) -> None:
        """Close every client and process of a provider."""
        while self._lanes:
            _, (lane, _) = self._lanes.popitem()
            await lane.close()

    async def provider(self, name: str) -> _P:
        """Return the provider of a name.

        Raises:
            ModelError: there is none.
        """
        return await self._lane(name)[0].provider()

    async def run(
        self,
        target: Target,
        send: Callable[[_P, ErrorClass | None], Awaitable[_T]],
        *,
        end: float,
        most_mended: int = 0,
    ) -> _T:
        """Return what `send` gives; the breaker counts it as one call, however often it is sent.

        `send` gets the provider and the class of the error that it repeats. `end` is a time of `clock`.
        An error of class ``unsupported`` is sent again up to `most_mended` times, at once.

        Raises:
            ModelError: no attempt succeeded, or none was made.
        """
        lane, budget = self._lane(target.provider)
        breaker = self._breaker(target)
        if (seconds := breaker.rest()) > 0:
            raise _CircuitOpen(target, seconds, breaker)
        budget.call()
        try:
            answer = await self._attempts(lane, budget, breaker, send, end, most_mended)
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
        self,
        lane: Lane[_P],
        budget: RetryBudget,
        breaker: CircuitBreaker,
        send: Callable[[_P, ErrorClass | None], Awaitable[_T]],
        end: float,
        most_mended: int,
    ) -> _T:
        number, mended = 1, 0
        failed: ErrorClass | None = None
        while True:
            try:
                async with self._slot(lane, end):
                    return await send(await lane.provider(), failed)
            except _Busy:
                raise
            except ModelError as error:
                failed = error.error_class
                if failed == "unsupported" and mended < most_mended and self.clock() < end:
                    # The adapter knows by now what to leave out; that costs no attempt and no wait.
                    mended += 1
                    continue
                wait = wait_before_retry(self._settings, error, number, self._random)
                if (
                    number >= most_attempts(self._settings, error)
                    or breaker.open
                    or wait is None
                    or self.clock() + wait >= end
                    or not budget.retry()
                ):
                    told = number > 1 or failed in ("timeout_first_token", "timeout_idle")
                    raise (error.tried(number) if told else error) from None
            number += 1
            await self._sleep(wait)

    @contextlib.asynccontextmanager
    async def _slot(self, lane: Lane[_P], end: float) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(max(0.0, end - self.clock())):
                await lane.slots.acquire()
        except TimeoutError:
            raise _Busy(
                f"{lane.name} was busy with other calls for all of this call's time.",
                error_class="overloaded",
            ) from None
        try:
            yield
        finally:
            lane.slots.release()

    def _lane(self, name: str) -> tuple[Lane[_P], RetryBudget]:
        if (found := self._lanes.get(name)) is None:
            budget = RetryBudget(self._settings, self.clock)
            found = self._lanes[name] = self._open_lane(name), budget
        return found

    def _breaker(self, target: Target) -> CircuitBreaker:
        if (breaker := self._breakers.get(target)) is None:
            if len(self._breakers) >= _BREAKERS:
                self._breakers.pop(next(iter(self._breakers)))
            breaker = self._breakers[target] = CircuitBreaker(self._settings, self.clock)
        return breaker
