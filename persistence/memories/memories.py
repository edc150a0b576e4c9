"""Memories: values by workspace, namespace and key, each somebody's, each perhaps only for a time."""

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, LargeBinary, Row, cast, delete, func, or_, select

from persistence.storage.database import Database
from persistence.storage.dialects.text_search import contains
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.keyset import after
from persistence.storage.tables.knowledge import memories

__all__ = ["Memories", "MemoryRow", "namespace_text"]

_c = memories.c
_END = "\n"
LOOKED_AT = 10_000
"""Memories that a search by a filter looks through, and namespaces that a list has at most."""
PORTION = 500
"""Memories that are read at once at most."""


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
        most_bytes: int,
    ) -> tuple[list[MemoryRow], bool]:
        """Return memories, the last changed first, and whether there was room for all of the `limit`.

        Args:
            workspace: Whose.
            prefix: The namespaces that begin so.
            owner: Of one owner alone; None for all.
            query: Words that must all be in the value.
            limit: How many at most.
            offset: How many to leave out.
            place: Time of change, namespace and key of the one before the first.
            most_bytes: How large their values may be together; there is one memory at least.
        """
        dialect = self._database.dialect
        where = [_c.workspace == workspace, _alive(), *self._below(prefix)]
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
            .offset(offset)
        )

        size = func.octet_length(_c.value)
        if dialect == "sqlite":  # which has that name since 3.43
            size = func.length(cast(_c.value, LargeBinary))

        def work(connection: Connection) -> tuple[Sequence[Row[Any]], bool]:
            sizes = connection.scalars(wanted.with_only_columns(size)).all()
            fitting = min(len(sizes), max(1, bisect_right([*accumulate(sizes)], most_bytes)))
            return connection.execute(wanted.limit(fitting)).all(), fitting == len(sizes)

        rows, whole = await self._database.read(work)
        return [_memory(row) for row in rows], whole

    async def matching(
        self,
        workspace: str,
        prefix: Sequence[str],
        fits: Callable[[MemoryRow], bool],
        *,
        query: str = "",
        limit: int,
        offset: int,
        most_bytes: int,
    ) -> list[MemoryRow]:
        """Return those of the last changed memories that fit, read in portions of so many bytes.

        Args:
            workspace: Whose.
            prefix: The namespaces that begin so.
            fits: Says whether a memory is wanted.
            query: Words that must all be in the value.
            limit: How many at most.
            offset: How many that fit to leave out.
            most_bytes: How large the values of a portion may be together.
        """
        found: list[MemoryRow] = []
        looked_at = passed = 0
        while looked_at < LOOKED_AT and len(found) < limit:
            rows, _ = await self.search(
                workspace, prefix, query=query, limit=PORTION, offset=looked_at, most_bytes=most_bytes
            )
            if not rows:
                break
            looked_at += len(rows)
            fitting = [row for row in rows if fits(row)]
            found += fitting[max(0, offset - passed) :]
            passed += len(fitting)
        return found[:limit]

    async def namespaces(self, workspace: str, prefix: Sequence[str] = ()) -> list[tuple[str, ...]]:
        """Return the namespaces that have memories, at most `LOOKED_AT`."""
        wanted = (
            select(_c.namespace)
            .where(_c.workspace == workspace, _alive(), *self._below(prefix))
            .distinct()
            .order_by(_c.namespace)
            .limit(LOOKED_AT)
        )
        found = await self._database.read(lambda connection: connection.scalars(wanted).all())
        return [_parts(namespace) for namespace in found]

    def _below(self, prefix: Sequence[str]) -> list[Any]:
        if not prefix:
            return []
        text = namespace_text(prefix)
        if self._database.dialect == "sqlite":
            return [_c.namespace >= text, _c.namespace < text + "\U0010ffff"]
        return [_c.namespace.startswith(text, autoescape=True)]

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


def _parts(namespace: str) -> tuple[str, ...]:
    return tuple(namespace.split(_END)[:-1])


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
        namespace=_parts(row.namespace),
        key=row.key,
        owner=row.owner,
        value=msgspec.json.decode(row.value),
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        ttl_seconds=row.ttl_seconds,
    )
