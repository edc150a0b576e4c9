"""Parameters that several resources share: ids, pages, idempotency keys."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from persistence.runs.executions import Idempotency
from server.http.middleware import SLASH, leads_elsewhere
from server.http.problems import Fault, Problem, not_found

__all__ = [
    "From",
    "Limit",
    "Offset",
    "Page",
    "PageSize",
    "SortBy",
    "SortOrder",
    "Status",
    "StatusWord",
    "To",
    "cleared",
    "idempotency_of",
    "known_id",
    "moment",
    "retry_of",
    "session_name",
]

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many to return.")]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="How many to leave out first.")]
From = Annotated[
    str | None,
    QueryParameter(name="from", description="Only those accepted then or later: a date or time, ISO 8601."),
]
To = Annotated[
    str | None, QueryParameter(name="to", description="Only those accepted before then: a date or time.")
]
Page = Annotated[int, QueryParameter(ge=1, le=10_000_000, description="The page, from 1.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=100, description="How many a page has.")]
SortBy = Literal["created_at", "updated_at", "name"]
SortOrder = Literal["asc", "desc"]
StatusWord = Literal["pending", "running", "waiting_approval", "completed", "failed", "cancelled", "timeout"]
Status = Annotated[StatusWord | None, QueryParameter(description="Only those of this status.")]
LONGEST_NAME = 255


def known_id(what: str, value: str) -> str:
    """Return an id in its usual spelling; what is no UUID names nothing.

    Raises:
        Problem: 404.
    """
    try:
        known = str(uuid.UUID(value))
    except ValueError:
        raise not_found(what, value) from None
    if known != value.lower():  # braces, urn: and the like, which the parser bears with
        raise not_found(what, value)
    return known


def moment(value: str | None, parameter: str) -> float | None:
    """Return a date or time as Unix seconds, in UTC where it says nothing else; None stays None.

    Raises:
        Problem: 422 for what is none.
    """
    if value is None:
        return None
    try:
        # A "+" in an address that is not encoded arrives as a blank.
        found = datetime.fromisoformat(value.strip().replace(" ", "+") if "T" in value else value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        shown = value if len(value) <= 40 else value[:39] + "…"
        detail = f"'{parameter}' must be a date or time such as 2026-01-31T12:00:00Z; it is '{shown}'."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=parameter)]) from None


def session_name(value: str, *, pointer: str = "", parameter: str = "") -> str:
    """Return a caller's name for a session.

    Raises:
        Problem: 422 for one that is empty, too long, not printable, or a dot segment of paths.
    """
    if parameter:
        value = value.replace(SLASH, "/")
    dots = leads_elsewhere(b"/" + quote(value, safe="").encode())
    if 1 <= len(value) <= LONGEST_NAME and value.isprintable() and not dots:
        return value
    detail = f"A session_id has 1 to {LONGEST_NAME} printable characters; this one has {len(value)}."
    if dots:
        detail = f"A session_id is not {value!r}: no path could name that session. Take another name."
    elif 1 <= len(value) <= LONGEST_NAME:
        detail = "A session_id has printable characters only: no line breaks, tabs or other controls."
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer, parameter=parameter)])


def idempotency_of(request: Request[Any, Any, Any], route: str, body: Any) -> Idempotency | None:
    """Return what the ``Idempotency-Key`` header makes of a request; None without one.

    Raises:
        Problem: 422 for a key that is no key.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_NAME or not (key.isascii() and key.isprintable()):
        detail = f"An Idempotency-Key has 1 to {LONGEST_NAME} printable ASCII characters."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter="Idempotency-Key")])
    return Idempotency(by_caller(request, route), key, cleared(body))


def retry_of(
    request: Request[Any, Any, Any], route: str, body: Any, *, session: str | None = None, seconds: float
) -> Idempotency | None:
    """Return how a request is known when its client sends it again.

    By ``Idempotency-Key``; without one, where the client marks its retries as OpenAI's clients do, by its
    body: ``X-Stainless-Retry-Count`` is 0 for a new request and n for its nth retry.

    Args:
        request: Whose headers say it.
        route: What is asked for.
        body: What is asked.
        session: What else of the request names the conversation.
        seconds: How long after the attempt before it a retry is known as one.

    Raises:
        Problem: 422 for a key that is no key.
    """
    if (named := idempotency_of(request, route, body)) is not None:
        return named
    count = request.headers.get("x-stainless-retry-count", "")
    if not (count.isascii() and count.isdecimal() and len(count) <= 3):
        return None
    key = cleared({"body": body, "session": session})
    return Idempotency(by_caller(request, f"retries {route}"), key, key, int(count), seconds)


def by_caller(request: Request[Any, Any, Any], route: str) -> str:
    """Return a route as an idempotency key is kept under it: each caller has keys of their own.

    Two keys of one user, and a user's logins, are one caller. A visitor's route names the session.
    """
    caller: Any = request.scope.get("user")
    name = getattr(caller, "user_id", "") or getattr(caller, "key_id", "")
    return f"{route} by {name}" if name else route


def cleared(body: Any) -> str:
    """Return the SHA-256 of a body as canonical JSON, its secrets left out."""
    plain: Any = msgspec.to_builtins(body)
    if isinstance(plain, dict) and isinstance(plain.get("config"), dict):
        plain["config"].pop("api_key", None)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()
