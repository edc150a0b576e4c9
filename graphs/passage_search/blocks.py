"""Blocks: what an index keeps of many passages, as bytes of a database's row that load without being parsed.

Stored are the passages' keys, their vectors with sign bits, and the postings: for each token, in the order
of its number, the passages that have it and how often. A base has many blocks; small ones are merged into
larger.
"""

import zlib
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from graphs.passage_search.passages import IndexedPassage

__all__ = ["MOST_PASSAGES", "Block", "BlockError", "merge", "open_block", "pack", "sign_bits", "term_number"]

MOST_PASSAGES = 2048
"""Passages of a block, at most: some 2.5 MB with 512 numbers a vector."""
_FORMAT = 1
_MOST_COUNT = 255


class BlockError(ValueError):
    """Stored bytes are no block of this format."""


class _Head(Struct, frozen=True, array_like=True):
    """The first part of a block: a length in 4 bytes, then this as MessagePack, then the arrays."""

    format: int
    dimensions: int
    ids: list[str]
    documents: list[str]
    """Keys of documents."""
    terms: int
    postings: int


class Block:
    """An opened block: arrays over its bytes."""

    def __init__(self, head: _Head, arrays: Sequence[Any], size: int) -> None:
        self.ids = head.ids
        self.documents = head.documents
        self.dimensions = head.dimensions
        self.size = size
        """Bytes."""
        self.document_of: Any
        """For each passage the position of its document in `documents`."""
        self.lengths: Any
        """For each passage how many tokens it has."""
        self.scales: Any
        self.vectors: Any
        self.bits: Any
        self.terms: Any
        """Numbers of the tokens, ascending."""
        self.starts: Any
        """Where the postings of each token start; one more at the end."""
        self.passages: Any
        """Postings: positions of passages …"""
        self.counts: Any
        """… and how often each has the token."""
        (
            self.scales, self.lengths, self.terms, self.starts, self.document_of, self.passages, self.vectors,
            self.bits, self.counts,
        ) = arrays  # fmt: skip

    def __len__(self) -> int:
        """Return how many passages it has."""
        return len(self.ids)


@lru_cache(maxsize=131_072)
def term_number(token: str) -> int:
    """Return the number that stands for a token: 32 bits, the same everywhere."""
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


def pack(passages: Sequence[IndexedPassage], dimensions: int) -> bytes:
    """Return a block of passages.

    Raises:
        ValueError: there are too many, or a vector has another number of dimensions.
    """
    import numpy as np

    if len(passages) > MOST_PASSAGES:
        raise ValueError(f"Expected at most {MOST_PASSAGES} passages, found {len(passages)}.")
    for passage in passages:
        if len(passage.vector) != dimensions:
            raise ValueError(f"Expected a vector of {dimensions} numbers, found {len(passage.vector)}.")
    documents = {key: number for number, key in enumerate(dict.fromkeys(each.document for each in passages))}
    vectors = np.frombuffer(b"".join(each.vector for each in passages), dtype=np.int8)
    rows = np.repeat(np.arange(len(passages), dtype=np.uint16), [len(passage.terms) for passage in passages])
    numbers = np.fromiter(
        (term_number(token) for passage in passages for token in passage.terms),
        dtype=np.uint32,
        count=len(rows),
    )
    counts = np.fromiter(
        (min(count, _MOST_COUNT) for passage in passages for count in passage.terms.values()),
        dtype=np.uint8,
        count=len(rows),
    )
    return _write(
        dimensions,
        [each.id for each in passages],
        list(documents),
        np.fromiter((documents[each.document] for each in passages), dtype=np.uint16, count=len(passages)),
        np.fromiter((each.scale for each in passages), dtype=np.float32, count=len(passages)),
        vectors.reshape(len(passages), dimensions),
        np.fromiter((sum(each.terms.values()) for each in passages), dtype=np.uint32, count=len(passages)),
        (numbers, rows, counts),
    )


def merge(blocks: Iterable[bytes | Block], documents: Collection[str] | None = None) -> list[bytes]:
    """Return blocks with the passages of all these, as few and as large as may be, in their order.

    Args:
        blocks: Of one base and one model.
        documents: Keys of the documents to keep; None for all.
    """
    import numpy as np

    opened = [block if isinstance(block, Block) else open_block(block) for block in blocks]
    merged: list[bytes] = []
    waiting: list[tuple[Block, Any]] = []
    held = 0

    def flush() -> None:
        nonlocal held
        if held:
            merged.append(_merged(waiting))
        waiting.clear()
        held = 0

    for block in opened:
        rows = np.arange(len(block))
        if documents is not None:
            live = np.fromiter(
                (key in documents for key in block.documents), dtype=bool, count=len(block.documents)
            )
            rows = rows[live[block.document_of]]
        while len(rows):
            taken, rows = rows[: MOST_PASSAGES - held], rows[MOST_PASSAGES - held :]
            waiting.append((block, taken))
            held += len(taken)
            if held == MOST_PASSAGES:
                flush()
    flush()
    return merged


