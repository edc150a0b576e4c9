"""IndexCache: the indexes of knowledge bases in memory, made when they are searched, dropped for room."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from graphs.passage_search.calibration import calibration_of
from persistence.knowledge.bases import BaseRow
from persistence.knowledge.blocks import Blocks, Snapshot

if TYPE_CHECKING:
    from graphs.passage_search.index import KnowledgeIndex

__all__ = ["IndexCache", "LoadedIndex"]

_STALE = 0.5
"""The part of an index's generations that may be hidden before it is made anew from the database."""


class LoadedIndex(Struct, frozen=True):
    """An index, and of what state of its base it is."""

    base: BaseRow
    index: "KnowledgeIndex"
    generations: frozenset[str]
    """Those whose blocks are in it, hidden ones too."""


class IndexCache:
    """Indexes by base. What another process changes is seen by the base's version, with the next search."""

    def __init__(self, blocks: Blocks, *, max_bytes: int) -> None:
        self._blocks = blocks
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[str, LoadedIndex] = OrderedDict()
        self._loading: dict[str, asyncio.Lock] = {}

    @property
    def size(self) -> int:
        """Bytes of all indexes that are kept."""
        return sum(loaded.index.size for loaded in self._loaded.values())

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes by base."""
        return {base: loaded.index.size for base, loaded in self._loaded.items()}

    async def index_of(self, base: BaseRow) -> LoadedIndex | None:
        """Return the index of a base as it is now, or as it has become since; None where the base is gone."""
        lock = self._loading.setdefault(base.id, asyncio.Lock())
        async with lock:
            known = self._loaded.get(base.id)
            if known is None or known.base.version < base.version or known.base.index_id != base.index_id:
                known = await self._load(base, known)
        if not lock.locked():
            self._loading.pop(base.id, None)
        return known

    async def _load(self, base: BaseRow, known: LoadedIndex | None) -> LoadedIndex | None:
        generations = frozenset[str]() if known is None else known.generations
        index_id = "" if known is None else known.base.index_id
        snapshot = await self._blocks.snapshot(base.workspace, base.id, generations, index_id)
        if snapshot is not None and known is not None:
            shown = {entry.key for entry in snapshot.documents}
            if len(generations - shown) > _STALE * max(1, len(generations)):
                known, snapshot = None, await self._blocks.snapshot(base.workspace, base.id)
        if snapshot is None:
            self._loaded.pop(base.id, None)
            return None
        reused = known if known is not None and snapshot.base.index_id == index_id else None
        loaded = await asyncio.to_thread(_built, snapshot, reused)
        self._loaded[base.id] = loaded
        self._loaded.move_to_end(base.id)
        while len(self._loaded) > 1 and self.size > self._max_bytes:
            self._loaded.popitem(last=False)
        return loaded


def _built(snapshot: Snapshot, known: LoadedIndex | None) -> LoadedIndex:
    """Return an index of what was read, over the blocks that are in memory already."""
    from graphs.passage_search.index import KnowledgeIndex

    fingerprint = snapshot.base.fingerprint
    calibration = None if fingerprint is None else calibration_of(fingerprint.provider, fingerprint.model)
    blocks = [*(() if known is None else known.index.blocks), *snapshot.blocks]
    index = KnowledgeIndex(blocks, snapshot.documents, calibration)
    kept = frozenset[str]() if known is None else known.generations
    return LoadedIndex(snapshot.base, index, kept | {entry.key for entry in snapshot.documents})
