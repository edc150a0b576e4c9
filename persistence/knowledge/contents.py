"""Contents of documents: bytes in parts, each of a size that one write takes in a few milliseconds."""

import asyncio
from collections.abc import AsyncGenerator

from sqlalchemy import Connection, delete, func, insert, select

from persistence.knowledge.garbage import add_garbage
from persistence.storage.database import Database
from persistence.storage.tables.knowledge import knowledge_contents

__all__ = ["PART", "keep_content", "read_content"]

PART = 524_288
"""Bytes of a part."""
_ABANDONED = 3600.0
"""Seconds after which a content that no document took is deleted."""


async def keep_content(database: Database, workspace: str, document_id: str, content: bytes) -> None:
    """Keep the bytes of a document that is about to be added, in steps.

    They are deleted within the hour where no document takes them: where the process dies meanwhile.
    """
    await database.write(lambda connection: add_garbage(connection, "content", document_id, delay=_ABANDONED))
    while await database.write(lambda connection: _drop_part(connection, document_id)):
        pass  # what was kept of it before a crash
    for number, start in enumerate(range(0, len(content), PART)):
        row = {
            "document_id": document_id,
            "number": number,
            "workspace": workspace,
            "body": content[start : start + PART],
        }
        await database.write(lambda connection, row=row: connection.execute(insert(knowledge_contents), row))
        await asyncio.sleep(0)


def _drop_part(connection: Connection, document_id: str) -> int:
    c = knowledge_contents.c
    last = select(func.max(c.number)).where(c.document_id == document_id).scalar_subquery()
    dropped = delete(knowledge_contents).where(c.document_id == document_id, c.number == last)
    return connection.execute(dropped).rowcount


async def read_content(database: Database, document_id: str) -> bytes:
    """Return the bytes of a document; empty where none are kept."""
    return b"".join([part async for part in _parts(database, document_id)])


async def _parts(database: Database, document_id: str) -> AsyncGenerator[bytes]:
    c = knowledge_contents.c
    number = 0
    while True:
        wanted = select(c.body).where(c.document_id == document_id, c.number == number)

        def work(connection: Connection, wanted: object = wanted) -> bytes | None:
            return connection.scalar(wanted)  # pyright: ignore

        body = await database.read(work)
        if body is None:
            return
        yield bytes(body)
        number += 1