def open_block(stored: bytes) -> Block:
    """Return a block whose arrays lie over the stored bytes: nothing is copied.

    Raises:
        BlockError: the bytes are not a block, or one of another format.
    """
    import numpy as np

    try:
        size = int.from_bytes(stored[:4], "little")
        head = msgspec.msgpack.decode(stored[4 : 4 + size], type=_Head)
        if head.format != _FORMAT:
            raise BlockError(f"Expected a block of format {_FORMAT}, found {head.format}.")
        at = _aligned(4 + size)
        arrays: list[Any] = []
        for kind, shape in _layout(head):
            length = int(np.prod(shape))
            arrays.append(np.frombuffer(stored, dtype=kind, count=length, offset=at).reshape(shape))
            at = _aligned(at + arrays[-1].nbytes)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BlockError(f"The stored block cannot be read: {error}") from error
    return Block(head, arrays, len(stored))


def _layout(head: _Head) -> list[tuple[str, tuple[int, ...]]]:
    """Return type and shape of each array, in order."""
    count, words = len(head.ids), -(-head.dimensions // 64)
    return [
        ("<f4", (count,)),
        ("<u4", (count,)),
        ("<u4", (head.terms,)),
        ("<u4", (head.terms + 1,)),
        ("<u2", (count,)),
        ("<u2", (head.postings,)),
        ("|i1", (count, head.dimensions)),
        ("<u8", (count, words)),
        ("|u1", (head.postings,)),
    ]


def _aligned(at: int) -> int:
    return -(-at // 8) * 8


def sign_bits(vectors: Any) -> Any:
    """Return one bit a number of each row, as 64-bit words: whether it is above 0."""
    import numpy as np

    packed = np.packbits(vectors > 0, axis=1)
    words = -(-vectors.shape[1] // 64) * 8
    padded = np.zeros((len(vectors), words), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u8")


def _write(
    dimensions: int, ids: list[str], documents: list[str], document_of: Any, scales: Any, vectors: Any,
    lengths: Any,
    postings: tuple[Any, Any, Any],
) -> bytes:  # fmt: skip
    import numpy as np

    numbers, rows, counts = postings
    order = np.lexsort((rows, numbers))
    numbers, rows, counts = numbers[order], rows[order], counts[order]
    terms, starts = np.unique(numbers, return_index=True)
    head = _Head(_FORMAT, dimensions, ids, documents, len(terms), len(rows))
    encoded = msgspec.msgpack.encode(head)
    written = bytearray(len(encoded).to_bytes(4, "little") + encoded)
    bounds = np.append(starts, len(rows))
    values = (scales, lengths, terms, bounds, document_of, rows, vectors, sign_bits(vectors), counts)
    for (kind, _), array in zip(_layout(head), values, strict=True):
        written += bytes(_aligned(len(written)) - len(written))
        written += np.ascontiguousarray(array, dtype=kind).tobytes()
    return bytes(written)


def _merged(parts: Sequence[tuple[Block, Any]]) -> bytes:
    import numpy as np

    documents: dict[str, int] = {}
    ids: list[str] = []
    columns: list[tuple[Any, ...]] = []
    for block, rows in parts:
        places = np.fromiter(
            (documents.setdefault(key, len(documents)) for key in block.documents),
            dtype=np.uint32,
            count=len(block.documents),
        )
        at = np.full(len(block), -1, dtype=np.int64)
        at[rows] = np.arange(len(ids), len(ids) + len(rows))
        numbers = np.repeat(block.terms, np.diff(block.starts.astype(np.int64)))
        kept = at[block.passages] >= 0
        columns.append(
            (
                places[block.document_of[rows]],
                block.scales[rows],
                block.vectors[rows],
                block.lengths[rows],
                numbers[kept],
                at[block.passages[kept]],
                block.counts[kept],
            )
        )
        ids.extend(block.ids[row] for row in rows)
    document_of, scales, vectors, lengths, numbers, rows, counts = (
        np.concatenate(column) for column in zip(*columns, strict=True)
    )
    used, document_of = np.unique(document_of, return_inverse=True)
    names = list(documents)
    return _write(
        parts[0][0].dimensions, ids, [names[each] for each in used], document_of, scales, vectors, lengths,
        (numbers, rows, counts),
    )  # fmt: skip
