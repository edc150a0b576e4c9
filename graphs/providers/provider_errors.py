"""Provider errors: from a status or an exception to a `ModelError` of the right class."""

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from graphs.outbound.http_messages import EgressError
from graphs.providers.model_interface import ModelError
from graphs.values.messages import ErrorClass

__all__ = ["REPEATABLE", "bad_response", "classify", "from_body", "from_status", "retry_after"]

REPEATABLE: frozenset[ErrorClass] = frozenset(
    {
        "rate_limited",
        "overloaded",
        "timeout_connect",
        "timeout_first_token",
        "timeout_idle",
        "network",
        "server",
        "bad_response",
    }
)
"""Classes that the same provider may be asked again after. They are the ones a circuit breaker counts."""

_STATUS: Mapping[int, ErrorClass] = {
    401: "auth",
    403: "auth",
    408: "server",
    409: "overloaded",
    425: "overloaded",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}
_CODES: Mapping[str, ErrorClass] = {
    "context_length_exceeded": "context_length",
    "exceed_context_size_error": "context_length",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "insufficient_quota": "budget",
    "rate_limit_exceeded": "rate_limited",
    "overloaded_error": "overloaded",
    "invalid_api_key": "auth",
}
_CONTEXT = re.compile(
    r"context (length|window|size)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
# httpx and httpx2 have the same names for their errors; matching names needs neither imported.
_TRANSPORT: Mapping[str, tuple[ErrorClass, str]] = {
    "ConnectTimeout": ("timeout_connect", "did not accept a connection in time"),
    "PoolTimeout": ("overloaded", "has no free connection"),
    "TimeoutException": ("timeout_idle", "did not answer in time"),
    "APITimeoutError": ("timeout_first_token", "did not answer in time"),
    "ConnectError": ("network", "cannot be reached"),
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
_WORD = re.compile(r"Bearer\s++\S++|[^\s'\"]++", re.IGNORECASE)
_KEY = re.compile(r"\b(?:sk|ar|key|pk)[-_][A-Za-z0-9_\-*]{6}", re.IGNORECASE)
_BEARER = re.compile(r"Bearer\s", re.IGNORECASE)


def from_status(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """Return the error that a response with a status other than 200 means."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = None
    return from_body(provider, content, status=status, wait=retry_after(headers), raw=body)


def from_body(
    provider: str, content: Any, *, status: int = 0, wait: float | None = None, raw: bytes = b""
) -> ModelError:
    """Return the error that an error object means: OpenAI's, llama.cpp's, Ollama's or a bare string."""
    found: Any = content.get("error", content) if isinstance(content, dict) else content
    words: list[str] = []
    message = ""
    if isinstance(found, dict):
        words = [str(found.get("code") or ""), str(found.get("type") or "")]
        message = str(found.get("message") or "")
        if not status:
            status = next((int(word) for word in words if word.isdigit()), 0)
    elif isinstance(found, str):
        message = found
    error_class: ErrorClass | None = next((_CODES[word] for word in words if word in _CODES), None)
    if error_class is None and status < 500 and _CONTEXT.search(message[:4000]):
        error_class = "context_length"
    if error_class is None:
        error_class = _STATUS.get(status) or _by_hundred(status)
    said = f": {message}" if message else f" with {_shown(raw)}" if raw.strip() else ""
    answered = f"answered {status}" if status else "sent an error"
    return ModelError(_clean(f"{provider} {answered}{said}"), error_class=error_class, retry_after=wait)


def _by_hundred(status: int) -> ErrorClass:
    if 400 <= status < 500:
        return "bad_request"
    return "bad_response" if 0 < status < 400 else "server"


def bad_response(provider: str, found: str) -> ModelError:
    """Return the error for an answer that is none: `found` ends the sentence."""
    return ModelError(_clean(f"{provider} sent {found}"), error_class="bad_response")


def classify(provider: str, error: Exception) -> ModelError:
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
        return from_body(provider, content, status=max(status, 0), wait=retry_after(headers))
    cause = error.__cause__
    if cause is not None and any(kind.__name__ == "ConnectTimeout" for kind in type(cause).__mro__):
        error = cause if isinstance(cause, Exception) else error
    for kind in type(error).__mro__:
        if known := _TRANSPORT.get(kind.__name__):
            error_class, sentence = known
            return ModelError(_clean(f"{provider} {sentence} ({_named(error)})"), error_class=error_class)
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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait (RFC 9110 §10.2.3); None for none and for nonsense."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        if (value := headers.get("retry-after")) is None:
            return None
        if re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
            return max(0.0, float(value))
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _named(error: BaseException) -> str:
    said = str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _shown(raw: bytes) -> str:
    return repr(raw[:80].decode("utf-8", "replace"))


def _without_key(word: re.Match[str]) -> str:
    """Return a word unless it has what looks like a key: then nothing of it, which may be a part of one."""
    if not _KEY.search(word[0]) and not _BEARER.match(word[0]):
        return word[0]
    return "***" + (word[0][-1] if word[0][-1] in ".,;:" else "")


def _clean(sentence: str) -> str:
    sentence = " ".join(_WORD.sub(_without_key, sentence[:4000]).split())
    if len(sentence) > 400:
        sentence = sentence[:400] + "…"
    return sentence if sentence.endswith((".", "…", "!", "?")) else sentence + "."
