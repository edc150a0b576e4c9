"""Memories of a run: of the user whom it is for, and of its flow."""

from collections.abc import Mapping, Sequence
from typing import Any

from persistence.memories.memory_store import MemoryStore

__all__ = ["RunMemories"]


class RunMemories:
    """`graphs.node.context.LongTermMemory` over LangGraph's store."""

    def __init__(self, store: MemoryStore, *, user: str, flow: str, ttl_seconds: float | None = None) -> None:
        """Keep whose memories they are.

        Args:
            store: Of the run's workspace.
            user: Owner of the user's memories; empty where nobody was asked who they are.
            flow: Id of the flow; empty for one that is not stored.
            ttl_seconds: How long what sets no time is kept; None for ever.
        """
        self._store = store
        self._owners = {"user": user, "flow": f"flow:{flow}" if flow else ""}
        self._ttl = ttl_seconds

    def owner(self, scope: str) -> str:
        """Return the owner of a scope; empty where the run has none."""
        return self._owners.get(scope, "")

    async def put(
        self, scope: str, namespace: Sequence[str], key: str, value: Mapping[str, Any], ttl: float | None
    ) -> None:
        """Keep a value, for so many seconds."""
        seconds = self._ttl if ttl is None else ttl
        await self._store.aput(
            (self.owner(scope), *namespace),
            key,
            dict(value),
            ttl=None if seconds is None else seconds / 60,
        )

    async def get(self, scope: str, namespace: Sequence[str], key: str) -> dict[str, Any] | None:
        """Return a value; None where there is none."""
        found = await self._store.aget((self.owner(scope), *namespace), key)
        return None if found is None else found.value

    async def search(
        self, scope: str, namespace: Sequence[str], query: str, limit: int
    ) -> list[dict[str, Any]]:
        """Return keys and values, the last changed first."""
        found = await self._store.asearch((self.owner(scope), *namespace), query=query or None, limit=limit)
        return [{"key": item.key, "value": item.value} for item in found]

    async def delete(self, scope: str, namespace: Sequence[str], key: str) -> None:
        """Forget a value."""
        await self._store.adelete((self.owner(scope), *namespace), key)
