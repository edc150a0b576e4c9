"""Chats that answer from a knowledge base: over HTTP, as a stream, in an embed, with numbered citations."""

import asyncio
import json
from collections.abc import AsyncIterator
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
    for _ in range(200):
        if (await client.get(f"/knowledge-bases/{base}")).json()["status"] == "ready":
            return base
        await asyncio.sleep(0.05)
    raise AssertionError((await client.get(f"/knowledge-bases/{base}/documents")).text)


async def chatflow(client: httpx.AsyncClient, base: str, **rag: Any) -> str:
    made = await client.post(
        "/chatflows",
        json={
            "name": "support",
            "chat_config": {"llm_provider": "openai", "llm_model": "m"},
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
    flow = await chatflow(client, base)
    token = (await client.post("/embed", json={"chatflow_id": flow, "allowed_domains": ["*"]})).json()[
        "embed_token"
    ]
    said = await client.post(
        f"/embed/public/{token}/chat",
        json={"message": "How long is a trial?"},
        headers={"Origin": "https://a.example"},
    )
    (cited,) = said.json()["citations"]
    assert cited["title"].startswith("prices.md")
    assert cited["url"] == ""


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


async def test_filters_and_an_unknown_base_fail_with_a_reason(client: httpx.AsyncClient, base: str) -> None:
    flow = await chatflow(client, base, filters={"area": "law"}, sources_only=True)
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "A trial?"})).json()
    assert answer["response"] == NO_ANSWER
    flow = await chatflow(client, "nowhere")
    answer = (await client.post(f"/chatflow/workflows/{flow}/chat", json={"message": "A trial?"})).json()
    assert answer["success"] is False
    assert "no knowledge base 'nowhere'" in answer["error"]
