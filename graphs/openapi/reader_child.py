"""The reading process: takes one OpenAPI document on standard input, and writes what is kept of it."""

import os
import sys

import msgspec
from msgspec import Struct

from graphs.openapi.operations import APIDocument, DocumentError
from graphs.parsing.child_process import limit_child, write_output

__all__ = ["ReadingResult", "main"]


class ReadingResult(Struct, frozen=True):
    """A document, or why it cannot be used."""

    document: APIDocument | None = None
    error: str = ""


def main() -> None:
    """Read what comes on standard input: the arguments are bytes of memory and seconds."""
    memory, seconds = map(int, sys.argv[1:3])
    out = os.dup(1)
    os.dup2(2, 1)
    limit_child(memory, seconds)
    from graphs.openapi.read_document import read_document

    try:
        result = ReadingResult(read_document(sys.stdin.buffer.read()))
    except DocumentError as error:
        result = ReadingResult(error=str(error)[:1000])
    except MemoryError:
        result = ReadingResult(error=f"The document needs more than the {memory:,} bytes of memory allowed.")
    except RecursionError:
        result = ReadingResult(error="The document is nested too deeply.")
    write_output(out, msgspec.json.encode(result))
    os._exit(0)


if __name__ == "__main__":
    main()
