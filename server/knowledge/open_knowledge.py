"""What a process needs for knowledge bases, opened before its runs, which use it."""

from contextlib import AsyncExitStack

from msgspec import Struct

from graphs.file_parsing.parser_process import DocumentParser
from persistence.storage.database import Database
from server.knowledge.ingestion import DocumentIngestion
from server.knowledge.knowledge_search import BaseRetriever, KnowledgeSearch
from server.knowledge.lazy_embedder import LazyEmbedder
from server.knowledge.lazy_reranking import LazyReranking
from server.knowledge.sweeping import Sweeper
from server.settings.default_embedding import default_embedding
from server.settings.sources import Settings

__all__ = ["KnowledgeTools", "open_knowledge_tools"]


class KnowledgeTools(Struct, frozen=True):
    """What reads, embeds, reranks, searches and sweeps."""

    embedder: LazyEmbedder
    reranking: LazyReranking
    search: KnowledgeSearch
    sweeper: Sweeper
    ingestion: DocumentIngestion

    def retriever(self, workspace: str) -> BaseRetriever:
        """Return what searches the bases of a workspace."""
        return BaseRetriever(self.search, workspace)


def open_knowledge_tools(settings: Settings, database: Database, stack: AsyncExitStack) -> KnowledgeTools:
    """Open them. Nothing is imported or started before it is used, but for the sweeper."""
    embedder = LazyEmbedder(settings.models, lambda: default_embedding(settings))
    stack.push_async_callback(embedder.close)
    reranking = LazyReranking(settings.models)
    stack.push_async_callback(reranking.close)
    sweeper = Sweeper(database)
    sweeper.open()
    stack.push_async_callback(sweeper.close)
    ingestion = DocumentIngestion(
        database,
        DocumentParser(settings.parsing()),
        folders=settings.folders(),
        max_bytes=settings.max_document_bytes,
        batch=settings.ingestion_batch,
        hidden=sweeper.tell,
    )
    search = KnowledgeSearch(database, max_bytes=settings.knowledge_cache_bytes)
    return KnowledgeTools(embedder, reranking, search, sweeper, ingestion)
