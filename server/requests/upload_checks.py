"""Uploads: the files of a chat's message, as requests bring them and as they are taken."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta, Struct

from graphs.conversation.files import (
    DOCUMENT_TYPES,
    IMAGE_TYPES,
    TEXT_TYPES,
    FileError,
    StoredFile,
    Uploads,
    read_file,
)
from persistence.storage.ids import new_id
from server.http.problems import Fault, Problem
from server.settings.sources import Settings

__all__ = ["WITHOUT_FILES", "SentFile", "SentFiles", "body_limit", "endings", "taken", "uploads_of"]

WITHOUT_FILES = 1_000_000
"""Bytes of a visitor's body that brings no files."""


class SentFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a message."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    """File name without a folder. It ends with `.txt`, `.md`, `.csv`, `.json`, `.png`, `.jpg`, `.jpeg`,
    `.webp`, `.gif`, `.pdf`, `.docx`, `.xlsx`, `.pptx`, `.epub` or `.html`."""
    data: str
    """Content in base64."""

    def __repr__(self) -> str:
        """Name it without what is in it."""
        return f"SentFile({self.name!r})"


SentFiles = Annotated[list[SentFile], Meta(max_length=20)]
"""The files of one message."""


def uploads_of(document: Mapping[str, Any] | None, settings: Settings) -> Uploads:
    """Return which files a stored chatflow takes, within what the server allows."""
    chat: Any = None if document is None else document.get("chat_config")
    given: Any = chat.get("uploads") if isinstance(chat, dict) else None
    wanted = Uploads() if given is None else msgspec.convert(given, Uploads)
    return Uploads(
        max_files=min(wanted.max_files, settings.max_files),
        max_bytes=min(wanted.max_bytes, settings.max_file_bytes),
        kinds=wanted.kinds,
    )


def endings(uploads: Uploads) -> list[str]:
    """Return the endings of names that may come."""
    kinds = {"text": TEXT_TYPES, "image": IMAGE_TYPES, "document": DOCUMENT_TYPES}
    return [ending for kind, known in kinds.items() if kind in uploads.kinds for ending in known]


def body_limit(document: Mapping[str, Any] | None, settings: Settings) -> int:
    """Return the bytes that a visitor's body may have: their files in base64, and their words."""
    uploads = uploads_of(document, settings)
    most = WITHOUT_FILES + uploads.max_files * (uploads.max_bytes + 3) * 4 // 3
    return min(most, settings.max_body_bytes)


def taken(
    files: Sequence[SentFile],
    document: Mapping[str, Any] | None,
    settings: Settings,
    *,
    pointer: str = "/files",
    one: bool = False,
    beside: int = 0,
) -> list[StoredFile]:
    """Return the files of a message as they are kept, each under an id of ours.

    Args:
        files: What the request brought.
        document: The stored chatflow's; None for a chat by its own config, which takes none.
        settings: The server's ceilings.
        pointer: Where in the body they are.
        one: Whether the pointer is that of a file, and not of a list of them.
        beside: How many other files the message has.

    Raises:
        Problem: 422 where files or their names are not taken, 413 for one that is too large, 415 for one
            that is not what its name says.
    """
    if not files:
        return []
    uploads = uploads_of(document, settings)
    if not uploads.max_files:
        detail = (
            "This chat takes no files. A stored chatflow takes them where its chat_config says so: "
            "uploads.max_files above 0."
        )
        raise Problem(422, "no_uploads", detail, errors=[Fault(detail, pointer=pointer)])
    if len(files) + beside > uploads.max_files:
        detail = f"The message has {len(files) + beside} files; this chat takes {uploads.max_files}."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
    return [
        _taken(file, uploads, pointer if one else f"{pointer}/{place}") for place, file in enumerate(files)
    ]


def _taken(file: SentFile, uploads: Uploads, pointer: str) -> StoredFile:
    name = file.name.strip()
    if not name.isprintable() or "/" in name or "\\" in name or not PurePath(name).stem.strip("."):
        _refuse(422, f"Expected a file's name without a folder, found {file.name[:80]!r}.", f"{pointer}/name")
    if len(file.data) > uploads.max_bytes * 4 // 3 + 4:
        _too_large(name, len(file.data) * 3 // 4, uploads, pointer)
    try:
        content = base64.b64decode(file.data, validate=True)
    except (binascii.Error, ValueError):
        _refuse(422, f"The 'data' of '{name}' is no base64. Send the file's own bytes.", f"{pointer}/data")
    if not content:
        _refuse(422, f"'{name}' is empty.", f"{pointer}/data")
    if len(content) > uploads.max_bytes:
        _too_large(name, len(content), uploads, pointer)
    try:
        stored = read_file(new_id(), name, content)
    except FileError as error:
        _refuse(415, str(error), pointer)
    if stored.ref.kind not in uploads.kinds:
        _refuse(
            415, f"'{name}' is {stored.ref.kind}; this chat takes {' and '.join(uploads.kinds)}.", pointer
        )
    return stored


def _too_large(name: str, size: int, uploads: Uploads, pointer: str) -> NoReturn:
    _refuse(413, f"'{name}' has {size:,} bytes; {uploads.max_bytes:,} are taken.", pointer)


def _refuse(status: int, detail: str, pointer: str) -> NoReturn:
    code = {413: "too_large", 415: "media_type"}.get(status, "invalid")
    raise Problem(status, code, detail, errors=[Fault(detail, pointer=pointer)])
