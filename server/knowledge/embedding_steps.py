"""Embedding steps: the passages of a generation become blocks of an index, some at a time, none twice."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from graphs.conversation.messages import ToolResult, ToolUse
from graphs.embeddings.embedder import EmbeddingModel
from graphs.knowledge.chunking import embedded_text, heading_text
from graphs.node.context import Context
from graphs.node_execution.failpoints import reach
from graphs.passage_search.blocks import Block
from graphs.passage_search.passages import Chunk, IndexedPassage
from graphs.values.node_error import NodeError
from persistence.knowledge.bases import KnowledgeBases
from persistence.knowledge.blocks import Blocks
from persistence.knowledge.document_rows import DocumentRow
from persistence.knowledge.passages import Passages, StoredPassage, passage_id

__all__ = ["EmbeddingSteps", "Target"]

Vector = tuple[bytes, float]
"""Signed bytes and their scale, as `graphs.passage_search.vectors.quantize` gives them."""

_BLOCK_BYTES = 2_000_000
"""Bytes of a merged block, about: one write takes it in some ten milliseconds."""
_TERMS_BYTES = 500
"""Bytes of a passage in a block beside its vector, about."""
_OPENED = 8
"""Blocks that stay open while vectors are looked up in them."""


class Target(Struct, frozen=True, kw_only=True):
    """What is to be embedded, and for which index."""

    document: DocumentRow
    generation: str
    total: int
    index_id: str
    model: EmbeddingModel
    shown: bool = False
    """Whether searches see the generation already: by the index in use."""


class EmbeddingSteps:
    """Embeds generations."""

    def __init__(self, bases: KnowledgeBases, passages: Passages, blocks: Blocks, *, batch: int) -> None:
        self._bases = bases
        self._passages = passages
        self._blocks = blocks
        self._batch = batch
        self.observe: Callable[[int], None] = lambda _passages: None
        """Told how many passages a step has embedded."""

    async def embed(self, target: Target, first: int, context: Context) -> int:
        """Embed a step in a journalled use; return the passage that the next one begins with."""
        last = min(first + self._batch, target.total)
        arguments = {"generation": target.generation, "index": target.index_id, "from": first, "to": last}

        async def work(key: str) -> ToolResult:
            embedded = await self._step(target, first, last, context, key)
            return ToolResult(content=f"{last - first} passages", value={"embedded": embedded})

        await context.use(ToolUse(name="embed_passages", arguments=arguments), work)
        return last

    async def prepare(self, target: Target) -> None:
        """Forget drafts that steps of another size have left."""
        drafts = await self._blocks.numbers(target.generation, target.index_id, draft=True)
        if any(number % self._batch for number in drafts):
            await self._blocks.drop(target.generation, target.index_id, draft=True)

    async def merge(self, target: Target) -> None:
        """Make few large blocks of the drafts. Done again, it does what is left to do."""
        from graphs.passage_search.blocks import MOST_PASSAGES, merge, open_block

        generation, index_id = target.generation, target.index_id
        finals = await self._blocks.numbers(generation, index_id, draft=False)
        if sum(finals.values()) < target.total:
            drafts = await self._blocks.numbers(generation, index_id, draft=True)
            [sample] = await self._blocks.read(generation, index_id, [0], draft=True)
            dimensions = (await asyncio.to_thread(open_block, sample)).dimensions
            most = min(MOST_PASSAGES, _BLOCK_BYTES // (dimensions + _TERMS_BYTES))
            size = max(1, most // self._batch) * self._batch
            if any(number % size for number in finals):
                await self._blocks.drop(generation, index_id, draft=False)
            for first in range(0, target.total, size):
                if first in finals and first % size == 0:
                    continue
                numbers = [number for number in drafts if first <= number < first + size]
                bodies = await self._blocks.read(generation, index_id, numbers, draft=True)
                [merged] = await asyncio.to_thread(merge, bodies)
                count = sum(drafts[number] for number in numbers)
                await self._write(target, first, count, merged, draft=False)
        await self._blocks.drop(generation, index_id, draft=True)

    async def _step(self, target: Target, first: int, last: int, context: Context, key: str) -> int:
        """Write the block of some passages; return how many were embedded anew."""
        for draft in (False, True):
            known = await self._blocks.numbers(target.generation, target.index_id, draft=draft)
            if any(start <= first and last <= start + count for start, count in known.items()):
                return 0
        passages = await self._passages.read(target.generation, first, last)
        vectors = await self._known(target, {passage.hash for passage in passages})
        missing = {passage.hash: passage.chunk for passage in passages if passage.hash not in vectors}
        if missing:
            vectors |= await self._asked(target, missing, context, key)
        body = await asyncio.to_thread(_packed, target, passages, vectors)
        whole = first == 0 and last == target.total  # nothing to merge it with
        await self._write(target, first, len(passages), body, draft=not whole)
        reach("during_embedding")
        self.observe(len(missing))
        return len(missing)

    async def _asked(
        self, target: Target, missing: Mapping[bytes, Chunk], context: Context, key: str
    ) -> dict[bytes, Vector]:
        """Return vectors that the provider gives.

        Raises:
            NodeError: it gives none, or such as cannot be compared with those that the index has.
        """
        from graphs.passage_search.vectors import HEADING_SHARE, quantize, with_heading

        name = target.document.name
        texts = [embedded_text(chunk, name) for chunk in missing.values()]
        embedded = await context.embed(target.model, texts, idempotency_key=key)
        known = await self._bases.set_fingerprint(
            target.document.base_id, target.index_id, embedded.fingerprint
        )
        if known != embedded.fingerprint:
            raise NodeError(
                f"The embedding model is now {embedded.fingerprint}; the knowledge base was built with "
                f"{known}. Reindex the knowledge base.",
                code="embedding_changed",
            )
        vectors: Sequence[Sequence[float]] = embedded.vectors
        try:
            if share := HEADING_SHARE.get(embedded.fingerprint.provider):
                headings = {heading_text(chunk, name): None for chunk in missing.values()}
                also = await context.embed(target.model, [*headings], idempotency_key=f"{key}-headings")
                of_heading = dict(zip(headings, also.vectors, strict=True))
                vectors = [
                    with_heading(vector, of_heading[heading_text(chunk, name)], share)
                    for vector, chunk in zip(vectors, missing.values(), strict=True)
                ]
            quantized = await asyncio.to_thread(lambda: [*map(quantize, vectors)])
        except ValueError as error:
            raise NodeError(
                f"The embedding model's answer cannot be used: {error}", code="bad_response"
            ) from None
        return dict(zip(missing, quantized, strict=True))

    async def _known(self, target: Target, hashes: set[bytes]) -> dict[bytes, Vector]:
        """Return vectors of the same texts that the index has already."""
        found: dict[bytes, Vector] = {}
        ranges: dict[str, list[tuple[int, int, bool]]] = {}
        opened: OrderedDict[tuple[str, int, bool], tuple[dict[str, int], Block]] = OrderedDict()
        for hash, generation, number in await self._passages.alike(target.document.base_id, hashes):
            if hash in found:
                continue
            if generation not in ranges:
                ranges[generation] = [
                    (start, start + count, draft)
                    for draft in (False, True)
                    for start, count in (
                        await self._blocks.numbers(generation, target.index_id, draft=draft)
                    ).items()
                ]
            place = next((each for each in ranges[generation] if each[0] <= number < each[1]), None)
            if place is None:
                continue
            start, _, draft = place
            if (generation, start, draft) not in opened:
                bodies = await self._blocks.read(generation, target.index_id, [start], draft=draft)
                if not bodies:
                    continue
                opened[generation, start, draft] = await asyncio.to_thread(_opened, bodies[0])
                if len(opened) > _OPENED:
                    opened.popitem(last=False)
            rows, block = opened[generation, start, draft]
            if (row := rows.get(passage_id(generation, number))) is not None:
                found[hash] = (block.vectors[row].tobytes(), float(block.scales[row]))
        return found

    async def _write(self, target: Target, first: int, count: int, body: bytes, *, draft: bool) -> None:
        await self._blocks.write(
            target.document,
            target.index_id,
            first,
            count,
            body,
            draft=draft,
            generation=target.generation if target.shown else "",
        )


def _opened(body: bytes) -> "tuple[dict[str, int], Block]":
    from graphs.passage_search.blocks import open_block

    block = open_block(body)
    return {id: row for row, id in enumerate(block.ids)}, block


def _packed(target: Target, passages: Sequence[StoredPassage], vectors: Mapping[bytes, Vector]) -> bytes:
    from graphs.passage_search.blocks import pack
    from graphs.passage_search.word_tokens import terms_of

    indexed = [
        IndexedPassage(
            id=passage_id(target.generation, passage.number),
            document=target.generation,
            terms=terms_of(f"{passage.context}\n{passage.text}", passage.heading or (target.document.name,)),
            vector=vectors[passage.hash][0],
            scale=vectors[passage.hash][1],
        )
        for passage in passages
    ]
    return pack(indexed, len(indexed[0].vector))
