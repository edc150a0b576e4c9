"""MemoryStore: LangGraph's store over the memories of one workspace."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from persistence.memories.memories import Memories, MemoryRow

__all__ = ["MemoryStore"]

_PORTION_BYTES = 10_000_000
"""Bytes of values that a search reads at once."""


class MemoryStore(BaseStore):
    """A store whose namespaces begin with the owner. It is asynchronous; words are searched, not meanings."""

    supports_ttl = True

    def __init__(self, memories: Memories, workspace: str) -> None:
        self._memories = memories
        self._workspace = workspace

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Refuse: a run is asynchronous."""
        raise NotImplementedError("Use abatch: the store is asynchronous.")

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Do operations one after the other."""
        return [await self._one(op) for op in ops]

    async def _one(self, op: Op) -> Result:
        memories, workspace = self._memories, self._workspace
        match op:
            case GetOp():
                row = await memories.get(workspace, op.namespace, op.key)
                return None if row is None else Item(**_item(row))
            case PutOp(value=None):
                await memories.delete(workspace, op.namespace, op.key)
                return None
            case PutOp():
                seconds = None if op.ttl is None else op.ttl * 60
                await memories.put(
                    workspace,
                    op.namespace,
                    op.key,
                    op.value or {},
                    owner=op.namespace[0],
                    ttl_seconds=seconds,
                )
                return None
            case SearchOp():
                wanted = (op.filter or {}).items()
                rows = await memories.matching(
                    workspace,
                    op.namespace_prefix,
                    lambda row: all(row.value.get(name) == value for name, value in wanted),
                    query=op.query or "",
                    limit=op.limit,
                    offset=op.offset,
                    most_bytes=_PORTION_BYTES,
                )
                return [SearchItem(**_item(row)) for row in rows]
            case ListNamespacesOp():
                spaces = await memories.namespaces(workspace)
                found = {space[: op.max_depth] for space in spaces if _matches(space, op)}
                return sorted(found)[op.offset : op.offset + op.limit]
            case _:
                raise TypeError(f"A store has no operation {type(op).__name__}.")


def _item(row: MemoryRow) -> dict[str, Any]:
    return {
        "namespace": row.namespace,
        "key": row.key,
        "value": row.value,
        "created_at": datetime.fromtimestamp(row.created_at, UTC),
        "updated_at": datetime.fromtimestamp(row.updated_at, UTC),
    }


def _matches(namespace: tuple[str, ...], op: ListNamespacesOp) -> bool:
    for condition in op.match_conditions or ():
        path = tuple(condition.path)
        part = namespace[: len(path)] if condition.match_type == "prefix" else namespace[-len(path) :]
        if len(part) != len(path) or any(
            wanted not in ("*", found) for wanted, found in zip(path, part, strict=True)
        ):
            return False
    return True
