"""What can go wrong, by what a caller can do about it. Both SDKs have the same names.

::

    AgenticRAGError
    ├── ArgumentError                 what was given cannot be sent (a ValueError too)
    ├── APIConnectionError            the server was not reached, or the line broke
    │   ├── APITimeoutError           ... or it did not answer in time
    │   │   └── WaitTimeoutError      `wait` waited as long as it was told to
    │   └── StreamBrokenError         a stream broke and could not be taken up again
    ├── APIResponseValidationError    the answer is not what the document says
    ├── RunFailedError                a run ended otherwise than well, with `raise_on_failure`
    └── APIStatusError                the server answered with a problem (RFC 9457)
        ├── RedirectError 3xx, BadRequestError 400, AuthenticationError 401,
        │   PermissionDeniedError 403, NotFoundError 404, ConflictError 409,
        │   RequestTooLargeError 413, UnsupportedMediaTypeError 415,
        │   UnprocessableEntityError 422, RateLimitError 429
        └── InternalServerError       any 5xx
            └── ServiceUnavailableError 503

Names of earlier versions (`NotFound`, `Invalid`, `StatusError`, …) stay, as other names of the same classes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Optional, Type

import httpx

from .codec import decode
from .problems import AgenticRAGError, APIResponseValidationError, ArgumentError
from .retries import seconds_of

if TYPE_CHECKING:
    from .models import ProblemDocument

__all__ = [
    "AgenticRAGError",
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "ArgumentError",
    "AuthenticationError",
    "BadRequest",
    "BadRequestError",
    "Conflict",
    "ConflictError",
    "ConnectionFailed",
    "InternalServerError",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RedirectError",
    "RequestTooLargeError",
    "RunFailedError",
    "ServerError",
    "ServiceUnavailableError",
    "StatusError",
    "StreamBroken",
    "StreamBrokenError",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "UnprocessableEntityError",
    "UnsupportedMedia",
    "UnsupportedMediaTypeError",
    "WaitTimedOut",
    "WaitTimeoutError",
    "connection_error",
    "status_error",
    "without_key",
]


class APIConnectionError(AgenticRAGError):
    """The server was not reached, or the line broke."""


class APITimeoutError(APIConnectionError):
    """The server did not answer in time. What a call has started goes on there."""


class WaitTimeoutError(APITimeoutError):
    """What was waited for had not come when the time was over. It may still come."""


class StreamBrokenError(APIConnectionError):
    """A stream broke and could not be taken up again; `last_event_id` is how far it came."""

    def __init__(self, message: str, last_event_id: str) -> None:
        super().__init__(message)
        self.last_event_id = last_event_id


class RunFailedError(AgenticRAGError):
    """A run ended otherwise than well."""

    def __init__(self, message: str, code: str, execution_id: str, answer: Any = None) -> None:
        super().__init__(message)
        self.code = code
        """Why, as a word for programs; the run's status where there is no other."""
        self.execution_id = execution_id
        self.answer = answer
        """The answer or the event that told of it."""


class APIStatusError(AgenticRAGError):
    """The server answered with a problem."""

    response: Optional[httpx.Response] = None
    """The answer as httpx has it; None in an error that came from another process."""

    def __init__(self, status: int, problem: ProblemDocument, headers: httpx.Headers) -> None:
        request_id: str = headers.get("X-Request-Id", "")
        told = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{problem.title} ({status}): {problem.detail}{told}")
        self.status = status
        self.problem = problem
        """The problem as the server tells it: `detail`, `code`, `errors` and the like."""
        self.headers = headers
        self.request_id: Optional[str] = request_id or None
        """What the server's log calls the request."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.status

    @property
    def code(self) -> str:
        """The kind of the problem as a word for programs."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """What happened and what to do, in a sentence or two."""
        return self.problem.detail

    @property
    def body(self) -> ProblemDocument:
        """The problem."""
        return self.problem

    @property
    def retry_after(self) -> Optional[float]:
        """Seconds after which to ask again, where the server says so."""
        return seconds_of(self.headers.get("Retry-After", ""))


class RedirectError(APIStatusError):
    """3xx: the API is elsewhere; give its own address as `base_url`."""


class BadRequestError(APIStatusError):
    """400: the request cannot be read."""


class AuthenticationError(APIStatusError):
    """401: there is no valid key."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: the resource or endpoint was not found."""


