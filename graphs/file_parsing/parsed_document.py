"""Parsed documents: the text of a file, where its pages begin, and why a file gave none."""

from typing import Literal

from msgspec import Struct

from graphs.passage_search.passages import Chunk

__all__ = ["PageStart", "ParseError", "ParseErrorCode", "ParsedDocument", "ParsingLimits"]

ParseErrorCode = Literal[
    "no_text",
    "unreadable",
    "encrypted",
    "too_large",
    "archive_bomb",
    "parser_memory",
    "parser_time",
    "parser_crashed",
    "parser_missing",
    "unsupported",
]
"""Why a document could not be parsed."""


class PageStart(Struct, frozen=True):
    """Where a page, slide or sheet begins."""

    offset: int
    """In characters of the text."""
    number: int
    """1 for the first."""


class ParsedDocument(Struct, frozen=True):
    """What was read from a file."""

    text: str
    """Markdown where the format has structure; else as it is. Lines end with ``\\n``."""
    pages: list[PageStart] = []
    """In order; empty for formats without pages."""
    title: str = ""
    """The document's own title; empty where it states none."""
    chunks: list[Chunk] = []
    """Its passages, where they were asked for."""

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page that holds a character; None for a format without pages."""
        from bisect import bisect_right

        if not self.pages:
            return None
        return self.pages[max(0, bisect_right(self.pages, offset, key=lambda page: page.offset) - 1)].number


class ParsingLimits(Struct, frozen=True, kw_only=True):
    """What one parser process may use."""

    memory_bytes: int = 1_073_741_824
    """Address space of the process (RLIMIT_AS)."""
    cpu_seconds: int = 60
    """RLIMIT_CPU."""
    wall_seconds: float = 120.0
    """From its start to its result."""
    output_bytes: int = 20_000_000
    """Of the text, in UTF-8."""
    unpacked_bytes: int = 500_000_000
    """Of all parts of an archive (DOCX, XLSX, PPTX, EPUB), as it states them."""
    processes: int = 1
    """Parsers at once."""


class ParseError(Exception):
    """A file gave no text, or not all of it. The message says why and what to do."""

    def __init__(self, message: str, code: ParseErrorCode) -> None:
        super().__init__(message)
        self.code: ParseErrorCode = code
