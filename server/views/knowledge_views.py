"""Knowledge bases, documents and memories as the API shows them."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.passage_search.passages import ChunkOptions, Passage
from graphs.passage_search.reranker import Reranker
from graphs.passage_search.search_request import Hit, SearchOutcome
from persistence.knowledge.bases import BaseCounts, BaseRow
from persistence.knowledge.document_rows import DocumentRow, DocumentStatus
from persistence.memories.memories import MemoryRow
from server.http.answers.sse_bytes import iso

__all__ = [
    "DocumentView",
    "KnowledgeBaseView",
    "KnowledgePassage",
    "KnowledgeSearchAnswer",
    "MemoryView",
    "base_view",
    "document_view",
    "memory_view",
    "passage_view",
    "search_answer",
]


class EmbeddingView(Struct, frozen=True, kw_only=True):
    """The model of a knowledge base's vectors."""

    provider: str
    model: str
    dimensions: int | None
    """Numbers of a vector; null until the first document is embedded."""
    fingerprint: str | None
    """What the vectors have in common: provider, model, revision and dimensions. Null until there are some.
    """
    connection: str


class ReindexView(Struct, frozen=True, kw_only=True):
    """An index that is being built for another model."""

    execution_id: str
    provider: str
    model: str


class KnowledgeBaseView(Struct, frozen=True, kw_only=True):
    """A knowledge base."""

    id: str
    name: str
    description: str
    status: Literal["ready", "indexing", "reindexing"]
    """`indexing`: documents are on their way. `reindexing`: an index for another model is being built."""
    documents: int
    passages: int
    """Passages that a search sees."""
    documents_by_status: dict[str, int]
    embedding: EmbeddingView
    chunk: ChunkOptions
    metadata_schema: dict[str, Any] | None
    reranker: Reranker | None
    """The reranker of searches with `rerank` that name none. Null: the server's."""
    reindex: ReindexView | None
    created_at: str
    updated_at: str


class DocumentProgress(Struct, frozen=True):
    """How far the ingestion of a document is."""

    done: int
    """Passages that are embedded."""
    total: int
    """Passages; 0 while they are not known."""


class DocumentView(Struct, frozen=True, kw_only=True):
    """A document of a knowledge base."""

    id: str
    name: str
    status: DocumentStatus
    error: str | None
    """Why it failed, and what to do."""
    error_code: str | None
    attempts: int
    progress: DocumentProgress
    passages: int
    """Passages that a search sees."""
    pages: int
    bytes: int
    content_type: str
    source: dict[str, Any]
    """Where it comes from: `kind` is `upload`, `text`, `url`, `folder` or `session_file`."""
    metadata: dict[str, Any]
    execution_id: str
    """The run of its last ingestion."""
    created_at: str
    updated_at: str


class KnowledgePassage(Struct, frozen=True, kw_only=True):
    """A passage of a document."""

    passage_id: str
    text: str
    heading: list[str]
    page: int | None
    start: int
    """Offset of its first character in the document's text."""
    end: int


class SearchScores(Struct, frozen=True, kw_only=True):
    """The scores behind a result's score."""

    dense: float | None
    lexical: float | None
    rerank: float | None


class SearchResult(Struct, frozen=True, kw_only=True):
    """A passage that a search found."""

    passage_id: str
    document_id: str
    document_name: str
    text: str
    score: float
    scores: SearchScores
    heading: list[str]
    page: int | None
    start: int
    end: int
    metadata: dict[str, Any]


class KnowledgeSearchAnswer(Struct, frozen=True, kw_only=True):
    """What a search found, the best first."""

    results: list[SearchResult]
    dropped_by_threshold: int
    """How many passages `score_threshold` left out."""
    pending_documents: list[str]
    """Names of documents that are not searchable yet."""
    warnings: list[str]
    """What was not done as the request says, such as reranking, and why."""


class MemoryView(Struct, frozen=True, kw_only=True):
    """A long-term memory."""

    namespace: list[str]
    key: str
    owner: str
    value: dict[str, Any]
    created_at: str
    updated_at: str
    expires_at: str | None


def base_view(row: BaseRow, counts: BaseCounts, *, reindexing: bool = True) -> KnowledgeBaseView:
    """Return a base as the API shows it."""
    following = row.next_index if reindexing else None
    return KnowledgeBaseView(
        id=row.id,
        name=row.name,
        description=row.description,
        status="reindexing" if following is not None else "indexing" if counts.pending else "ready",
        documents=counts.documents,
        passages=counts.passages,
        documents_by_status=counts.statuses,
        embedding=EmbeddingView(
            provider=row.embedding.provider,
            model=row.embedding.model if row.fingerprint is None else row.fingerprint.model,
            dimensions=row.embedding.dimensions if row.fingerprint is None else row.fingerprint.dimensions,
            fingerprint=None if row.fingerprint is None else str(row.fingerprint),
            connection=row.embedding.connection,
        ),
        chunk=row.chunk,
        metadata_schema=row.metadata_schema,
        reranker=row.reranker,
        reindex=None
        if following is None
        else ReindexView(
            execution_id=following.execution_id,
            provider=following.embedding.provider,
            model=following.embedding.model,
        ),
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )


def document_view(row: DocumentRow) -> DocumentView:
    """Return a document as the API shows it."""
    return DocumentView(
        id=row.id,
        name=row.name,
        status=row.status,
        error=row.error or None,
        error_code=row.error_code or None,
        attempts=row.attempts,
        progress=DocumentProgress(row.total if row.status == "ready" else row.done, row.total),
        passages=row.total if row.generation is not None else 0,
        pages=row.pages,
        bytes=row.bytes,
        content_type=row.content_type,
        source=msgspec.to_builtins(row.source),
        metadata=row.metadata,
        execution_id=row.execution_id,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )


def passage_view(passage: Passage) -> KnowledgePassage:
    """Return a passage as the API shows it."""
    return KnowledgePassage(
        passage_id=passage.id,
        text=passage.text,
        heading=[*passage.heading],
        page=passage.page,
        start=passage.start,
        end=passage.end,
    )


def search_answer(outcome: SearchOutcome) -> KnowledgeSearchAnswer:
    """Return what a search found as the API shows it."""
    return KnowledgeSearchAnswer(
        results=[_result(hit) for hit in outcome.results],
        dropped_by_threshold=outcome.dropped_by_threshold,
        pending_documents=[*outcome.pending_documents],
        warnings=[*outcome.warnings],
    )


def memory_view(row: MemoryRow) -> MemoryView:
    """Return a memory as the API shows it."""
    return MemoryView(
        namespace=[*row.namespace],
        key=row.key,
        owner=row.owner,
        value=row.value,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
        expires_at=iso(row.expires_at),
    )


def _result(hit: Hit) -> SearchResult:
    scores = hit.scores
    return SearchResult(
        passage_id=hit.passage_id,
        document_id=hit.document_id,
        document_name=hit.document_name,
        text=hit.text,
        score=hit.score,
        scores=SearchScores(dense=scores.dense, lexical=scores.lexical, rerank=scores.rerank),
        heading=[*hit.heading],
        page=hit.page,
        start=hit.start,
        end=hit.end,
        metadata=dict(hit.metadata),
    )
