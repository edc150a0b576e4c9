"""Documents that requests bring: forms with a file, or JSON that says where a document is."""

from typing import Annotated, Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.handlers import BaseRouteHandler
from msgspec import Meta, Struct

from graphs.parsing.text import clean
from persistence.knowledge.document_rows import Source
from server.http.bodies import BODY_LIMIT, read_body, shape
from server.http.problems import Fault, Problem
from server.requests.document_intake import GivenDocument

__all__ = [
    "FORM",
    "NewDocumentRequest",
    "given_document",
    "limit_body",
    "read_document_request",
]

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The document. Or one of the others."},
        "name": {"type": "string", "description": "Its name. Empty: the name of the file."},
        "content_type": {"type": "string", "description": "Its media type. Empty: that of the file."},
        "text": {"type": "string", "description": "In place of `file`: the document itself, as Markdown."},
        "url": {"type": "string", "description": "In place of `file`: a URL that the server fetches."},
        "file_id": {"type": "string", "description": "In place of `file`: ID of a file of a chat."},
        "folder": {"type": "string", "description": "In place of `file`: a folder of the operator."},
        "metadata": {"type": "object", "description": "Its metadata. In the form as JSON."},
    },
}
ROOM = 200_000
"""Bytes of a form beside its file."""


class NewDocumentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document, by exactly one of `text`, `url`, `file_id` and `folder`."""

    name: Annotated[str, Meta(max_length=255)] = ""
    """Empty: the last part of the URL or path, or the name of the file."""
    text: str | None = None
    """The document itself."""
    url: Annotated[str, Meta(max_length=8000)] | None = None
    """URL that the server fetches, by the rules of outbound requests."""
    file_id: Annotated[str, Meta(max_length=64)] | None = None
    """ID of a file of a chat."""
    folder: Annotated[str, Meta(max_length=1000)] | None = None
    """A folder of the operator, or a folder or file in it: `manuals/pumps`. Each file is a document."""
    content_type: Annotated[str, Meta(max_length=255)] = ""
    """Media type. Empty: found by the name and the content; `text` is Markdown."""
    metadata: dict[str, Any] = {}


async def limit_body(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let a form with a document be larger than other bodies."""
    settings = connection.app.state["settings"]
    form = connection.headers.get("content-type", "").lower().startswith("multipart/form-data")
    most = settings.max_document_bytes + ROOM if form else settings.max_body_bytes
    connection.scope["state"][BODY_LIMIT] = most


async def read_document_request(request: Request[Any, Any, Any]) -> NewDocumentRequest | GivenDocument:
    """Return the document that a request brings, or where it says that one is.

    Raises:
        Problem: 415 for what is neither a form nor JSON, 422 where it does not name exactly one source.
    """
    kind = request.content_type[0].lower()
    if kind == "multipart/form-data":
        value = await _form_fields(request)
        if isinstance(value, GivenDocument):
            return value
    elif kind == "application/json" or kind.endswith("+json"):
        value = await read_body(await request.body(), request.app.state["settings"].max_body_values)
    else:
        detail = f"Send a form with a file, or JSON; Content-Type is '{kind[:80]}'."
        raise Problem(415, "media_type", detail)
    wanted: NewDocumentRequest = shape(value, NewDocumentRequest)
    _check_one(wanted)
    return wanted


def _check_one(wanted: NewDocumentRequest) -> None:
    """Return if a request names one source.

    Raises:
        Problem: 422.
    """
    given = [name for name in ("text", "url", "file_id", "folder") if getattr(wanted, name) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        detail = f"Expected exactly one of text, url, file_id and folder, found {found}."
        raise Problem(
            422, "invalid", detail, errors=[Fault(detail, pointer=f"/{given[-1] if given else 'text'}")]
        )


def given_document(wanted: NewDocumentRequest) -> GivenDocument:
    """Return the document of a request that has its text or its URL."""
    if wanted.url is not None:
        return GivenDocument(
            name=wanted.name,
            source=Source(kind="url", url=wanted.url),
            content_type=wanted.content_type,
            metadata=wanted.metadata,
        )
    return GivenDocument(
        name=wanted.name or "text",
        content=(wanted.text or "").encode(),
        source=Source(kind="text"),
        content_type=wanted.content_type or "text/markdown",
        metadata=wanted.metadata,
    )


async def _form_fields(request: Request[Any, Any, Any]) -> dict[str, Any] | GivenDocument:
    """Return the fields of a form, or the document where it has a file.

    Raises:
        Problem: 422 where its metadata is no JSON object.
    """
    form = await request.form()
    given = clean({name: str(value) for name, value in form.items() if not isinstance(value, UploadFile)})
    metadata: Any = {}
    if text := given.pop("metadata", ""):
        metadata = await read_body(text.encode(), request.app.state["settings"].max_body_values)
        if not isinstance(metadata, dict):
            detail = "The field 'metadata' must hold a JSON object."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/metadata")])
    file = next((each for each in form.values() if isinstance(each, UploadFile)), None)
    if file is None:
        return {**given, "metadata": metadata}
    return GivenDocument(
        name=str(given.get("name") or clean(file.filename) or "document")[:255],
        content=await file.read(),
        source=Source(kind="upload"),
        content_type=str(given.get("content_type") or clean(file.content_type or ""))[:255],
        metadata=metadata,
    )
