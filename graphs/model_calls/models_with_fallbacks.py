"""OpenModels: answers of models, of one provider after the other, over the retry loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import random as _random
from typing import Self

import msgspec

from graphs.conversation.messages import Attempt, ErrorClass, ModelAnswer, ModelRequest
from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.model_interface import Listener, ModelError
from graphs.model_api.provider import Address, Provider, Starts
from graphs.model_calls.attempt import attempt
from graphs.model_calls.model_addresses import address_of, named_rules
from graphs.model_calls.retry_loop import Lane, RetryLoop, Target
from graphs.model_output.answer_builder import AnswerBuilder
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress, Resolve
from graphs.providers.settings import ModelSettings
from graphs.providers.table import provider_entry

__all__ = ["OpenModels"]

_MOST_MENDED = 8
"""How often one call is sent again for parameters that a server refuses, each time without one more."""


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

    Open it with `graphs.model_calls.open_models`.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = _random,
        resolve: Resolve | None = None,
    ) -> None:
        self._settings = settings
        self._egress = Egress(named_rules(settings), resolve=resolve)
        self._loop = RetryLoop(settings, self._lane, clock=clock, sleep=sleep, random=random)
        self._lane_settings: dict[str, ModelSettings] = {}
        """The settings, with what a provider needs longer."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every client and the local model's process."""
        await self._loop.close()

    async def warm(self, provider: str) -> None:
        """Import a provider's libraries now, in a thread, so that its first call need not.

        Raises:
            ModelError: the provider is not known.
        """
        await self._loop.provider(provider)

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
        end = self._loop.clock() + self._settings.total_seconds
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
                if number == len(targets) - 1 or not goes_on or self._loop.clock() >= call.end:
                    raise
        raise AssertionError("the last target returns or raises")

    async def _ask(
        self, call: _Call, request: ModelRequest, api_key: str, credential: Credential | None
    ) -> ModelAnswer:
        """Return the answer of one model."""
        address = address_of(self._settings, request, api_key, credential)
        kind = "tools" if request.tools else "json" if request.response_format else "text"

        async def send(provider: Provider, retry_of: ErrorClass | None) -> ModelAnswer:
            return await self._attempt(call, provider, request, address, retry_of)

        return await self._loop.run(
            Target(call.workspace, request.provider, address, request.model, kind),
            send,
            end=call.end,
            most_mended=_MOST_MENDED,
        )

    async def _attempt(
        self,
        call: _Call,
        provider: Provider,
        request: ModelRequest,
        address: Address,
        retry_of: ErrorClass | None,
    ) -> ModelAnswer:
        draft = AnswerBuilder(call.listener, request)
        if isinstance(provider, Starts):
            await provider.start()
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
                settings=self._lane_settings[request.provider],
                seconds=max(0.0, call.end - self._loop.clock()),
                idempotency_key=call.idempotency_key,
            )
        except ModelError:
            call.heard = draft.heard
            raise
        return draft.answer(request, usage, call.attempts)

    def _lane(self, name: str) -> Lane[Provider]:
        entry = provider_entry(name)
        settings = self._lane_settings[name] = msgspec.structs.replace(
            self._settings,
            first_token_seconds=max(self._settings.first_token_seconds, entry.first_token_seconds),
        )
        concurrency = entry.concurrency or settings.concurrency
        return Lane(name, lambda: entry.open(settings, self._egress), concurrency)
