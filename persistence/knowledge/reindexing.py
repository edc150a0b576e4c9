"""Reindexing: an index that is built beside the one in use, and the one write that switches to it."""

import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, select, update

from graphs.embeddings.embedder import EmbeddingModel
from persistence.knowledge.bases import BaseRow, NextIndex, read_base
from persistence.knowledge.documents import NotReadable
from persistence.knowledge.garbage import add_garbage
from persistence.storage.database import Database
from persistence.storage.execution_rows import is_open
from persistence.storage.tables.knowledge import knowledge_bases
from persistence.storage.tables.runs import executions

__all__ = ["ReindexRunning", "beginning_index", "switch_index"]

_c = knowledge_bases.c


class ReindexRunning(Exception):
    """Another index of the base is being built."""

    def __init__(self, execution_id: str) -> None:
        super().__init__(f"Run {execution_id} builds another index of the knowledge base.")
        self.execution_id = execution_id


def beginning_index(
    workspace: str, base_id: str, index_id: str, embedding: EmbeddingModel
) -> Callable[[Connection, str], None]:
    """Return what notes the next index of a base, in the transaction that accepts the run that builds it.

    What a run before has built of an index for the same model is gone on with, under its own id, if it is
    `index_id`. It raises `NotReadable` or `ReindexRunning`.
    """

    def work(connection: Connection, execution_id: str) -> None:
        wanted = select(knowledge_bases).where(
            _c.workspace == workspace, _c.id == base_id, _c.deleted_at.is_(None)
        )
        found = connection.execute(wanted.with_for_update()).one_or_none()
        if found is None:
            raise NotReadable(base_id)
        known = read_base(found).next_index
        if known is not None:
            open_run = select(executions.c.id).where(executions.c.id == known.execution_id, is_open())
            if connection.execute(open_run).first() is not None:
                raise ReindexRunning(known.execution_id)
        following = NextIndex(
            index_id=index_id,
            embedding=embedding,
            execution_id=execution_id,
            fingerprint=known.fingerprint if known is not None and known.index_id == index_id else None,
        )
        if known is not None and known.index_id != index_id:
            add_garbage(connection, "index", known.index_id)
        connection.execute(
            update(knowledge_bases)
            .where(_c.id == base_id)
            .values(next_index=msgspec.json.encode(following).decode(), updated_at=time.time())
        )

    return work


async def switch_index(database: Database, base: BaseRow) -> bool:
    """Have searches of a base use its next index; False where something has changed since it was read."""
    following = base.next_index
    assert following is not None

    def work(connection: Connection) -> bool:
        wanted = select(knowledge_bases).where(_c.id == base.id)
        found = connection.execute(wanted.with_for_update()).one_or_none()
        if found is None or read_base(found).next_index != following:
            return False
        fingerprint = (
            "" if following.fingerprint is None else msgspec.json.encode(following.fingerprint).decode()
        )
        switched = connection.execute(
            update(knowledge_bases)
            .where(_c.id == base.id, _c.version == base.version, _c.deleted_at.is_(None))
            .values(
                index_id=following.index_id,
                embedding=msgspec.json.encode(following.embedding).decode(),
                fingerprint=fingerprint,
                next_index="",
                version=_c.version + 1,
                updated_at=time.time(),
            )
        )
        if switched.rowcount:
            add_garbage(connection, "index", base.index_id)
        return switched.rowcount > 0

    return await database.write(work)
