"""DocumentParser: parses files in child processes, each with limits, and kills those that overstep them."""

import asyncio
import signal
from importlib.util import find_spec

import msgspec

from graphs.file_parsing.formats import DocumentFormat, UnsupportedDocument, format_of
from graphs.file_parsing.parsed_document import ParsedDocument, ParseError, ParsingLimits
from graphs.file_parsing.parser_child import Head
from graphs.parsing.child_process import OutputTooLarge, run_child
from graphs.passage_search.passages import Chunk, ChunkOptions

__all__ = ["INSTALL", "DocumentParser", "parser_installed"]

INSTALL = "agenticrag extras install knowledge"
"""The command that brings the parser."""
_HEAD = 20_000_000
"""Bytes that the head of a result may have: offsets of pages and passages."""
_PLAIN = frozenset({"markdown", "text", "csv", "json"})
_KILLED = {
    -signal.SIGXCPU: "parser_time",
    -signal.SIGKILL: "parser_time",
    -signal.SIGABRT: "parser_memory",
    -signal.SIGSEGV: "parser_crashed",
}
"""Why a process ended that was ended by a signal. Rust and C++ abort where memory is refused."""


def parser_installed() -> bool:
    """Whether PDF, HTML, Office documents and EPUB can be parsed; plain text always can."""
    return find_spec("kreuzberg") is not None


class DocumentParser:
    """Parses files, so many at once as its limits say."""

    def __init__(self, limits: ParsingLimits | None = None) -> None:
        self.limits = limits or ParsingLimits()
        self._free = asyncio.Semaphore(self.limits.processes)

    async def parse(
        self, name: str, content_type: str, content: bytes, *, chunk: ChunkOptions | None = None
    ) -> ParsedDocument:
        """Return a file's text, and with `chunk` its passages.

        Cancelling kills the process.

        Args:
            name: File name or URL path.
            content_type: Media type; empty where none was given.
            content: The file.
            chunk: How it is split; None for not at all.

        Raises:
            ParseError: it has no text, or not all of it could be read within the limits.
        """
        try:
            kind = await asyncio.to_thread(format_of, name, content_type, content)
        except UnsupportedDocument as error:
            raise ParseError(str(error), "unsupported") from None
        if kind not in _PLAIN and not parser_installed():
            raise ParseError(
                f"The parser for {kind} is not installed. Run `{INSTALL}` and retry.", "parser_missing"
            )
        async with self._free:
            parsed = await self._run(kind, content, chunk)
        if not parsed.text:
            hint = " It may be scanned: run OCR over it first." if kind == "pdf" else ""
            raise ParseError(f"No text was found in the file.{hint}", "no_text")
        return parsed

    async def _run(self, kind: DocumentFormat, content: bytes, chunk: ChunkOptions | None) -> ParsedDocument:
        limits = self.limits
        # One thread for each pool of the parser: each has a stack within RLIMIT_AS.
        environment = {"RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        numbers = (limits.memory_bytes, limits.cpu_seconds, limits.output_bytes, limits.unpacked_bytes)
        options = [] if chunk is None else [msgspec.json.encode(chunk).decode()]
        try:
            code, output = await run_child(
                "graphs.file_parsing.parser_child",
                [kind, *map(str, numbers), *options],
                content,
                seconds=limits.wall_seconds,
                most=limits.output_bytes + _HEAD,
                environment=environment,
            )
        except OutputTooLarge:
            raise ParseError("The file holds more text than is allowed.", "too_large") from None
        except TimeoutError:
            raise ParseError(
                f"The file took longer than {limits.wall_seconds:g} s to parse and was given up.",
                "parser_time",
            ) from None
        return await asyncio.to_thread(self._result, code, output)

    def _result(self, code: int, output: bytes) -> ParsedDocument:
        head = output[: max(0, output.find(b"\n"))]
        if code or not head:
            raise self._ended(code)
        told = msgspec.json.decode(head, type=Head)
        if told.error:
            raise ParseError(told.error, told.code)
        if len(output) - len(head) - 1 != told.bytes:
            raise ParseError("The parser ended before it had written all text.", "parser_crashed")
        text = str(memoryview(output)[len(head) + 1 :], "utf-8")
        if not any(map(str.isalnum, text)):
            return ParsedDocument("")
        chunks = [
            Chunk(text[start:end], start, end, heading, page, context)
            for start, end, heading, page, context in told.chunks
        ]
        return ParsedDocument(text, told.pages, told.title, chunks)

    def _ended(self, code: int) -> ParseError:
        limits = self.limits
        match _KILLED.get(code, "parser_crashed"):
            case "parser_time":
                return ParseError(
                    f"The file needs more than the {limits.cpu_seconds} s of CPU time that a parser may use, "
                    "or the system killed it for memory.",
                    "parser_time",
                )
            case "parser_memory":
                return ParseError(
                    f"The file needs more than the {limits.memory_bytes:,} bytes of memory that a parser may "
                    "use.",
                    "parser_memory",
                )
            case _:
                return ParseError(f"The parser crashed on the file (exit code {code}).", "parser_crashed")
