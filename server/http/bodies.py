"""Bodies: how a request's JSON becomes a value: parsed within limits, cleaned, and strict in its shape."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Empty

from graphs.document.foreign_exports import NOT_YET, foreign_product
from graphs.parsing.json_faults import NotJSON, parse_json
from graphs.parsing.numbers import converted
from graphs.parsing.schema_mismatches import misfits
from graphs.parsing.text import clean
from server.http.problems import Fault, Problem

__all__ = [
    "BODY_LIMIT",
    "FLOW_BODY",
    "IN_THREAD",
    "BodyRequest",
    "PartCheck",
    "read_body",
    "read_json",
    "refuse_foreign",
    "shape",
    "uploaded_file",
]

BODY_LIMIT = "body_limit"
"""Name in a request's state of how many bytes its body may have, where a guard says so."""
FLOW_BODY: dict[str, bool] = {"flow_body": True}
"""``opt`` of a handler that takes a flow, which has a size limit of its own."""
PartCheck = Callable[[Any, Any], list[Fault]]
"""From a value and a type that it does not fit to what is wrong with those parts of it that do."""
IN_THREAD = 100_000
"""Bytes of a body from which on it is read beside the event loop: nobody else waits for it."""
JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json", re.IGNORECASE)


class BodyRequest(Request[Any, Any, Any]):
    """A request whose ``data`` is decoded strictly: broken syntax is 400, a wrong shape 422."""

    async def body(self) -> bytes:
        """Return the body; says so where one is expected and there is none."""
        async with self._patience():
            body = await super().body()
        if not body and self._expected() is not None:
            raise Problem(400, "malformed", "The request has no body. Send a JSON object.")
        return body

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield the body, to the limit that a guard has set."""
        most = self.scope["state"].get(BODY_LIMIT, math.inf)
        if (self.content_length or 0) > most:
            raise RequestEntityTooLarge
        read = 0
        async for piece in super().stream():
            read += len(piece)
            if read > most:
                raise RequestEntityTooLarge
            yield piece

    async def json(self) -> Any:
        """Return the body as the type that the handler takes."""
        if self._json is Empty:
            kind = self.headers.get("content-type", "")
            if not JSON_TYPE.fullmatch(kind.partition(";")[0].strip()):
                shown = f"'{kind[:80]}'" if kind else "missing"
                raise Problem(
                    415,
                    "media_type",
                    f"The body must be JSON, and Content-Type is {shown}. Send it as application/json.",
                    headers={"Accept-Post": "application/json"},
                )
            body = await self.body()
            settings = self.app.state["settings"]
            most = settings.max_flow_bytes
            if self.route_handler.opt.get("flow_body") and len(body) > most:
                raise Problem(413, "too_large", f"The flow has {len(body):,} bytes; {most:,} are taken.")
            value = await read_body(body, settings.max_body_values)
            parts = self.app.state["faults_of_parts"] if self.route_handler.opt.get("flow_body") else None
            self._json = shape(value, self._expected() or Any, parts=parts)
        return self._json

    async def form(self) -> Any:
        """Return the fields of a form."""
        async with self._patience():
            return await super().form()

    @asynccontextmanager
    async def _patience(self) -> AsyncGenerator[None]:
        """Wait for a body no longer than the settings say."""
        try:
            async with asyncio.timeout(self.app.state["settings"].body_seconds):
                yield
        except TimeoutError as error:
            raise Problem(
                408,
                "too_slow",
                "The body did not arrive in time. Send it again.",
                headers={"Connection": "close"},
            ) from error

    def _expected(self) -> Any:
        handler = self.scope.get("route_handler")
        field = getattr(handler, "parsed_fn_signature", None)
        parameter = field.parameters.get("data") if field is not None else None
        return None if parameter is None else parameter.annotation


async def read_body(body: bytes, most: int) -> Any:
    """Return what `read_json` does; what takes long to read is read in a thread."""
    if len(body) < IN_THREAD:
        return read_json(body, most)
    return await asyncio.to_thread(read_json, body, most)


def read_json(body: bytes, most: int | None = None) -> Any:
    """Return the JSON value of a body with its text cleaned.

    Args:
        body: JSON.
        most: Values and keys that it may have: ten million bytes of ``[]`` would take seconds and a gigabyte.

    Raises:
        Problem: 400 for what is no JSON, 413 for too many values.
        TextError: it is JSON that nothing here could hold.
    """
    if most is not None and _has_more(body, most):
        raise Problem(
            413, "too_large", f"The body has more than {most:,} values and keys. Send less at once."
        )
    try:
        value = parse_json(body)
    except RecursionError as error:
        raise Problem(400, "malformed", "The body nests too deep to be read. Send it flatter.") from error
    except NotJSON as error:
        raise Problem(400, "malformed", f"The body is no JSON: {error}") from error
    return clean(value)


def shape(value: Any, kind: Any, *, parts: PartCheck | None = None) -> Any:
    """Return the value as a type, strictly.

    Args:
        value: What JSON decodes to.
        kind: The type.
        parts: Says what is wrong with those parts of the value that fit their types.

    Raises:
        Problem: 422 with everything that does not fit.
    """
    try:
        return converted(value, kind)
    except msgspec.ValidationError as error:
        if parts is not None:
            refuse_foreign(value)
        more = [] if parts is None else parts(value, kind)
        raise invalid([*faults_of(value, kind), *more]) from error


def refuse_foreign(value: Any) -> None:
    """Return if a value is no export of another product.

    Raises:
        Problem: 422 that names the product.
    """
    if product := foreign_product(value):
        message = NOT_YET.format(product=product)
        raise Problem(422, "foreign_export", message, errors=[Fault(message, code="foreign_export")])


def faults_of(value: Any, kind: Any, *, whole: str = "The body", pointer: str = "") -> list[Fault]:
    """Return everything in a value that does not fit a type.

    Args:
        value: What JSON decodes to.
        kind: The type.
        whole: What sentences call the value itself.
        pointer: Where the value is: it begins the pointers of the faults.
    """
    return [Fault(one.message, pointer=pointer + one.pointer) for one in misfits(value, kind, whole=whole)]


def invalid(faults: Sequence[Fault], *, before: str = "") -> Problem:
    """Return the 422 that tells all faults of a body, the first of them in its sentence, after `before`."""
    more = f" And {len(faults) - 1} more: see errors." if len(faults) > 1 else ""
    return Problem(422, "invalid", f"{before}{faults[0].message}{more}", errors=faults)


_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text, closed or not: from where one begins it is never looked at twice."""
_MARKS = (b"[", b"{", b",", b":")
"""Before each value and key of JSON but the outermost there is one of these."""


def _has_more(body: bytes, most: int) -> bool:
    """Say whether JSON has more values and keys than `most`, without making them."""
    if sum(map(body.count, _MARKS)) <= most:
        return False
    count = end = 0  # text has commas too: those between texts count
    for text in _TEXT.finditer(body):
        count += sum(body.count(mark, end, text.start()) for mark in _MARKS)
        end = text.end()
        if count > most:
            return True
    return count + sum(body.count(mark, end) for mark in _MARKS) > most


async def uploaded_file(request: Request[Any, Any, Any]) -> bytes:
    """Return the content of the one file of a form.

    Raises:
        Problem: 415 for a body that is no form, 422 for a form without a file.
    """
    kind, options = request.content_type
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise Problem(
            415,
            "media_type",
            "Send the file as a form: Content-Type multipart/form-data, a field named 'file'.",
        )
    form = await request.form()
    for value in form.values():
        if isinstance(value, UploadFile):
            return await value.read()
    raise Problem(422, "invalid", "The form has no file. Send the exported JSON in a field named 'file'.")
