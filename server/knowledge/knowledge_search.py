"""KnowledgeSearch: searches knowledge bases: the question's vector, the indexes, the passages' texts."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.node.retriever import Ask
from graphs.passage_search.filters import FilterError
from graphs.passage_search.passages import Passage
from graphs.passage_search.ranking import above_threshold, mix_rankings
from graphs.passage_search.reranker import Rerank, Reranker, reranker_problem
from graphs.passage_search.search_request import Hit, Ranked, Ranking, SearchOutcome, SearchRequest
from graphs.values.node_error import NodeError
from persistence.knowledge.bases import BaseRow, KnowledgeBases
from persistence.knowledge.blocks import Blocks
from persistence.knowledge.documents import KnowledgeDocuments
from persistence.knowledge.passages import Passages
from persistence.storage.database import Database
from server.knowledge.index_cache import IndexCache, LoadedIndex
from server.knowledge.knowledge_extra import EXTRA_MISSING, extra_installed
from server.knowledge.parent_passages import with_sections

__all__ = ["BaseRetriever", "KnowledgeSearch"]

_NEVER_IGNORED = ("limit_reached", "budget")


class KnowledgeSearch:
    """Searches the bases of all workspaces; each call sees those of one."""

    def __init__(
        self,
        database: Database,
        *,
        max_bytes: int,
    ) -> None:
        """Keep where the bases are.

        Args:
            database: Where they are.
            max_bytes: Bytes that indexes may take in memory.
        """
        self._bases = KnowledgeBases(database)
        self._documents = KnowledgeDocuments(database)
        self._passages = Passages(database)
        self.observe: Callable[[float, int], None] = lambda _seconds, _dropped: None
        """Told of each search: seconds, without embedding and reranking, and hits the threshold dropped."""
        self.cache = IndexCache(Blocks(database), max_bytes=max_bytes)

    async def named(self, workspace: str, names: Sequence[str]) -> list[BaseRow]:
        """Return bases by their ids or names.

        Raises:
            NodeError: the workspace has none of such an id or name (code ``not_found``).
        """
        found: dict[str, BaseRow] = {}
        for name in names:
            base = await self._bases.find(workspace, name)
            if base is None:
                raise NodeError(
                    f"There is no knowledge base '{name[:200]}' in this workspace. Name another, by its id "
                    "or its name.",
                    code="not_found",
                )
            found[base.id] = base
        return [*found.values()]

    async def search(
        self, bases: Sequence[BaseRow], request: SearchRequest, ask: Ask, rerank: Rerank
    ) -> SearchOutcome:
        """Return what some bases of one workspace have together, the best first.

        Args:
            bases: Which.
            request: What to look for.
            ask: Embeds the question: once for each model of the bases.
            rerank: Scores the passages, where the request says so: by the reranker that it names, or else by
                that of the first base that has one.

        Raises:
            NodeError: a filter cannot be read (``bad_filter``), the question could not be embedded, a base
                was embedded by another model (``embedding_changed``), the reranker failed where that ends the
                search (``rerank_failed``), its settings do not fit (``bad_reranker``), or the extra is not
                installed.
        """
        if problem := reranker_problem(request.rerank, request.reranker):
            raise NodeError(problem, code="bad_reranker")
        if not extra_installed():
            raise NodeError(EXTRA_MISSING, code="extra_missing")
        if request.rerank and request.reranker is None:
            own = next((base.reranker for base in bases if base.reranker is not None), None)
            request = msgspec.structs.replace(request, reranker=own)
        questions = await self._questions(bases, request, ask)
        began = time.perf_counter()
        rankings: list[tuple[LoadedIndex, Ranking]] = []
        final = len(bases) == 1 and not request.rerank
        for base in bases:
            loaded = await self.cache.index_of(base)
            if loaded is None:
                continue
            question = questions.get(_key(base.embedding))
            vector = None if question is None else _vector(loaded.base, question)
            try:
                ranking = await asyncio.to_thread(loaded.index.search, request, vector, final=final)
            except FilterError as error:
                raise NodeError(str(error), code="bad_filter") from None
            rankings.append((loaded, ranking))
        texts, owners = await self._texts(rankings)
        found = [ranking for _, ranking in rankings]
        ranking = found[0] if len(found) == 1 else mix_rankings(found)
        warnings: tuple[str, ...] = ()
        if request.rerank:
            paused = time.perf_counter()
            ranking, warnings = await _reranked(request, ranking, texts, rerank)
            began += time.perf_counter() - paused
        if not final:
            ranking = above_threshold(ranking, request.score_threshold, request.top_k)
        hits = [
            _hit(each, texts[each.passage_id], owners) for each in ranking.hits if each.passage_id in texts
        ]
        if request.section_characters:
            hits = await with_sections(self._passages, hits, request.section_characters)
        pending = await self._documents.pending([base.id for base in bases])
        self.observe(time.perf_counter() - began, ranking.dropped_by_threshold)
        return SearchOutcome(
            results=tuple(hits),
            dropped_by_threshold=ranking.dropped_by_threshold,
            pending_documents=tuple(name for names in pending.values() for name in names),
            warnings=warnings,
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

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, ask: Ask, rerank: Rerank
    ) -> SearchOutcome:
        """Return what several bases have together; see `Retriever.retrieve`."""
        found = await self._search.named(self._workspace, bases)
        return await self._search.search(found, request, ask, rerank)


async def _reranked(
    request: SearchRequest, ranking: Ranking, texts: Mapping[str, Passage], rerank: Rerank
) -> tuple[Ranking, tuple[str, ...]]:
    """Return the first passages by the reranker's scores; as they are, with a warning, where it has none.

    Raises:
        NodeError: it has none, and the request says that this fails (``rerank_failed``), or a limit or budget
            is used up.
    """
    reranker = request.reranker or Reranker()
    most = max(reranker.candidates, request.top_k)
    hits = [hit for hit in ranking.hits if hit.passage_id in texts][:most]
    if not hits:
        return ranking, ()
    try:
        scores = await rerank(reranker, request.query, [texts[hit.passage_id].text for hit in hits])
    except NodeError as error:
        if error.code in _NEVER_IGNORED:
            raise
        if reranker.on_failure == "fail":
            raise NodeError(f"The passages could not be reranked. {error}", code="rerank_failed") from None
        return Ranking(tuple(hits)), (f"The passages are in the order of the search, not reranked. {error}",)
    scored = [
        msgspec.structs.replace(
            hit, score=round(score, 4), scores=msgspec.structs.replace(hit.scores, rerank=round(score, 4))
        )
        for hit, score in zip(hits, scores, strict=True)
    ]
    return Ranking(tuple(sorted(scored, key=lambda hit: -hit.score))), ()


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
