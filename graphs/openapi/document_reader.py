"""Document reader: reads OpenAPI documents in child processes, one at a time, within limits."""

import asyncio

import msgspec

from graphs.openapi.operations import APIDocument, DocumentError, ReadingLimits
from graphs.openapi.reader_child import ReadingResult
from graphs.parsing.child_process import OutputTooLarge, run_child

__all__ = ["DocumentReader"]

_MOST = 60_000_000
"""Bytes of what is kept of a document."""


class DocumentReader:
    """Reads documents; starts nothing before the first."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self.limits = limits or ReadingLimits()
        self._free = asyncio.Semaphore(1)

    async def read(self, content: bytes) -> APIDocument:
        """Return what is kept of a document in JSON or YAML.

        Raises:
            DocumentError: it cannot be used, or not within the limits.
        """
        limits = self.limits
        if len(content) > limits.max_bytes:
            raise DocumentError(
                f"The document has {len(content):,} bytes; {limits.max_bytes:,} are allowed. Leave out what "
                "is not needed, or let the operator raise openapi_max_bytes.",
                code="openapi_too_large",
            )
        arguments = [str(limits.memory_bytes), str(max(1, round(limits.seconds)))]
        async with self._free:
            try:
                code, output = await run_child(
                    "graphs.openapi.reader_child", arguments, content, seconds=limits.seconds, most=_MOST
                )
            except OutputTooLarge:
                raise DocumentError(
                    "The document is larger than is allowed.", code="openapi_too_large"
                ) from None
            except TimeoutError:
                code, output = 1, b""
        if code or not output:
            raise DocumentError(
                f"The document could not be read within {limits.seconds:g} s and {limits.memory_bytes:,} "
                "bytes of memory. Leave out what is not needed.",
                code="openapi_timeout",
            )
        result = await asyncio.to_thread(msgspec.json.decode, output, type=ReadingResult)
        if result.document is None:
            raise DocumentError(result.error)
        return result.document
