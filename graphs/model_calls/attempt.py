"""One request to one provider, watched: its time-outs, its ledger entry, and whether its answer is whole."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from msgspec import Struct

from graphs.conversation.messages import Attempt, ModelRequest, Usage
from graphs.model_api.model_interface import Listener, ModelError
from graphs.model_api.provider import Address, Provider
from graphs.model_api.provider_errors import bad_response, classify
from graphs.model_calls.echoed_keys import redacted, redaction_for
from graphs.model_calls.idle_timeouts import SilenceTimeouts
from graphs.model_output.answer_builder import AnswerBuilder
from graphs.parsing.base_urls import is_loopback
from graphs.providers.settings import ModelSettings

__all__ = ["attempt", "first_token_wait", "idle_wait"]

_TURN = 0.01
"""Seconds after which the parts of an answer let others have the event loop."""
_AFTER_END_SECONDS = 3.0
"""How long a server may take to count tokens and hang up, once the answer's end has come."""


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
    turn = began  # when others have had the event loop: an answer that comes at once never waits

    def book(usage: Usage, failure: ModelError | None = None, *, cancelled: bool = False) -> None:
        report(
            Attempt(
                provider=request.provider,
                model=request.model,
                connection=request.connection,
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
    first_token, idle = first_token_wait(settings, request, address), idle_wait(settings, request)
    patience = SilenceTimeouts(first=first_token.seconds, idle=idle.seconds, total=seconds)
    stream = provider.stream(request, address, idempotency_key=idempotency_key)
    try:
        try:
            async with patience, contextlib.aclosing(stream):
                async for pieces in stream:
                    listening = True
                    for piece in pieces:
                        draft.add(piece if veil is None else veil.over(piece))
                    if first is None and draft.begun:
                        first = time.perf_counter()
                    if pieces and first is not None:
                        patience.hold()
                        await listener.ready()
                    # Comments and empty chunks are life too.
                    wait = (first_token if first is None else idle).seconds
                    patience.heard(min(wait, _AFTER_END_SECONDS) if draft.ending else wait)
                    listening = False
                    if time.perf_counter() - turn > _TURN:
                        await asyncio.sleep(0)
                        turn = time.perf_counter()
        except Exception:
            # The answer is there: how its connection ends changes nothing.
            if listening or not draft.ending:
                raise
        listening = True
        if veil is not None:
            draft.add(veil.rest())
        draft.end()
        listening = False
        _check(request, draft)
    except asyncio.CancelledError:
        book(draft.usage(request), cancelled=True)
        raise
    except TimeoutError:
        over = time.perf_counter() - began >= seconds - 0.01
        failure = _too_slow(request, draft, settings, idle if draft.begun else first_token, over=over)
        book(draft.usage(request), failure)
        raise failure from None
    except (Exception, SystemExit) as error:  # `sys.exit()` of a provider is not to end the server
        if listening:
            # The run's own trouble: the provider did nothing wrong.
            book(draft.usage(request), cancelled=True)
            raise
        failure = redacted(classify(request.provider, error), address.api_key)
        book(draft.usage(request) if draft.begun or draft.counted else Usage(), failure)
        raise failure from None
    usage = draft.usage(request)
    book(usage)
    return usage


def _check(request: ModelRequest, draft: AnswerBuilder) -> None:
    """Refuse what is no whole answer, or none that can be used."""
    named = request.provider
    match draft.ending:
        case "":
            found = "a part of an answer and no end of it" if draft.begun else "an answer with nothing in it"
            raise bad_response(named, found)
        case "content_filter":
            raise ModelError(
                f"{named} withheld the answer: its content filter objects. Ask in other words, or change the "
                "filter at the provider.",
                error_class="content_filter",
            )
        case "refusal":
            raise ModelError(
                f"{request.model} refused to answer: {draft.text[:500] or 'it gave no reason'}",
                error_class="content_filter",
                final=True,
            )
        case "malformed":
            raise bad_response(named, "a call of a tool that its model made in no proper form")
        case "overloaded":
            raise ModelError(
                f"{named} broke the answer off: it has no room for it.", error_class="overloaded"
            )
        case "error":
            raise bad_response(named, "a part of an answer and then that it failed")
        case _:
            if draft.empty:
                _refuse_empty(request, draft)


def _refuse_empty(request: ModelRequest, draft: AnswerBuilder) -> None:
    """Refuse an answer without a word, unless its model has used tools for it: then that may be all."""
    if draft.ending == "length":
        limit = "max_tokens" if request.max_tokens is None else f"max_tokens ({request.max_tokens:,})"
        spent = "on reasoning " if draft.reasoned else ""
        raise ModelError(
            f"{request.model} spent all of its tokens {spent}and gave no answer. Raise {limit}, or have it "
            "reason less (reasoning_effort).",
            error_class="empty_answer",
            final=True,
        )
    asked = next((message.role for message in reversed(request.messages) if message.role != "assistant"), "")
    if asked == "tool":
        draft.warn(f"{request.model} ended without a word after it had used tools.")
        return
    found = "nothing but reasoning" if draft.reasoned else "nothing"
    raise ModelError(
        f"{request.model} answered with {found}. Ask in other words, or choose another model.",
        error_class="empty_answer",
    )


class Wait(Struct, frozen=True):
    """How long a provider may be silent, and the setting that says so."""

    seconds: float
    setting: str


def first_token_wait(settings: ModelSettings, request: ModelRequest, address: Address) -> Wait:
    """Return how long a provider may take to show life; one on this machine may have a model to load."""
    if request.model_first_token_seconds is not None:
        return Wait(request.model_first_token_seconds, "model_first_token_seconds, set for this model")
    here = request.provider in ("local", "ollama") or is_loopback(address.base_url)
    if here and settings.load_seconds > settings.first_token_seconds:
        return Wait(settings.load_seconds, "model_load_seconds")
    return Wait(settings.first_token_seconds, "model_first_token_seconds")


def idle_wait(settings: ModelSettings, request: ModelRequest) -> Wait:
    """Return how long a provider may be silent within its answer."""
    if request.model_idle_seconds is not None:
        return Wait(request.model_idle_seconds, "model_idle_seconds, set for this model")
    return Wait(settings.idle_seconds, "model_idle_seconds")


def _too_slow(
    request: ModelRequest, draft: AnswerBuilder, settings: ModelSettings, wait: Wait, *, over: bool
) -> ModelError:
    """Return the error of a provider that was too slow; `over`: for all of the call's time."""
    limit = f"{wait.seconds:g} s, {wait.setting}"
    if over:
        limit = f"{settings.total_seconds:g} s, model_total_seconds"
    if draft.begun:
        found = "did not end its answer in the call's time" if over else "fell silent in its answer"
        return ModelError(f"{request.provider} {found} ({limit}).", error_class="timeout_idle")
    found = "gave no token in the call's time" if over else "gave no sign of life"
    return ModelError(f"{request.provider} {found} ({limit}).", error_class="timeout_first_token")
