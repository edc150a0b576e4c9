"""Memories: values by workspace, namespace and key, each somebody's, each perhaps only for a time."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, or_, select

from persistence.storage.database import Database
from persistence.storage.dialects.text_search import contains
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.keyset import after
from persistence.storage.tables.knowledge import memories

__all__ = ["Memories", "MemoryRow", "namespace_text"]

_c = memories.c
_END = "\n"


class MemoryRow(Struct, frozen=True, kw_only=True):
    """A memory. Times are Unix seconds."""

    workspace: str
    namespace: tuple[str, ...]
    key: str
    owner: str
    value: dict[str, Any]
    created_at: float
    updated_at: float
    expires_at: float | None
    ttl_seconds: float | None


class Memories:
    """The memories of all workspaces; each call sees those of one. What has expired is as if deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        workspace: str,
        namespace: Sequence[str],
        key: str,
        value: Mapping[str, Any],
        *,
        owner: str,
        ttl_seconds: float | None = None,
    ) -> MemoryRow:
        """Keep a value, in place of the one that the key had."""
        now = time.time()
        row = MemoryRow(
            workspace=workspace,
            namespace=tuple(namespace),
            key=key,
            owner=owner,
            value=dict(value),
            created_at=now,
            updated_at=now,
            expires_at=None if ttl_seconds is None else now + ttl_seconds,
            ttl_seconds=ttl_seconds,
        )
        values = {
            "workspace": workspace,
            "namespace": namespace_text(namespace),
            "key": key,
            "owner": owner,
            "value": msgspec.json.encode(row.value).decode(),
            "search": "\n".join(_texts(row.value))[:100_000].casefold(),
            "created_at": now,
            "updated_at": now,
            "expires_at": row.expires_at,
            "ttl_seconds": ttl_seconds,
        }
        changed = {
            name: values[name]
            for name in values
            if name not in ("workspace", "namespace", "key", "created_at")
        }

        def work(connection: Connection) -> MemoryRow:
            put = insert_into(connection.dialect.name, memories).values(values)
            connection.execute(
                put.on_conflict_do_update(index_elements=["workspace", "namespace", "key"], set_=changed)
            )
            kept = connection.execute(_named(workspace, namespace, key)).one()
            return _memory(kept)

        return await self._database.write(work)

    async def get(self, workspace: str, namespace: Sequence[str], key: str) -> MemoryRow | None:
        """Return a memory; None where there is none."""
        wanted = _named(workspace, namespace, key)
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else _memory(found)

    async def delete(self, workspace: str, namespace: Sequence[str], key: str) -> bool:
        """Forget a memory; False where there is none."""
        gone = delete(memories).where(
            _c.workspace == workspace, _c.namespace == namespace_text(namespace), _c.key == key
        )
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    async def search(
        self,
        workspace: str,
        prefix: Sequence[str] = (),
        *,
        owner: str | None = None,
        query: str = "",
        limit: int = 100,
        offset: int = 0,
        place: tuple[float, str, str] | None = None,
    ) -> list[MemoryRow]:
        """Return memories, the last changed first.

        Args:
            workspace: Whose.
            prefix: The namespaces that begin so.
            owner: Of one owner alone; None for all.
            query: Words that must all be in the value.
            limit: How many at most.
            offset: How many to leave out.
            place: Time of change, namespace and key of the one before the first.
        """
        dialect = self._database.dialect
        where = [_c.workspace == workspace, _alive()]
        if prefix:
            text = namespace_text(prefix)
            where += (
                [_c.namespace >= text, _c.namespace < text + "\U0010ffff"]
                if dialect == "sqlite"
                else [_c.namespace.startswith(text, autoescape=True)]
            )
        if owner is not None:
            where.append(_c.owner == owner)
        where += [contains(dialect, _c.search, word) for word in query.split()[:20]]
        if place is not None:
            keys = [(_c.updated_at, False), (_c.namespace, True), (_c.key, True)]
            where.append(after(dialect, keys, place, "desc"))
        ordered = [
            column.collate("C") if dialect == "postgresql" else column for column in (_c.namespace, _c.key)
        ]
        wanted = (
            select(memories)
            .where(*where)
            .order_by(_c.updated_at.desc(), *(column.desc() for column in ordered))
            .limit(limit)
            .offset(offset)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_memory(row) for row in rows]

    async def prune(self, limit: int = 500) -> int:
        """Delete memories that have expired, at most so many, and return how many there were."""

        def work(connection: Connection) -> int:
            rows = connection.execute(
                select(_c.workspace, _c.namespace, _c.key).where(_c.expires_at <= time.time()).limit(limit)
            ).all()
            for workspace, namespace, key in rows:
                connection.execute(
                    delete(memories).where(
                        _c.workspace == workspace, _c.namespace == namespace, _c.key == key
                    )
                )
            return len(rows)

        return await self._database.write(work)


def namespace_text(namespace: Sequence[str]) -> str:
    """Return a namespace as it is stored: each part ends with a line feed, which none has in it."""
    return "".join(part.replace(_END, " ") + _END for part in namespace)


def _named(workspace: str, namespace: Sequence[str], key: str) -> Any:
    return select(memories).where(
        _c.workspace == workspace, _c.namespace == namespace_text(namespace), _c.key == key, _alive()
    )


def _alive() -> Any:
    return or_(_c.expires_at.is_(None), _c.expires_at > time.time())


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in _texts(item)]
        case list():
            return [text for item in value for text in _texts(item)]
        case _:
            return []


def _memory(row: Row[Any]) -> MemoryRow:
    return MemoryRow(
        workspace=row.workspace,
        namespace=tuple(row.namespace.split(_END)[:-1]),
        key=row.key,
        owner=row.owner,
        value=msgspec.json.decode(row.value),
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        ttl_seconds=row.ttl_seconds,
    )
