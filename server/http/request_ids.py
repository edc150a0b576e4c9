"""Request ids: what the answer, its problem and the log lines of one request have in common."""

import logging
import re
import uuid
from contextvars import ContextVar
from typing import Any

from litestar.types import Message, Send

__all__ = ["HEADER", "RequestIdFilter", "begin", "current_request", "named"]

HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
"""Ids of clients and proxies that are taken over; any other is replaced, since it ends up in logs."""
_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(headers: Any) -> str:
    """Return the id of a request that begins, its client's where it sent a fit one, and remember it."""
    given = [value for name, value in headers if name.lower() == HEADER]
    fit = len(given) == 1 and _GIVEN.fullmatch(given[0]) is not None
    request_id = given[0].decode("ascii") if fit else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def current_request() -> str:
    """Return the id of the request that is being worked on; empty outside of one."""
    return _current.get()


def named(send: Send, request_id: str) -> Send:
    """Return a `send` that names the request in its answer."""

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (HEADER, request_id.encode("ascii"))]
        await send(message)

    return send_named


class RequestIdFilter(logging.Filter):
    """Gives each log record `request_id`, and its text the id where a request caused it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark a record; every record passes."""
        request_id = current_request()
        record.__dict__.setdefault("request_id", request_id)
        record.__dict__.setdefault("request", f" [request {request_id}]" if request_id else "")
        return True