class ConflictError(APIStatusError):
    """409: it does not go with what is under way."""


class RequestTooLargeError(APIStatusError):
    """413: the body is too large."""


class UnsupportedMediaTypeError(APIStatusError):
    """415: the body is not of the right kind."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is invalid; `problem.errors` lists every error."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says in how many seconds to ask again."""


class InternalServerError(APIStatusError):
    """5xx: the server's own fault."""


class ServiceUnavailableError(InternalServerError):
    """503: the server is starting, stopping, full, or without its database."""


BadRequest = BadRequestError
Conflict = ConflictError
ConnectionFailed = APIConnectionError
Invalid = UnprocessableEntityError
NotAllowed = PermissionDeniedError
NotAuthenticated = AuthenticationError
NotFound = NotFoundError
ServerError = InternalServerError
StatusError = APIStatusError
StreamBroken = StreamBrokenError
TimedOut = APITimeoutError
TooLarge = RequestTooLargeError
TooManyRequests = RateLimitError
Unavailable = ServiceUnavailableError
UnexpectedAnswer = APIResponseValidationError
UnsupportedMedia = UnsupportedMediaTypeError
WaitTimedOut = WaitTimeoutError

_BY_STATUS: Dict[int, Type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: RequestTooLargeError,
    415: UnsupportedMediaTypeError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    503: ServiceUnavailableError,
}


def status_error(response: httpx.Response) -> APIStatusError:
    """Return the error of an answer that is a problem, or that a proxy made in the server's stead."""
    from .models import ProblemDocument

    status, body = response.status_code, without_key(response)
    if 300 <= status < 400:
        detail = f"The server redirects to {_place(response.headers.get('Location', ''))}"
        problem = ProblemDocument(type="about:blank", title="Moved", status=status, detail=detail)
        return _with_response(RedirectError(status, problem, response.headers), response)
    try:
        problem = decode(ProblemDocument, json.loads(body))
    except (ValueError, APIResponseValidationError):
        text = body[:300].strip()
        problem = ProblemDocument(
            type="about:blank", title=f"HTTP {status}", status=status, detail=text or "The answer has no body."
        )
    kind = _BY_STATUS.get(status, InternalServerError if status >= 500 else APIStatusError)
    return _with_response(kind(status, problem, response.headers), response)


def _with_response(error: APIStatusError, response: httpx.Response) -> APIStatusError:
    error.response = response
    return error


def without_key(response: httpx.Response) -> str:
    """Return the text of an answer; the key of its request, which some proxies repeat, is left out."""
    _, _, key = response.request.headers.get("Authorization", "").partition(" ")
    text = response.content.decode("utf-8", "replace")
    return text.replace(key, "…") if key else text


def _place(location: str) -> str:
    """Return where a redirect leads, without what its query may hold, and what to do."""
    to = location.partition("?")[0]
    base, api, _ = to.partition("/api/")
    if not to:
        return "nowhere that it names, and redirects are not followed."
    told = f": give '{base}' as base_url." if base and api else ". Give the API's own address as base_url."
    return f"'{to}', and redirects are not followed{told}"


def connection_error(error: httpx.HTTPError, where: str) -> APIConnectionError:
    """Return the error of a line that failed; it keeps what httpx says, and not where in httpx it was."""
    told: Any = (str(error) or type(error).__name__).rstrip(".")
    kind, words = APIConnectionError, "was not reached or the line broke"
    if isinstance(error, httpx.TimeoutException):
        kind, words = APITimeoutError, "did not answer in time"
    elif isinstance(error, httpx.DecodingError):
        words = "sent an answer that cannot be unpacked"
    found = kind(f"{where} {words}: {told}.")
    found.__cause__ = error.with_traceback(None)
    return found
