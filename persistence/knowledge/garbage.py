"""Garbage of knowledge bases: what is hidden is deleted in small steps, so that no other write waits long."""

import asyncio
import time
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection, Table, delete, func, select

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.tables.knowledge import (
    knowledge_bases,
    knowledge_blocks,
    knowledge_contents,
    knowledge_documents,
    knowledge_garbage,
    knowledge_passages,
)

__all__ = ["Kind", "add_garbage", "drop_garbage", "sweep"]

Kind = Literal["generation", "content", "index", "base"]
"""What a key is: of passages and blocks, of a document's bytes, of blocks alone, or of a whole base."""

SHORT = 0.01
"""Seconds that one step may take."""
_ROWS = {"knowledge_passages": 400, "knowledge_blocks": 16, "knowledge_contents": 16}
"""The most rows that one step deletes: blocks and contents are large."""


def add_garbage(connection: Connection, kind: Kind, key: str, *, delay: float = 0.0) -> None:
    """Have what a key names deleted, after `delay` seconds."""
    added = insert_into(connection.dialect.name, knowledge_garbage)
    values = {"kind": kind, "key": key, "after": time.time() + delay}
    connection.execute(
        added.values(values).on_conflict_do_update(
            index_elements=["kind", "key"], set_={"after": values["after"]}
        )
    )


def drop_garbage(connection: Connection, kind: Kind, key: str) -> None:
    """Have it deleted no longer: it is in use."""
    g = knowledge_garbage.c
    connection.execute(delete(knowledge_garbage).where(g.kind == kind, g.key == key))


async def sweep(database: Database) -> int:
    """Delete what waits for it, and return how many rows went. Several processes may do it at once."""
    g, total = knowledge_garbage.c, 0
    while True:
        wanted = (
            select(g.kind, g.key).where(g.after <= time.time()).order_by(g.after, g.kind, g.key).limit(20)
        )
        found = await database.read(lambda connection, wanted=wanted: connection.execute(wanted).all())
        if not found:
            return total
        for kind, key in found:
            total += await _sweep_one(database, kind, key)


async def _sweep_one(database: Database, kind: Kind, key: str) -> int:
    blocks, passages, contents = knowledge_blocks.c, knowledge_passages.c, knowledge_contents.c
    total = 0
    match kind:
        case "generation":
            total += await _delete_rows(database, knowledge_passages, passages.generation == key)
            total += await _delete_rows(database, knowledge_blocks, blocks.generation == key)
        case "index":
            total += await _delete_rows(database, knowledge_blocks, blocks.index_id == key)
        case "content":
            total += await _delete_rows(database, knowledge_contents, contents.document_id == key)
        case "base":
            total += await _delete_rows(database, knowledge_passages, passages.base_id == key)
            total += await _delete_rows(database, knowledge_blocks, blocks.base_id == key)
            while removed := await _documents(database, key):
                total += removed
    g = knowledge_garbage.c

    def done(connection: Connection) -> None:
        if kind == "base" and not connection.scalar(
            select(func.count()).select_from(knowledge_documents).where(knowledge_documents.c.base_id == key)
        ):
            connection.execute(delete(knowledge_bases).where(knowledge_bases.c.id == key))
        connection.execute(delete(knowledge_garbage).where(g.kind == kind, g.key == key))

    await database.write(done)
    return total


async def _documents(database: Database, base_id: str) -> int:
    """Delete some documents of a base that is gone; what they hold becomes garbage of its own."""
    d = knowledge_documents.c

    def work(connection: Connection) -> int:
        rows = connection.execute(
            select(d.id, d.generation, d.next_generation).where(d.base_id == base_id).limit(50)
        ).all()
        for id, generation, following in rows:
            add_garbage(connection, "content", id)
            for each in {generation, following} - {None, ""}:
                add_garbage(connection, "generation", each)
        connection.execute(delete(knowledge_documents).where(d.id.in_([row.id for row in rows])))
        return len(rows)

    return await database.write(work)


async def _delete_rows(database: Database, table: Table, *where: object) -> int:
    """Delete rows in steps of a few milliseconds; between two of them others get as long."""
    keys, size, total = list(table.primary_key.columns), 8, 0
    most = _ROWS[table.name]
    while True:

        def work(connection: Connection, size: int = size) -> tuple[int, float]:
            began = time.perf_counter()
            rows: Sequence[tuple[object, ...]] = [
                tuple(row)
                for row in connection.execute(select(*keys).where(*where).limit(size))  # pyright: ignore
            ]
            for row in rows:
                matches = [key == value for key, value in zip(keys, row, strict=True)]
                connection.execute(delete(table).where(*matches))
            return len(rows), time.perf_counter() - began

        done, took = await database.write(work)
        total += done
        if done < size:
            return total
        size = max(1, size // 2) if took > SHORT else min(most, size * 2)
        await asyncio.sleep(min(took, 0.05))
