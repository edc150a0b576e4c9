"""KnowledgeSearch: searches knowledge bases: the question's vector, the indexes, the passages' texts."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.knowledge.filters import FilterError
from graphs.knowledge.passages import Passage
from graphs.knowledge.ranking import above_threshold, mix_rankings
from graphs.knowledge.search_request import NO_RERANKER, Hit, Ranked, Ranking, SearchOutcome, SearchRequest
from graphs.node.retriever import Ask
from graphs.values.node_error import NodeError
from persistence.knowledge.bases import BaseRow, KnowledgeBases
from persistence.knowledge.blocks import Blocks
from persistence.knowledge.documents import KnowledgeDocuments
from persistence.knowledge.passages import Passages
from persistence.storage.database import Database
from server.knowledge.index_cache import IndexCache, LoadedIndex
from server.knowledge.knowledge_extra import EXTRA_MISSING, extra_installed

__all__ = ["BaseRetriever", "KnowledgeSearch"]


class KnowledgeSearch:
    """Searches the bases of all workspaces; each call sees those of one."""

    def __init__(
        self,
        database: Database,
        *,
        max_bytes: int,
        observe: Callable[[float, int], None] = lambda _seconds, _dropped: None,
    ) -> None:
        """Keep where the bases are.

        Args:
            database: Where they are.
            max_bytes: Bytes that indexes may take in memory.
            observe: Told of each search how many seconds it took, without the question's embedding, and how
                many hits the threshold dropped.
        """
        self._bases = KnowledgeBases(database)
        self._documents = KnowledgeDocuments(database)
        self._passages = Passages(database)
        self._observe = observe
        self.cache = IndexCache(Blocks(database), max_bytes=max_bytes)

    async def named(self, workspace: str, names: Sequence[str]) -> list[BaseRow]:
        """Return bases by their ids or names.

        Raises:
            NodeError: the workspace has none of such an id or name (code ``not_found``).
        """
        found: dict[str, BaseRow] = {}
        for name in names:
            base = await self._bases.get(workspace, name) or await self._bases.named(workspace, name)
            if base is None:
                raise NodeError(
                    f"There is no knowledge base '{name[:200]}' in this workspace. Name another, by its id "
                    "or its name.",
                    code="not_found",
                )
            found[base.id] = base
        return [*found.values()]

    async def search(self, bases: Sequence[BaseRow], request: SearchRequest, ask: Ask) -> SearchOutcome:
        """Return what some bases of one workspace have together, the best first.

        Args:
            bases: Which.
            request: What to look for.
            ask: Embeds the question: once for each model of the bases.

        Raises:
            NodeError: a filter cannot be read (``bad_filter``), the question could not be embedded, a base
                was embedded by another model (``embedding_changed``), or the extra is not installed.
        """
        if request.rerank:
            raise NodeError(NO_RERANKER, code="not_available")
        if not extra_installed():
            raise NodeError(EXTRA_MISSING, code="extra_missing")
        questions = await self._questions(bases, request, ask)
        began = time.perf_counter()
        rankings: list[tuple[LoadedIndex, Ranking]] = []
        one = len(bases) == 1
        for base in bases:
            loaded = await self.cache.index_of(base)
            if loaded is None:
                continue
            question = questions.get(_key(base.embedding))
            vector = None if question is None else _vector(loaded.base, question)
            try:
                ranking = await asyncio.to_thread(loaded.index.search, request, vector, final=one)
            except FilterError as error:
                raise NodeError(str(error), code="bad_filter") from None
            rankings.append((loaded, ranking))
        mixed = mix_rankings([ranking for _, ranking in rankings])
        texts, owners = await self._texts(rankings)
        if one and rankings:
            ranking = rankings[0][1]
        else:
            ranking = above_threshold(mixed, request.score_threshold, request.top_k)
        hits = [
            _hit(each, texts[each.passage_id], owners) for each in ranking.hits if each.passage_id in texts
        ]
        pending = await self._documents.pending([base.id for base in bases])
        self._observe(time.perf_counter() - began, ranking.dropped_by_threshold)
        return SearchOutcome(
            results=tuple(hits),
            dropped_by_threshold=ranking.dropped_by_threshold,
            pending_documents=tuple(name for names in pending.values() for name in names),
        )

    async def _questions(
        self, bases: Sequence[BaseRow], request: SearchRequest, ask: Ask
    ) -> dict[bytes, Embedded]:
        if request.strategy == "lexical" or not request.query.strip():
            return {}
        models = {_key(base.embedding): base.embedding for base in bases if base.fingerprint is not None}
        return {key: await ask(model, [request.query]) for key, model in models.items()}

    async def _texts(
        self, rankings: Sequence[tuple[LoadedIndex, Ranking]]
    ) -> tuple[Mapping[str, Passage], Mapping[str, str]]:
        """Return the passages that were found and are still shown, and the base of each."""
        texts: dict[str, Passage] = {}
        owners: dict[str, str] = {}
        for loaded, ranking in rankings:
            base = loaded.base
            found = await self._passages.found(
                base.workspace, base.id, [hit.passage_id for hit in ranking.hits]
            )
            texts |= found
            owners |= dict.fromkeys(found, base.id)
        return texts, owners


class BaseRetriever:
    """`graphs.node.retriever.Retriever` of one run."""

    def __init__(self, search: KnowledgeSearch, workspace: str) -> None:
        self._search = search
        self._workspace = workspace

    async def retrieve(self, bases: Sequence[str], request: SearchRequest, ask: Ask) -> SearchOutcome:
        """Return what several bases have together; see `Retriever.retrieve`."""
        found = await self._search.named(self._workspace, bases)
        return await self._search.search(found, request, ask)


def _key(model: EmbeddingModel) -> bytes:
    return msgspec.json.encode(model)


def _vector(base: BaseRow, question: Embedded) -> Sequence[float]:
    """Return the question's vector.

    Raises:
        NodeError: it cannot be compared with those of the base.
    """
    if base.fingerprint is not None and question.fingerprint != base.fingerprint:
        raise NodeError(
            f"The embedding model is now {question.fingerprint}; the knowledge base '{base.name}' was built "
            f"with {base.fingerprint}. Reindex the knowledge base.",
            code="embedding_changed",
        )
    return question.vectors[0]


def _hit(ranked: Ranked, passage: Passage, owners: Mapping[str, str]) -> Hit:
    metadata: Mapping[str, Any] = passage.metadata
    return Hit(
        passage_id=ranked.passage_id,
        document_id=passage.document_id,
        document_name=passage.document_name,
        text=passage.text,
        score=ranked.score,
        scores=ranked.scores,
        heading=passage.heading,
        page=passage.page,
        start=passage.start,
        end=passage.end,
        metadata=metadata,
        knowledge_base_id=owners[ranked.passage_id],
    )
