"""The retrieve node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions import templates
from graphs.expressions.json_templates import fill, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.passage_search.filters import FilterError, read_filters
from graphs.passage_search.reranker import Reranker, reranker_problem
from graphs.passage_search.search_request import (
    Fusion,
    SearchRequest,
    SectionCharacters,
    Strategy,
    Threshold,
    TopK,
)
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Retrieve"]

_LONGEST_QUERY = 8000


class Retrieve(Node, frozen=True, kw_only=True, tag="retrieve"):
    """Search knowledge bases and give the passages that fit best.

    The output has `passages`, the best first, and `text`: the passages as one text for a prompt, each after
    its number. A passage has `number`, `text`, `document_name`, `heading`, `page`, `score` and `metadata`.
    The output also has `dropped_by_threshold`, `pending_documents`, the names of documents that are not
    ready yet, and `warnings`: why passages were not reranked.

    An `llm` or `agent` node answers from the passages if its `sources` name this node: `nodes.<id>`. It cites
    them by their numbers. A resumed run gets the same passages.
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Search with the user's message",
            data={"knowledge_bases": ["handbook"], "top_k": 3},
            input={"message": "How long is the trial?"},
            results=[
                {
                    "passages": [
                        {
                            "number": 1,
                            "passage_id": "p1",
                            "document_id": "d1",
                            "document_name": "prices.md",
                            "text": "A trial takes 14 days.",
                            "score": 0.8,
                        }
                    ]
                }
            ],
            output={
                "passages": [
                    {
                        "number": 1,
                        "passage_id": "p1",
                        "document_id": "d1",
                        "document_name": "prices.md",
                        "text": "A trial takes 14 days.",
                        "score": 0.8,
                        "scores": {"dense": None, "lexical": None, "rerank": None},
                        "heading": [],
                        "page": None,
                        "start": 0,
                        "end": 0,
                        "metadata": {},
                        "knowledge_base_id": "",
                    }
                ],
                "dropped_by_threshold": 0,
                "pending_documents": [],
                "warnings": [],
                "text": "[1] prices.md\nA trial takes 14 days.",
            },
        ),
    )

    knowledge_bases: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]],
        Meta(min_length=1, max_length=100, description="Knowledge bases to search: IDs or names."),
    ]
    query: Annotated[str, Meta(description="Template of the query. Empty: the user's message.")] = ""
    strategy: Annotated[
        Strategy,
        Meta(
            description="`hybrid`: words and meaning. `similarity`: meaning. `lexical`: words. `mmr`: as "
            "`hybrid`, but passages that repeat each other come later."
        ),
    ] = "hybrid"
    top_k: TopK = 5
    filters: Annotated[
        dict[str, Any],
        Meta(
            max_length=50,
            description="Conditions on the metadata of documents: `{field: value}`, `{field: [values]}` or "
            "`{field: {operator: value}}`. Texts are templates.",
        ),
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
    fusion: Annotated[
        Fusion, Meta(description="How `hybrid` combines rankings: by weighted scores, or by ranks (`rrf`).")
    ] = "weighted"

    def templates(self) -> dict[str, str]:
        """Return the query and the filters' texts."""
        return ({"query": self.query} if self.query else {}) | sources(self.filters, "filters")

    def reads_arrived(self) -> bool:
        """Say no: it looks for the query or the message."""
        return False

    def touches(self) -> list[Effects]:
        """Return what comes in: documents that somebody else may have written."""
        return [Effects(private="knowledge bases", strangers="documents of knowledge bases")]

    def connections(self) -> dict[str, str]:
        """Return the connection that its reranker is asked by."""
        named = "" if self.reranker is None else self.reranker.connection
        return {"reranker.connection": named} if named else {}

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the reranker and the filters."""
        problem = reranker_problem(self.rerank, self.reranker)
        found = {"reranker": problem} if problem else {}
        try:
            read_filters(self.filters)
        except FilterError as error:
            found[f"filters.{error.field}" if error.field else "filters"] = str(error)
        return found

    async def run(self, view: View, context: Context) -> Outcome:
        """Search and give the passages."""
        scope = expressions.scope(view)
        query = templates.parse(self.query).render(scope) if self.query else view.input.get("message")
        if not isinstance(query, str) or not query.strip():
            raise NodeError(
                "Expected a query, found an empty one; set 'query', or run the flow with a message.",
                code="bad_input",
            )
        found = await context.retrieve(
            self.knowledge_bases,
            SearchRequest(
                query=query.strip()[:_LONGEST_QUERY],
                strategy=self.strategy,
                top_k=self.top_k,
                filters=fill(self.filters, scope),
                score_threshold=self.score_threshold,
                rerank=self.rerank,
                reranker=self.reranker,
                fusion=self.fusion,
                section_characters=self.section_characters,
            ),
        )
        return Outcome(output=found.value)
