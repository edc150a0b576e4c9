"""Text of formats with structure: HTML, PDF, Office documents and EPUB. Runs in the parser process."""

import re
import zipfile
from contextlib import suppress
from io import BytesIO
from typing import Any

from graphs.file_parsing.parsed_document import PageStart, ParsedDocument, ParseError

__all__ = ["check_archive", "prepare_pdf", "text_of_pages", "text_of_structure"]

MEDIA_TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "epub": "application/epub+zip",
}
_RATIO = 200
"""How many times its size a part of an archive may become, from `_SMALL` bytes on."""
_SMALL = 5_000_000
_PARTS = 20_000
"""Parts that an archive may have."""
_PROLOG = 65_536
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_HEAD = re.compile(r"<head\b", re.IGNORECASE)
_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
_TITLE = re.compile(r"<title(?:\s[^<>]{0,200})?>([^<]{0,500})</title", re.IGNORECASE)


_EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>"
)


def prepare_pdf() -> None:
    """Have the parser of PDF unpack its library, into the folder that this process has for itself.

    A process that may write no files cannot. Call this before its limits hold.
    """
    with suppress(ParseError):
        text_of_pages(_EMPTY_PDF, "pdf")


def check_archive(content: bytes, unpacked_bytes: int) -> None:
    """Refuse an archive that grows too much, or whose XML declares entities, before anything unpacks it.

    Raises:
        ParseError: it is such an archive, or it is damaged.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > _PARTS:
                raise ParseError(f"The file has {len(parts):,} parts; {_PARTS:,} are read.", "archive_bomb")
            if any(part.flag_bits & 1 for part in parts):
                raise ParseError("The file is encrypted. Remove its password.", "encrypted")
            whole = sum(part.file_size for part in parts)
            if whole > unpacked_bytes:
                raise ParseError(
                    f"The file unpacks to {whole:,} bytes; {unpacked_bytes:,} are allowed.", "archive_bomb"
                )
            for part in parts:
                if part.file_size > _SMALL and part.file_size > _RATIO * max(1, part.compress_size):
                    raise ParseError(
                        f"'{part.filename[:100]}' in the file unpacks to {part.file_size:,} bytes, more than "
                        f"{_RATIO} times its size.",
                        "archive_bomb",
                    )
                if part.filename.lower().endswith((".xml", ".rels", ".opf", ".ncx", ".xhtml", ".html")):
                    with archive.open(part) as opened:
                        if _ENTITY.search(opened.read(_PROLOG)):
                            raise ParseError(
                                f"'{part.filename[:100]}' in the file declares XML entities, which documents "
                                "of this kind do not. Save the document again with its program.",
                                "unreadable",
                            )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise ParseError(f"The file is a damaged archive: {error}.", "unreadable") from None


def text_of_pages(content: bytes, kind: str) -> ParsedDocument:
    """Return the text of a PDF page by page, with the exact offsets of its pages.

    The parser's text of the whole repeats what it takes for tables, and is not used.

    Raises:
        ParseError: it cannot be read.
    """
    from kreuzberg import ExtractionConfig, PageConfig

    config = ExtractionConfig(use_cache=False, pages=PageConfig(extract_pages=True), output_format="plain")
    result, title = _extracted(content, kind, config)
    pieces, starts, offset = list[str](), list[PageStart](), 0
    for page in result.pages or []:
        text = _lines(page["content"]).strip()
        if pieces and text:
            pieces.append("\n\n")
            offset += 2
        starts.append(PageStart(offset, int(page["page_number"])))
        if text:
            pieces.append(text)
            offset += len(text)
    return ParsedDocument("".join(pieces), starts, title)


def text_of_structure(content: bytes, kind: str) -> ParsedDocument:
    """Return a document as Markdown.

    Raises:
        ParseError: it cannot be read.
    """
    from kreuzberg import ExtractionConfig

    title = ""
    if kind == "html":
        from graphs.file_parsing.text_formats import decoded

        page = decoded(content)
        if found := _TITLE.search(page[:200_000]):
            import html

            title = " ".join(html.unescape(found.group(1)).split())[:500]
        if (head := _HEAD.search(page)) and (end := _HEAD_END.search(page, head.end())):
            page = page[: head.start()] + page[end.end() :]
        content = page.encode()
    result, own = _extracted(content, kind, ExtractionConfig(use_cache=False, output_format="markdown"))
    return ParsedDocument(_lines(result.content), [], title or own)


def _extracted(content: bytes, kind: str, config: Any) -> tuple[Any, str]:
    """Return what the parser found, and the title."""
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(content, MEDIA_TYPES[kind], config)
    except MemoryError:
        raise
    except Exception as error:
        said = str(error).rpartition("Extraction failed: ")[2] or str(error)
        said = re.sub(r"^(ParsingError: |Parsing error: )+", "", said).rstrip(". ")[:300]
        if "password" in said.lower() or "encrypt" in said.lower():
            raise ParseError("The file is encrypted. Remove its password.", "encrypted") from None
        raise ParseError(f"The file cannot be read as {kind}: {said}.", "unreadable") from None
    for warning in result.processing_warnings or []:
        raise ParseError(f"The file was read in part only: {str(warning)[:300]}.", "unreadable")
    metadata = result.metadata or {}
    core = metadata.get("core_properties") or {}
    title = metadata.get("title") or core.get("title") or ""
    return result, " ".join(str(title).split())[:500]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
