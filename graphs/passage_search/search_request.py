"""What a search asks for and what it gives."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from graphs.passage_search.reranker import Reranker

__all__ = [
    "Fusion",
    "Hit",
    "Ranked",
    "Ranking",
    "Scores",
    "SectionCharacters",
    "SearchOutcome",
    "SearchRequest",
    "Strategy",
    "Threshold",
    "TopK",
]

Strategy = Literal["hybrid", "similarity", "lexical", "mmr"]
Fusion = Literal["weighted", "rrf"]

TopK = Annotated[int, Meta(ge=1, le=100, description="Maximum number of passages.")]
Threshold = Annotated[float, Meta(ge=0, le=1)]
SectionCharacters = Annotated[
    int,
    Meta(
        ge=0,
        le=20_000,
        description="Maximum length of the section that is returned instead of a passage: the passage and "
        "those around it under the same heading. Passages of one section are one result. 0: the passage "
        "alone.",
    ),
]


class SearchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A search of a knowledge base."""

    query: Annotated[str, Meta(min_length=1, max_length=8000, description="What to look for.")]
    strategy: Annotated[
        Strategy,
        Meta(
            description="`hybrid`: words and meaning. `similarity`: meaning. `lexical`: words. `mmr`: as "
            "`hybrid`, but passages that repeat each other are left out."
        ),
    ] = "hybrid"
    top_k: TopK = 5
    filters: Annotated[
        dict[str, Any],
        Meta(
            description="Conditions on the metadata of documents: `{field: value}`, `{field: [values]}` or "
            "`{field: {operator: value}}`. All must hold."
        ),
    ] = field(default_factory=dict[str, Any])
    score_threshold: Annotated[
        Threshold | None,
        Meta(description="Minimum score, applied last. Null: no passage is dropped."),
    ] = None
    section_characters: SectionCharacters = 0
    rerank: Annotated[bool, Meta(description="Whether the passages are reranked.")] = False
    reranker: Annotated[
        Reranker | None, Meta(description="Which reranker, with `rerank`. Null: the server's.")
    ] = None
    fusion: Annotated[
        Fusion,
        Meta(description="How `hybrid` combines two rankings: by weighted scores, or by ranks (`rrf`)."),
    ] = "weighted"
    dense_weight: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="Weight of meaning against words in `hybrid`. Null: 0.5, less for queries that look "
            "like identifiers.",
        ),
    ] = None


class Scores(Struct, frozen=True):
    """The scores behind a score; null where there is none."""

    dense: float | None = None
    """Cosine similarity, calibrated to 0..1 for the model."""
    lexical: float | None = None
    """BM25, divided by the best one of the query."""
    rerank: float | None = None
    """What the reranker says, 0..1; it is then the score."""


class Ranked(Struct, frozen=True):
    """A passage that an index found: its text is with the database."""

    passage_id: str
    document: str
    """`DocumentEntry.key`."""
    score: float
    """0..1; a higher one comes first."""
    scores: Scores = Scores()


class Ranking(Struct, frozen=True):
    """What an index found, the best first."""

    hits: tuple[Ranked, ...] = ()
    dropped_by_threshold: int = 0


class Hit(Struct, frozen=True, kw_only=True):
    """A passage that a search found."""

    passage_id: str
    document_id: str
    document_name: str
    text: str
    score: float
    scores: Scores = Scores()
    heading: tuple[str, ...] = ()
    page: int | None = None
    start: int = 0
    end: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    knowledge_base_id: str = ""


class SearchOutcome(Struct, frozen=True, kw_only=True):
    """What a search found, the best first."""

    results: tuple[Hit, ...] = ()
    dropped_by_threshold: int = 0
    """How many passages were left out for `SearchRequest.score_threshold`."""
    pending_documents: tuple[str, ...] = ()
    """Names of documents that are not searchable yet."""
    warnings: tuple[str, ...] = ()
    """What was not done as it was asked for, such as reranking."""
