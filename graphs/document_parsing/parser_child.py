"""The parser process: takes one file on standard input, sets its own limits, writes one result.

Standard output: a line of JSON with what was found, then the text in UTF-8. It imports little and knows no
secrets: whatever a hostile file makes of it, it ends at its limits.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys

from graphs.document_parsing.parsed_document import ParsedDocument, ParseError

__all__ = ["main"]

_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of Linux: the signal that comes when the parent has died."""


def main() -> None:
    """Parse what comes on standard input as the first argument says."""
    kind, memory, cpu, output, unpacked = sys.argv[1], *map(int, sys.argv[2:6])
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no result
    _limit(memory, cpu)
    try:
        content = sys.stdin.buffer.read()
        parsed = _parsed(kind, content, unpacked)
        body = parsed.text.encode("utf-8", "replace")
        if len(body) > output:
            raise ParseError(
                f"The file holds {len(body):,} bytes of text; {output:,} are allowed. Split the file, or let "
                "the operator raise parser_output_bytes.",
                "too_large",
            )
        head = {
            "title": parsed.title,
            "pages": [[page.offset, page.number] for page in parsed.pages],
            "bytes": len(body),
        }
    except ParseError as error:
        head, body = {"error": str(error), "code": error.code}, b""
    except MemoryError:
        told = f"The file needs more than the {memory:,} bytes of memory that a parser may use."
        head, body = {"error": told, "code": "parser_memory"}, b""
    except RecursionError:
        head, body = {"error": "The file is nested too deeply.", "code": "unreadable"}, b""
    except ImportError as error:
        head, body = {"error": str(error), "code": "parser_missing"}, b""
    except ValueError as error:
        head, body = {"error": str(error)[:500], "code": "unreadable"}, b""
    _write(out, json.dumps(head).encode() + b"\n" + body)
    os._exit(0)  # nothing of a library's own at the end


def _parsed(kind: str, content: bytes, unpacked: int) -> ParsedDocument:
    from graphs.document_parsing import rich_formats, text_formats

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


def _limit(memory: int, cpu: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the other limits hold
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)


def _write(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


if __name__ == "__main__":
    main()
