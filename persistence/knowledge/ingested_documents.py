"""Ingested documents: what the run of a document writes of it, as long as the document is its own."""

import time

import msgspec
from sqlalchemy import Connection, select, update

from persistence.knowledge.document_rows import DocumentRow, read_document, selected_documents
from persistence.knowledge.documents import hash_free
from persistence.knowledge.garbage import add_garbage
from persistence.storage.database import Database
from persistence.storage.tables.knowledge import knowledge_bases, knowledge_documents

__all__ = ["IngestedDocuments"]

_c = knowledge_documents.c
_b = knowledge_bases.c


class IngestedDocuments:
    """The documents of runs. A run that a document was taken from, or deleted under, writes nothing more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_run(self, execution_id: str, document_id: str) -> DocumentRow | None:
        """Return a document that a run ingests; None where it is another's, or gone."""
        wanted = selected_documents().where(_c.execution_id == execution_id, _c.id == document_id)
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else read_document(found)

    async def begin(self, execution_id: str, document_id: str, *, first: bool) -> bool:
        """Note that a run parses a document; False where it has it no longer."""
        statement = (
            update(knowledge_documents)
            .where(_c.id == document_id, _c.execution_id == execution_id)
            .values(status="parsing", attempts=_c.attempts + (1 if first else 0), updated_at=time.time())
        )
        return await self._database.write(lambda connection: connection.execute(statement).rowcount > 0)

    async def fetched(
        self, document: DocumentRow, *, size: int, content_type: str, hash: str
    ) -> DocumentRow | None:
        """Note what a document's content is, once it was fetched; None where the document is gone.

        Raises:
            DuplicateDocument: the base has the same content.
        """

        def work(connection: Connection) -> bool:
            hash_free(connection, document.base_id, hash, besides=document.id)
            statement = (
                update(knowledge_documents)
                .where(_c.id == document.id, _c.execution_id == document.execution_id)
                .values(bytes=size, content_type=content_type, hash=hash, live_hash=hash)
            )
            return connection.execute(statement).rowcount > 0

        if not await self._database.write(work):
            return None
        return msgspec.structs.replace(document, bytes=size, content_type=content_type, hash=hash)

    async def progress(self, document: DocumentRow, done: int, total: int, pages: int) -> bool:
        """Note how far a run is with a document; False where it has it no longer."""
        statement = (
            update(knowledge_documents)
            .where(_c.id == document.id, _c.execution_id == document.execution_id)
            .values(status="embedding", done=done, total=total, pages=pages, updated_at=time.time())
        )
        return await self._database.write(lambda connection: connection.execute(statement).rowcount > 0)

    async def fail(self, document: DocumentRow, error: str, code: str) -> None:
        """Note that a document could not be ingested. What searches saw of it before stays."""
        statement = (
            update(knowledge_documents)
            .where(_c.id == document.id, _c.execution_id == document.execution_id)
            .values(status="failed", error=error[:2000], error_code=code[:64], updated_at=time.time())
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def publish(self, document: DocumentRow, index_id: str) -> bool:
        """Show what was written of a document to searches, in place of what they saw; one small write.

        False where the document is gone or its base searches another index by now.
        """

        def work(connection: Connection) -> bool:
            shown = (
                update(knowledge_bases)
                .where(_b.id == document.base_id, _b.index_id == index_id, _b.deleted_at.is_(None))
                .values(version=_b.version + 1, updated_at=time.time())
            )
            mine = select(_c.generation).where(
                _c.id == document.id,
                _c.execution_id == document.execution_id,
                _c.next_generation == document.next_generation,
            )
            found = connection.execute(mine.with_for_update()).one_or_none()
            if found is None or connection.execute(shown).rowcount == 0:
                return False
            connection.execute(
                update(knowledge_documents)
                .where(_c.id == document.id)
                .values(
                    generation=document.next_generation,
                    status="ready",
                    error="",
                    error_code="",
                    updated_at=time.time(),
                )
            )
            if found.generation is not None and found.generation != document.next_generation:
                add_garbage(connection, "generation", found.generation)
            return True

        return await self._database.write(work)
