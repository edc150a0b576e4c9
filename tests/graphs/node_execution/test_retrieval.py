"""Retrieval in flows: passages of a real index, journalled, numbered, cited, and a model held to them."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from graphs.analysis.chat_retrieval import RagConfig
from graphs.analysis.chatflow import ChatConfig, chat_graph
from graphs.checks.check import read_flow
from graphs.conversation.messages import ToolCall
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.embeddings.open_embeddings import OpenEmbeddings
from graphs.model_nodes.citing_node import NO_ANSWER
from graphs.node.retriever import Ask
from graphs.passage_search.blocks import pack
from graphs.passage_search.index import KnowledgeIndex
from graphs.passage_search.passages import DocumentEntry, IndexedPassage
from graphs.passage_search.reranker import Rerank
from graphs.passage_search.search_request import Hit, SearchOutcome, SearchRequest
from graphs.passage_search.vectors import quantize
from graphs.passage_search.word_tokens import terms_of
from graphs.providers.settings import ModelSettings
from graphs.providers.small_model import with_form
from graphs.testing.driver import Ran, checkpoints_in_memory, run_flow
from graphs.testing.models import Script, ScriptedModels
from graphs.testing.recorder import MemoryRecorder

TEXTS = {
    "prices.md": "A trial takes 14 days and costs nothing.",
    "backup.md": "The command db backup works while the server runs.",
    "roles.md": "A viewer reads flows; an editor changes them.",
}
DEMO = EmbeddingModel(provider="demo")


class Handbook:
    """A retriever over three passages, embedded by the built-in demo."""

    def __init__(self) -> None:
        self.searches = 0
        self._index: KnowledgeIndex | None = None

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, ask: Ask, rerank: Rerank
    ) -> SearchOutcome:
        """Search the three passages."""
        assert [*bases] == ["handbook"]
        self.searches += 1
        question = (await ask(DEMO, [request.query])).vectors[0]
        if self._index is None:
            async with OpenEmbeddings(ModelSettings()) as embeddings:
                vectors = (await embeddings.embed(DEMO, [*TEXTS.values()])).vectors
            passages = [
                IndexedPassage(
                    id=name,
                    document=name,
                    terms=terms_of(text),
                    vector=quantize(vector)[0],
                    scale=quantize(vector)[1],
                )
                for (name, text), vector in zip(TEXTS.items(), vectors, strict=True)
            ]
            entries = [DocumentEntry(key=name, id=f"id-{name}", name=name) for name in TEXTS]
            self._index = KnowledgeIndex([pack(passages, len(vectors[0]))], entries)
        found = self._index.search(request, question)
        return SearchOutcome(
            results=tuple(
                Hit(
                    passage_id=hit.passage_id,
                    document_id=f"id-{hit.document}",
                    document_name=hit.document,
                    text=TEXTS[hit.passage_id],
                    score=hit.score,
                )
                for hit in found.hits
            ),
            dropped_by_threshold=found.dropped_by_threshold,
        )


class Counting:
    """The demo's embedder that counts what it is asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def embed(self, model: EmbeddingModel, texts: Sequence[str], **options: Any) -> Embedded:
        """Embed and count."""
        self.texts += texts
        async with OpenEmbeddings(ModelSettings()) as embeddings:
            return await embeddings.embed(model, texts, **options)


def chat(**settings: Any) -> Flow:
    wanted = {"enabled": True, "knowledgebase_ids": ["handbook"], "top_k": 2}
    rag = msgspec.convert(wanted | settings, RagConfig)
    graph = chat_graph(ChatConfig(llm_provider="demo", llm_model="demo"), None, rag)
    return read_flow(graph, name="chat", type="chatflow")


def citations(ran: Ran) -> list[dict[str, Any]]:
    return [event.data for event in ran.recorder.events if event.type == "citation"]


async def test_an_answer_cites_the_passages_that_it_names_by_number() -> None:
    ran = await run_flow(
        chat(),
        "How many days does a trial take?",
        answers=["It takes 14 days [1]."],
        retriever=Handbook(),
        embedder=Counting(),
    )
    assert ran.response == "It takes 14 days [1]."
    (cited,) = citations(ran)
    assert cited["number"] == 1
    assert cited["title"] == "prices.md"
    assert (cited["passage_id"], cited["document_id"], cited["url"]) == ("prices.md", "id-prices.md", "")
    assert ran.response[cited["start"] : cited["end"]] == "[1]"
    (request,) = ran.models.requests
    assert "[1] prices.md\nA trial takes 14 days" in str(request.messages[0].content)
    assert request.messages[1].content == "How many days does a trial take?"
    told = with_form(request, None)
    assert [message.role for message in told.messages] == ["user"]
    assert f"Use these facts:\n{TEXTS['prices.md']}\n" in str(told.messages[0].content)


