"""Chunking: a text becomes passages with exact offsets, the headings above them and their page."""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from graphs.knowledge.markdown_parts import Section, Table, sections_of, tables_of
from graphs.passage_search.passages import Chunk, ChunkOptions, ParsedText

__all__ = ["embedded_text", "heading_text", "in_windows", "split"]

_PLAIN = frozenset({"text/plain", "text/csv", "text/tab-separated-values", "application/json"})
_TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_LONGEST_HEADER = 600
"""Characters of a table's header that are repeated."""
_WINDOW = 32
"""Passages, about, that are looked for in one go."""


def split(parsed: ParsedText, content_type: str, options: ChunkOptions | None = None) -> list[Chunk]:
    """Return the passages of a text, in order, none of them blank.

    A heading without a text is a passage, unless it is above other headings: it is in the path of those.
    All but plain text, CSV and JSON is read as Markdown, which parsers make of rich documents: it is split
    at its headings first, then at blocks and sentences. Where a table is cut, its header is the
    `Chunk.context` of what follows.

    Args:
        parsed: The text and where its pages start.
        content_type: The media type of the document, such as ``text/markdown``.
        options: How long passages are.

    Raises:
        ModuleNotFoundError: the extra ``knowledge`` is not installed.
    """
    options = options or ChunkOptions()
    text, kind = parsed.text, content_type.partition(";")[0].strip().lower()
    plain = kind in _PLAIN
    sections = [Section(0, len(text))] if plain else sections_of(text)
    tables: list[Table] = [] if plain else tables_of(text)
    if kind in _TABLES and (first := text.find("\n")) > 0:
        tables = [Table(0, first, len(text))]
    starts = [table.start for table in tables]
    return [
        Chunk(
            text[start:end],
            start,
            end,
            section.heading,
            bisect_right(parsed.pages, start) or 1 if parsed.pages else None,
            _header(text, tables, starts, start),
        )
        for section in sections
        for start, end in _spans(text, section, options, plain)
    ]


def embedded_text(chunk: Chunk, document_name: str = "") -> str:
    """Return what is embedded: headings, or the document's name, and a table's header before the text."""
    path = heading_text(chunk, document_name)
    return "\n".join(part for part in (path, chunk.context, chunk.text) if part)


def heading_text(chunk: Chunk, document_name: str = "") -> str:
    """Return the headings above a passage as one line, or the document's name where there are none."""
    return " > ".join(chunk.heading) or document_name


def _spans(text: str, section: Section, options: ChunkOptions, plain: bool) -> Iterator[tuple[int, int]]:
    """Yield where the passages of a section start and end, without blanks around them."""
    part = text[section.start : section.end]
    start = section.start + len(part) - len(part.lstrip())
    part = part.strip()
    bare = start + len(part) <= section.body
    if not part or (bare and section.has_parts):
        return
    if len(part) <= options.max_characters:
        yield start, start + len(part)
        return
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    kind = TextSplitter if plain else MarkdownSplitter
    overlap = min(options.overlap, options.max_characters // 2)
    splitter = kind(options.max_characters, overlap=overlap)
    for at, chunk in in_windows(part, splitter.chunk_indices, _WINDOW * options.max_characters):
        if chunk.strip() and (bare or start + at + len(chunk) > section.body):
            yield start + at, start + at + len(chunk)


def in_windows(
    part: str, chunks_of: Callable[[str], list[tuple[int, str]]], window: int
) -> Iterator[tuple[int, str]]:
    """Yield offset and text of the passages of a part, in order.

    For each passage the splitter looks at all that follows in its line, list or table: over the whole of a
    long one its time grows with the square of the length. So it gets `window` characters at a time. What it
    makes of the end of a window may be cut, and begins the next window instead.
    """
    at = 0
    while at < len(part):
        found = chunks_of(part[at : at + window])
        if at + window < len(part) and found and (last := found[-1][0]):
            found.pop()
            taken = last
        else:
            taken = window  # the end, or blanks after one passage
        yield from ((at + each, chunk) for each, chunk in found)
        at += taken


def _header(text: str, tables: list[Table], starts: list[int], start: int) -> str:
    """Return the header of the table that an offset lies in, if it is after the header."""
    if not (at := bisect_right(starts, start)):
        return ""
    table = tables[at - 1]
    if not table.body <= start < table.end:
        return ""
    return text[table.start : min(table.body, table.start + _LONGEST_HEADER)]
