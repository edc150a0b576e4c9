"""Retrieval of a chatflow without a drawing: the nodes that its settings stand for."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from graphs.document.flow import Edge, GraphDefinition, NodeDocument
from graphs.passage_search.reranker import Reranker
from graphs.passage_search.search_request import SectionCharacters, Strategy, Threshold, TopK

__all__ = ["RagConfig", "reranker_of", "with_retrieval"]

_REWRITE = (
    "Write one search query, in the language of the last message, that finds what the last message asks "
    "for. Put in what earlier messages say and it refers to. Write the query only."
)
_SETTINGS = ("provider", "model", "base_url", "credential", "connection", "fallbacks")
"""What of the chat's model also holds for the one that writes queries."""


class RagConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Retrieval of a chatflow."""

    enabled: Annotated[bool, Meta(description="Whether retrieval is on.")] = False
    knowledgebase_ids: Annotated[
        list[str], Meta(max_length=100, description="Knowledge bases to search.")
    ] = field(default_factory=list[str])
    retrieval_strategy: Annotated[Strategy, Meta(description="Search method.")] = "hybrid"
    top_k: TopK = 5
    score_threshold: Annotated[
        Threshold | None,
        Meta(description="Minimum score, 0 to 1, applied last. Null: no passage is dropped."),
    ] = None
    reranking_enabled: Annotated[bool, Meta(description="Whether passages are reranked.")] = False
    reranker: Annotated[
        Reranker | None,
        Meta(
            description="Which reranker, with `reranking_enabled`. Null: the server's. `api` `model` without "
            "a `model` takes the chat's."
        ),
    ] = None
    filters: Annotated[
        dict[str, Any],
        Meta(max_length=50, description="Conditions on the metadata of documents, as of a `retrieve` node."),
    ] = field(default_factory=dict[str, Any])
    section_characters: SectionCharacters = 0
    query_rewriting: Annotated[
        bool,
        Meta(
            description="Whether the chat's model first writes the query, from the message and those before "
            "it. Without it, the message is the query."
        ),
    ] = False
    sources_only: Annotated[
        bool,
        Meta(
            description="Whether the model may answer from the passages only, and else says that it cannot."
        ),
    ] = False
    quote_sources: Annotated[
        bool | None,
        Meta(
            description="Whether the answer is sentences of the passages, word for word, without a call "
            "of the model. Null: with `sources_only`, for the provider `local`."
        ),
    ] = None
    no_answer: Annotated[
        str, Meta(max_length=1000, description="The answer if the passages have none. Empty: a sentence.")
    ] = ""


def reranker_of(rag: RagConfig, model: Mapping[str, Any]) -> Reranker | None:
    """Return a chat's reranker.

    Args:
        rag: The settings of retrieval.
        model: The chat's model: `provider`, `model` and `connection`, where they are set.
    """
    reranker = rag.reranker
    if reranker is None or reranker.api != "model" or reranker.model:
        return reranker
    named = {name: model.get(name) or "" for name in ("provider", "model", "connection")}
    return msgspec.structs.replace(reranker, **named)


def with_retrieval(rag: RagConfig, kind: str, data: dict[str, Any]) -> GraphDefinition:
    """Return the flow of a chat with retrieval: start → retrieve → llm → end, or with a query written first.

    Args:
        rag: The settings of retrieval.
        kind: The type of the node that answers.
        data: Its configuration.
    """
    search: dict[str, Any] = {
        "knowledge_bases": rag.knowledgebase_ids,
        "strategy": rag.retrieval_strategy,
        "top_k": rag.top_k,
        "score_threshold": rag.score_threshold,
        "rerank": rag.reranking_enabled,
        "reranker": msgspec.to_builtins(reranker_of(rag, data)),
        "filters": rag.filters,
        "section_characters": rag.section_characters,
    }
    answer = {
        **data,
        "sources": "nodes.retrieve",
        "sources_only": rag.sources_only,
        "no_answer": rag.no_answer,
        "quote_sources": rag.quote_sources,
    }
    nodes: list[tuple[str, str, dict[str, Any]]] = [("start", "start", {})]
    edges = [("start", "", "retrieve")]
    if rag.query_rewriting:
        written = {name: data[name] for name in _SETTINGS if name in data}
        written |= {
            "prompt": f"{_REWRITE}\n\nLast message: {{{{ message }}}}",
            "memory": data["memory"],
            "reads_history": True,
            "speaks": False,
            "max_tokens": 100,
            "temperature": 0,
        }
        # The first message of a conversation has nothing before it that it could mean.
        nodes += [
            ("follows", "condition", {"expression": "default(session.turn, 1) > 1"}),
            ("rewrite", "llm", written),
        ]
        search["query"] = "{{ default(nodes.rewrite, message) }}"
        edges = [
            ("start", "", "follows"),
            ("follows", "yes", "rewrite"),
            ("follows", "no", "retrieve"),
            ("rewrite", "", "retrieve"),
        ]
    nodes += [("retrieve", "retrieve", search), (kind, kind, answer), ("end", "end", {})]
    edges += [("retrieve", "", kind), (kind, "", "end")]
    return GraphDefinition(
        nodes=[
            NodeDocument(id=id, type=type, position={"x": 240 * place, "y": 0}, data=configured)
            for place, (id, type, configured) in enumerate(nodes)
        ],
        edges=[
            Edge(
                id=f"{source}-{target}",
                source=source,
                target=target,
                source_handle=way or None,
            )
            for source, way, target in edges
        ],
    )
