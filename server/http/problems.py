"""Problems: every error of the API as an RFC 9457 document, in one shape and in one place."""

import logging
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from graphs.parsing.decode_errors import in_words
from graphs.parsing.text import TextError
from graphs.values.findings import FlowError
from persistence.library.flow_slugs import SlugTaken
from persistence.runs.executions import Busy, IdempotencyConflict, NotTheirs, TooManyRuns
from persistence.storage.errors import CheckpointUnreadable, SessionBusy, StorageError, StorageFull
from server.http.near_endpoints import no_endpoint, where_listed
from server.http.request_ids import current_request

__all__ = [
    "MEDIA_TYPE",
    "Fault",
    "Problem",
    "ProblemDocument",
    "answer_of",
    "known_problem",
    "not_found",
    "problem_bytes",
    "problem_of",
]

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("agenticrag")


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a request."""

    message: str
    """A sentence for people."""
    pointer: str = ""
    """Where in the body: a JSON Pointer (RFC 6901); empty for the body as a whole."""
    parameter: str = ""
    """Which parameter of the path, query or header, where it is none of the body."""
    code: str = ""
    """A word for programs."""
    node: str | None = None
    """The node of a flow that it is about."""
    edge: str | None = None
    """The edge of a flow that it is about."""


class ProblemDocument(Struct, frozen=True, omit_defaults=True):
    """An error answer (RFC 9457)."""

    type: str
    """What kind of problem: `urn:agenticrag:problem:` and its code."""
    title: str
    """The kind in a few words, the same for every problem of it."""
    status: int
    detail: str
    """What happened here and what to do, in a sentence or two."""
    code: str = ""
    """The kind as a word for programs."""
    errors: list[Fault] = []
    """Everything that is wrong, where it can be told apart."""
    execution_id: str | None = None
    """The execution that it is about."""
    problem_id: str | None = None
    """What to look for in the server's log, for problems that are the server's own."""
    request_id: str | None = None
    """What the server's log calls the request; `X-Request-Id` of the answer says it too."""
    answer: dict[str, Any] | None = None
    """The answer that was taken, where another came too late."""


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
        execution_id: str | None = None,
        problem_id: str | None = None,
        answer: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = headers or {}
        self.document = ProblemDocument(
            type=f"urn:agenticrag:problem:{code.replace('_', '-')}",
            title=TITLES.get(code) or HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            errors=list(errors),
            execution_id=execution_id,
            problem_id=problem_id,
            answer=answer,
        )


TITLES = {
    "malformed": "The request cannot be parsed",
    "foreign_export": "The flow comes from another product",
    "invalid": "The request is invalid",
    "unauthorized": "A valid API key is required",
    "forbidden": "Permission denied",
    "not_found": "Resource not found",
    "name_taken": "The name is already in use",
    "credential_unreadable": "The credential cannot be decrypted",
    "openapi_invalid": "The OpenAPI document cannot be used",
    "no_such_address": "Endpoint not found",
    "method_not_allowed": "Method not allowed",
    "too_large": "The request is too large",
    "too_slow": "The request took too long to arrive",
    "media_type": "Unsupported type of body or file",
    "invalid_flow": "The flow is invalid",
    "session_busy": "The session has an active run",
    "waiting_for_team": "The conversation waits for the team",
    "idempotency_conflict": "The idempotency key was used for another request",
    "not_waiting": "The run does not wait for an answer",
    "not_asked_yet": "The run has not asked yet",
    "already_answered": "The approval request was already answered",
    "in_flight": "The first request with this key is still running",
    "checkpoint_unreadable": "The stored state cannot be read",
    "rate_limited": "Too many requests",
    "not_ready": "The server is not ready",
    "stopping": "The server is stopping",
    "storage_busy": "The database is not available",
    "storage_full": "The database is full",
    "loop": "Too many runs start each other",
    "storage_paused": "Runs are paused until the database is available",
    "not_available": "Not available",
    "extra_missing": "An optional package is not installed",
    "duplicate_document": "The knowledge base has the same document",
    "document_busy": "The document is being ingested",
    "reindex_running": "The knowledge base is being indexed anew",
    "bad_filter": "The filter cannot be read",
    "embedding_changed": "The embedding model has changed",
    "embedding_failed": "The question could not be embedded",
    "no_uploads": "The chat accepts no files",
    "session_over": "The visitor's session has ended",
    "forbidden_origin": "The origin is not allowed",
    "too_many_runs": "Too many runs are open",
    "too_many_replays": "Too many recorded runs are walked again",
    "too_many_streams": "Too many streams are open",
    "last_owner": "A workspace needs an owner",
    "internal": "Unexpected server error",
}


def not_found(what: str, value: str) -> Problem:
    """Return the 404 for an id that names nothing the caller may see."""
    shown = value if len(value) <= 80 else value[:77] + "…"
    return Problem(404, "not_found", f"No {what} has the id '{shown}'.{where_listed(what, value)}")


def problem_of(request: Request[Any, Any, Any], exception: Exception) -> Problem:
    """Return what a request raised as a problem; what nobody foresaw is logged and shown by a number."""
    if (problem := _known(request, exception)) is not None:
        return problem
    problem_id = uuid.uuid4().hex[:12]
    log.error("problem %s: %s %s failed", problem_id, request.method, request.url.path, exc_info=exception)
    sentence = f"Unexpected server error. Search the server log for problem_id {problem_id}."
    return Problem(500, "internal", sentence, problem_id=problem_id)


