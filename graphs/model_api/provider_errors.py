"""Provider errors: from a status or an exception to a `ModelError` of the right class."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from graphs.conversation.messages import ErrorClass
from graphs.model_api.environment_proxies import proxy_of
from graphs.model_api.error_body import ErrorBody, has_error
from graphs.model_api.error_classes import ERROR_CLASSES
from graphs.model_api.error_words import (
    CODES,
    MINIMAX,
    NUMBERS,
    PATTERNS,
    SOFT_QUOTA,
    STATUS,
    STATUS_WORDS,
    fits_never,
)
from graphs.model_api.model_interface import ModelError
from graphs.model_api.retry_times import retry_after, told_wait
from graphs.outbound.http_messages import EgressError

__all__ = ["REPEATABLE", "bad_response", "classify", "error_in", "from_body", "from_status", "retry_after"]

REPEATABLE: frozenset[ErrorClass] = frozenset(
    name for name, facts in ERROR_CLASSES.items() if facts.retried != "no"
)
"""Classes that the same provider may be asked again after."""

_UNREACHED = "cannot be reached"
# httpx and httpx2 have the same names for their errors; matching names needs neither imported.
_TRANSPORT: Mapping[str, tuple[ErrorClass, str]] = {
    "ConnectTimeout": ("timeout_connect", "did not accept a connection in time"),
    "PoolTimeout": ("overloaded", "has no free connection"),
    "TimeoutException": ("timeout_idle", "did not answer in time"),
    "APITimeoutError": ("timeout_first_token", "did not answer in time"),
    "ConnectError": ("network", _UNREACHED),
    "TransportError": ("network", "broke the connection"),
    "APIConnectionError": ("network", "broke the connection"),
    "ConnectionError": ("network", "broke the connection"),
    "OSError": ("network", "broke the connection"),
}
_EGRESS: Mapping[str, ErrorClass] = {
    "network": "network",
    "too_large": "bad_response",
    "bad_response": "bad_response",
}
"""By the code of an `EgressError`; any other is the request's mistake."""
_SHOWN = 400
"""Characters that are shown of what a server says."""
_READ = 8_000
"""Characters that are looked through for what a server means: the first half of them, and the last."""
_SECRET = re.compile(
    r"[^\s'\"]{0,200}\b(sk|ar|key|pk)[-_][A-Za-z0-9_\-*]{6,}[^\s'\",.;:]*|Bearer\s+\S+", re.IGNORECASE
)
"""The whole word is taken out: what looks like a key may be a part of one."""
_OWN_FAULT = frozenset({"tool_use_failed", "json_validate_failed", "output_parse_failed"})
"""Codes that speak of what the model wrote, with the status of a bad request."""
_MAY_BE_A_PARAMETER: frozenset[ErrorClass] = frozenset(
    {"bad_request", "unknown_model", "server", "bad_response"}
)
_OF_A_TEMPLATE = re.compile(r"support|alternat|template|jinja|\broles?\b", re.IGNORECASE)
"""What servers say with the status of a failure of their own about a request that a model cannot take."""
_OF_THE_REQUEST = re.compile(
    r"unexpected endpoint|method not allowed|cannot post|no route|bad request|(invalid|malformed) request"
    r"|is required|missing required|validation error|unsupported (parameter|value)|not supported",
    re.IGNORECASE,
)
"""What servers say about a request that should have had a status: 200 stands before it."""
_EXCEPTION = re.compile(r"\b[A-Za-z]{1,60}(?:Error|Exception)\b")
"""The name of an exception, which LiteLLM and Bedrock's gateways write into the sentence."""
_WAITS: frozenset[ErrorClass] = frozenset({"rate_limited", "overloaded", "server"})


