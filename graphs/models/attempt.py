"""One request to one provider, watched: its time-outs, its ledger entry, and whether its answer is whole."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from graphs.models.answer_builder import AnswerBuilder
from graphs.models.key_redaction import redacted, redaction_for
from graphs.models.silence import SilenceTimeouts
from graphs.providers.model_interface import Listener, ModelError
from graphs.providers.provider import Address, Provider
from graphs.providers.provider_errors import bad_response, classify
from graphs.providers.settings import ModelSettings
from graphs.values.messages import Attempt, ModelRequest, Usage

__all__ = ["attempt"]


async def attempt(
    provider: Provider,
    request: ModelRequest,
    address: Address,
    listener: Listener,
    report: Callable[[Attempt], None],
    *,
    draft: AnswerBuilder,
    settings: ModelSettings,
    seconds: float,
    idempotency_key: str,
) -> Usage:
    """Send `request` and fill `draft` with the whole answer; return what it used.

    `report` hears of the attempt however it ends, before this returns or raises.

    Raises:
        ModelError: the provider failed, or was too slow: `seconds` is all the time that there is.
        CancelledError: the connection is closed by then.
        Exception: whatever `listener` raised.
    """
    started_at, began = time.time(), time.perf_counter()
    first: float | None = None
    listening = False

    def book(usage: Usage, failure: ModelError | None = None, *, cancelled: bool = False) -> None:
        report(
            Attempt(
                provider=request.provider,
                model=request.model,
                status="cancelled" if cancelled else "failed" if failure else "completed",
                usage=usage,
                error_class=failure.error_class if failure else None,
                error=str(failure) if failure else "",
                started_at=started_at,
                duration_ms=(time.perf_counter() - began) * 1000,
                first_token_ms=None if first is None else (first - began) * 1000,
            )
        )

    veil = redaction_for(address.api_key)
    patience = SilenceTimeouts(first=settings.first_token_seconds, idle=settings.idle_seconds, total=seconds)
    stream = provider.stream(request, address, idempotency_key=idempotency_key)
    try:
        async with patience, contextlib.aclosing(stream):
            async for pieces in stream:
                listening = True
                for piece in pieces:
                    draft.add(piece if veil is None else veil.over(piece))
                if first is None and draft.begun:
                    first = time.perf_counter()
                if first is not None:
                    patience.hold()
                    await listener.ready()
                    patience.heard()
                listening = False
        _check(request, draft)
        listening = True
        if veil is not None:
            draft.add(veil.rest())
        draft.end()
    except asyncio.CancelledError:
        book(draft.usage(request), cancelled=True)
        raise
    except TimeoutError:
        failure = _too_slow(request, draft, settings)
        book(draft.usage(request) if draft.begun else Usage(), failure)
        raise failure from None
    except Exception as error:
        if listening:
            # The run's own trouble: the provider did nothing wrong.
            book(draft.usage(request), cancelled=True)
            raise
        failure = redacted(classify(request.provider, error), address.api_key)
        book(draft.usage(request) if draft.begun else Usage(), failure)
        raise failure from None
    usage = draft.usage(request)
    book(usage)
    return usage


def _check(request: ModelRequest, draft: AnswerBuilder) -> None:
    """Refuse what is no whole answer."""
    if not draft.finish_reason:
        found = "a part of an answer and no end of it" if draft.begun else "an answer with nothing in it"
        raise bad_response(request.provider, found)
    if draft.finish_reason == "content_filter":
        raise ModelError(
            f"{request.provider} withheld the answer: its content filter objects.",
            error_class="content_filter",
        )


def _too_slow(request: ModelRequest, draft: AnswerBuilder, settings: ModelSettings) -> ModelError:
    if draft.begun:
        return ModelError(
            f"{request.provider} fell silent in its answer, for {settings.idle_seconds:g} s or until the "
            "call's time was over.",
            error_class="timeout_idle",
        )
    return ModelError(
        f"{request.provider} gave no token within {settings.first_token_seconds:g} s or the call's time.",
        error_class="timeout_first_token",
    )
