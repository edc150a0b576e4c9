"""What can go wrong, by what a caller can do about it.

::

    AgenticRAGError
    ├── ConnectionFailed        the server was not reached, or the line broke
    │   └── TimedOut            ... or it did not answer in time
    ├── StreamBroken            a stream broke and could not be taken up again
    ├── UnexpectedAnswer        the answer is not what the document says
    ├── WaitTimedOut            `wait` waited as long as it was told to
    └── StatusError             the server answered with a problem (RFC 9457)
        ├── BadRequest 400, NotAuthenticated 401, NotAllowed 403, NotFound 404, Conflict 409,
        │   TooLarge 413, UnsupportedMedia 415, Invalid 422, TooManyRequests 429
        └── ServerError         any 5xx
            └── Unavailable 503
"""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Type

import httpx

from .codec import UnexpectedAnswer, decode
from .models import ProblemDocument
from .problems import AgenticRAGError

__all__ = [
    "AgenticRAGError",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "ServerError",
    "StatusError",
    "StreamBroken",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "UnsupportedMedia",
    "WaitTimedOut",
    "connection_error",
    "status_error",
]


class ConnectionFailed(AgenticRAGError):
    """The server was not reached, or the line broke."""


class TimedOut(ConnectionFailed):
    """The server did not answer in time."""


class StreamBroken(AgenticRAGError):
    """A stream broke and could not be taken up again; `last_event_id` is how far it came."""

    def __init__(self, message: str, last_event_id: str) -> None:
        super().__init__(message)
        self.last_event_id = last_event_id


class WaitTimedOut(AgenticRAGError):
    """What was waited for had not come when the time was over. It may still come."""


class StatusError(AgenticRAGError):
    """The server answered with a problem."""

    def __init__(self, status: int, problem: ProblemDocument, headers: httpx.Headers) -> None:
        super().__init__(f"{problem.title} ({status}): {problem.detail}")
        self.status = status
        self.problem = problem
        """The problem as the server tells it: `detail`, `code`, `errors` and the like."""
        self.headers = headers

    @property
    def code(self) -> str:
        """The kind of the problem as a word for programs."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """What happened and what to do, in a sentence or two."""
        return self.problem.detail

    @property
    def retry_after(self) -> Optional[str]:
        """What the server says of when to ask again: seconds, or a date."""
        value: Optional[str] = self.headers.get("Retry-After")
        return value


class BadRequest(StatusError):
    """400: the request cannot be read."""


class NotAuthenticated(StatusError):
    """401: there is no valid key."""


class NotAllowed(StatusError):
    """403: the key may not do this."""


class NotFound(StatusError):
    """404: the resource or endpoint was not found."""


class Conflict(StatusError):
    """409: it does not go with what is under way."""


class TooLarge(StatusError):
    """413: the body is too large."""


class UnsupportedMedia(StatusError):
    """415: the body is not of the right kind."""


class Invalid(StatusError):
    """422: the request is invalid; `problem.errors` lists every error."""


class TooManyRequests(StatusError):
    """429: too many requests; `retry_after` says when to ask again."""


class ServerError(StatusError):
    """5xx: the server's own fault."""


class Unavailable(ServerError):
    """503: the server is starting, stopping, full, or without its database."""


_BY_STATUS: Dict[int, Type[StatusError]] = {
    400: BadRequest,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMedia,
    422: Invalid,
    429: TooManyRequests,
    503: Unavailable,
}


def status_error(status: int, headers: httpx.Headers, body: bytes) -> StatusError:
    """Return the error of an answer that is a problem, or that a proxy made in the server's stead."""
    try:
        problem = decode(ProblemDocument, json.loads(body))
    except (ValueError, UnexpectedAnswer):
        text = body[:300].decode("utf-8", "replace").strip()
        problem = ProblemDocument(
            type="about:blank", title=f"HTTP {status}", status=status, detail=text or "The answer has no body."
        )
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else StatusError)
    return kind(status, problem, headers)


def connection_error(error: httpx.TransportError, where: str) -> ConnectionFailed:
    """Return the error of a line that failed."""
    told: Any = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"{where} did not answer in time: {told}.")
    return ConnectionFailed(f"{where} was not reached or the line broke: {told}.")
