"""What both transports say of an attempt: its headers, its time, its line in the log."""

from __future__ import annotations

import json
import logging
import os
import time
from typing import Optional

import httpx

from .config import TIMEOUT, APIConfig, Unset
from .errors import APIResponseValidationError, APITimeoutError, without_key
from .requests import Request, checked_header
from .version import USER_AGENT

__all__ = ["allowed_seconds", "attempt_of", "log", "log_answer", "has_events", "no_event_stream", "too_late", "wanted_timeout", "without_body"]

log = logging.getLogger("agenticrag_client")
"""One line an attempt at DEBUG, repetitions at INFO, cut streams at WARNING; never a header, a query or a body."""

if os.environ.get("AGENTICRAG_LOG", "").upper() in ("DEBUG", "INFO", "WARN", "WARNING", "ERROR"):
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    log.setLevel(os.environ["AGENTICRAG_LOG"].upper())


def attempt_of(config: APIConfig, request: Request, last_event_id: str = "") -> httpx.Headers:
    """Return the headers of one attempt of a request; their `repr` shows no key."""
    headers = httpx.Headers({"User-Agent": USER_AGENT})
    for name, value in config.default_headers.items():
        headers[name] = checked_header(name, value)
    if config.api_key and not request.open:
        headers["Authorization"] = f"Bearer {config.api_key}"
    headers.update(request.headers)
    if last_event_id:
        headers["Last-Event-ID"] = checked_header("Last-Event-ID", last_event_id)
    return headers


def wanted_timeout(config: APIConfig, request: Request, own: Optional[httpx.Timeout]) -> httpx.Timeout:
    """Return what a call says of its time, else the client, else its user's own httpx client."""
    for given in (request.options.timeout, config.timeout):
        if not isinstance(given, Unset):
            return httpx.Timeout(given)
    return own or httpx.Timeout(TIMEOUT)


def allowed_seconds(timeout: httpx.Timeout, retries: int) -> float:
    """Return the seconds that all attempts of a call may take together."""
    return float("inf") if timeout.read is None else timeout.read * (retries + 1)


def log_answer(request: Request, response: httpx.Response, began: float) -> None:
    """Note an answer: what was asked, its status, its time and its request id."""
    if log.isEnabledFor(logging.DEBUG):
        took, name = time.monotonic() - began, response.headers.get("X-Request-Id", "-")
        log.debug("%s %s %d in %.3f s, request %s", request.verb, request.place, response.status_code, took, name)


def has_events(response: httpx.Response) -> bool:
    """Return whether an answer may have events, and is no error and no page of some proxy, for one."""
    media = response.headers.get("Content-Type", "").lower()
    return response.is_success and not any(kind in media for kind in ("html", "json", "xml"))


def without_body(response: httpx.Response) -> httpx.Response:
    """Return an answer without its body, of which only a part came."""
    of_body = ("content-length", "content-encoding", "transfer-encoding")
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in of_body]
    return httpx.Response(response.status_code, headers=headers, request=response.request)


def no_event_stream(request: Request, response: httpx.Response) -> APIResponseValidationError:
    """Return the error of an answer that has no events."""
    media = response.headers.get("Content-Type", "")
    return APIResponseValidationError(
        f"{request.place} was answered {response.status_code} with {media[:80]!r} in place of a stream of events. "
        f"It begins with {without_key(response)[:200]!r}."
    )


def too_late(request: Request, response: httpx.Response) -> APITimeoutError:
    """Return the error of a call whose run goes on longer than its caller waits."""
    try:
        run = json.loads(response.content).get("execution_id") or "unknown"
    except (ValueError, AttributeError):
        run = "unknown"
    key = request.headers.get("Idempotency-Key")
    return APITimeoutError(
        f"{request.place} had no answer in time; its run, {run}, goes on. The same call with "
        f"idempotency_key='{key}' waits for it, and so does a longer timeout."
    )
