"""When to ask again, and after how long."""

from __future__ import annotations

import email.utils
import random
import time
from typing import Mapping, Optional

import httpx

from .requests import Request

__all__ = ["after_answer", "after_failure", "is_under_way", "pause", "seconds_of"]

_FIRST, _LONGEST = 0.5, 8.0
_PATIENCE = 60.0
"""Seconds of a `Retry-After` that are waited for at most."""


def after_answer(request: Request, status: int) -> bool:
    """Return whether a request may be sent again after this answer."""
    if status == 429:
        return True  # refused before anything was done
    return status in (408, 502, 503, 504) and request.harmless


def after_failure(request: Request, error: httpx.RequestError) -> bool:
    """Return whether a request may be sent again after the line failed."""
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)):
        return False
    return request.harmless or isinstance(error, unsent)


def is_under_way(request: Request, status: int, body: bytes) -> bool:
    """Return whether the answer says that the first request with its key is still being worked on."""
    return request.keyed and status == 409 and b'"in_flight"' in body


def pause(attempt: int, headers: Optional[Mapping[str, str]] = None) -> float:
    """Return the seconds to wait before the next attempt: what the server says, else a random, growing time."""
    asked = seconds_of((headers or {}).get("Retry-After", ""))
    if asked is not None:
        return min(asked, _PATIENCE)
    return random.uniform(0, min(_LONGEST, _FIRST * 2.0**attempt))


def seconds_of(value: str) -> Optional[float]:
    """Return the seconds of a `Retry-After` header: a number or a date (RFC 9110 §10.2.3)."""
    try:
        seconds = float(value)
        return max(0.0, seconds) if seconds < float("inf") else None
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None
