"""Why a WebSocket was refused or closed, as one of the errors that every call has."""

from __future__ import annotations

import logging
from typing import Any, Dict, Optional, Tuple, Type

import httpx

from .errors import (
    AgenticRAGError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from .models import ProblemDocument

__all__ = ["may_come_back", "quiet_log", "socket_error"]

quiet_log = logging.getLogger("websockets.agenticrag_client")
"""Where the package `websockets` writes what happens, without the headers, which hold the key."""
quiet_log.addFilter(lambda record: not str(record.msg).startswith("> %s: %s"))

_BY_CODE: Dict[int, Tuple[int, Type[APIStatusError]]] = {
    4401: (401, AuthenticationError),
    4403: (403, PermissionDeniedError),
    4404: (404, NotFoundError),
    4409: (409, ConflictError),
    4422: (422, UnprocessableEntityError),
    4429: (429, RateLimitError),
}


def _close_of(error: Any) -> Tuple[int, str]:
    """Return the code and the reason of the frame that closed a connection; 1006 where there was none."""
    frame: Any = getattr(error, "rcvd", None)
    return (frame.code, frame.reason) if frame is not None else (1006, "")


def may_come_back(error: Optional[BaseException]) -> bool:
    """Return whether to connect anew helps: the line broke, or the server stops, starts or failed."""
    code, _ = _close_of(error)
    return code in (1001, 1006, 1011, 1012, 1013) and not hasattr(error, "response")


def socket_error(error: BaseException, where: str) -> AgenticRAGError:
    """Return the error of a WebSocket that was refused or closed."""
    code, reason = _close_of(error)
    status: int = getattr(getattr(error, "response", None), "status_code", 0)
    if code in _BY_CODE:
        status, kind = _BY_CODE[code]
        detail = reason or "The server closed the chat."
        return kind(status, ProblemDocument("about:blank", "The chat was refused", status, detail), httpx.Headers())
    if status:
        kind = {401: AuthenticationError, 403: PermissionDeniedError}.get(status, APIStatusError)
        detail = "The server refused the connection: it has no such address, or not for this host."
        return kind(status, ProblemDocument("about:blank", "The chat was refused", status, detail), httpx.Headers())
    if isinstance(error, TimeoutError):
        return APITimeoutError(f"{where} did not answer in time.")
    return APIConnectionError(f"{where} was not reached or the chat broke: {reason or error}.")
