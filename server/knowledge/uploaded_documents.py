"""Uploaded documents: the text of PDF and Office files that come with messages, before their run begins."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import structs

from graphs.conversation.files import FilePage, StoredFile
from graphs.file_parsing.parsed_document import ParsedDocument, ParseError
from graphs.file_parsing.parser_process import DocumentParser
from server.http.problems import Fault, Problem
from server.settings.sources import Settings

__all__ = ["UploadedDocuments"]


class UploadedDocuments:
    """Parses them in processes of their own: a chat does not wait for the documents of knowledge bases."""

    def __init__(self, settings: Settings) -> None:
        self._parser = DocumentParser(settings.parsing_of_files())

    async def parsed(self, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Return files, each document with its text and pages.

        Raises:
            Problem: 422 where one cannot be read, with the reason.
        """
        return [await self._parsed(file) if file.ref.kind == "document" else file for file in files]

    async def _parsed(self, file: StoredFile) -> StoredFile:
        try:
            document = await self._parser.parse(file.ref.name, file.ref.media_type, file.content)
        except ParseError as error:
            detail = f"The text of {file.ref.name!r} cannot be read ({error.code}): {error}"
            raise Problem(
                422, "unreadable_file", detail, errors=[Fault(detail, pointer="/files", code=error.code)]
            ) from None
        return structs.replace(file, text=document.text, pages=tuple(_pages(document)))


def _pages(document: ParsedDocument) -> list[FilePage]:
    """Return the pages, which together are the text."""
    if not document.pages:
        return []
    starts = [0, *(page.offset for page in document.pages[1:]), len(document.text)]
    return [
        FilePage(page.number, document.text[start:end])
        for page, (start, end) in zip(document.pages, pairwise(starts), strict=True)
    ]