async def test_an_answer_without_marks_rests_on_all_passages_that_were_shown() -> None:
    ran = await run_flow(
        chat(), "How many days does a trial take?", answers=["14."], retriever=Handbook(), embedder=Counting()
    )
    assert [one["number"] for one in citations(ran)] == [1, 2]
    assert all("start" not in one for one in citations(ran))


async def test_a_model_that_is_held_to_its_sources_is_not_asked_where_they_have_nothing() -> None:
    ran = await run_flow(
        chat(sources_only=True),
        "Who won the football match in Lisbon?",
        retriever=Handbook(),
        embedder=Counting(),
    )
    assert ran.result.status == "completed"
    assert ran.response == NO_ANSWER
    assert ran.models.requests == []
    assert citations(ran) == []
    told = [event.data["content"] for event in ran.recorder.events if event.type == "message.delta"]
    assert "".join(told) == NO_ANSWER


async def test_a_question_is_embedded_once_a_run() -> None:
    handbook, embedder = Handbook(), Counting()
    search = {"knowledge_bases": ["handbook"], "query": "How long is a trial?"}
    flow = read_flow(
        GraphDefinition(
            nodes=[
                NodeDocument(id="start", type="start"),
                NodeDocument(id="first", type="retrieve", data=search),
                NodeDocument(id="second", type="retrieve", data={**search, "top_k": 1}),
                NodeDocument(id="end", type="end", data={"expression": "nodes.second.passages[0].number"}),
            ],
            edges=[
                Edge(id=str(place), source=source, target=target)
                for place, (source, target) in enumerate(
                    [("start", "first"), ("first", "second"), ("second", "end")]
                )
            ],
        ),
        name="flow",
        type="agentflow",
    )
    ran = await run_flow(flow, {}, retriever=handbook, embedder=embedder)
    assert ran.result.output["output"] == 1
    assert embedder.texts == ["How long is a trial?"]
    assert handbook.searches == 2


async def test_an_agent_searches_with_a_tool_and_its_passages_are_cited() -> None:
    knowledge = {
        "name": "knowledge",
        "alias": "handbook",
        "description": "The handbook.",
        "knowledge_bases": ["handbook"],
        "top_k": 1,
    }
    graph = chat_graph(ChatConfig(llm_provider="demo", llm_model="demo", tools=[knowledge]))
    call = ToolCall(id="c1", name="handbook", arguments={"query": "back up while the server runs"})
    ran = await run_flow(
        read_flow(graph, name="chat", type="chatflow"),
        "Can I back up a running server?",
        answers=[Script(tool_calls=[call]), "Yes [1]."],
        retriever=Handbook(),
        embedder=Counting(),
    )
    assert ran.response == "Yes [1]."
    told = ran.models.requests[1].messages[-1]
    assert (told.role, told.content) == ("tool", f"[1] backup.md\n{TEXTS['backup.md']}")
    assert [one["passage_id"] for one in citations(ran)] == ["backup.md"]


async def test_a_resumed_run_sees_the_passages_that_it_found_before() -> None:
    knowledge = {"name": "knowledge", "knowledge_bases": ["handbook"], "top_k": 1}
    graph = chat_graph(ChatConfig(llm_provider="demo", llm_model="demo", tools=[knowledge]))
    flow = read_flow(graph, name="chat", type="chatflow")
    call = ToolCall(id="c1", name="knowledge", arguments={"query": "a trial"})
    handbook, recorder, kept = Handbook(), MemoryRecorder("execution"), checkpoints_in_memory()
    models = ScriptedModels(Script(tool_calls=[call]), Script(waits=True))
    doing: dict[str, Any] = {"retriever": handbook, "embedder": Counting(), "checkpointer": kept}
    running = asyncio.create_task(run_flow(flow, "Trial?", models=models, recorder=recorder, **doing))
    while len(models.requests) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    ran = await run_flow(
        flow, "Trial?", answers=["14 days [1]."], recorder=recorder.reopened(), attempt=2, **doing
    )
    assert ran.response == "14 days [1]."
    assert handbook.searches == 1
    assert TEXTS["prices.md"] in str(ran.models.requests[0].messages[-1].content)


async def test_a_rewritten_query_is_written_from_the_second_turn_on() -> None:
    flow, embedder = chat(query_rewriting=True), Counting()
    ran = await run_flow(
        flow, "How long is a trial?", answers=["14 days."], retriever=Handbook(), embedder=embedder
    )
    assert ran.result.status == "completed"
    assert embedder.texts == ["How long is a trial?"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [({"plan": {"between": [1, 2]}}, "expected one of eq"), ({"plan": {"in": "free"}}, "expected a list")],
)
def test_a_filter_that_cannot_be_read_is_found_before_a_run(filters: dict[str, Any], names: str) -> None:
    from graphs.nodes import decode_node

    node = decode_node("retrieve", {"knowledge_bases": ["handbook"], "filters": filters})
    assert names in node.problems()["filters.plan"]
    assert msgspec.to_builtins(SearchRequest(query="x"))["strategy"] == "hybrid"