def from_status(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """Return the error that a response with a status of no success means."""
    if 300 <= status < 400:
        where = headers.get("location", "")
        told = f" to {where[:300]}" if where else ""
        return bad_response(
            provider, f"a redirect ({status}){told}, which is not followed: set the base URL that it leads to"
        )
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = None
    return from_body(provider, content, status=status, headers=headers, raw=body)


def error_in(provider: str, content: Any) -> ModelError | None:
    """Return the error that JSON of a response with status 200 is; None where it is none."""
    return from_body(provider, content) if has_error(content) else None


def from_body(
    provider: str,
    content: Any,
    *,
    status: int = 0,
    headers: Mapping[str, str] | None = None,
    raw: bytes = b"",
) -> ModelError:
    """Return the error that a body means, in whichever of the vendors' forms it is."""
    body = ErrorBody(content)
    if not body.sentences and raw.strip():
        body.sentences.append(_readable(raw))
    told = status
    if not status or status < 400:
        status = next((number for number in body.numbers if 400 <= number < 600), 0)
        status = status or next(
            (int(str(number)[:3]) for number in body.numbers if 40_000 <= number < 60_000), 0
        )
        status = status or next((STATUS_WORDS[word] for word in body.words if word in STATUS_WORDS), 0)
        if not status and _OF_THE_REQUEST.search(" ".join(body.sentences)):
            status = 400
    wait = told_wait(headers or {}, body)
    error_class = _class_of(body, status, waits=wait is not None)
    answered = f"answered {told or status}" if told or status else "sent an error"
    sentence = f": {body.message}" if body.message else ""
    if error_class == "bad_request" and (told == 404 or "endpoint or method" in body.message):
        sentence += " Is the base URL right? It usually ends in /v1."
    error = ModelError(
        _clean(f"{provider} {answered}{sentence}"),
        error_class=error_class,
        retry_after=wait if error_class in _WAITS else None,
        final=error_class == "content_filter",
    )
    if error_class in _MAY_BE_A_PARAMETER and (status < 500 or _OF_A_TEMPLATE.search(body.message)):
        error.refused = body
    return error


def _class_of(body: ErrorBody, status: int, *, waits: bool) -> ErrorClass:
    """Return the class: by its exact codes, then its sentences, then its status."""
    if (known := MINIMAX.get(body.minimax, "bad_request")) != "bad_request":
        return known
    said = " ".join(body.sentences)
    if len(said) > _READ:
        said = f"{said[: _READ // 2]} {said[-_READ // 2 :]}"
    if fits_never(said) or (status in (413, 429) and re.search(r"request too large", said, re.IGNORECASE)):
        return "context_length"
    codes: list[ErrorClass] = []
    codes.extend(CODES[word] for word in body.words if word in CODES)
    codes.extend(CODES[name] for one in _EXCEPTION.findall(said) if (name := one.lower()) in CODES)
    codes.extend(NUMBERS[number] for number in body.numbers if number in NUMBERS)
    by_words: ErrorClass | None = None
    for error_class, pattern in PATTERNS:
        if pattern is SOFT_QUOTA and (waits or "rate_limited" in codes) and status != 402:
            # Gemini says of a limit per minute that the quota is exceeded, and when it is there again.
            continue
        if error_class == "rate_limited" and status in (400, 413, 422) and "rate_limited" not in codes:
            continue
        if error_class == "bad_response" and status < 500 and not _OWN_FAULT & {*body.words}:
            continue
        if error_class == "unknown_model" and status >= 500:
            continue
        if pattern.search(said):
            by_words = error_class
            break
    specific: tuple[ErrorClass, ...] = ("content_filter", "context_length", "quota", "unknown_model")
    for error_class in specific:
        if error_class in codes:
            return error_class
    if status == 402:
        return "quota"
    if by_words is not None and (by_words in specific or by_words == "bad_response"):
        return by_words
    if codes:
        return codes[0]
    if status in (401, 403):
        return "auth"
    if by_words is not None and (status < 500 or by_words in ("overloaded", "rate_limited")):
        if status == 429 and by_words == "auth":
            return "rate_limited"
        return by_words
    return STATUS.get(status) or _by_hundred(status)


def _by_hundred(status: int) -> ErrorClass:
    if 400 <= status < 500:
        return "bad_request"
    return "bad_response" if 0 < status < 400 else "server"


def bad_response(provider: str, found: str) -> ModelError:
    """Return the error for an answer that is none: `found` ends the sentence."""
    return ModelError(_clean(f"{provider} sent {found}"), error_class="bad_response")


def classify(provider: str, error: BaseException) -> ModelError:
    """Return the `ModelError` that any exception of an adapter means."""
    if isinstance(error, ModelError):
        return error
    if (refused := _refused(error)) is not None:
        error_class: ErrorClass = _EGRESS.get(refused.code, "bad_request")
        return ModelError(
            _clean(f"{provider} was not asked, or not heard. {refused}"),
            error_class=error_class,
            code=refused.code,
        )
    if isinstance(status := getattr(error, "status_code", None), int):
        headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
        content = getattr(error, "body", None) or getattr(error, "error", None) or str(error)
        return from_body(provider, content, status=max(status, 0), headers=headers)
    cause = error.__cause__
    if cause is not None and any(kind.__name__ == "ConnectTimeout" for kind in type(cause).__mro__):
        error = cause if isinstance(cause, Exception) else error
    for kind in type(error).__mro__:
        if known := _TRANSPORT.get(kind.__name__):
            error_class, sentence = known
            told = f"{provider} {sentence} ({_named(error)})"
            if sentence == _UNREACHED:
                told += ". Does its server run, and is its base URL right?"
                if proxy := proxy_of(_asked(error)):
                    told += f" Unless a flow named its address, it is asked by {proxy}: does that proxy run?"
            return ModelError(_clean(told), error_class=error_class)
    if (content := getattr(error, "body", None)) is not None:
        return from_body(provider, content)
    return bad_response(provider, f"what cannot be read ({_named(error)})")


def _refused(error: BaseException) -> EgressError | None:
    """Return what the egress said, which an SDK may have wrapped."""
    seen: BaseException | None = error
    for _ in range(5):
        if seen is None or isinstance(seen, EgressError):
            return seen
        seen = seen.__cause__
    return None


def _asked(error: BaseException | None) -> str:
    """Return the URL of the request that failed, which the exceptions of SDKs may hide in their context."""
    for _ in range(5):
        if error is None:
            break
        with contextlib.suppress(RuntimeError):  # of httpx, where no request is known
            if (url := getattr(getattr(error, "request", None), "url", None)) is not None:
                return str(url)
        error = error.__cause__ or error.__context__
    return ""


def _named(error: BaseException) -> str:
    said = str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _readable(raw: bytes) -> str:
    """Return what a body that is no JSON says: a page's title and heading, or its beginning."""
    text = raw[:20_000].decode("utf-8", "replace")
    if "<" in text:
        titles = re.findall(r"<(?:title|h1|p)[^<>]*>([^<]{1,200})<", text, re.IGNORECASE)
        text = ". ".join(dict.fromkeys(title.strip() for title in titles[:3])) or re.sub(
            r"<[^<>]*>", " ", text
        )
    return " ".join(text.split())[:300]


def _clean(sentence: str) -> str:
    sentence = " ".join(_SECRET.sub("***", sentence[: 2 * _SHOWN]).split())
    if len(sentence) > _SHOWN:
        sentence = sentence[:_SHOWN] + "…"
    return sentence if sentence.endswith((".", "…", "!", "?")) else sentence + "."
