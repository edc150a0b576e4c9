"""Errors in the shape of OpenAI: every problem below ``/v1``, as its clients read it."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from server.http.problems import Problem, ProblemDocument

__all__ = [
    "MEDIA_TYPE",
    "ErrorBody",
    "accepted",
    "body_of",
    "error_frame",
    "error_headers",
    "error_of",
    "error_status",
    "failed",
]

MEDIA_TYPE = "application/json"
FINAL = {"x-should-retry": "false"}
"""Keeps OpenAI's clients from sending the request again."""
CODES = {
    "unauthorized": "invalid_api_key",
    "no_such_address": "unknown_url",
    "rate_limited": "rate_limit_exceeded",
    "too_many_runs": "rate_limit_exceeded",
    "too_many_streams": "rate_limit_exceeded",
    "budget": "insufficient_quota",
    "quota": "insufficient_quota",
    "context_length": "context_length_exceeded",
}
OF_REQUEST = frozenset({"context_length", "content_filter", "bad_input", "approval_required"})
"""Codes of runs that failed by what they were asked."""


class ErrorBody(Struct, frozen=True):
    """An error."""

    message: str
    type: str
    param: str | None
    code: str | None


def error_of(document: ProblemDocument) -> ErrorBody:
    """Return a problem as an error of OpenAI's."""
    status, code = error_status(document), CODES.get(document.code, document.code)
    if status == 429:
        kind = code
    elif status >= 500 or document.status == 424:
        kind = "server_error"
    else:
        kind = "invalid_request_error"
    fault = document.errors[0] if document.errors else None
    param = None if fault is None else (_dotted(fault.pointer) or fault.parameter or None)
    return ErrorBody(document.detail, kind, param, code or None)


def error_status(document: ProblemDocument) -> int:
    """Return the status of a problem: OpenAI's clients know no 422 of a body that does not fit."""
    return 400 if document.status == 422 else document.status


def error_headers(problem: Problem) -> dict[str, str]:
    """Return the headers of a problem. One that no repetition mends says so."""
    document = problem.document
    final = document.status == 409 or CODES.get(document.code) == "insufficient_quota"
    return {**problem.headers, **(FINAL if final else {})}


def accepted(problem: Problem) -> Problem:
    """Return a problem of a run that was accepted: no client may send the request again by itself.

    The statuses after which clients do so, also those that do not know ``x-should-retry``, become 424.
    """
    document = problem.document
    status = 424 if document.status in (408, 409, 429) or document.status >= 500 else document.status
    return Problem(
        status,
        document.code,
        document.detail,
        errors=document.errors,
        headers={**problem.headers, **FINAL},
        execution_id=document.execution_id,
    )


def failed(code: str, message: str, execution_id: str) -> Problem:
    """Return how a run is answered that did not go well.

    It is 400 where the request was at fault, 429 where a budget or a quota is used up, and else 424: what
    the answer depends on has failed. A repeated request would be another run.
    """
    status = 400 if code in OF_REQUEST else 429 if CODES.get(code) == "insufficient_quota" else 424
    headers = {**FINAL, **({"Retry-After": "3600"} if status == 429 else {})}
    return Problem(status, code, message, headers=headers, execution_id=execution_id)


def error_frame(problem: Problem) -> bytes:
    """Return an error as the last frame of a stream."""
    return b"data: " + body_of(problem) + b"\n\n"


def body_of(problem: Problem) -> bytes:
    """Return an error as it goes over the wire."""
    shown: dict[str, Any] = {"error": error_of(problem.document)}
    try:
        return msgspec.json.encode(shown)
    except UnicodeEncodeError:  # the path or a parameter is quoted that is no Unicode
        error = shown["error"]
        plain = msgspec.structs.replace(
            error,
            message=error.message.encode("utf-8", "replace").decode(),
            param=None if error.param is None else error.param.encode("utf-8", "replace").decode(),
        )
        return msgspec.json.encode({"error": plain})


def _dotted(pointer: str) -> str:
    """Return a JSON Pointer as OpenAI names a place: ``messages[0].content``."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", pointer.removeprefix("/").replace("/", "."))
