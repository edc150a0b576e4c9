"""Chats that answer from a knowledge base: over HTTP, as a stream, in an embed, with numbered citations."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from graphs.model_nodes.citing_node import NO_ANSWER
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import parse_frames

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
pytest.importorskip("semantic_text_splitter")
CORRECTIVE = Path(__file__).parents[3] / "examples" / "knowledge" / "corrective-rag.json"
PRICES = "# Prices\n\nA trial takes 14 days and costs nothing.\n\n# Backups\n\nUse db backup on Mondays."


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text="It takes 14 days [1].")) as fake:
        yield fake


@pytest.fixture
def settings(settings: Settings, model: FakeOpenAI) -> Settings:
    return msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")


@pytest.fixture
async def base(client: httpx.AsyncClient) -> str:
    made = await client.post("/knowledge-bases", json={"name": "handbook", "embedding": {"provider": "demo"}})
    assert made.status_code == 201, made.text
    base = made.json()["id"]
    added = await client.post(
        f"/knowledge-bases/{base}/documents",
        json={
            "name": "prices.md",
            "text": PRICES,
            "content_type": "text/markdown",
            "metadata": {"area": "sales"},
        },
    )
    assert added.status_code == 202, added.text
    for _ in range(1200):
        if (await client.get(f"/knowledge-bases/{base}")).json()["status"] == "ready":
            return base
        await asyncio.sleep(0.05)
    raise AssertionError((await client.get(f"/knowledge-bases/{base}/documents")).text)


async def chatflow(
    client: httpx.AsyncClient, base: str, guardrails: dict[str, Any] | None = None, **rag: Any
) -> str:
    made = await client.post(
        "/chatflows",
        json={
            "name": "support",
            "chat_config": {"llm_provider": "openai", "llm_model": "m", "guardrails": guardrails},
            "rag_config": {"enabled": True, "knowledgebase_ids": [base], "top_k": 2, **rag},
        },
    )
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def test_a_chat_answers_from_a_base_and_cites_it_everywhere(
    client: httpx.AsyncClient, base: str, model: FakeOpenAI
) -> None:
    flow = await chatflow(client, base)
    asked = {"message": "How many days does a trial take?", "session_id": "s"}
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json=asked)).json()
    assert answer["response"] == "It takes 14 days [1]."
    (cited,) = answer["citations"]
    assert cited["number"] == 1
    assert cited["title"].startswith("prices.md")
    assert cited["text"].endswith("A trial takes 14 days and costs nothing.")
    passages = (
        await client.get(f"/knowledge-bases/{base}/documents/{cited['document_id']}/passages")
    ).json()["passages"]
    assert cited["passage_id"] in {passage["passage_id"] for passage in passages}
    told = str(model.log[0])
    assert "[1] prices.md > Prices" in told
    streamed = parse_frames((await client.post(f"/chatflow/workflows/{flow}/chat/stream", json=asked)).text)
    (frame,) = [frame for frame in streamed if frame.event == "citation"]
    assert json.loads(frame.data)["passage_id"] == cited["passage_id"]
    history = (await client.get("/chatflow/sessions/s/history")).json()["messages"]
    assert history[1]["message_metadata"]["citations"][0]["passage_id"] == cited["passage_id"]


async def test_a_visitor_sees_the_title_of_a_source_and_no_address(
    client: httpx.AsyncClient, base: str
) -> None:
    for guardrails, shown in (
        (None, 1),
        ({"output": {"masks": ["email"]}}, 1),
        ({"output": {"patterns": ["14 days"]}}, 0),  # nor do the sources of an answer that is blocked leave
    ):
        flow = await chatflow(client, base, guardrails)
        embedded = await client.post("/embed", json={"chatflow_id": flow, "allowed_domains": ["*"]})
        said = await client.post(
            f"/embed/public/{embedded.json()['embed_token']}/chat",
            json={"message": "How long is a trial?"},
            headers={"Origin": "https://a.example"},
        )
        cited = said.json()["citations"]
        assert [one["title"].split(" ")[0] for one in cited] == ["prices.md"] * shown, said.text
        assert {one["url"] for one in cited} <= {""}


async def test_nothing_found_is_said_without_asking_the_model(
    client: httpx.AsyncClient, base: str, model: FakeOpenAI
) -> None:
    flow = await chatflow(client, base, sources_only=True)
    asked = {"message": "Who won the football match in Lisbon?"}
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json=asked)).json()
    assert answer["response"] == NO_ANSWER
    assert answer["citations"] == []
    assert not model.log
    frames = parse_frames((await client.post(f"/chatflow/workflows/{flow}/chat/stream", json=asked)).text)
    assert (
        "".join(json.loads(frame.data)["content"] for frame in frames if frame.event == "content")
        == NO_ANSWER
    )


async def test_quotes_answer_without_the_model(
    client: httpx.AsyncClient, base: str, model: FakeOpenAI
) -> None:
    flow = await chatflow(client, base, sources_only=True, quote_sources=True)
    asked = {"message": "How many days does a trial take?"}
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json=asked)).json()
    assert answer["response"] == "A trial takes 14 days and costs nothing. [1]"
    (cited,) = answer["citations"]
    assert cited["number"] == 1
    assert "A trial takes 14 days and costs nothing." in cited["text"]
    assert not model.log


async def test_filters_and_an_unknown_base_fail_with_a_reason(client: httpx.AsyncClient, base: str) -> None:
    flow = await chatflow(client, base, filters={"area": "law"}, sources_only=True)
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "A trial?"})).json()
    assert answer["response"] == NO_ANSWER
    flow = await chatflow(client, "nowhere")
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "A trial?"})).json()
    assert answer["success"] is False
    assert "no knowledge base 'nowhere'" in answer["error"]


async def test_the_corrective_example_searches_again_with_other_words(
    client: httpx.AsyncClient, base: str, model: FakeOpenAI
) -> None:
    model.script(
        Reply(text='{"relevant": false}'),
        Reply(text="trial days"),
        Reply(text="It takes 14 days [1]."),
    )
    flow = json.loads(CORRECTIVE.read_text("utf-8").replace('["docs"]', json.dumps([base])))
    del flow["flow_type"]
    for node in flow["graph_definition"]["nodes"]:
        if node["type"] == "llm":
            node["data"] |= {"provider": "openai", "model": "m"}
    made = await client.post("/chatflows", json=flow)
    assert made.status_code == 201, made.text
    asked = {"message": "For how many days can I use it for nothing before I pay, as a trial?"}
    answer = (await client.post(f"/chatflow/workflows/{made.json()['id']}/chat", json=asked)).json()
    assert answer["response"] == "It takes 14 days [1].", answer
    assert [cited["number"] for cited in answer["citations"]] == [1]
    graded, rewritten, told = (str(request.body["messages"]) for request in model.log)
    assert "Do the passages answer the question?" in graded
    assert "with other words" in rewritten
    assert "[1] prices.md" in told
    events = (await client.get(f"/executions/{answer['execution_id']}/events?follow=false")).json()
    queries = [
        event["data"]["input"]["query"]
        for event in events
        if event["type"] == "tool.started" and event["data"]["name"] == "retrieve"
    ]
    assert queries == [asked["message"], f"{asked['message']} trial days"]
