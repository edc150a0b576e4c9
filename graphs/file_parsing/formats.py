"""Formats of documents, and which one a file is: by its first bytes, its name and its content type."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePath
from typing import Literal

__all__ = ["CONTENT_TYPES", "EXTENSIONS", "DocumentFormat", "UnsupportedDocument", "format_of"]

DocumentFormat = Literal["markdown", "html", "text", "csv", "json", "pdf", "docx", "xlsx", "pptx", "epub"]
"""What can be parsed."""

EXTENSIONS: Mapping[str, DocumentFormat] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".rst": "text",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".pdf": "pdf",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".pptx": "pptx",
    ".epub": "epub",
}
"""Format by the ending of a name."""
CONTENT_TYPES: Mapping[str, DocumentFormat] = {
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/json": "json",
    "application/x-ndjson": "json",
    "application/jsonl": "json",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/epub+zip": "epub",
}
"""Format by media type."""

_PARTS: Mapping[str, DocumentFormat] = {
    "word/": "docx",
    "xl/": "xlsx",
    "ppt/": "pptx",
    "META-INF/container.xml": "epub",
}
_BINARY = frozenset({"pdf", "docx", "xlsx", "pptx", "epub"})


class UnsupportedDocument(Exception):
    """The file is of no format that is parsed. The message says what was expected and what was found."""


def format_of(name: str, content_type: str, content: bytes) -> DocumentFormat:
    """Return the format of a file.

    Bytes win over names where they tell: a file named ``.txt`` that is a PDF is parsed as a PDF.

    Args:
        name: File name or URL path.
        content_type: Media type, with or without parameters; empty where none was given.
        content: The file.

    Raises:
        UnsupportedDocument: neither tells a format that is parsed.
    """
    if (found := _by_bytes(content)) is not None:
        return found
    stated = CONTENT_TYPES.get(content_type.partition(";")[0].strip().lower())
    named = EXTENSIONS.get(PurePath(name).suffix.lower())
    # A server that knows no better says text/plain or octet-stream of everything.
    chosen = named if named is not None and stated in (None, "text") else stated or named
    if chosen is None:
        raise UnsupportedDocument(
            f"Expected a file of one of the formats {', '.join(sorted(set(EXTENSIONS.values())))}, found "
            f"'{name[:200]}' of type '{content_type[:100] or 'unknown'}'. Convert it, or state its "
            "content_type."
        )
    if chosen in _BINARY:
        raise UnsupportedDocument(
            f"'{name[:200]}' should be {chosen} and its bytes are not. It may be damaged or renamed."
        )
    if b"\0" in content[:4096] and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise UnsupportedDocument(
            f"'{name[:200]}' should be text ({chosen}), and it holds binary data. Name it for what it is. If "
            "it is UTF-16 without a byte order mark, save it as UTF-8."
        )
    return chosen


def _by_bytes(content: bytes) -> DocumentFormat | None:
    if content[:1024].lstrip()[:5] == b"%PDF-":
        return "pdf"
    if content[:4] != b"PK\x03\x04":
        return None
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()[:2000]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    for name in names:
        for start, found in _PARTS.items():
            if name.startswith(start):
                return found
    return None
