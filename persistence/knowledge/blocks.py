"""Blocks of an index: drafts as they are embedded, merged into few large ones before a search sees them."""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, select

from graphs.passage_search.passages import DocumentEntry
from persistence.knowledge.bases import BaseRow, read_base
from persistence.knowledge.document_rows import DocumentRow
from persistence.knowledge.passages import is_taken
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.tables.knowledge import knowledge_bases, knowledge_blocks, knowledge_documents

__all__ = ["Blocks", "Snapshot"]

_c = knowledge_blocks.c
_d = knowledge_documents.c
_b = knowledge_bases.c


class Snapshot(Struct, frozen=True):
    """What a search of a base sees."""

    base: BaseRow
    documents: tuple[DocumentEntry, ...]
    blocks: tuple[bytes, ...]
    """Of the generations that were asked for."""


class Blocks:
    """The blocks of all bases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def numbers(self, generation: str, index_id: str, *, draft: bool) -> dict[int, int]:
        """Return how many passages each block of a generation has, by the number of its first one."""
        wanted = select(_c.number, _c.passages).where(
            _c.generation == generation, _c.index_id == index_id, _c.draft.is_(draft)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return {row.number: row.passages for row in rows}

    async def write(
        self,
        document: DocumentRow,
        index_id: str,
        number: int,
        passages: int,
        body: bytes,
        *,
        draft: bool,
        generation: str = "",
    ) -> None:
        """Write a block of a document's generation; one that is there stays.

        Args:
            document: Whose passages they are.
            index_id: The index that it is of.
            number: That of its first passage.
            passages: How many it has.
            body: From `graphs.passage_search.blocks.pack`.
            draft: Whether it is to be merged before it is searched.
            generation: Of which generation, where it is not the one that the document's run writes.

        Raises:
            NotReadable: the document is gone, or another run's.
        """
        values = {
            "generation": generation or document.next_generation,
            "index_id": index_id,
            "draft": draft,
            "number": number,
            "workspace": document.workspace,
            "base_id": document.base_id,
            "passages": passages,
            "body": body,
        }

        def work(connection: Connection) -> None:
            if generation:
                if not _is_shown(connection, generation):
                    return
            else:
                is_taken(connection, document)
            put = insert_into(connection.dialect.name, knowledge_blocks).values(values)
            connection.execute(put.on_conflict_do_nothing())

        await self._database.write(work)

    async def read(
        self, generation: str, index_id: str, numbers: Collection[int], *, draft: bool
    ) -> list[bytes]:
        """Return blocks of a generation, in order."""
        wanted = (
            select(_c.body)
            .where(
                _c.generation == generation,
                _c.index_id == index_id,
                _c.draft.is_(draft),
                _c.number.in_(numbers),
            )
            .order_by(_c.number)
        )
        rows = await self._database.read(lambda connection: connection.scalars(wanted).all())
        return [bytes(row) for row in rows]

    async def drop(self, generation: str, index_id: str, *, draft: bool) -> None:
        """Delete the drafts or the other blocks of a generation, a few at a time."""

        def work(connection: Connection) -> int:
            where = (_c.generation == generation, _c.index_id == index_id, _c.draft.is_(draft))
            numbers = connection.scalars(select(_c.number).where(*where).limit(16)).all()
            if numbers:
                connection.execute(delete(knowledge_blocks).where(*where, _c.number.in_(numbers)))
            return len(numbers)

        while await self._database.write(work):
            pass

    async def snapshot(
        self, workspace: str, base_id: str, known: Collection[str] = (), index_id: str = ""
    ) -> Snapshot | None:
        """Return what a search of a base sees now; None if there is no such base.

        Args:
            workspace: Whose base.
            base_id: Which.
            known: Generations whose blocks are not needed, where `index_id` is still the one in use.
            index_id: The index that those are of.
        """

        def work(connection: Connection) -> Snapshot | None:
            found = connection.execute(
                select(knowledge_bases).where(
                    _b.workspace == workspace, _b.id == base_id, _b.deleted_at.is_(None)
                )
            ).one_or_none()
            if found is None:
                return None
            base = read_base(found)
            shown = connection.execute(
                select(_d.generation, _d.id, _d.name, _d.metadata).where(
                    _d.workspace == workspace, _d.base_id == base_id, _d.generation.is_not(None)
                )
            ).all()
            documents = tuple(
                DocumentEntry(
                    key=row.generation, id=row.id, name=row.name, metadata=msgspec.json.decode(row.metadata)
                )
                for row in shown
            )
            skipped = set(known) if base.index_id == index_id else set[str]()
            wanted = [each.key for each in documents if each.key not in skipped]
            blocks: list[bytes] = []
            whole = (
                select(_c.generation, _c.body)
                .where(_c.base_id == base_id, _c.index_id == base.index_id, _c.draft.is_(False))
                .order_by(_c.generation, _c.number)
            )
            if skipped or len(wanted) < 400:
                for start in range(0, len(wanted), 200):
                    part = wanted[start : start + 200]
                    rows = connection.execute(whole.where(_c.generation.in_(part)))
                    blocks.extend(bytes(row.body) for row in rows)
            else:
                named = set(wanted)
                blocks.extend(bytes(row.body) for row in connection.execute(whole) if row.generation in named)
            return Snapshot(base, documents, tuple(blocks))

        return await self._database.read(work)

    async def lacking(self, base_id: str, index_id: str, limit: int) -> Sequence[tuple[str, str, int]]:
        """Return document, generation and passages of what searches see and an index does not have."""
        has = (
            select(func.coalesce(func.sum(_c.passages), 0))
            .where(_c.generation == _d.generation, _c.index_id == index_id, _c.draft.is_(False))
            .scalar_subquery()
        )
        wanted = (
            select(_d.id, _d.generation, _d.total)
            .where(_d.base_id == base_id, _d.generation.is_not(None), has < _d.total)
            .order_by(_d.id)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [(row.id, row.generation, row.total) for row in rows]

    async def covered(self, base_id: str, index_id: str) -> int:
        """Return how many passages an index has."""
        wanted = select(func.sum(_c.passages)).where(
            _c.base_id == base_id, _c.index_id == index_id, _c.draft.is_(False)
        )
        return int(await self._database.read(lambda connection: connection.scalar(wanted)) or 0)


def _is_shown(connection: Connection, generation: str) -> bool:
    """Say whether searches see a generation, which nobody hides before the end of the transaction."""
    shown = select(_d.id).where(_d.generation == generation)
    return connection.execute(shown.with_for_update(read=True, key_share=True)).first() is not None
