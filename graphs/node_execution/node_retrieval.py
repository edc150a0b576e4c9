"""Retrieval for a node: by the journal, with numbers that stay, and one embedding of a question."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from graphs.conversation.messages import ToolResult, ToolUse
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.knowledge.retrieved import Retrieved, Source
from graphs.node.retriever import Ask
from graphs.passage_search.reranker import Rerank
from graphs.passage_search.search_request import SearchRequest
from graphs.run_state.run_state import RunState
from graphs.values.node_error import NodeError

__all__ = ["retrieve_for_node", "search_for_node"]


Search = Callable[[Sequence[str], SearchRequest], Awaitable[Retrieved]]
Use = Callable[[ToolUse, Callable[[str], Awaitable[ToolResult]]], Awaitable[ToolResult]]


async def retrieve_for_node(
    running: RunState, search: Search, use: Use, bases: Sequence[str], request: SearchRequest
) -> Retrieved:
    """Return passages, by the journal; see `graphs.node.context.Context.retrieve`."""

    async def work(_key: str) -> ToolResult:
        found = await search(bases, request)
        count = len(found.passages)
        return ToolResult(
            content=f"{count} passage{'' if count == 1 else 's'}", value=msgspec.to_builtins(found)
        )

    arguments = {"knowledge_bases": [*bases], **msgspec.to_builtins(request)}
    if request.reranker is None:
        del arguments["reranker"]  # as earlier releases have journalled it
    given = await use(ToolUse(name="retrieve", arguments=arguments), work)
    found = msgspec.convert(given.value, Retrieved)
    for source in found.passages:
        running.sources.number(f"passage:{source.passage_id}", source.number)
    return found


async def search_for_node(
    running: RunState, embed: Ask, rerank: Rerank, bases: Sequence[str], request: SearchRequest
) -> Retrieved:
    """Return passages as they are now, with their numbers in the run."""

    async def ask(model: EmbeddingModel, texts: Sequence[str]) -> Embedded:
        key = msgspec.json.encode((model, [*texts]))
        if key not in running.embedded:
            running.embedded[key] = await embed(model, texts)
        return running.embedded[key]

    if running.retriever is None:
        raise NodeError(
            "This process has no knowledge bases: run the flow on a server.", code="not_available"
        )
    outcome = await running.retriever.retrieve(bases, request, ask, rerank)
    return Retrieved(
        passages=tuple(
            Source(**msgspec.structs.asdict(hit), number=running.sources.number(f"passage:{hit.passage_id}"))
            for hit in outcome.results
        ),
        dropped_by_threshold=outcome.dropped_by_threshold,
        pending_documents=outcome.pending_documents,
        warnings=outcome.warnings,
    )
