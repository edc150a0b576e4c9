"""The knowledge tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct, field

from graphs.conversation.messages import ToolResult
from graphs.knowledge.retrieved import sources_text
from graphs.passage_search.filters import FilterError, read_filters
from graphs.passage_search.reranker import Reranker, reranker_problem
from graphs.passage_search.search_request import SearchRequest, SectionCharacters, Strategy, Threshold, TopK
from graphs.tool.tool_type import Tool, ToolContext, ToolExample
from graphs.values.effects import Effects

__all__ = ["KnowledgeTool"]


class _Query(Struct, frozen=True, forbid_unknown_fields=True):
    query: Annotated[
        str, Meta(min_length=1, max_length=2000, description="What to look for: a question or key words.")
    ]


class KnowledgeTool(Tool, frozen=True, kw_only=True, tag="knowledge"):
    """Search the knowledge base. Cite what you use by its number in brackets, such as [1]."""

    arguments: ClassVar[type[Struct]] = _Query
    bounded_by_run: ClassVar[bool] = True
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="Search a handbook",
            config={
                "knowledge_bases": ["handbook"],
                "alias": "handbook",
                "description": "Search the handbook of the product. Cite what you use, such as [1].",
            },
            arguments={"query": "How long is the trial?"},
        ),
    )

    knowledge_bases: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]],
        Meta(min_length=1, max_length=100, description="Knowledge bases to search: IDs or names."),
    ]
    strategy: Annotated[Strategy, Meta(description="Search method.")] = "hybrid"
    top_k: TopK = 5
    filters: Annotated[
        dict[str, Any],
        Meta(max_length=50, description="Conditions on the metadata of documents, as of a `retrieve` node."),
    ] = field(default_factory=dict[str, Any])
    score_threshold: Annotated[
        Threshold | None,
        Meta(description="Minimum score, applied last. Null: no passage is dropped."),
    ] = None
    section_characters: SectionCharacters = 0
    rerank: Annotated[bool, Meta(description="Whether the passages are reranked.")] = False
    reranker: Annotated[
        Reranker | None, Meta(description="Which reranker, with `rerank`. Null: the server's.")
    ] = None

    def problem(self) -> str:
        """Return what is wrong with the filters and the reranker."""
        try:
            read_filters(self.filters)
        except FilterError as error:
            return str(error)
        return reranker_problem(self.rerank, self.reranker)

    def connections(self) -> dict[str, str]:
        """Return the connection that its reranker is asked by."""
        named = "" if self.reranker is None else self.reranker.connection
        return {"reranker.connection": named} if named else {}

    def touches(self) -> Effects:
        """Return what comes in: documents that somebody else may have written."""
        return Effects(private="knowledge bases", strangers="documents of knowledge bases")

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Search and give the passages as text."""
        found = await context.retrieve(
            self.knowledge_bases,
            SearchRequest(
                query=arguments["query"],
                strategy=self.strategy,
                top_k=self.top_k,
                filters=self.filters,
                score_threshold=self.score_threshold,
                section_characters=self.section_characters,
                rerank=self.rerank,
                reranker=self.reranker,
            ),
        )
        if not found.passages:
            return "Nothing was found. Try other words, or say that you do not know."
        return ToolResult(
            content=sources_text(found.passages),
            value=found.value,
            citations=[source.citation() for source in found.passages],
        )
