"""Documents of knowledge bases: added with their run, shown and hidden in one small write."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from persistence.knowledge.document_rows import (
    DocumentRow,
    DocumentStatus,
    Source,
    is_pending,
    read_document,
    selected_documents,
    status_of,
)
from persistence.knowledge.garbage import add_garbage, drop_garbage
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import contains, folded
from persistence.storage.ids import new_id
from persistence.storage.keyset import after
from persistence.storage.named_locks import hold
from persistence.storage.tables.knowledge import knowledge_bases, knowledge_documents

__all__ = ["DuplicateDocument", "KnowledgeDocuments", "NewDocument", "NotReadable", "hash_free"]

List = list  # within a class that has a method of this name
_c = knowledge_documents.c
_b = knowledge_bases.c


class DuplicateDocument(Exception):
    """The base has a document with the same content."""

    def __init__(self, document_id: str, name: str) -> None:
        super().__init__(f"Document '{name}' has the same content.")
        self.document_id = document_id
        self.name = name


class NotReadable(Exception):
    """The base or the document is gone, or the document is being ingested."""


class NewDocument(Struct, frozen=True, kw_only=True):
    """A document to add."""

    id: str
    workspace: str
    base_id: str
    name: str
    source: Source
    content_type: str = ""
    bytes: int = 0
    hash: str = ""
    """Hex SHA-256 of the content; empty where it is fetched later."""
    metadata: dict[str, Any] = {}


class KnowledgeDocuments:
    """The documents of all bases; each call sees those of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def adding(self, new: NewDocument) -> Callable[[Connection, str], None]:
        """Return what adds a document in the transaction that accepts its run.

        It raises `DuplicateDocument` or `NotReadable`.
        """

        def work(connection: Connection, execution_id: str) -> None:
            now = time.time()
            base = select(_b.id).where(
                _b.id == new.base_id, _b.workspace == new.workspace, _b.deleted_at.is_(None)
            )
            # Nobody deletes the base before the end of the transaction.
            if connection.scalar(base.with_for_update(read=True, key_share=True)) is None:
                raise NotReadable(new.base_id)
            if new.hash:
                hash_free(connection, new.base_id, new.hash)
            connection.execute(
                insert(knowledge_documents).values(
                    id=new.id,
                    workspace=new.workspace,
                    base_id=new.base_id,
                    name=new.name,
                    search=folded(new.name),
                    source=msgspec.json.encode(new.source).decode(),
                    content_type=new.content_type,
                    bytes=new.bytes,
                    hash=new.hash,
                    live_hash=new.hash or None,
                    metadata=msgspec.json.encode(new.metadata).decode(),
                    status="queued",
                    error="",
                    error_code="",
                    attempts=0,
                    done=0,
                    total=0,
                    pages=0,
                    generation=None,
                    next_generation=new_id(),
                    execution_id=execution_id,
                    created_at=now,
                    updated_at=now,
                )
            )
            drop_garbage(connection, "content", new.id)

        return work

    def restarting(
        self, workspace: str, document_id: str, *, anew: bool = False
    ) -> Callable[[Connection, str], None]:
        """Return what gives a document to a new run, in the transaction that accepts it.

        Args:
            workspace: Whose it is.
            document_id: Which.
            anew: Whether it is parsed and split again; else what is written of it stays.

        It raises `NotReadable` where the document is gone or a run works on it.
        """

        def work(connection: Connection, execution_id: str) -> None:
            _lock(connection, document_id)
            wanted = selected_documents().where(_c.workspace == workspace, _c.id == document_id)
            found = connection.execute(wanted).one_or_none()
            row = None if found is None else read_document(found)
            if row is None or row.status in ("queued", "parsing", "embedding"):
                raise NotReadable(document_id)
            generation = row.next_generation
            if anew or generation == row.generation:
                generation = new_id()
                if row.next_generation != row.generation:
                    add_garbage(connection, "generation", row.next_generation)
            connection.execute(
                update(knowledge_documents)
                .where(_c.id == document_id)
                .values(
                    status="queued",
                    error="",
                    error_code="",
                    next_generation=generation,
                    execution_id=execution_id,
                    updated_at=time.time(),
                )
            )

        return work

    async def get(self, workspace: str, base_id: str, document_id: str) -> DocumentRow | None:
        """Return a document; None if the base has none of this id."""
        wanted = selected_documents().where(
            _c.workspace == workspace, _c.base_id == base_id, _c.id == document_id
        )
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else read_document(found)

    async def list(
        self,
        workspace: str,
        base_id: str,
        *,
        status: DocumentStatus | None = None,
        search: str = "",
        limit: int = 100,
        place: tuple[float, str] | None = None,
    ) -> Sequence[DocumentRow]:
        """Return documents, the newest first.

        Args:
            workspace: Whose they are.
            base_id: In which base.
            status: Those of one status alone.
            search: A part of the name.
            limit: How many at most.
            place: Creation time and id of the document before the first.
        """
        dialect = self._database.dialect
        where = [_c.workspace == workspace, _c.base_id == base_id]
        if status:
            where.append(status_of() == status)
        if search:
            where.append(contains(dialect, _c.search, search))
        if place is not None:
            where.append(after(dialect, [(_c.created_at, False), (_c.id, True)], place, "desc"))
        key = _c.id.collate("C") if dialect == "postgresql" else _c.id
        wanted = selected_documents().where(*where).order_by(_c.created_at.desc(), key.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [read_document(row) for row in rows]

    async def pending(self, base_ids: Sequence[str], limit: int = 100) -> "dict[str, List[str]]":
        """Return the names of documents that are on their way, by base."""
        wanted = (
            select(_c.base_id, _c.name)
            .where(_c.base_id.in_(base_ids), is_pending())
            .order_by(_c.created_at)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        named: dict[str, List[str]] = {}
        for base_id, name in rows:
            named.setdefault(base_id, []).append(name)
        return named

    async def change(
        self, workspace: str, base_id: str, document_id: str, metadata: Mapping[str, Any]
    ) -> bool:
        """Give a document other metadata; False if there is none. Searches see it at once."""

        def work(connection: Connection) -> bool:
            changed = connection.execute(
                update(knowledge_documents)
                .where(_c.workspace == workspace, _c.base_id == base_id, _c.id == document_id)
                .values(metadata=msgspec.json.encode(metadata).decode(), updated_at=time.time())
            )
            _shown(connection, base_id)
            return changed.rowcount > 0

        return await self._database.write(work)

    async def delete(self, workspace: str, base_id: str, document_id: str) -> DocumentRow | None:
        """Hide a document from searches and lists; its rows go later, in steps. None if there is none."""

        def work(connection: Connection) -> DocumentRow | None:
            _lock(connection, document_id)
            wanted = selected_documents().where(
                _c.workspace == workspace, _c.base_id == base_id, _c.id == document_id
            )
            found = connection.execute(wanted).one_or_none()
            if found is None:
                return None
            connection.execute(delete(knowledge_documents).where(_c.id == document_id))
            _shown(connection, base_id)
            add_garbage(connection, "content", document_id)
            for generation in {found.generation, found.next_generation} - {None}:
                add_garbage(connection, "generation", generation)
            return read_document(found)

        return await self._database.write(work)


def hash_free(connection: Connection, base_id: str, hash: str, *, besides: str = "") -> None:
    """Return if no other document of a base has a content.

    A failed one gives way: its content may be tried again under another name.

    Raises:
        DuplicateDocument: one has it.
    """
    hold(connection, f"documents of {base_id}")
    wanted = select(_c.id, _c.name, _c.generation, status_of().label("now")).where(
        _c.base_id == base_id, _c.live_hash == hash, _c.id != besides
    )
    found = connection.execute(wanted).one_or_none()
    if found is None:
        return
    if found.now != "failed" or found.generation is not None:
        raise DuplicateDocument(found.id, found.name)
    connection.execute(update(knowledge_documents).where(_c.id == found.id).values(live_hash=None))


def _lock(connection: Connection, document_id: str) -> None:
    """Have a document to ourselves until the transaction ends; SQLite's writer has all anyway."""
    connection.execute(select(_c.id).where(_c.id == document_id).with_for_update())


def _shown(connection: Connection, base_id: str) -> None:
    connection.execute(update(knowledge_bases).where(_b.id == base_id).values(version=_b.version + 1))
