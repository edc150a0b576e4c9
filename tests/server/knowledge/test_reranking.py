"""Reranking over HTTP: each form of `/rerank`, a model as reranker, failures, runs that go on."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.graphs.providers.wire_shapes import chunk, counted, finish
from tests.runtimes.wire_server import Asked, Part, WireServer, http, refused, sse
from tests.server.embedding import chain
from tests.server.routes.test_execution_forks import ran, went_on

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
pytest.importorskip("semantic_text_splitter")

TEXTS = {
    "alpha": "Valve alpha opens at three bar and closes at two bar.",
    "beta": "Valve beta opens at five bar. It is the one in the cellar.",
    "gamma": "Valve gamma opens at nine bar. Nobody knows where it is.",
}
QUERY = "At what pressure does valve alpha open?"
WORTH = {"alpha": 0.1, "beta": 0.5, "gamma": 0.9}
"""What the stand-in says: the opposite of what the words say."""
SECRET = "sk-of-the-workspace-0123456789"


class Rerankers:
    """A `/rerank` server of every form, by the first part of its path, and a chat model beside it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.chats: list[Asked] = []
        self.broken: list[bytes] = []
        """What `/rerank` answers first."""
        self.chats_broken: list[bytes] = []
        """What the chat model answers first."""
        self.scores = True
        """Whether the chat model scores passages where it is asked to."""

    def __call__(self, asked: Asked) -> Sequence[Part]:
        """Answer one request."""
        if asked.path.endswith("/chat/completions"):
            self.chats.append(asked)
            if self.chats_broken:
                return [self.chats_broken.pop(0)]
            return [sse(chunk({"content": self._said(asked)}), finish(), counted())]
        self.asked.append(asked)
        if self.broken:
            return [self.broken.pop(0)]
        return [http(200, msgspec.json.encode(self._answer(asked)))]

    def _said(self, asked: Asked) -> str:
        if "response_format" not in asked.body or not self.scores:
            return "Nine bar [1]."
        passages = str(asked.body["messages"][-1]["content"]).partition("Passages:")[2].split("\n\n[")[1:]
        scores = [
            {"passage": int(text.partition("]")[0]), "score": 10 * _worth(text.partition("]")[2])}
            for text in passages
        ]
        return "```json\n" + json.dumps({"scores": scores}) + "\n```"

    def _answer(self, asked: Asked) -> Any:
        form, body = asked.path.split("/")[1], asked.body
        texts = body["texts"] if form == "tei" else body["documents"]
        worth = sorted(((_worth(text), at) for at, text in enumerate(texts)), reverse=True)
        if form == "tei":
            return [{"index": at, "score": score} for score, at in worth]
        if form == "logits":
            return {"results": [{"index": at, "relevance_score": 8 * score - 4} for score, at in worth]}
        results: list[dict[str, Any]] = [{"index": at, "relevance_score": score} for score, at in worth]
        match form:
            case "cohere":
                billed = {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": 41}}
                return {"id": "r", "results": results, "meta": {"api_version": {"version": "2"}, **billed}}
            case "vllm":
                results = [{**one, "document": {"text": texts[one["index"]]}} for one in results]
                return {"id": "r", "model": "m", "usage": {"total_tokens": 42}, "results": results}
            case _:
                return {"model": "m", "usage": {"total_tokens": 43, "prompt_tokens": 43}, "results": results}


def _worth(text: str) -> float:
    return next(worth for name, worth in WORTH.items() if name in text)


@pytest.fixture
def rerankers() -> Rerankers:
    return Rerankers()


@pytest.fixture
async def wire(rerankers: Rerankers) -> AsyncIterator[WireServer]:
    async with WireServer(rerankers) as one:
        yield one


@pytest.fixture
def settings(settings: Settings, wire: WireServer) -> Settings:
    root = wire.url.removesuffix("/v1")
    return msgspec.structs.replace(
        settings,
        egress_allow=[root.removeprefix("http://")],
        openai_base_url=wire.url,
        openai_api_key="k",
        model_attempts=1,
        rerank_api="jina",
        rerank_base_url=f"{root}/jina/v1",
        rerank_api_key="key-of-the-operator",
    )


@pytest.fixture
async def base(client: httpx.AsyncClient, wire: WireServer) -> str:
    made = await client.post("/knowledge-bases", json={"name": "valves", "embedding": {"provider": "demo"}})
    for name, text in TEXTS.items():
        await client.post(
            f"/knowledge-bases/{made.json()['id']}/documents", json={"name": name, "text": text}
        )
    host = wire.url.removesuffix("/v1")
    key = {"name": "key", "kind": "provider_key", "secret": SECRET, "hosts": [host.removeprefix("http://")]}
    await client.post("/credentials", json=key)
    for form in ("cohere", "jina", "tei", "vllm", "logits"):
        connection = {"name": form, "provider": "openai", "base_url": f"{host}/{form}", "credential": "key"}
        stored = await client.post("/connections", json=connection)
        assert stored.status_code == 201, stored.text
    for _ in range(1200):
        if (await client.get(f"/knowledge-bases/{made.json()['id']}")).json()["status"] == "ready":
            return made.json()["id"]
        await asyncio.sleep(0.05)
    raise AssertionError("The base did not become ready.")


async def search(client: httpx.AsyncClient, base: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"/knowledge-bases/{base}/search", json={"query": QUERY, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(found: dict[str, Any]) -> list[str]:
    return [hit["document_name"] for hit in found["results"]]


async def test_every_form_of_rerank_orders_the_passages(
    client: httpx.AsyncClient, base: str, rerankers: Rerankers
) -> None:
    plain = await search(client, base)
    assert names(plain)[0] == "alpha"
    assert plain["warnings"] == []
    assert not rerankers.asked
    model = {"model": "m"}
    documents = sorted(TEXTS.values())
    forms: dict[str, tuple[dict[str, Any], dict[str, Any], int | None]] = {
        "cohere": (model, {"documents": documents, "top_n": 3, **model}, 41),
        "vllm": (model, {"documents": documents, "top_n": 3, **model}, 42),
        "jina": (model, {"documents": documents, "top_n": 3, "return_documents": False, **model}, 43),
        "tei": ({}, {"texts": documents, "raw_scores": False, "truncate": True}, None),
    }
    for form, (named, sent, tokens) in forms.items():
        reranker = {"api": form, "connection": form, **named}
        found = await search(client, base, rerank=True, reranker=reranker, top_k=2)
        assert names(found) == ["gamma", "beta"], form
        assert [hit["score"] for hit in found["results"]] == [0.9, 0.5]
        assert [hit["scores"]["rerank"] for hit in found["results"]] == [0.9, 0.5]
        assert found["results"][0]["scores"]["dense"] is not None
        asked = rerankers.asked.pop()
        assert asked.path == f"/{form}/rerank"
        assert asked.headers["authorization"] == f"Bearer {SECRET}"
        body = {
            name: sorted(value) if isinstance(value, list) else value for name, value in asked.body.items()
        }
        assert body == {"query": QUERY, **sent}
        records = (await client.get("/cost-tracking/dashboard")).json()["recent_records"]
        (booked,) = [one["input_tokens"] for one in records if one["provider"] == form]
        assert booked == tokens if tokens is not None else booked > 0
    raw = await search(client, base, rerank=True, reranker={"api": "jina", "connection": "logits"})
    assert names(raw) == ["gamma", "beta", "alpha"]
    assert [hit["score"] for hit in raw["results"]] == [0.9608, 0.5, 0.0392]
    few = {"api": "tei", "connection": "tei", "candidates": 1}
    found = await search(client, base, rerank=True, reranker=few, top_k=1)
    assert names(found) == ["alpha"]  # all that it was given
    cut = await search(client, base, rerank=True, reranker={**few, "candidates": 30}, score_threshold=0.4)
    assert (names(cut), cut["dropped_by_threshold"]) == (["gamma", "beta"], 1)


async def test_a_base_has_a_reranker_of_its_own(
    client: httpx.AsyncClient, base: str, rerankers: Rerankers
) -> None:
    await search(client, base, rerank=True)
    assert rerankers.asked[-1].path == "/jina/v1/rerank"  # the operator's
    own = {"api": "tei", "connection": "tei", "candidates": 2}
    changed = await client.put(f"/knowledge-bases/{base}", json={"reranker": own})
    assert (changed.status_code, changed.json()["reranker"]["candidates"]) == (200, 2), changed.text
    assert names(await search(client, base, rerank=True))[0] == "gamma"
    assert rerankers.asked[-1].path == "/tei/rerank"
    named = {"api": "cohere", "connection": "cohere", "model": "m"}
    await search(client, base, rerank=True, reranker=named)
    assert rerankers.asked[-1].path == "/cohere/rerank"
    asked = len(rerankers.asked)
    await search(client, base)
    assert len(rerankers.asked) == asked  # off where nobody asks for it
    again = await client.put(f"/knowledge-bases/{base}", json={"reranker": None})
    assert again.json()["reranker"] is None
    await search(client, base, rerank=True)
    assert rerankers.asked[-1].path == "/jina/v1/rerank"
    wrong = await client.put(f"/knowledge-bases/{base}", json={"reranker": {"connection": "tei"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reranker")


async def test_a_reranker_that_fails_leaves_the_order_of_the_search(
    client: httpx.AsyncClient, base: str, rerankers: Rerankers
) -> None:
    assert names(await search(client, base, rerank=True))[0] == "gamma"  # by the operator's
    assert rerankers.asked[-1].headers["authorization"] == "Bearer key-of-the-operator"
    plain = names(await search(client, base))
    for broken, says in (
        (refused("out of order", 500), "out of order"),
        (http(200, b'{"results": [{"index": 0, "relevance_score": 1}]}'), "1 scores for 3 texts"),
        (http(200, b"<html>"), "no list of scores"),
    ):
        rerankers.broken = [broken]
        found = await search(client, base, rerank=True)
        assert names(found) == plain
        assert {hit["scores"]["rerank"] for hit in found["results"]} == {None}
        (warning,) = found["warnings"]
        assert says in warning
        assert "order of the search" in warning
    rerankers.broken = [refused("out of order", 500)]
    ask = {"query": QUERY, "rerank": True, "reranker": {"on_failure": "fail"}}
    failed = await client.post(f"/knowledge-bases/{base}/search", json=ask)
    assert (failed.status_code, failed.json()["code"]) == (502, "rerank_failed")
    for rerank, reranker in (
        (False, {}),
        (True, {"api": "model"}),
        (True, {"connection": "jina"}),
        (True, {"provider": "openai"}),
    ):
        ask = {"query": QUERY, "rerank": rerank, "reranker": reranker}
        wrong = await client.post(f"/knowledge-bases/{base}/search", json=ask)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reranker"), wrong.text
    missing = {"api": "jina", "connection": "nobody"}
    assert "nobody" in (await search(client, base, rerank=True, reranker=missing))["warnings"][0]


async def test_a_model_scores_passages_for_a_search_and_a_chat(
    client: httpx.AsyncClient, base: str, rerankers: Rerankers
) -> None:
    model = {"api": "model", "provider": "openai", "model": "m"}
    found = await search(client, base, rerank=True, reranker=model, top_k=2)
    assert names(found) == ["gamma", "beta"]
    assert [hit["score"] for hit in found["results"]] == [0.9, 0.5]
    rag: dict[str, Any] = {"enabled": True, "knowledgebase_ids": [base], "top_k": 1}
    made = await client.post(
        "/chatflows",
        json={
            "name": "valves",
            "chat_config": {"llm_provider": "openai", "llm_model": "m"},
            "rag_config": {**rag, "reranking_enabled": True, "reranker": {"api": "model"}},
        },
    )
    assert made.status_code == 201, made.text
    chat = f"/chatflow/workflows/{made.json()['id']}/chat"
    answer = (await client.post(chat, json={"message": QUERY})).json()
    assert answer["citations"][0]["title"] == "gamma"
    assert len(rerankers.chats) == 3  # the search's, then scores and an answer
    assert str(rerankers.chats[2].body["messages"]).count("Valve ") == 1
    rerankers.scores = False  # it talks in place of scoring
    answer = (await client.post(chat, json={"message": QUERY})).json()
    assert answer["citations"][0]["title"] == "alpha"
    events = (await client.get(f"/executions/{answer['execution_id']}/events")).text
    assert "no scores of passages" in events
    off = {"rag_config": {**rag, "reranker": {"api": "model"}}}
    wrong = await client.put(f"/chatflows/{made.json()['id']}", json=off)
    assert (wrong.status_code, "reranking is off" in wrong.text) == (422, True)


async def test_a_run_that_goes_on_does_not_rerank_again(
    client: httpx.AsyncClient, base: str, rerankers: Rerankers
) -> None:
    search = {"knowledge_bases": [base], "top_k": 1, "rerank": True}
    chat = {"provider": "openai", "model": "m"}
    graph = chain(
        [
            ("retrieve", "found", search),
            ("llm", "answer", {**chat, "prompt": "{{ message }}", "sources": "nodes.found"}),
        ]
    )
    made = await client.post("/agentflows", json={"name": "valves", "graph_definition": graph})
    assert made.status_code == 201, made.text
    rerankers.chats_broken = [refused("no", 400)]
    failed = await ran(client, made.json()["id"], message=QUERY)
    assert failed["status"] == "failed", failed
    assert len(rerankers.asked) == 1
    mended = await went_on(client, failed["id"], "resume")
    assert mended["status"] == "completed", mended
    assert len(rerankers.asked) == 1
    assert "Valve gamma" in str(rerankers.chats[-1].body)
