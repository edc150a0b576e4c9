"""The parser process: takes one file on standard input, sets its own limits, writes one result.

Standard output: a line of JSON with what was found, then the text in UTF-8. It imports little and knows no
secrets: whatever a hostile file makes of it, it ends at its limits.
"""

import contextlib
import os
import sys
from typing import Any

import msgspec
from msgspec import Struct

from graphs.file_parsing.parsed_document import PageStart, ParsedDocument, ParseError, ParseErrorCode
from graphs.parsing.child_process import limit_child, write_output
from graphs.passage_search.passages import ChunkOptions, ParsedText

__all__ = ["Head", "Passage", "main"]

Passage = tuple[int, int, tuple[str, ...], int | None, str]
"""Start, end, headings, page and context of a chunk: its text is a part of the whole."""


class Head(Struct, frozen=True, omit_defaults=True):
    """The first line of a result."""

    title: str = ""
    pages: list[PageStart] = []
    bytes: int = 0
    """Of the text, which follows."""
    chunks: list[Passage] = []
    error: str = ""
    code: ParseErrorCode = "unreadable"


def main() -> None:
    """Parse what comes on standard input: the arguments say its format, the limits, and how to split it."""
    kind, memory, cpu, output, unpacked = sys.argv[1], *map(int, sys.argv[2:6])
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no result
    if kind == "pdf":
        _prepare_pdf()
    limit_child(memory, cpu)
    body = b""
    try:
        parsed = _parsed(kind, sys.stdin.buffer.read(), unpacked)
        body = parsed.text.encode("utf-8", "replace")
        if len(body) > output:
            raise ParseError(
                f"The file holds {len(body):,} bytes of text; {output:,} are allowed. Split the file, or let "
                "the operator raise parser_output_bytes.",
                "too_large",
            )
        head = Head(parsed.title, parsed.pages, len(body), _chunks(kind, parsed, sys.argv[6:]))
    except ParseError as error:
        head = Head(error=str(error), code=error.code)
    except MemoryError:
        body = b""
        told = f"The file needs more than the {memory:,} bytes of memory that a parser may use."
        head = Head(error=told, code="parser_memory")
    except RecursionError:
        head = Head(error="The file is nested too deeply.")
    except ImportError as error:
        head = Head(error=str(error), code="parser_missing")
    except ValueError as error:
        head = Head(error=str(error)[:500])
    write_output(out, msgspec.json.encode(head) + b"\n" + (b"" if head.error else body))
    os._exit(0)  # nothing of a library's own at the end


def _chunks(kind: str, parsed: ParsedDocument, options: list[str]) -> list[Passage]:
    """Return the passages of a text, if they were asked for."""
    if not options:
        return []
    from graphs.knowledge.chunking import split

    split_as: dict[str, Any] = {"text": "text/plain", "json": "application/json", "pdf": "text/plain"}
    chunks = split(
        ParsedText(parsed.text, tuple(page.offset for page in parsed.pages)),
        split_as.get(kind, "text/markdown"),
        msgspec.json.decode(options[0], type=ChunkOptions),
    )
    # Pages that have no text begin where the next one does: offsets say which page a passage is on.
    return [(each.start, each.end, each.heading, parsed.page_at(each.start), each.context) for each in chunks]


def _parsed(kind: str, content: bytes, unpacked: int) -> ParsedDocument:
    from graphs.file_parsing import rich_formats, text_formats

    match kind:
        case "markdown" | "text":
            return ParsedDocument(text_formats.decoded(content))
        case "csv":
            return ParsedDocument(text_formats.text_of_csv(content))
        case "json":
            return ParsedDocument(text_formats.text_of_json(content))
        case "pdf":
            return rich_formats.text_of_pages(content, kind)
        case "html":
            return rich_formats.text_of_structure(content, kind)
        case _:
            rich_formats.check_archive(content, unpacked)
            return rich_formats.text_of_structure(content, kind)


def _prepare_pdf() -> None:
    from graphs.file_parsing.rich_formats import prepare_pdf

    with contextlib.suppress(ImportError):  # which is reported when the file is parsed
        prepare_pdf()


if __name__ == "__main__":
    main()