def answer_of(problem: Problem) -> Response[bytes]:
    """Return the answer of a request that ended with a problem."""
    return Response(
        problem_bytes(problem),
        status_code=problem.document.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def problem_bytes(problem: Problem) -> bytes:
    """Return the document as it goes over the wire; text that is no Unicode is replaced, never refused."""
    document = msgspec.structs.replace(problem.document, request_id=current_request() or None)
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        plain: Any = msgspec.to_builtins(document)
        return msgspec.json.encode(_printable(plain))


def _printable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_printable(key): _printable(item) for key, item in value.items()}
        case list():
            return [_printable(item) for item in value]
        case _:
            return value


def known_problem(exception: Exception) -> Problem | None:
    """Return the problem that an exception of ours is; None for what nobody foresaw."""
    match exception:
        case Problem():
            return exception
        case StorageError():
            return _storage(exception)
        case FlowError():
            return _flow(exception)
        case TextError():
            return _text(exception)
        case Busy() | SessionBusy():
            return _busy(exception)
        case NotTheirs():
            return not_found("session", exception.session)
        case SlugTaken():
            return _slug_taken(exception)
        case TooManyRuns():
            return _too_many_runs(exception)
        case CheckpointUnreadable():
            log.warning("stored state was refused: %s", exception)
            sentence = (
                "The stored state of this session cannot be read. Clear the session, or restore a backup."
            )
            return Problem(409, "checkpoint_unreadable", sentence)
        case IdempotencyConflict():
            return _conflict(exception)
        case RecursionError() | UnicodeDecodeError():
            return Problem(400, "malformed", "The request is not valid UTF-8, or it is nested too deeply.")
        case _:
            return None


def _known(request: Request[Any, Any, Any], exception: Exception) -> Problem | None:
    match exception:
        case ValidationException():
            return _parameters(exception)
        case HTTPException(status_code=status) if status < 500:
            return _framework(request, exception, status)
        case _:
            return known_problem(exception)


def _storage(exception: StorageError) -> Problem:
    log.warning("the database could not do its work: %s", exception)
    full = isinstance(exception, StorageFull)
    detail = (
        "The disk of the database is full. Nothing was changed. Reading still works."
        if full
        else "The database is locked or does not respond. Nothing was changed. Try again."
    )
    return Problem(
        503,
        "storage_full" if full else "storage_busy",
        detail,
        headers={"Retry-After": "60" if full else "2"},
    )


def _busy(exception: Busy | SessionBusy) -> Problem:
    detail = (
        f"Session '{exception}' has an active run, and on_busy is 'refuse'. Wait for it, cancel it, or use "
        "on_busy 'wait', 'interrupt' or 'rollback'."
        if isinstance(exception, Busy)
        else f"The session is busy with {exception}. Nothing was changed. Wait for it, or cancel it."
    )
    return Problem(409, "session_busy", detail, headers={"Retry-After": "1"})


def _slug_taken(exception: SlugTaken) -> Problem:
    detail = f"Another flow of this workspace has or had the slug '{exception.slug}'. Choose another slug."
    return Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/slug")])


def _too_many_runs(exception: TooManyRuns) -> Problem:
    return Problem(
        429,
        "too_many_runs",
        f"This {exception.of} already has the maximum of {exception.limit:,} open runs. The run was not "
        "started. "
        "Retry later.",
        headers={"Retry-After": "5"},
    )


def _conflict(exception: IdempotencyConflict) -> Problem:
    return Problem(
        422,
        "idempotency_conflict",
        f"The Idempotency-Key '{exception}' was used for a request with another body. Use a new key for "
        "a new request.",
    )


def _flow(exception: FlowError) -> Problem:
    faults = [
        Fault(f.message, pointer=f.pointer, code=f.code, node=f.node, edge=f.edge)
        for f in exception.findings
        if f.severity == "error"
    ]
    first = faults[0].message if faults else str(exception)
    more = f" And {len(faults) - 1} more: see errors." if len(faults) > 1 else ""
    return Problem(422, "invalid_flow", first + more, errors=faults)


def _text(exception: TextError) -> Problem:
    return Problem(422, "invalid", str(exception), errors=[Fault(str(exception), pointer=exception.pointer)])


def _parameters(exception: ValidationException) -> Problem:
    entries: Any = exception.extra if isinstance(exception.extra, list) else []
    faults = [Fault(_sentence(e.get("message", "")), parameter=str(e.get("key", ""))) for e in entries]
    if not faults:
        return Problem(422, "invalid", exception.detail)
    shown = "; ".join(
        f"{fault.parameter}: {fault.message}" if fault.parameter else fault.message for fault in faults
    )
    return Problem(422, "invalid", f"Invalid parameter: {shown}", errors=faults)


def _sentence(message: str) -> str:
    return in_words(message.partition(" - at `$")[0].replace(" | null`", "`"))  # no query sends null


def _framework(request: Request[Any, Any, Any], exception: HTTPException, status: int) -> Problem:
    path = request.url.path
    match status:
        case 404:
            detail = no_endpoint(path, (route.path for route in request.app.routes))
            return Problem(404, "no_such_address", detail)
        case 405:
            allowed = (exception.headers or {}).get("allow", "")
            detail = f"{path} does not support {request.method}. Use {allowed}."
            return Problem(405, "method_not_allowed", detail, headers={"Allow": allowed})
        case 413:
            most = request.app.state["settings"].max_body_bytes
            found = request.headers.get("content-length", "more")
            detail = f"Expected at most {most} bytes, found {found}. Send less, or raise max_body_bytes."
            return Problem(413, "too_large", detail)
        case _:
            detail = exception.detail if status != 400 else f"The request cannot be read: {exception.detail}."
            return Problem(status, "malformed", detail, headers=dict(exception.headers or {}))
