"""Provider ``ollama``: ChatOllama's wire, over a bridge to the scripted server."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from graphs.conversation.messages import Message, Usage
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from graphs.providers.ollama import OllamaProvider
from tests.graphs.providers.heard import WEATHER, Heard, ask
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.runtimes.ollama_bridge import OllamaBridge, ollama_bridge
from tests.runtimes.wire_server import Asked, WireServer, http

Opener = Callable[..., OpenModels]
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
LINK = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


@pytest.fixture
async def bridge(fake: FakeOpenAI) -> AsyncIterator[OllamaBridge]:
    async with ollama_bridge(fake.url) as opened:
        yield opened


@pytest.fixture
def ollama(models_with: Opener, bridge: OllamaBridge) -> OpenModels:
    return models_with(ollama_base_url=bridge.url)


async def test_an_answer_is_heard_token_by_token_with_reasoning_and_usage(
    ollama: OpenModels, fake: FakeOpenAI
) -> None:
    fake.script(Reply(reasoning="hm", text="A stream of words", delay=0.001))
    heard = Heard()
    answer = await ollama.answer(ask("How are you?", provider="ollama"), heard)
    assert heard.chunks == ["A ", "stream ", "of ", "words"]
    assert (answer.content, answer.reasoning) == ("A stream of words", "hm ")
    assert (answer.usage, answer.finish_reason) == (Usage(input_tokens=3, output_tokens=4), "stop")


async def test_the_settings_of_a_request_reach_the_server(
    ollama: OpenModels, fake: FakeOpenAI, bridge: OllamaBridge
) -> None:
    request = ask(
        provider="ollama",
        model="llama",
        temperature=0.2,
        max_tokens=5,
        seed=3,
        response_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
    )
    await ollama.answer(request, Heard(), idempotency_key="run:task:0", api_key="their-own")
    body = fake.log[0].body
    assert [body[name] for name in ("model", "temperature", "max_tokens", "seed")] == ["llama", 0.2, 5, 3]
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert bridge.headers[0]["idempotency-key"] == "run:task:0"
    assert bridge.headers[0]["authorization"] == "Bearer their-own"


async def test_tool_calls_arrive(ollama: OpenModels, fake: FakeOpenAI) -> None:
    call = ScriptedCall(name="get_weather", arguments='{"city": "Bonn", "days": 2}')
    fake.script(Reply(tool_calls=[call]))
    answer = await ollama.answer(ask(provider="ollama", tools=[WEATHER], tool_choice="get_weather"), Heard())
    (called,) = answer.tool_calls
    assert (called.name, called.arguments) == ("get_weather", {"city": "Bonn", "days": 2})
    assert called.id


async def test_a_choice_of_none_offers_no_tool(ollama: OpenModels, fake: FakeOpenAI) -> None:
    await ollama.answer(ask(provider="ollama", tools=[WEATHER], tool_choice="none"), Heard())
    assert "tools" not in fake.log[0].body


async def test_an_image_by_link_is_refused_before_anything_is_sent(
    ollama: OpenModels, fake: FakeOpenAI
) -> None:
    request = ask(provider="ollama", messages=[Message(role="user", content=[LINK])])
    with pytest.raises(ModelError, match="Send the image itself"):
        await ollama.answer(request, Heard())
    assert not fake.log
    await ollama.answer(ask(provider="ollama", messages=[Message(role="user", content=[IMAGE])]), Heard())
    assert fake.log[0].body["messages"][0]["content"][1] == IMAGE


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (Reply(status=503), "overloaded"),
        (Reply(status=500), "server"),
        (Reply(finish_reason=None), "bad_response"),
        (Reply(cut_after=4), "network"),
    ],
)
async def test_a_passing_fault_is_repeated(
    ollama: OpenModels, fake: FakeOpenAI, reply: Reply, error_class: str
) -> None:
    fake.script(reply)
    heard = Heard()
    answer = await ollama.answer(ask(provider="ollama"), heard)
    assert answer.content == heard.said == "".join(f"word{number} " for number in range(32))
    assert [attempt.error_class for attempt in heard.attempts] == [error_class, None]


async def test_an_unknown_model_is_said_at_once(ollama: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(status=404))
    with pytest.raises(ModelError, match="ollama answered 404: scripted 404"):
        await ollama.answer(ask(provider="ollama"), Heard())


async def test_a_server_that_does_not_run_is_a_network_error(models_with: Opener) -> None:
    with pytest.raises(ModelError, match="ollama cannot be reached") as caught:
        await models_with(ollama_base_url="http://127.0.0.1:1").answer(ask(provider="ollama"), Heard())
    assert caught.value.error_class == "network"


async def test_cancelling_closes_the_connection(ollama: OpenModels, fake: FakeOpenAI) -> None:
    fake.script(Reply(delay=0.02))
    heard = Heard()
    call = asyncio.create_task(ollama.answer(ask(provider="ollama"), heard))
    await fake.until(lambda: len(heard.chunks) >= 3)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await fake.until(lambda: fake.log[0].end == "peer_closed")
    assert [attempt.status for attempt in heard.attempts] == ["cancelled"]


def _ollama_server(asked: Asked) -> list[bytes]:
    """An Ollama whose model takes 16,384 tokens, and neither tools nor a word about thinking."""
    if asked.path == "/api/show":
        facts = {"model_info": {"llama.context_length": 16_384}, "capabilities": ["completion"]}
        return [http(200, msgspec.json.encode(facts))]
    for name, words in (("tools", "tools"), ("think", "thinking")):
        if asked.body.get(name):
            return [http(400, msgspec.json.encode({"error": f'"llama" does not support {words}'}))]
    said = {"model": "llama", "message": {"role": "assistant", "content": "Hello"}, "done": False}
    end = {
        "model": "llama",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
    }
    lines = [said, end | {"prompt_eval_count": 3, "eval_count": 1}]
    return [http(200, b"\n".join(map(msgspec.json.encode, lines)), "application/x-ndjson")]


async def test_the_context_fits_the_request_and_has_an_end(models_with: Opener) -> None:
    async with WireServer(_ollama_server) as server:
        models = models_with(ollama_base_url=server.url.removesuffix("/v1"), ollama_max_context=32_768)
        for words in (10, 6_000):
            await models.answer(ask("word " * words, provider="ollama", max_tokens=500), Heard())
        asked = [one.body["options"]["num_ctx"] for one in server.log if one.path == "/api/chat"]
        assert (asked[0], 6_000 < asked[1] <= 16_384) == (4096, True), asked
        assert [one.path for one in server.log].count("/api/show") == 1
        with pytest.raises(ModelError, match="takes 16,384 here") as caught:
            await models.answer(ask("word " * 30_000, provider="ollama"), Heard())
        assert caught.value.error_class == "context_length", "nothing is cut without a word"
        await models.answer(ask(provider="ollama", num_ctx=2_000), Heard())
        assert server.log[-1].body["options"]["num_ctx"] == 2_000


@pytest.mark.parametrize(
    ("given", "sent"), [("10m", "10m"), ("-1", -1), ("0", 0), ("90", 90), ("1.5", 1.5), ("1h30m", "1h30m")]
)
async def test_a_model_stays_loaded_as_long_as_was_set(
    models_with: Opener, given: str, sent: str | float
) -> None:
    """A text without a unit is refused by Ollama, which takes a number for seconds."""
    async with WireServer(_ollama_server) as server:
        models = models_with(ollama_base_url=server.url.removesuffix("/v1"))
        await models.answer(ask(provider="ollama", keep_alive=given), Heard())
        assert [one.body["keep_alive"] for one in server.log if one.path == "/api/chat"] == [sent]
        await models.answer(ask(provider="ollama"), Heard())
        assert server.log[-1].body.get("keep_alive") is None


async def test_a_model_that_did_not_say_its_context_is_asked_again(
    models_with: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []

    def answers(asked: Asked) -> list[bytes]:
        if asked.path == "/api/show":
            shown.append(1)
            if len(shown) < 3:
                return [http(500, b'{"error": "busy"}')]
        return _ollama_server(asked)

    async with WireServer(answers) as server:
        models = models_with(ollama_base_url=server.url.removesuffix("/v1"), ollama_max_context=32_768)
        for _ in range(2):
            await models.answer(ask("word " * 6_000, provider="ollama", max_tokens=20_000), Heard())
        assert len(shown) == 1, "not with each request"
        monkeypatch.setattr(OllamaProvider, "show_again_seconds", 0.0)
        models = models_with(ollama_base_url=server.url.removesuffix("/v1"), ollama_max_context=32_768)
        for _ in range(3):
            await models.answer(ask("word " * 6_000, provider="ollama", max_tokens=20_000), Heard())
        asked = [one.body["options"]["num_ctx"] for one in server.log if one.path == "/api/chat"]
        assert (len(shown), asked) == (3, [32_768, 32_768, 32_768, 16_384, 16_384])


async def test_what_a_model_refuses_is_left_out_from_then_on(models_with: Opener) -> None:
    async with WireServer(_ollama_server) as server:
        models = models_with(ollama_base_url=server.url.removesuffix("/v1"), max_attempts=1)
        for requests in (3, 1):
            before = len(server.log)
            answer = await models.answer(ask(provider="ollama", tools=[WEATHER], think=True), Heard())
            assert (answer.content, len(answer.warnings)) == ("Hello", 1)
            asked = [one.path for one in server.log[before:]]
            assert asked.count("/api/chat") == requests, asked
