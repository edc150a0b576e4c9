"""Dense scan: the passages whose vectors are nearest, by sign bits first and by all numbers then."""

from collections.abc import Iterator, Sequence
from typing import Any

from graphs.passage_search.blocks import Block, sign_bits

__all__ = ["cosines_of", "nearest", "vectors_of"]

_EXACT = 4096
"""Up to so many passages all are compared in full."""


def nearest(blocks: Sequence[Block], starts: Any, vector: Any, seen: Any, count: int) -> Any:
    """Return positions of the passages whose vectors are nearest, at most `count` of those that are seen."""
    import numpy as np

    rows = np.flatnonzero(seen)
    if len(rows) <= count:
        return rows
    if len(rows) <= _EXACT:
        return rows[np.argpartition(-cosines_of(blocks, starts, rows, vector), count)[:count]]
    bits = sign_bits(vector[None, :])[0]
    distances = np.empty(int(starts[-1]), dtype=np.uint16)
    for block, start in zip(blocks, starts, strict=False):
        different = np.bitwise_count(block.bits ^ bits)
        different.sum(axis=1, dtype=np.uint16, out=distances[start : start + len(block)])
    distances[~seen] = np.iinfo(np.uint16).max
    return np.argpartition(distances, count)[:count]


def cosines_of(blocks: Sequence[Block], starts: Any, rows: Any, vector: Any) -> Any:
    """Return the cosine of a vector of length 1 with each of these passages, given in ascending order."""
    import numpy as np

    parts = [
        block.vectors[local].astype(np.float32) @ vector * block.scales[local]
        for block, local in _by_block(blocks, starts, rows)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def vectors_of(blocks: Sequence[Block], starts: Any, rows: Any) -> Any:
    """Return the vectors of passages, in any order, with length 1."""
    import numpy as np

    order = np.argsort(rows, kind="stable")
    parts = [
        block.vectors[local].astype(np.float32) for block, local in _by_block(blocks, starts, rows[order])
    ]
    vectors = np.empty((len(rows), blocks[0].dimensions), dtype=np.float32)
    vectors[order] = np.concatenate(parts)
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


def _by_block(blocks: Sequence[Block], starts: Any, rows: Any) -> Iterator[tuple[Block, Any]]:
    """Yield each block that has some of the passages, with their positions in it."""
    import numpy as np

    bounds = np.searchsorted(rows, starts)
    for block, start, first, last in zip(blocks, starts, bounds, bounds[1:], strict=False):
        if first < last:
            yield block, rows[first:last] - start
