"""Ingestion: how the run of a document reads it in, and how the run of a base builds another index.

Each step is a journalled use and looks at the database before it does anything. So a run that goes on after
a crash repeats at most the step that was cut, and of that only what had not been stored.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from graphs.conversation.messages import ToolResult, ToolUse
from graphs.file_parsing.parsed_document import ParseError
from graphs.file_parsing.parser_process import DocumentParser
from graphs.knowledge.chunking import embedded_text
from graphs.node.context import Context
from graphs.node_execution.failpoints import reach
from graphs.passage_search.passages import Chunk
from graphs.values.node_error import NodeError
from persistence.knowledge.bases import BaseRow, KnowledgeBases
from persistence.knowledge.blocks import Blocks
from persistence.knowledge.contents import keep_content, read_content
from persistence.knowledge.document_rows import DocumentRow
from persistence.knowledge.documents import DuplicateDocument, KnowledgeDocuments, NotReadable
from persistence.knowledge.garbage import drop_garbage
from persistence.knowledge.ingested_documents import IngestedDocuments
from persistence.knowledge.passages import Passages, passage_hash
from persistence.knowledge.reindexing import switch_index
from persistence.storage.database import Database
from server.knowledge.document_sources import fetch_source
from server.knowledge.embedding_steps import EmbeddingSteps, Target
from server.knowledge.knowledge_extra import EXTRA_MISSING, extra_installed

__all__ = ["DocumentIngestion"]

_GONE = "The document was deleted, or is read in anew by another run."


class DocumentIngestion:
    """`graphs.node.context.Ingestion` over the database."""

    def __init__(
        self,
        database: Database,
        parser: DocumentParser,
        *,
        folders: dict[str, Path],
        max_bytes: int,
        batch: int,
        hidden: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep what it works with; `hidden` is told that rows wait to be deleted."""
        self._database = database
        self._parser = parser
        self._folders = folders
        self._max_bytes = max_bytes
        self._hidden = hidden
        self._bases = KnowledgeBases(database)
        self._documents = KnowledgeDocuments(database)
        self._ingested = IngestedDocuments(database)
        self._passages = Passages(database)
        self._blocks = Blocks(database)
        self.steps = EmbeddingSteps(self._bases, self._passages, self._blocks, batch=batch)

    async def ingest(self, document_id: str, context: Context) -> dict[str, Any]:
        """Parse a document, embed its passages and show them to searches; see `Ingestion.ingest`."""
        document = await self._ingested.of_run(context.execution_id, document_id)
        if document is None:
            raise NodeError(
                "This run ingests no such document. A document is ingested when it is added to a knowledge "
                "base.",
                code="not_found",
            )
        try:
            if not extra_installed():
                raise NodeError(EXTRA_MISSING, code="extra_missing")
            return await self._ingest(document, context)
        except NotReadable:
            raise NodeError(_GONE, code="document_gone") from None
        except (ParseError, NodeError) as error:
            await self._ingested.fail(document, str(error), error.code)
            if isinstance(error, NodeError):
                raise
            raise NodeError(str(error), code=error.code) from None
        except DuplicateDocument as duplicate:
            told = f"Document '{duplicate.name}' ({duplicate.document_id}) has the same content."
            await self._ingested.fail(document, told, "duplicate")
            raise NodeError(told, code="duplicate") from None

    async def _ingest(self, document: DocumentRow, context: Context) -> dict[str, Any]:
        await self._ingested.begin(context.execution_id, document.id, first=context.attempt == 1)
        if not document.hash:
            document = await self._fetched(document, context)
        split = await self._split(document, context)
        while True:
            base = await self._bases.get(document.workspace, document.base_id)
            if base is None:
                raise NotReadable(document.base_id)
            target = Target(
                document=document,
                generation=document.next_generation,
                total=split["passages"],
                index_id=base.index_id,
                model=base.embedding,
            )
            await self._embedded(target, split["pages"], context)
            await self.steps.merge(target)
            reach("during_publish")
            if await self._ingested.publish(document, base.index_id):
                reach("during_ingestion_end")
                self._hidden()
                return {"document_id": document.id, "passages": target.total, "pages": split["pages"]}
            if await self._ingested.of_run(context.execution_id, document.id) is None:
                raise NotReadable(document.id)
            # Searches have been switched to another index: the passages are embedded for that one too.

    async def _fetched(self, document: DocumentRow, context: Context) -> DocumentRow:
        """Return a document with what its content is, which is fetched once."""

        async def work(_: str) -> ToolResult:
            fetched = await fetch_source(document.source, context.toolbox, self._folders, self._max_bytes)
            digest = await asyncio.to_thread(lambda: hashlib.sha256(fetched.content).hexdigest())
            await keep_content(self._database, document.workspace, document.id, fetched.content)
            known = await self._ingested.fetched(
                document, size=len(fetched.content), content_type=fetched.content_type[:255], hash=digest
            )
            if known is None:
                raise NotReadable(document.id)
            await self._database.write(lambda connection: drop_garbage(connection, "content", document.id))
            facts = {"bytes": len(fetched.content), "content_type": known.content_type, "hash": digest}
            return ToolResult(content=f"{len(fetched.content)} bytes", value=facts)

        source = document.source
        shown = {"url": source.url} if source.kind == "url" else {"path": source.path}
        await context.use(ToolUse(name="fetch_document", arguments=shown), work)
        return await self._again(document, context)

    async def _again(self, document: DocumentRow, context: Context) -> DocumentRow:
        known = await self._ingested.of_run(context.execution_id, document.id)
        if known is None:
            raise NotReadable(document.id)
        return known

    async def _split(self, document: DocumentRow, context: Context) -> dict[str, int]:
        """Return how many passages and pages a document has, which are written by then."""

        async def work(_: str) -> ToolResult:
            base = await self._bases.get(document.workspace, document.base_id)
            if base is None:
                raise NotReadable(document.base_id)
            facts = await self._parsed(document, base)
            return ToolResult(content=f"{facts['passages']} passages", value=facts)

        arguments = {"document_id": document.id, "generation": document.next_generation}
        known = await context.use(ToolUse(name="parse_document", arguments=arguments), work)
        facts: Any = known.value
        return facts

    async def _parsed(self, document: DocumentRow, base: BaseRow) -> dict[str, int]:
        if document.total and document.total == await self._passages.count(document.next_generation):
            return {"passages": document.total, "pages": document.pages}  # by a run before
        content = await read_content(self._database, document.id)
        if len(content) != document.bytes:
            raise NodeError("The stored content is not complete. Add the document again.", code="incomplete")
        parsed = await self._parser.parse(document.name, document.content_type, content, chunk=base.chunk)
        if not parsed.chunks:
            raise ParseError("The file has no text that a passage could be made of.", "no_text")
        await self._passages.clear(document)
        passages = await asyncio.to_thread(_with_hashes, parsed.chunks, document.name)
        await self._passages.write(document, 0, passages)
        reach("during_split")
        facts = {"passages": len(passages), "pages": len(parsed.pages)}
        if not await self._ingested.progress(document, 0, len(passages), len(parsed.pages)):
            raise NotReadable(document.id)
        return facts

    async def _embedded(self, target: Target, pages: int, context: Context) -> None:
        """Embed a document step by step, and tell how far it is."""
        document, first = target.document, 0
        await self.steps.prepare(target)
        while first < target.total:
            first = await self.steps.embed(target, first, context)
            if not await self._ingested.progress(document, first, target.total, pages):
                raise NotReadable(document.id)
            context.emit("custom", name="ingestion", document_id=document.id, done=first, total=target.total)

    async def reindex(self, base_id: str, index_id: str, context: Context) -> dict[str, Any]:
        """Build another index of a base, and switch to it; see `Ingestion.reindex`."""
        workspace = await self._bases.workspace_of_run(base_id, index_id, context.execution_id)
        total = 0
        while True:
            base = None if workspace is None else await self._bases.get(workspace, base_id)
            if base is None or base.next_index is None or base.next_index.index_id != index_id:
                raise NodeError("This run builds no such index of the knowledge base.", code="not_found")
            lacking = await self._blocks.lacking(base_id, index_id, 1)
            if not lacking:
                if await switch_index(self._database, base):
                    self._hidden()
                    return {"knowledge_base_id": base_id, "index_id": index_id, "passages": total}
                continue
            [(document_id, generation, count)] = lacking
            document = await self._documents.get(base.workspace, base_id, document_id)
            if document is None or document.generation != generation:
                continue
            target = Target(
                document=document,
                generation=generation,
                total=count,
                index_id=index_id,
                model=base.next_index.embedding,
                shown=True,
            )
            await self.steps.prepare(target)
            first = 0
            while first < count:
                first = await self.steps.embed(target, first, context)
                context.emit("custom", name="reindex", document_id=document_id, done=first, total=count)
            await self.steps.merge(target)
            total += count


def _with_hashes(chunks: Sequence[Chunk], document_name: str) -> list[tuple[Chunk, bytes]]:
    return [(chunk, passage_hash(embedded_text(chunk, document_name))) for chunk in chunks]
