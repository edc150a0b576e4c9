"""When a provider may be asked again: its headers and its words, in every spelling that is in use."""

import email.utils
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphs.model_api.error_body import ErrorBody
from graphs.model_api.error_words import read_duration, seconds_in, time_in

__all__ = ["retry_after", "told_wait"]

_LONGEST = 7 * 86_400.0
_RESETS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
)
"""Headers that tell what is left, and when it is there again."""


def told_wait(headers: Mapping[str, str], body: ErrorBody) -> float | None:
    """Return the seconds that a provider asks to wait; None where it asks for none."""
    found = retry_after(headers)
    if found is None:
        found = next((wait for each in body.waits if (wait := _seconds(each)) is not None), None)
    if found is None and body.headers:
        found = retry_after(body.headers)
        found = _reset(body.headers) if found is None else found
    if found is None:
        found = next((wait for each in body.sentences if (wait := seconds_in(each)) is not None), None)
    if found is None:
        found = next((wait for each in body.sentences if (wait := _seconds(time_in(each))) is not None), None)
    if found is None:
        found = _reset(headers)
    return None if found is None or found > _LONGEST else found


_AGAIN = (
    "retry-after",
    "x-retry-after",
    "retry-after-seconds",
    "x-ratelimit-retry-after",
    "x-ratelimit-reset-after",
    "ratelimit-reset-after",
)
"""Headers that tell when to ask again."""
_LEFT_AND_RESET = re.compile(r"\b(?:r|remaining)=(\d{1,9})\W{1,4}(?:t|reset)=(\d{1,9})\b")
"""The same two in one header, ``RateLimit``, as its drafts have it."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait (RFC 9110 §10.2.3); None for none and for nonsense."""
    if (milliseconds := headers.get("retry-after-ms") or headers.get("x-ms-retry-after-ms")) is not None:
        try:
            return max(0.0, float(milliseconds) / 1000)
        except ValueError:
            return None
    return next((_seconds(value) for name in _AGAIN if (value := headers.get(name)) is not None), None)


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return when what is spent is there again: the latest of those of which nothing is left."""
    told = [
        (headers.get(left), wait)
        for left, name in _RESETS
        if (wait := _seconds(headers.get(name))) is not None
    ]
    drafts = headers.get("ratelimit", "")[:400]
    told += [(left, float(wait)) for left, wait in _LEFT_AND_RESET.findall(drafts)]
    spent = [wait for left, wait in told if left is not None and left.strip() in ("0", "0.0")]
    if spent:
        return max(spent)
    return told[0][1] if len(told) == 1 else None


def _seconds(value: Any) -> float | None:
    """Return seconds from a number, a duration, a date, or a Unix time in seconds or milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    try:
        if re.fullmatch(r"-?\d+(\.\d+)?", text):
            number = float(text)
            if number > 1e11:
                number = number / 1000 - time.time()
            elif number > 1e9:
                number -= time.time()
            return max(0.0, number)
        if (duration := read_duration(text)) is not None and re.fullmatch(r"[\d.\sa-zA-Z]+", text):
            return duration
        if re.match(r"\d{4}-\d\d-\d\dT", text):
            return max(0.0, datetime.fromisoformat(text).timestamp() - time.time())
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None
