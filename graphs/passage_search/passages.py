"""Passages: what a text is split into, and what an index keeps of each."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, field

__all__ = ["Chunk", "ChunkOptions", "DocumentEntry", "IndexedPassage", "ParsedText", "Passage"]


class ParsedText(Struct, frozen=True):
    """The text of a document."""

    text: str
    pages: tuple[int, ...] = ()
    """Character offset at which each page starts, the first one 0; empty where there are no pages."""


class ChunkOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts are split."""

    max_characters: Annotated[
        int, Meta(ge=100, le=8000, description="Maximum number of characters in a passage.")
    ] = 1400
    overlap: Annotated[
        int, Meta(ge=0, le=4000, description="Characters that a passage repeats of the one before it.")
    ] = 0


class Chunk(Struct, frozen=True):
    """A part of a text."""

    text: str
    """``parsed.text[start:end]``, exactly."""
    start: int
    """Offset of its first character."""
    end: int
    """Offset after its last character."""
    heading: tuple[str, ...] = ()
    """Headings above it, the widest first."""
    page: int | None = None
    """Number of the page that it starts on, from 1; None where there are no pages."""
    context: str = ""
    """What is embedded and indexed before the text without being part of it: a table's header."""


class Passage(Struct, frozen=True, kw_only=True):
    """A stored chunk, as a search returns it."""

    id: str
    document_id: str
    document_name: str
    text: str
    start: int
    end: int
    heading: tuple[str, ...] = ()
    page: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


class IndexedPassage(Struct, frozen=True, kw_only=True):
    """What an index keeps of a passage; `graphs.passage_search.blocks.pack` makes stored bytes of many."""

    id: str
    document: str
    """Key of its document's version, as in `DocumentEntry.key`."""
    terms: Mapping[str, int]
    """How often each token occurs, from `graphs.passage_search.word_tokens.terms_of`."""
    vector: bytes
    """Signed 8-bit numbers, from `graphs.passage_search.vectors.quantize`."""
    scale: float
    """A number of `vector` times this is the number of the model."""


class DocumentEntry(Struct, frozen=True, kw_only=True):
    """A document that searches see. Passages of others in a block are skipped."""

    key: str
    """Names this version of the document: a deleted or replaced one is no longer listed."""
    id: str
    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
