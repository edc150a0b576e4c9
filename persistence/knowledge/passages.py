"""Passages: written in steps under a generation that no search sees, read by number and by hash."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, tuple_

from graphs.passage_search.passages import Chunk, Passage
from persistence.knowledge.document_rows import DocumentRow
from persistence.knowledge.documents import NotReadable
from persistence.storage.database import Database
from persistence.storage.tables.knowledge import knowledge_documents, knowledge_passages

__all__ = ["Passages", "StoredPassage", "is_taken", "passage_hash", "passage_id", "passage_place"]

_c = knowledge_passages.c
_d = knowledge_documents.c
STEP = 200
"""Passages that one write takes."""


class StoredPassage(Struct, frozen=True, kw_only=True):
    """A passage of a generation, as it is embedded and indexed."""

    number: int
    text: str
    context: str
    heading: tuple[str, ...]
    page: int | None
    start: int
    end: int
    hash: bytes

    @property
    def chunk(self) -> Chunk:
        """The passage as its splitter gave it."""
        return Chunk(self.text, self.start, self.end, self.heading, self.page, self.context)


def passage_hash(embedded: str) -> bytes:
    """Return the hash that two passages share where the same text is embedded of both."""
    return hashlib.sha256(embedded.encode("utf-8", "surrogatepass")).digest()[:16]


def passage_id(generation: str, number: int) -> str:
    """Return the id of a passage."""
    return f"{generation}.{number}"


def passage_place(id: str) -> tuple[str, int] | None:
    """Return the generation and the number that an id names; None for what is none."""
    generation, _, number = id.rpartition(".")
    return (generation, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None


def is_taken(connection: Connection, document: DocumentRow) -> None:
    """Return if a run still has its document, which nobody deletes before the end of the transaction.

    Raises:
        NotReadable: the document is gone, or another run's.
    """
    mine = select(_d.id).where(
        _d.id == document.id,
        _d.execution_id == document.execution_id,
        _d.next_generation == document.next_generation,
    )
    if connection.execute(mine.with_for_update(read=True, key_share=True)).first() is None:
        raise NotReadable(document.id)


class Passages:
    """The passages of all bases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, generation: str) -> int:
        """Return how many passages a generation has."""
        wanted = select(func.count()).select_from(knowledge_passages).where(_c.generation == generation)
        return await self._database.read(lambda connection: connection.scalar(wanted)) or 0

    async def write(self, document: DocumentRow, first: int, passages: Sequence[tuple[Chunk, bytes]]) -> None:
        """Write passages of a document's next generation, in steps; those that are there stay.

        Args:
            document: Whose they are.
            first: Number of the first.
            passages: Each with its hash.

        Raises:
            NotReadable: the document is gone, or another run's.
        """
        for start in range(0, len(passages), STEP):
            rows = [
                {
                    "generation": document.next_generation,
                    "number": first + start + place,
                    "workspace": document.workspace,
                    "base_id": document.base_id,
                    "document_id": document.id,
                    "text": chunk.text,
                    "context": chunk.context,
                    "heading": msgspec.json.encode(chunk.heading).decode(),
                    "page": chunk.page,
                    "start": chunk.start,
                    "end": chunk.end,
                    "hash": hash,
                }
                for place, (chunk, hash) in enumerate(passages[start : start + STEP])
            ]

            def work(connection: Connection, rows: list[dict[str, Any]] = rows) -> None:
                is_taken(connection, document)
                connection.execute(insert(knowledge_passages), rows)

            await self._database.write(work)

    async def clear(self, document: DocumentRow) -> None:
        """Delete the passages of a document's next generation, in steps.

        Raises:
            NotReadable: the document is gone, or another run's.
        """

        def work(connection: Connection) -> int:
            is_taken(connection, document)
            numbers = connection.scalars(
                select(_c.number).where(_c.generation == document.next_generation).limit(STEP)
            ).all()
            if numbers:
                connection.execute(
                    delete(knowledge_passages).where(
                        _c.generation == document.next_generation, _c.number.in_(numbers)
                    )
                )
            return len(numbers)

        while await self._database.write(work):
            pass

    async def read(self, generation: str, first: int, last: int) -> list[StoredPassage]:
        """Return the passages of a generation from one number to before another."""
        wanted = (
            select(_c.number, _c.text, _c.context, _c.heading, _c.page, _c.start, _c.end, _c.hash)
            .where(_c.generation == generation, _c.number >= first, _c.number < last)
            .order_by(_c.number)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [
            StoredPassage(
                number=row.number,
                text=row.text,
                context=row.context,
                heading=msgspec.json.decode(row.heading, type=tuple[str, ...]),
                page=row.page,
                start=row.start,
                end=row.end,
                hash=bytes(row.hash),
            )
            for row in rows
        ]

    async def found(self, workspace: str, base_id: str, ids: Iterable[str]) -> Mapping[str, Passage]:
        """Return passages that searches see, by id; those of hidden generations are left out."""
        places = [place for id in ids if (place := passage_place(id)) is not None]
        if not places:
            return {}
        wanted = (
            select(
                _c.generation, _c.number, _c.text, _c.heading, _c.page, _c.start, _c.end,
                _d.id, _d.name, _d.metadata,
            )
            .join(knowledge_documents, _d.generation == _c.generation)
            .where(
                _d.workspace == workspace,
                _d.base_id == base_id,
                _c.workspace == workspace,
                tuple_(_c.generation, _c.number).in_(places),
            )
        )  # fmt: skip
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return {passage_id(row.generation, row.number): _passage(row) for row in rows}

    async def of_document(
        self, workspace: str, document: DocumentRow, *, first: int, limit: int
    ) -> list[Passage]:
        """Return the passages of a document that searches see, from a number on."""
        wanted = (
            select(
                _c.generation, _c.number, _c.text, _c.heading, _c.page, _c.start, _c.end,
                _d.id, _d.name, _d.metadata,
            )
            .join(knowledge_documents, _d.generation == _c.generation)
            .where(_d.workspace == workspace, _d.id == document.id, _c.number >= first)
            .order_by(_c.number)
            .limit(limit)
        )  # fmt: skip
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_passage(row) for row in rows]

    async def alike(self, base_id: str, hashes: Iterable[bytes]) -> list[tuple[bytes, str, int]]:
        """Return hash, generation and number of passages of a base of which the same is embedded."""
        wanted = select(_c.hash, _c.generation, _c.number).where(
            _c.base_id == base_id, _c.hash.in_(list(hashes))
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted.limit(5000)).all())
        return [(bytes(row.hash), row.generation, row.number) for row in rows]


def _passage(row: Any) -> Passage:
    return Passage(
        id=passage_id(row.generation, row.number),
        document_id=row.id,
        document_name=row.name,
        text=row.text,
        start=row.start,
        end=row.end,
        heading=msgspec.json.decode(row.heading, type=tuple[str, ...]),
        page=row.page,
        metadata=msgspec.json.decode(row.metadata),
    )
